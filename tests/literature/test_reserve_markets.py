"""Energy and reserve cleared together, as nempy and MATPOWER publish it.

nempy (Gorman, Bruce, MacGill 2022, https://doi.org/10.21105/joss.03596): the worked examples of its tests; one step of
an hour, prices per MWh and per MW and hour. How its words become ours:
    volume and price bids   cost_segments of a generator; of a unit with a loss factor every price is divided by it, and
                            the rest of its capacity costs more than any price of the case
    FCAS volume and price bids, availability, trapezia   a `reserve_offer`
    regulation              a reserve that is in use all the time
    interconnector          a tie; half of a loss of 5 % is borne at either end, so that of 1.025 sent 0.975 arrive
    generic constraints     a `generic_constraint`; of a region that of all generators at its bus
MATPOWER and MOST (Zimmerman, Murillo-Sánchez, https://github.com/MATPOWER/most): fixed zonal reserves.
    reserves.cost, qty      a `reserve_offer` each
    a zone within another   a reserve that counts for the other; a generator offers the innermost zone that it is in
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, Outcome, read_case, solve
from c4e_opt.arrays import FloatArray
from c4e_opt.case.build import Builder
from c4e_opt.case.readers.matpower import m_file
from c4e_opt.components.generator import Generator
from c4e_opt.laws.reserve import Reserve
from c4e_opt.laws.reserve_offer import ReserveOffer

ORACLES = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "market"
NEMPY, MOST = ORACLES / "nempy_market_cases.json", ORACLES / "matpower_most"

pytestmark = pytest.mark.skipif(not NEMPY.is_file(), reason=f"the oracles are not here: {ORACLES}")

#: Above every price of these cases: what is not bid at all.
NOT_BID = 1e4
#: What is expected is given in so many digits.
WITHIN = 1e-6

Row = dict[str, Any]
CASES = (
    "test_one_region_energy_market",
    "test_two_region_energy_market",
    "test_one_interconnector",
    "test_one_region_energy_and_raise_regulation_markets",
    "test_raise_6s_and_raise_reg",
    "test_two_region_energy_market_with_regional_generic_constraints",
    "test_one_region_energy_market_with_elastic_unit_generic_constraints",
)


@cache
def nempy() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(NEMPY.read_text(encoding="utf-8"))
    return found


def test_every_case_of_nempy_is_here() -> None:
    assert set(CASES) == set(nempy())


class Market:
    """The calls of one case of nempy, and the case that they make."""

    def __init__(self, name: str) -> None:
        self.calls: dict[str, list[Any]] = {}
        for call, tables, words in nempy()[name]["inputs"]:
            self.calls[call] = tables
            if call == "SpotMarket":
                self.regions: list[str] = words["market_regions"]
                self.units: dict[str, Row] = {row["unit"]: row for row in words["unit_info"]}

    def rows(self, call: str, table: int = 0) -> list[Row]:
        """The rows of a table of a call; none where it is not made."""
        return self.calls[call][table] if call in self.calls else []

    def bids(self, kind: str, unit: str, service: str) -> list[float]:
        """The volumes or prices of a unit, band by band."""
        for row in self.rows(f"set_unit_{kind}_bids"):
            if (row["unit"], row.get("service", "energy")) == (unit, service):
                return [row[band] for band in sorted(each for each in row if each.isdigit())]
        return []

    def trapezia(self) -> dict[tuple[str, str], Row]:
        """By unit and service."""
        calls = ("set_energy_and_regulation_capacity_constraints", "set_joint_capacity_constraints")
        return {(row["unit"], row["service"]): row for call in calls for row in self.rows(call)}

    def generator(self, unit: str) -> Row:
        volumes, prices = self.bids("volume", unit, "energy"), self.bids("price", unit, "energy")
        factor = self.units[unit].get("loss_factor", 1.0)
        bands = [{"power_mw": v, "cost_eur_per_mwh": p / factor} for v, p in zip(volumes, prices, strict=True)]
        limits = {row["unit"]: row["capacity"] for row in self.rows("set_unit_bid_capacity_constraints")}
        top = max([sum(volumes), *(r["enablement_max"] for (name, _), r in self.trapezia().items() if name == unit)])
        if unit not in limits and top > sum(volumes):
            bands.append({"power_mw": top - sum(volumes), "cost_eur_per_mwh": NOT_BID})
        most = min(limits[unit], sum(volumes)) if unit in limits else top
        return {"id": unit, "bus": self.units[unit]["region"], "power_max_mw": most, "cost_segments": bands}

    def offers(self) -> list[Row]:
        offers: list[Row] = []
        for row in self.rows("set_fcas_max_availability"):
            unit, service = row["unit"], row["service"]
            shape = self.trapezia()[unit, service]
            volumes, prices = (self.bids(kind, unit, service) for kind in ("volume", "price"))
            offers.append(
                {
                    "id": f"{unit} {service}",
                    "provider": f"generator/{unit}",
                    "reserve": service,
                    "segments": [
                        {"power_mw": v, "price_eur_per_mw_hour": p} for v, p in zip(volumes, prices, strict=True)
                    ],
                    "power_max_mw": row["max_availability"],
                    "enablement_min_mw": shape["enablement_min"],
                    "low_break_mw": shape["low_break_point"],
                    "high_break_mw": shape["high_break_point"],
                    "enablement_max_mw": shape["enablement_max"],
                }
            )
        return offers

    def ties(self) -> list[Row]:
        kept = (1 - 0.5 * 0.05) / (1 + 0.5 * 0.05)
        losses = 1 - kept if "set_interconnector_losses" in self.calls else 0.0
        sent = 1 + 0.5 * 0.05 if losses else 1.0
        return [
            {
                "id": row["interconnector"],
                "from_bus": row["from_region"],
                "to_bus": row["to_region"],
                "forward_max_mw": row["max"] * sent,
                "backward_max_mw": -row["min"] * sent,
                "loss_ratio": losses,
            }
            for row in self.rows("set_interconnectors")
        ]

    def constraints(self) -> list[Row]:
        elastic = {row["set"]: row["cost"] for row in self.rows("make_constraints_elastic", 1)}
        terms: dict[str, list[Row]] = {}
        for row in self.rows("link_regions_to_generic_constraints"):
            term = {"member": "generator/*", "site": row["region"], "coefficient": row["coefficient"]}
            terms.setdefault(row["set"], []).append(term)
        for row in self.rows("link_units_to_generic_constraints"):
            term = {"member": f"generator/{row['unit']}", "coefficient": row["coefficient"]}
            terms.setdefault(row["set"], []).append(term)
        return [
            {
                "id": row["set"],
                "terms": terms[row["set"]],
                "least_mw" if row["type"] == ">=" else "most_mw": row["rhs"],
                **({"violation_price_eur_per_mw_hour": elastic[row["set"]]} if row["set"] in elastic else {}),
            }
            for row in self.rows("set_generic_constraints")
        ]

    def case(self) -> Case:
        document = {
            "name": "nempy",
            "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": [60]},
            "buses": [{"id": region, "site": region} for region in self.regions],
            "components": {
                "generator": [self.generator(unit) for unit in self.units],
                "demand": [
                    {"id": f"load {row['region']}", "bus": row["region"], "demand_mw": row["demand"]}
                    for row in self.rows("set_demand_constraints")
                ],
                "tie": self.ties(),
                "reserve": [
                    {"id": row["service"], "up_mw": row["volume"], "regulation": row["service"].endswith("_reg")}
                    for row in self.rows("set_fcas_requirements_constraints")
                ],
                "reserve_offer": self.offers(),
                "generic_constraint": self.constraints(),
            },
        }
        return Builder(document, {}).case()


@cache
def cleared(name: str) -> Outcome:
    return solve(Market(name).case())


def expected(name: str, table: str) -> list[Row]:
    return next((rows for call, rows in nempy()[name]["expected"] if call == table), [])


def told(outcome: Outcome, table: str, name: str) -> dict[str, float]:
    """A quantity of the one step, by label."""
    found = outcome.tables[table]
    return dict(zip(found.labels[found.quantities[name].axes[0]].tolist(), found.values(name)[:, 0], strict=True))


@pytest.mark.parametrize("name", CASES)
def test_energy_prices_are_those_of_nempy(name: str) -> None:
    found = told(cleared(name), "prices", "price_eur_per_mwh")
    wanted = {row["region"]: row["price"] for row in expected(name, "get_energy_prices")}
    assert wanted
    assert found == pytest.approx(wanted, abs=WITHIN)


@pytest.mark.parametrize("name", CASES)
def test_units_give_and_keep_what_they_do_in_nempy(name: str) -> None:
    outcome = cleared(name)
    power = told(outcome, "schedule", "generator_power_mw")
    kept = told(outcome, "schedule", "reserve_up_mw") if "reserve" in outcome.price_table.labels else {}
    for row in expected(name, "get_unit_dispatch"):
        of = power[row["unit"]]
        if row["service"] != "energy":
            of = kept[f"{row['service']}: generator/{row['unit']}"]
        assert of == pytest.approx(row["dispatch"], abs=WITHIN), row


@pytest.mark.parametrize("name", [name for name in CASES if "raise" in name])
def test_reserve_prices_are_those_of_nempy(name: str) -> None:
    found = told(cleared(name), "prices", "reserve_up_price_eur_per_mw_hour")
    assert found == pytest.approx({r["service"]: r["price"] for r in expected(name, "get_fcas_prices")}, abs=WITHIN)


def test_the_interconnector_carries_what_it_does_in_nempy() -> None:
    """Half of the loss is borne where the flow begins."""
    (row,) = expected("test_one_interconnector", "get_interconnector_flows")
    flow = told(cleared("test_one_interconnector"), "schedule", "tie_forward_mw")["little_link"]
    assert flow == pytest.approx(row["flow"] + row["losses"] / 2, abs=WITHIN)


def most(file: str, *, network: bool) -> Case:
    """A case of MATPOWER whose zones are reserves that count for one another, with its offers.

    Every zone lies within those before it, or beside.
    """
    base, reserves = read_case(MOST / f"{file}.m"), _file(file)
    zones, required, cost, quantity = (
        _matrix(reserves, f"reserves.{name}") for name in ("zones", "req", "cost", "qty")
    )
    generators = [each.id for each in base.of(Generator)]
    inner = [int(np.flatnonzero(column)[-1]) if column.any() else -1 for column in zones.T]
    offering = [gen for gen, zone in enumerate(inner) if zone >= 0]
    components = {kind: list(records) for kind, records in base.components.items() if kind != "reserve"}
    components["reserve"] = [
        Reserve(
            id=f"zone{zone}",
            members=tuple(f"generator/{generators[gen]}" for gen in offering if inner[gen] == zone),
            up_mw=np.array([float(required.ravel()[zone])]),
            counts_for=tuple(f"zone{z}" for z in range(zone) if (zones[z] >= zones[zone]).all()),
        )
        for zone in range(zones.shape[0])
    ]
    components["reserve_offer"] = [
        ReserveOffer(
            id=f"offer {generators[gen]}",
            provider=f"generator/{generators[gen]}",
            reserve=f"zone{inner[gen]}",
            price_eur_per_mw_hour=np.array([float(cost.ravel()[row])]),
            power_max_mw=np.array([float(quantity.ravel()[row])]),
        )
        for row, gen in enumerate(offering)
    ]
    buses = base.buses
    if not network:
        components["generator"] = [replace(each, bus=buses[0].id) for each in base.of(Generator)]
        components["line"] = []
        buses = buses[:1]
    return replace(base, buses=buses, components={kind: tuple(c) for kind, c in components.items() if c})


@cache
def known(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((MOST / "expected.json").read_text(encoding="utf-8"))[name]
    return found


def _file(name: str) -> m_file.MFile:
    return m_file.read_text((MOST / f"{name}.m").read_text(encoding="utf-8"), name)


def _matrix(file: m_file.MFile, field: str) -> FloatArray:
    found = file.matrix(field)
    assert found is not None
    return found


def kept_by(outcome: Outcome, generators: int) -> list[float]:
    """What every generator keeps, be it for whichever zone."""
    total = dict.fromkeys(range(1, generators + 1), 0.0)
    for label, amount in told(outcome, "schedule", "reserve_up_mw").items():
        total[int(label.rpartition("gen")[2])] += amount
    return list(total.values())


def earned_by(case: Case, outcome: Outcome, generators: int) -> list[float]:
    """What a MW kept by every generator is paid: the prices of all zones that it is in."""
    price = told(outcome, "prices", "reserve_up_price_eur_per_mw_hour")
    zone = {reserve.id: sum(price[name] for name in (reserve.id, *reserve.counts_for)) for reserve in case.of(Reserve)}
    paid = dict.fromkeys(range(1, generators + 1), 0.0)
    for offer in case.of(ReserveOffer):
        paid[int(offer.provider.rpartition("gen")[2])] = zone[offer.reserve]
    return list(paid.values())


@pytest.mark.parametrize(
    ("name", "network"), [("economic_dispatch_with_reserves", False), ("dc_opf_with_reserves", True)]
)
def test_three_buses_give_and_keep_what_most_finds(name: str, network: bool) -> None:
    """A load worth 1000 per MWh, generators at 0.1 P², 150 MW kept at 1, 3 and 5."""
    case, wanted = most("ex_case3a", network=network), known("ex_case3a")[name]
    outcome = solve(case)
    assert outcome.objective == pytest.approx(wanted["f"], abs=1e-3)
    assert list(told(outcome, "schedule", "generator_power_mw").values()) == pytest.approx(wanted["Pg"], abs=1e-4)
    prices = list(told(outcome, "prices", "price_eur_per_mwh").values())
    assert np.broadcast_to(prices, 3) == pytest.approx(wanted["lamP"], abs=1e-4)
    assert kept_by(outcome, 4) == pytest.approx(wanted["R"], abs=1e-4)
    assert earned_by(case, outcome, 4) == pytest.approx(wanted["reserve_price"], abs=1e-4)


def test_a_zone_within_a_zone_keeps_and_earns_what_matpower_finds() -> None:
    """Of 30 buses; what generators of the inner zone keep counts for both, and earns both prices.

    The duals of MATPOWER's own bounds are ours by another name: mu_Pmax is the opportunity cost, mu_upper and mu_lower
    what is left of price, offer and opportunity cost.
    """
    case, wanted = most("t_case30_userfcns", network=True), known("t_case30_userfcns_fixed_zonal_reserves")
    case = replace(case, components={kind: each for kind, each in case.components.items() if kind != "interface"})
    outcome = solve(case)
    assert kept_by(outcome, 6) == pytest.approx(wanted["R"], abs=1e-4)
    paid = earned_by(case, outcome, 6)
    assert paid == pytest.approx(wanted["reserve_price"], abs=1e-4)
    assert outcome.terms["reserve_offer"] == pytest.approx(wanted["total_reserve_cost"], abs=1e-3)
    besides = told(outcome, "prices", "reserve_up_opportunity_eur_per_mw_hour")
    cost = dict(sorted((int(label.rpartition("gen")[2]), amount) for label, amount in besides.items()))
    assert list(cost.values()) == pytest.approx(wanted["mu_Pmax"], abs=1e-4)
    asked = [float(offer.price_eur_per_mw_hour[0]) for offer in case.of(ReserveOffer)]
    rent = np.array(paid) - np.array(asked) - np.array(list(cost.values()))
    assert rent == pytest.approx(np.array(wanted["mu_upper"]) - np.array(wanted["mu_lower"]), abs=1e-4)
