"""The same case gives the same bytes: again, in another process, with two threads, from a file."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt import Case, Outcome, SolveOptions, explain, solve
from c4e_opt.case.build import Builder
from c4e_solvers import Reason
from tests.properties.generators import Shape, case_of, document

SEEDS = st.integers(0, 2**31 - 1)
AUCTION = Shape(components=False)
SHAPES = st.sampled_from([Shape(), Shape(negative=True), Shape(commitment=True), AUCTION])
SAMPLE = [(seed, shape) for seed in range(3) for shape in (Shape(), Shape(negative=True), Shape(commitment=True))]
few = settings(max_examples=20)

CHILD = """
import json, sys
from c4e_opt import SolveOptions, solve
from c4e_opt.case.build import Builder
for content in json.load(sys.stdin):
    case = Builder(content, {}).case()
    print(case.digest(), solve(case, SolveOptions(threads=int(sys.argv[1]))).digest)
"""


@few
@given(SEEDS, SHAPES)
def test_a_case_solved_again_gives_the_same_bytes(seed: int, shape: Shape) -> None:
    content = document(seed, shape)
    first, second = solve(case_of(content)), solve(case_of(content))
    assert first.digest == second.digest
    for name, table in first.tables.items():
        for key, quantity in table.quantities.items():
            assert quantity.values.tobytes() == second.tables[name].quantities[key].values.tobytes()


@few
@given(SEEDS, SHAPES)
def test_two_threads_give_the_bytes_of_one(seed: int, shape: Shape) -> None:
    case = case_of(document(seed, shape))
    assert solve(case, SolveOptions(threads=2)).digest == solve(case, SolveOptions(threads=1)).digest


@pytest.mark.parametrize("threads", [1, 2])
def test_another_process_gives_the_same_bytes(threads: int) -> None:
    contents = [document(seed, shape) for seed, shape in SAMPLE]
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(threads)],
        input=json.dumps(contents),
        capture_output=True,
        text=True,
        check=True,
        timeout=250,
    )
    there = [tuple(line.split()) for line in run.stdout.splitlines()]
    here = [(case.digest(), solve(case).digest) for case in (case_of(content) for content in contents)]
    assert there == here


@pytest.mark.parametrize("shape", [Shape(), Shape(orders=0), Shape(negative=True), Shape(commitment=True), AUCTION])
def test_an_answer_read_back_is_the_answer_that_was_written(tmp_path: Path, shape: Shape) -> None:
    outcome = solve(case_of(document(5, shape)))
    again = Outcome.read(outcome.write(tmp_path))
    assert again.digest == outcome.digest
    assert again.summary() == outcome.summary()
    assert again.schedule.identical(outcome.schedule)
    assert again.flows.identical(outcome.flows)
    assert again.prices.identical(outcome.prices)
    assert again.orders.identical(outcome.orders)


def test_names_in_any_script_survive_a_file(tmp_path: Path) -> None:
    content = json.loads(json.dumps(document(5, Shape(orders=3))).replace("battery 1", "bateria Łódź ☀"))
    content["orders"]["id"] = ["ö", "order with blanks", "日本"]
    outcome = solve(case_of(content))
    again = Outcome.read(outcome.write(tmp_path))
    assert again.digest == outcome.digest
    assert again.orders.identical(outcome.orders)
    assert "bateria Łódź ☀" in again.schedule["battery"].values.tolist()


def test_an_answer_without_a_schedule_reads_back_too(tmp_path: Path) -> None:
    content = document(1)
    for connection in content["components"]["grid_connection"]:
        connection["import_max_mw"] = 0.001
    case = case_of(content)
    outcome = explain(case, solve(case))
    assert outcome.termination.reason is Reason.INFEASIBLE
    assert outcome.clashes
    again = Outcome.read(outcome.to_netcdf(tmp_path / "outcome.nc"))
    assert again.digest == outcome.digest
    assert again.clashes == outcome.clashes


@few
@given(SEEDS, SHAPES)
def test_a_document_in_kilowatts_is_the_document_in_megawatts(seed: int, shape: Shape) -> None:
    mega, kilo = case_of(document(seed, shape)), case_of(document(seed, shape, kilo=True))
    assert mega.digest() == kilo.digest()
    assert mega == kilo


@settings(max_examples=200)
@given(st.decimals("0.001", "99999", places=3), st.sampled_from(["kW", "W", "GW"]))
def test_a_decimal_number_means_the_same_in_every_unit_of_power(number: Decimal, unit: str) -> None:
    """5.114 kW is 0.005114 MW: the double that the decimal itself reads as."""
    factor = {"kW": Decimal("1e-3"), "W": Decimal("1e-6"), "GW": Decimal("1e3")}[unit]
    suffix = unit.lower()
    assert _demand(float(number), suffix, unit) == _demand(float(number * factor), "mw", "MW")


@settings(max_examples=200)
@given(st.decimals("-9999", "9999", places=3), st.sampled_from(["EUR/kWh", "ct/kWh"]))
def test_a_decimal_price_means_the_same_in_every_unit_of_price(number: Decimal, unit: str) -> None:
    """0.07 ct/kWh is 0.7 EUR/MWh: the double that the decimal itself reads as."""
    factor = {"EUR/kWh": Decimal(1000), "ct/kWh": Decimal(10)}[unit]
    suffix = {"EUR/kWh": "eur_per_kwh", "ct/kWh": "ct_per_kwh"}[unit]
    assert _price(float(number), suffix, unit) == _price(float(number * factor), "eur_per_mwh", "EUR/MWh")


def _read(units: dict[str, str], **components: object) -> Case:
    horizon = {"start": "2025-01-01T00:00Z", "step_minutes": [60]}
    return Builder({"horizon": horizon, "units": units, "buses": [{"id": "e"}], "components": components}, {}).case()


def _demand(number: float, suffix: str, unit: str) -> Case:
    return _read({"power": unit}, demand=[{"id": "d", "bus": "e", f"demand_{suffix}": number}])


def _price(number: float, suffix: str, unit: str) -> Case:
    fields = {"id": "r", "bus": "e", "available_mw": 1.0, f"cost_{suffix}": number}
    return _read({"price": unit}, renewable=[fields])


def test_a_digest_changes_with_every_part_of_the_content() -> None:
    case = case_of(document(7, Shape(orders=3)))
    others = [
        replace(case, name="other"),
        replace(case, currency="PLN"),
        replace(case, parties=case.parties[::-1]),
        replace(case, buses=case.buses[::-1]),
        replace(case, orders=replace(case.orders, energy_mwh=case.orders.energy_mwh * 2)),
        replace(case, policy=replace(case.policy, money_decimals=3)),
        replace(case, components={kind: group for kind, group in case.components.items() if kind != "tie"}),
    ]
    assert len({each.digest() for each in [case, *others]}) == len(others) + 1


def test_the_order_in_which_kinds_are_listed_is_no_part_of_the_content() -> None:
    case = case_of(document(7))
    turned = replace(case, components=dict(reversed(case.components.items())))
    assert turned.digest() == case.digest()
    assert solve(turned).digest == solve(case).digest
