"""Mistakes within one field or between two fields of a component: units, signs, percentages, typing errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.input.mistaken_cases import moment
from tests.input.mistakes import Document, Draw, Names, mistake, names, one_of, record, some_step


def _demand(document: Document, draw: Draw) -> tuple[str, Any]:
    ident = one_of(draw, [each["id"] for each in document["components"]["demand"]])
    return ident, record(document, "demand", ident)["demand_kw"]


@mistake("site")
def a_demand_in_watts_of_a_case_in_kilowatts(document: Document, draw: Draw) -> Names:
    ident, series = _demand(document, draw)
    series *= float(draw.uniform(900, 1100))
    return names(document, "demand", ident, "demand_kw")


@mistake("network")
def a_reading_in_watts_among_kilowatts(document: Document, draw: Draw) -> Names:
    ident, series = _demand(document, draw)
    step = some_step(draw, document)
    series[step] *= 1000
    return names(document, "demand", ident, "demand_kw", steps=range(step, step + 1))


@mistake("home")
def a_reading_in_megawatts_among_kilowatts(document: Document, draw: Draw) -> Names:
    step = some_step(draw, document)
    record(document, "demand", "household")["demand_kw"][step] /= 1000
    return names(document, "demand", "household", "demand_kw", steps=range(step, step + 1))


@mistake("site")
def a_missing_reading_that_became_zero(document: Document, draw: Draw) -> Names:
    ident, series = _demand(document, draw)
    step = some_step(draw, document)
    series[step] = 0.0
    return names(document, "demand", ident, "demand_kw", steps=range(step, step + 1))


@mistake("site")
def a_missing_reading_that_is_no_number(document: Document, draw: Draw) -> Names:
    kind, field = one_of(draw, [("demand", "demand_kw"), ("renewable", "available_kw"), ("heat_pump", "cop")])
    component = one_of(draw, document["components"][kind])
    step = some_step(draw, document)
    component[field][step] = np.nan
    return names(document, kind, component["id"], field, steps=range(step, step + 1))


@mistake("network")
def a_series_with_a_step_too_few_or_too_many(document: Document, draw: Draw) -> Names:
    kind, field = one_of(draw, [("demand", "demand_kw"), ("renewable", "available_kw")])
    component = one_of(draw, document["components"][kind])
    series = component[field]
    component[field] = one_of(draw, [series[:-1], series[1:], np.append(series, series[-1])])
    return names(document, kind, component["id"], field)


@mistake("site")
def a_demand_of_the_wrong_sign(document: Document, draw: Draw) -> Names:
    ident, series = _demand(document, draw)
    series *= -1
    return names(document, "demand", ident, "demand_kw")


@mistake("home")
def a_power_limit_of_the_wrong_sign(document: Document, draw: Draw) -> Names:
    kind, field = one_of(
        draw,
        [
            ("grid_connection", "export_max_kw"),
            ("battery", "discharge_max_kw"),
            ("heat_pump", "electric_max_kw"),
            ("heat_store", "charge_max_kw"),
        ],
    )
    component = one_of(draw, document["components"][kind])
    component[field] *= -1
    return names(document, kind, component["id"], field)


@mistake("site")
def an_import_price_per_kilowatt_hour(document: Document, draw: Draw) -> Names:
    ident = one_of(draw, ["grid", "gas"])
    record(document, "grid_connection", ident)["import_price_eur_per_mwh"] *= 1e-3 * float(draw.uniform(0.9, 1.1))
    return names(document, "grid_connection", ident, "import_price")


@mistake("home")
def an_import_price_that_is_negative(document: Document, draw: Draw) -> Names:
    record(document, "grid_connection", "grid")["import_price_eur_per_mwh"] *= -float(draw.uniform(0.5, 2))
    return names(document, "grid_connection", "grid", "import_price")


@mistake("network")
def a_price_of_one_step_per_kilowatt_hour(document: Document, draw: Draw) -> Names:
    step = some_step(draw, document)
    field = one_of(draw, ["import_price_eur_per_mwh", "export_price_eur_per_mwh"])
    record(document, "grid_connection", "grid")[field][step] /= 1000
    return names(document, "grid_connection", "grid", field, steps=range(step, step + 1))


@mistake("site")
def a_price_of_one_step_a_thousand_times_too_high(document: Document, draw: Draw) -> Names:
    step = some_step(draw, document)
    record(document, "grid_connection", "grid")["import_price_eur_per_mwh"][step] *= 1000
    return names(document, "grid_connection", "grid", "import_price", steps=range(step, step + 1))


@mistake("home")
def the_worth_of_a_charge_per_kilowatt_hour(document: Document, draw: Draw) -> Names:
    session = one_of(draw, document["components"]["ev_session"])
    session["unserved_value_eur_per_mwh"] = float(draw.uniform(0.3, 3))
    return names(document, "ev_session", session["id"], "unserved_value")


@mistake("network")
def a_battery_size_in_watt_hours(document: Document, draw: Draw) -> Names:
    battery = one_of(draw, document["components"]["battery"])
    for field in ("energy_max_kwh", "energy_start_kwh", "energy_end_kwh"):
        battery[field] *= 1000
    return names(document, "battery", battery["id"], "energy_max")


@mistake("home")
def a_battery_power_in_watts(document: Document, draw: Draw) -> Names:
    battery = record(document, "battery", "battery")
    for field in ("charge_max_kw", "discharge_max_kw"):
        battery[field] = float(draw.uniform(2000, 9000))
    return names(document, "battery", "battery", "energy_max", "charge_max")


@mistake("home")
def a_vehicle_battery_in_watt_hours(document: Document, draw: Draw) -> Names:
    session = one_of(draw, document["components"]["ev_session"])
    session["energy_max_kwh"] = float(draw.uniform(40_000, 90_000))
    return names(document, "ev_session", session["id"], "energy_max")


@mistake("home")
def a_charger_in_megawatts(document: Document, draw: Draw) -> Names:
    session = one_of(draw, document["components"]["ev_session"])
    session["charge_max_kw"] = float(draw.choice([0.0037, 0.011, 0.022]))
    return names(document, "ev_session", session["id"], "energy_needed", "charge_max", "energy_max")


@mistake("site")
def an_efficiency_in_per_cent(document: Document, draw: Draw) -> Names:
    kind, field = one_of(
        draw,
        [
            ("battery", "charge_efficiency"),
            ("battery", "discharge_efficiency"),
            ("heat_store", "charge_efficiency"),
            ("chp", "heat_efficiency"),
            ("boiler", "efficiency"),
        ],
    )
    component = one_of(draw, document["components"][kind])
    component[field] *= 100
    return names(document, kind, component["id"], field)


@mistake("home")
def a_cop_in_per_cent(document: Document, draw: Draw) -> Names:
    record(document, "heat_pump", "pump")["cop"] *= float(draw.uniform(90, 110))
    return names(document, "heat_pump", "pump", "cop")


@mistake("site")
def a_standing_loss_in_per_cent(document: Document, draw: Draw) -> Names:
    kind = one_of(draw, ["battery", "heat_store"])
    record(document, kind, kind)["standing_loss_per_hour"] = float(draw.uniform(0.25, 0.9))
    return names(document, kind, kind, "standing_loss", "energy_end")


@mistake("network")
def a_loss_in_per_cent(document: Document, draw: Draw) -> Names:
    tie = one_of(draw, document["components"]["tie"])
    tie["loss_ratio"] = float(draw.uniform(1.5, 8))
    return names(document, "tie", tie["id"], "loss_ratio")


@mistake("home")
def a_state_of_charge_in_per_cent(document: Document, draw: Draw) -> Names:
    kind, ident = one_of(draw, [("battery", "battery"), ("heat_store", "tank")])
    record(document, kind, ident)["energy_start_kwh"] = float(draw.uniform(30, 90))
    return names(document, kind, ident, "energy_start")


@mistake("network")
def a_target_above_the_size(document: Document, draw: Draw) -> Names:
    battery = one_of(draw, document["components"]["battery"])
    battery["energy_end_kwh"] = battery["energy_max_kwh"] * float(draw.uniform(1.05, 3))
    return names(document, "battery", battery["id"], "energy_end")


@mistake("site")
def a_least_energy_above_the_size(document: Document, draw: Draw) -> Names:
    kind = one_of(draw, ["battery", "heat_store"])
    record(document, kind, kind)["energy_min_kwh"] = 3001.0 * float(draw.uniform(1, 2))
    return names(document, kind, kind, "energy_min")


@mistake("island")
def a_least_load_in_per_cent(document: Document, draw: Draw) -> Names:
    record(document, "generator", "first")["minimum_load_ratio"] = float(draw.uniform(20, 60))
    return names(document, "generator", "first", "minimum_load_ratio")


@mistake("island")
def a_least_power_above_the_largest(document: Document, draw: Draw) -> Names:
    ident = one_of(draw, ["first", "second"])
    record(document, "generator", ident)["power_min_kw"] = float(draw.uniform(610, 900))
    return names(document, "generator", ident, "power_min")


@mistake("island")
def a_schedule_above_the_largest_power(document: Document, draw: Draw) -> Names:
    ident, step = one_of(draw, ["first", "second"]), some_step(draw, document)
    schedule = np.full(document["horizon"]["steps"], 300.0)
    schedule[step] = 601.0
    record(document, "generator", ident)["power_fixed_kw"] = schedule
    return names(document, "generator", ident, "power_fixed", steps=range(step, step + 1))


@mistake("island")
def a_start_ramp_below_the_least_load(document: Document, draw: Draw) -> Names:
    field = one_of(draw, ["start_ramp_ratio", "stop_ramp_ratio"])
    record(document, "generator", "first")[field] = float(draw.uniform(0.05, 0.29))
    return names(document, "generator", "first", field)


@mistake("island")
def a_least_time_in_minutes(document: Document, draw: Draw) -> Names:
    field = one_of(draw, ["minimum_up_hours", "minimum_down_hours"])
    record(document, "generator", "first")[field] = float(draw.choice([240, 360, 480]))
    return names(document, "generator", "first", field)


@mistake("home")
def a_departure_before_the_arrival(document: Document, draw: Draw) -> Names:
    session = one_of(draw, document["components"]["ev_session"])
    session["arrival"], session["departure"] = session["departure"], session["arrival"]
    return names(document, "ev_session", session["id"], "departure")


@mistake("home")
def a_session_of_another_year(document: Document, draw: Draw) -> Names:
    session = one_of(draw, document["components"]["ev_session"])
    for field in ("arrival", "departure"):
        session[field] = session[field].replace("2025", str(one_of(draw, [2023, 2024, 2026, 2027])))
    session["departure"] = session["departure"].replace(session["departure"][:4], session["arrival"][:4])
    return names(document, "ev_session", session["id"], "arrival")


@mistake("home")
def a_vehicle_that_needs_more_than_it_holds(document: Document, draw: Draw) -> Names:
    session = one_of(draw, document["components"]["ev_session"])
    session["energy_needed_kwh"] = session["energy_max_kwh"] * float(draw.uniform(0.7, 2))
    return names(document, "ev_session", session["id"], "energy_needed")


@mistake("home")
def a_stay_too_short_for_the_charge(document: Document, draw: Draw) -> Names:
    sessions = document["components"]["ev_session"]
    session = one_of(draw, sessions)
    begin = np.datetime64(session["arrival"].removesuffix("Z"))
    session["departure"] = f"{begin + np.timedelta64(int(draw.integers(1, 4)), 'h')}Z"
    return names(document, "ev_session", session["id"], "energy_needed")


@mistake("home")
def a_window_too_short_for_the_run(document: Document, draw: Draw) -> Names:
    record(document, "shiftable_load", "dishwasher")["latest"] = moment(31)
    record(document, "shiftable_load", "dishwasher")["phases"][0]["hours"] = float(draw.uniform(1, 9))
    return names(document, "shiftable_load", "dishwasher", "latest")


@mistake("network")
def a_bus_that_is_misspelt(document: Document, draw: Draw) -> Names:
    kind, field = one_of(draw, [("demand", "bus"), ("battery", "bus"), ("tie", "to_bus"), ("renewable", "bus")])
    component = one_of(draw, document["components"][kind])
    component[field] = one_of(draw, [component[field].upper(), component[field] + "1", component[field][:-1]])
    return names(document, kind, component["id"], field)


@mistake("site")
def a_bus_of_the_wrong_carrier(document: Document, draw: Draw) -> Names:
    kind, field, bus = one_of(
        draw,
        [
            ("heat_pump", "heat_bus", "electricity"),
            ("battery", "bus", "gas"),
            ("chp", "heat_bus", "gas"),
            ("heat_store", "bus", "electricity"),
        ],
    )
    component = one_of(draw, document["components"][kind])
    component[field] = bus
    return names(document, kind, component["id"], field)


@mistake("network")
def an_id_that_occurs_twice(document: Document, draw: Draw) -> Names:
    kind = one_of(draw, ["demand", "battery", "tie", "renewable"])
    first, second = document["components"][kind][:2]
    second["id"] = first["id"]
    return Names(kind, first["id"], 1, ("id",))


@mistake("home")
def a_field_in_a_unit_that_the_case_does_not_speak(document: Document, draw: Draw) -> Names:
    kind, field = one_of(
        draw,
        [
            ("battery", "energy_max_kwh"),
            ("battery", "charge_max_kw"),
            ("heat_pump", "electric_max_kw"),
            ("grid_connection", "import_max_kw"),
        ],
    )
    component = one_of(draw, document["components"][kind])
    wrong = field.replace("_kw", "_mw")
    component[wrong] = component.pop(field) / 1000
    return names(document, kind, component["id"], wrong)


@mistake("site")
def a_field_that_is_misspelt_or_left_out(document: Document, draw: Draw) -> Names:
    kind, field = one_of(
        draw,
        [
            ("boiler", "efficiency"),
            ("heat_pump", "electric_max_kw"),
            ("battery", "energy_max_kwh"),
            ("chp", "fuel_max_kw"),
        ],
    )
    component = one_of(draw, document["components"][kind])
    content = component.pop(field)
    if draw.random() < 0.5:
        component[field.replace("e", "a", 1)] = content
    return names(document, kind, component["id"], field)


@mistake("network")
def a_number_with_a_decimal_comma(document: Document, draw: Draw) -> Names:
    kind, field = one_of(
        draw, [("battery", "energy_max_kwh"), ("tie", "forward_max_kw"), ("generator", "power_max_kw")]
    )
    component = one_of(draw, document["components"][kind])
    component[field] = f"{component[field]:.1f}".replace(".", ",")
    return names(document, kind, component["id"], field)


@mistake("island")
def a_law_about_somebody_who_is_not_there(document: Document, draw: Draw) -> Names:
    kind = one_of(draw, ["must_run", "maintenance", "reserve"])
    law = one_of(draw, document["components"][kind])
    law["members"] = [one_of(draw, ["generator/frist", "generators/first", "battery/akku", "first"])]
    return names(document, kind, law["id"], "members")


@mistake("island")
def a_span_that_ends_before_it_begins(document: Document, draw: Draw) -> Names:
    kind = one_of(draw, ["must_run", "maintenance"])
    law = one_of(draw, document["components"][kind])
    law["begin"], law["end"] = law["end"], law["begin"]
    if draw.random() < 0.5:
        law["end"] = law["begin"]
    return names(document, kind, law["id"], "end")


@mistake("site")
def a_horizon_of_other_steps_than_the_series(document: Document, draw: Draw) -> Names:
    document["horizon"]["steps"] += int(one_of(draw, [-24, -1, 1, 24]))
    return Names("demand", "electricity", 0, ("demand_kw",))
