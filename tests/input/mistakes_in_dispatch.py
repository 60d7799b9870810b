"""Mistakes that leave every field sound and the case without an answer: limits, laws and targets that clash."""

from __future__ import annotations

import numpy as np

from tests.input.mistaken_cases import moment
from tests.input.mistakes import Document, Draw, Names, mistake, names, one_of, record, some_step


def _span(draw: Draw, document: Document, longest: int) -> range:
    step = some_step(draw, document, longest + 12)
    return range(step, step + int(draw.integers(1, longest + 1)))


@mistake("site")
def a_demand_above_all_supply_in_one_step(document: Document, draw: Draw) -> Names:
    bus = one_of(draw, ["electricity", "heat"])
    step = some_step(draw, document)
    record(document, "demand", bus)["demand_kw"][step] = float(draw.uniform(3500, 9000))
    return names(document, "bus", bus, "balance", steps=range(step, step + 1))


@mistake("home")
def a_demand_above_all_supply_for_some_hours(document: Document, draw: Draw) -> Names:
    ident, bus, power = one_of(draw, [("household", "house", 28.0), ("warmth", "rooms", 23.0)])
    steps = _span(draw, document, 6)
    record(document, "demand", ident)["demand_kw"][steps] = power * float(draw.uniform(1, 2))
    return names(document, "bus", bus, "balance", steps=steps)


@mistake("network")
def a_meter_that_imports_nothing(document: Document, draw: Draw) -> list[Names]:
    grid = record(document, "grid_connection", "grid")
    grid["import_max_kw"] = 0.0 if draw.random() < 0.5 else float(draw.uniform(0.1, 20.0))
    return [names(document, "grid_connection", "grid", "import")]


@mistake("home")
def a_meter_that_imports_nothing_for_some_hours(document: Document, draw: Draw) -> Names:
    step = int(draw.integers(0, document["horizon"]["steps"] // 24 - 4)) * 24 + 16
    limit = np.full(document["horizon"]["steps"], 14.0)
    limit[step : step + 48] = 0.0
    record(document, "grid_connection", "grid")["import_max_kw"] = limit
    return names(document, "grid_connection", "grid", "import", steps=range(step, step + 48))


@mistake("site")
def a_boiler_and_a_chp_left_out(document: Document, draw: Draw) -> Names:
    del document["components"]["boiler"]
    if draw.random() < 0.5:
        del document["components"]["chp"]
    else:
        record(document, "chp", "chp")["fuel_max_kw"] = float(draw.uniform(0.5, 2))
    record(document, "demand", "heat")["demand_kw"] *= float(draw.uniform(1.6, 2.5))
    return names(document, "bus", "heat", "balance")


@mistake("home")
def a_heat_pump_in_megawatts(document: Document, draw: Draw) -> Names:
    record(document, "heat_pump", "pump")["electric_max_kw"] = float(draw.uniform(0.002, 0.008))
    return names(document, "heat_pump", "pump", "electric")


@mistake("network")
def a_tie_that_carries_nothing(document: Document, draw: Draw) -> Names:
    tie = record(document, "tie", one_of(draw, ["to-farm", "to-mill"]))
    tie["forward_max_kw"] = 0.0 if draw.random() < 0.5 else 0.4
    return names(document, "tie", tie["id"], "forward")


@mistake("network")
def a_tie_that_carries_nothing_for_a_while(document: Document, draw: Draw) -> Names:
    tie = record(document, "tie", one_of(draw, ["to-farm", "to-mill"]))
    step = some_step(draw, document, 40)
    limit = np.full(document["horizon"]["steps"], 400.0)
    limit[step : step + 30] = 0.0
    tie["forward_max_kw"] = limit
    return names(document, "tie", tie["id"], "forward", steps=range(step, step + 30))


@mistake("network")
def a_tie_that_is_left_out(document: Document, draw: Draw) -> Names:
    place = int(draw.integers(0, 2))
    tie = document["components"]["tie"].pop(place)
    return names(document, "bus", tie["to_bus"], "balance")


@mistake("network")
def a_tie_at_the_wrong_bus(document: Document, draw: Draw) -> Names:
    ident, wrong = one_of(draw, [("to-mill", "farm"), ("to-farm", "mill"), ("to-farm", "school")])
    tie = record(document, "tie", ident)
    right, tie["to_bus"] = tie["to_bus"], wrong
    return names(document, "bus", right, "balance")


@mistake("site")
def a_charger_too_weak_for_the_target(document: Document, draw: Draw) -> Names:
    kind = one_of(draw, ["battery", "heat_store"])
    store = record(document, kind, kind)
    power = 900.0 / document["horizon"]["steps"] * float(draw.uniform(0.01, 0.5))
    store |= {"charge_max_kw": power, "energy_start_kwh": 0.0, "energy_end_kwh": 900.0}
    return names(document, kind, kind, "energy_end", steps=range(document["horizon"]["steps"]))


@mistake("network")
def a_target_that_the_hours_do_not_allow(document: Document, draw: Draw) -> Names:
    steps, step = document["horizon"]["steps"], some_step(draw, document)
    least = np.zeros(steps)
    least[step], least[step - 2] = 290.0, 0.0
    most = np.full(steps, 300.0)
    most[step - 2] = float(draw.uniform(1, 60))
    store = {"id": "tank", "bus": "farm", "charge_max_kw": 100.0, "discharge_max_kw": 100.0, "energy_start_kwh": 10.0}
    document["components"]["store"] = [{**store, "energy_max_kwh": most, "energy_min_kwh": least}]
    return names(document, "store", "tank", "energy_min", steps=range(step, step + 1))


@mistake("network")
def a_lake_too_small_for_its_inflow(document: Document, draw: Draw) -> Names:
    steps = document["horizon"]["steps"]
    inflow, at = np.full(steps, 20.0), _span(draw, document, 6)
    inflow[at] = float(draw.uniform(400, 900))
    lake = {"id": "lake", "bus": "mill", "charge_max_kw": 0.0, "discharge_max_kw": 60.0, "energy_start_kwh": 150.0}
    lake |= {"inflow_kw": inflow, "spill_max_kw": 20.0, "energy_max_kwh": 200.0}
    document["components"]["store"] = [lake]
    return names(document, "store", "lake", "energy_max", steps=at)


@mistake("island")
def sun_that_nobody_can_take(document: Document, draw: Draw) -> Names:
    steps, at = document["horizon"]["steps"], _span(draw, document, 5)
    power = np.zeros(steps)
    power[at] = float(draw.uniform(900, 1500))
    document["components"]["renewable"].append(
        {"id": "roof", "bus": "grid", "available_kw": power, "curtailable": False}
    )
    return names(document, "bus", "grid", "balance", steps=at)


@mistake("site")
def energy_of_a_contract_in_megawatt_hours(document: Document, draw: Draw) -> Names:
    record(document, "grid_connection", "grid")["energy_max_kwh"] = float(draw.uniform(5, 60))
    record(document, "chp", "chp")["fuel_max_kw"] = 100.0
    return names(document, "grid_connection", "grid", "energy_maximum")


@mistake("network")
def an_energy_budget_in_megawatt_hours(document: Document, draw: Draw) -> Names:
    record(document, "energy_budget", "contract")["maximum_kwh"] = float(draw.uniform(10, 100))
    return names(document, "energy_budget", "contract", "maximum_energy")


@mistake("island")
def an_emission_budget_too_small(document: Document, draw: Draw) -> Names:
    record(document, "emission_budget", "licence")["maximum_t"] *= float(draw.uniform(1e-4, 0.1))
    return names(document, "emission_budget", "licence", "maximum_emissions")


@mistake("island")
def an_emission_budget_of_a_day_too_small(document: Document, draw: Draw) -> Names:
    budget = record(document, "emission_budget", "licence")
    budget |= {"window": "day", "maximum_t": float(draw.uniform(0.1, 1.0))}
    return names(document, "emission_budget", "licence", "maximum_emissions")


@mistake("island")
def a_reserve_without_a_source(document: Document, draw: Draw) -> Names:
    at = _span(draw, document, 6)
    wanted = np.full(document["horizon"]["steps"], 50.0)
    wanted[at] = float(draw.uniform(1800, 4000))
    record(document, "reserve", "spinning")["up_kw"] = wanted
    return names(document, "reserve", "spinning", "required_up", steps=at)


@mistake("island")
def a_reserve_of_the_battery_alone(document: Document, draw: Draw) -> Names:
    reserve = record(document, "reserve", "spinning")
    reserve |= {"members": ["battery/battery"], "up_kw": float(draw.uniform(305, 600))}
    return names(document, "reserve", "spinning", "required_up")


@mistake("island")
def maintenance_while_it_must_run(document: Document, draw: Draw) -> list[Names]:
    at = _span(draw, document, 10)
    law = {"id": "service", "members": ["generator/first"], "begin": moment(at[0]), "end": moment(at[-1] + 1)}
    document["components"]["maintenance"].append(law)
    document["components"]["must_run"].append({**law, "id": "supply", "power_min_kw": float(draw.uniform(100, 500))})
    return [names(document, "maintenance", "service", "giving_limit", "resting", "least_power", steps=at),
            names(document, "must_run", "supply", "least_power", steps=at)]  # fmt: skip


@mistake("island")
def a_must_run_above_the_largest_power(document: Document, draw: Draw) -> Names:
    at = _span(draw, document, 10)
    law = {"id": "supply", "members": ["generator/first"], "power_min_kw": float(draw.uniform(650, 6000))}
    document["components"]["must_run"].append({**law, "begin": moment(at[0]), "end": moment(at[-1] + 1)})
    return names(document, "must_run", "supply", "least_power", steps=at)


@mistake("island")
def a_must_run_that_nobody_can_take(document: Document, draw: Draw) -> list[Names]:
    at = _span(draw, document, 10)
    record(document, "demand", "village")["demand_kw"][at] = 5.0
    battery = record(document, "battery", "battery")
    battery["charge_max_kw"] = 20.0
    law = {"id": "supply", "members": ["generator/first"], "power_min_kw": float(draw.uniform(250, 600))}
    document["components"]["must_run"].append({**law, "begin": moment(at[0]), "end": moment(at[-1] + 1)})
    return [names(document, "must_run", "supply", "least_power", steps=at)]


@mistake("island")
def an_outage_within_the_least_time_on(document: Document, draw: Draw) -> Names:
    first = record(document, "generator", "first")
    first |= {"hours_in_state_initially": 1.0, "minimum_up_hours": float(draw.integers(8, 16))}
    hour = int(draw.integers(1, 6))
    law = {"id": "service", "members": ["generator/first"], "begin": moment(hour), "end": moment(hour + 3)}
    document["components"]["maintenance"].append(law)
    return names(document, "maintenance", "service", "resting", "giving_limit", steps=range(hour, hour + 3))


@mistake("island")
def both_engines_in_maintenance(document: Document, draw: Draw) -> Names:
    at = _span(draw, document, 8)
    record(document, "renewable", "wind")["available_kw"][at] = 0.0
    record(document, "demand", "village")["demand_kw"][at] = 520.0
    law = {"id": "service", "members": ["generator/*"], "begin": moment(at[0]), "end": moment(at[-1] + 1)}
    document["components"]["maintenance"].append(law)
    return names(document, "maintenance", "service", "giving_limit", "resting", steps=at)


@mistake("island")
def engines_of_which_only_one_may_run(document: Document, draw: Draw) -> Names:
    at = _span(draw, document, 8)
    record(document, "renewable", "wind")["available_kw"][at] = 0.0
    record(document, "demand", "village")["demand_kw"][at] = float(draw.uniform(850, 1100))
    document["components"]["maintenance"].clear()
    document["components"]["must_run"].clear()
    document["components"]["exclusion"] = [{"id": "smoke", "members": ["generator/first", "generator/second"]}]
    return names(document, "exclusion", "smoke", "most_running", steps=at)


@mistake("island")
def ramps_too_slow_for_the_demand(document: Document, draw: Draw) -> list[Names]:
    for ident in ("first", "second"):
        rate, engine = float(draw.uniform(0.0005, 0.003)), record(document, "generator", ident)
        for field in ("minimum_load_ratio", "minimum_up_hours", "minimum_down_hours", "start_cost_eur", "on_initially"):
            engine.pop(field, None)
        engine.update(ramp_up_ratio_per_hour=rate, ramp_down_ratio_per_hour=rate)
    del document["components"]["battery"]
    for kind in ("maintenance", "must_run", "reserve"):
        del document["components"][kind]
    step = some_step(draw, document, 70)
    record(document, "renewable", "wind")["available_kw"][:] = 0.0
    demand = record(document, "demand", "village")["demand_kw"]
    demand[:step], demand[step:] = 300.0, 520.0
    near = range(step - 1, step + 1)
    return [names(document, "generator", ident, "ramp", steps=near) for ident in ("first", "second")]


@mistake("island")
def energy_that_an_engine_can_never_give(document: Document, draw: Draw) -> Names:
    ident = one_of(draw, ["first", "second"])
    record(document, "generator", ident)["energy_min_kwh"] = (
        600.0 * document["horizon"]["steps"] * float(draw.uniform(1.1, 9))
    )
    return names(document, "generator", ident, "energy_minimum")


@mistake("island")
def energy_of_an_engine_in_megawatt_hours(document: Document, draw: Draw) -> list[Names]:
    for ident in ("first", "second"):
        record(document, "generator", ident)["energy_max_kwh"] = float(draw.uniform(20, 60))
    return [names(document, "generator", ident, "energy_maximum") for ident in ("first", "second")]


@mistake("network")
def a_site_that_cannot_run_alone(document: Document, draw: Draw) -> Names:
    document["components"]["battery"] = document["components"]["battery"][:1]
    law = record(document, "islanding", "shelter")
    law |= {
        "critical_ratio": 1.0,
        "duration_hours": float(draw.integers(2, 24)),
        "reserve_ratio": float(draw.uniform(1, 5)),
    }
    return names(document, "islanding", "shelter", "survival", "left_to_stores")


@mistake("network")
def a_site_that_must_run_alone_for_too_long(document: Document, draw: Draw) -> Names:
    record(document, "islanding", "shelter").update(critical_ratio=1.0, duration_hours=float(draw.integers(24, 72)))
    return names(document, "islanding", "shelter", "survival", "left_to_stores")


@mistake("network")
def a_site_cut_off_without_its_own_supply(document: Document, draw: Draw) -> Names:
    at = some_step(draw, document, 40)
    law = {"id": "cut", "mode": "islanded", "members": ["grid_connection/grid"]}
    document["components"]["islanding"].append({**law, "begin": moment(at), "end": moment(at + 30)})
    return names(document, "islanding", "cut", "no_exchange", steps=range(at, at + 30))


@mistake("network")
def more_autarky_than_the_sun_allows(document: Document, draw: Draw) -> Names:
    law = {"id": "green", "site": "farm", "minimum_autarky_ratio": float(draw.uniform(0.9, 1.0))}
    document["components"]["self_consumption"] = [law]
    return names(document, "self_consumption", "green", "least_share")


@mistake("home")
def a_house_without_a_meter(document: Document, draw: Draw) -> Names:
    del document["components"]["grid_connection"]
    record(document, "battery", "battery")["energy_start_kwh"] = float(draw.uniform(0, 10))
    return names(document, "bus", "house", "balance")


@mistake("home")
def a_tank_that_starts_empty_beside_a_weak_pump(document: Document, draw: Draw) -> Names:
    record(document, "heat_store", "tank").update(energy_start_kwh=0.0, energy_end_kwh=12.0)
    record(document, "heat_pump", "pump")["electric_max_kw"] = float(draw.uniform(0.4, 0.9))
    return names(document, "heat_pump", "pump", "electric")
