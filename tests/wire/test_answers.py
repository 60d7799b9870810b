"""Outcomes, statements and batches survive the wire to the digest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from c4e.opt.v1 import outcome_pb2, solve_pb2, statement_pb2
from c4e_opt.case import Case
from c4e_opt.explain import explain
from c4e_opt.issues import Issue
from c4e_opt.outcome import Certificate, Clash, Outcome, Participant, Quantity, Residual, SecondObjective, Table
from c4e_opt.settlement import batch_of, settle
from c4e_opt.settlement.conformance import sample_batch
from c4e_opt.solve import SolveOptions, solve
from c4e_server.convert.case import case_from_proto, case_to_proto
from c4e_server.convert.options import options_from_proto, options_to_proto
from c4e_server.convert.outcome import outcome_from_proto, outcome_to_proto
from c4e_server.convert.statement import batch_from_proto, batch_to_proto, statement_from_proto, statement_to_proto
from c4e_server.errors import BrokenMessage
from c4e_solvers import Limit, Reason, Termination
from tests.unit.test_price_rules import gribik


def sent(outcome: Outcome) -> Outcome:
    return outcome_from_proto(outcome_pb2.Outcome.FromString(outcome_to_proto(outcome).SerializeToString()))


def same(one: Outcome, other: Outcome) -> bool:
    if one.digest != other.digest or one.summary() != other.summary() or list(one.seconds) != list(other.seconds):
        return False
    for name, table in one.tables.items():
        back = other.tables[name]
        if list(table.quantities) != list(back.quantities) or list(table.texts) != list(back.texts):
            return False
        for key, quantity in table.quantities.items():
            twin = back.quantities[key]
            if (quantity.axes, quantity.unit, quantity.doc) != (twin.axes, twin.unit, twin.doc):
                return False
            if not np.array_equal(quantity.values, twin.values):
                return False
        for key, (axis, words) in table.texts.items():
            if back.texts[key][0] != axis or not np.array_equal(back.texts[key][1], words):
                return False
    return True


def test_uplift_travels_whole() -> None:
    case = gribik(250.0)
    case = replace(case, policy=replace(case.policy, pricing="temporal", uplift="make_whole", uplift_paid_by="demand"))
    outcome = solve(case)
    assert outcome.uplift_table.quantities
    assert same(outcome, sent(outcome))
    assert case_from_proto(case_to_proto(case)) == case


@pytest.fixture(scope="module")
def solved() -> tuple[Case, Outcome]:
    from pathlib import Path

    from c4e_opt.case import read_case

    case = read_case(Path(__file__).parents[2] / "cases/site_week/linear.yaml")
    return case, solve(case)


def test_an_answer_survives(solved: tuple[Case, Outcome]):
    assert same(solved[1], sent(solved[1]))


def test_an_answer_with_orders_survives(case: Case):
    outcome = solve(case)
    assert outcome.has_schedule
    back = sent(outcome)
    assert same(outcome, back)
    assert back.orders["accepted_mwh"].equals(outcome.orders["accepted_mwh"])


def test_an_infeasible_answer_survives_with_its_reasons(case: Case):
    message = case_to_proto(case)
    message.components.demand[0].demand.constant = 9.0
    broken = case_from_proto(message)
    outcome = explain(broken, solve(broken))
    assert outcome.termination.reason is Reason.INFEASIBLE
    assert outcome.clashes
    assert all(clash.participants for clash in outcome.clashes)
    assert outcome.clashes[0].proven
    assert same(outcome, sent(outcome))
    assert sent(outcome).clashes == outcome.clashes


def test_warnings_travel_with_an_answer_and_are_no_part_of_it(case: Case):
    outcome = solve(case)
    warned = replace(outcome, warnings=(Issue("components.battery[0].energy_max_mwh", "outlier", "is odd", "warning"),))
    assert sent(warned).warnings == warned.warnings
    assert same(warned, sent(warned))
    assert warned.digest == outcome.digest


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(
    values=hnp.arrays(np.float64, (2, 3), elements=finite),
    objective=st.none() | finite,
    words=st.lists(st.text(max_size=5), min_size=2, max_size=2),
    reason=st.sampled_from(list(Reason)),
    limit=st.sampled_from(list(Limit)),
)
@settings(max_examples=60, deadline=None)
def test_any_answer_survives(values: Any, objective: float | None, words: list[str], reason: Reason, limit: Limit):
    labels = {"time": np.arange(3).astype("datetime64[s]"), "bus": np.array(["a", "b"])}
    table = Table(labels, {"x_mw": Quantity(("bus", "time"), values, "MW", "x")}, {"note": ("bus", np.array(words))})
    residual = Residual(law="l", largest=float(abs(values[0, 0])), unit="MW", tolerance=1e-6, where=words[0])
    participant = Participant(kind="limit", name="x_mw", place=words[0], first="", last="", side="upper",
        least=float(values[0, 1]), most=float(values[0, 2]), unit="MW", message=words[1])  # fmt: skip
    clash = Clash(law="l", place="p", first="", last="", largest=float(values[0, 0]), unit="MW", message=words[1],
        participants=(participant, participant), proven=objective is None)  # fmt: skip
    outcome = Outcome(
        case_name="any",
        case_digest="d",
        currency="EUR",
        termination=Termination(reason=reason, limit=limit, detail=words[0]),
        objective=objective,
        terms={"b": 1.0, "a": -2.0},
        seconds={"z": 1.0, "a": 2.0},
        schedule_table=table,
        certificate=Certificate(residuals=(residual,)),
        clashes=(clash,),
        second=SecondObjective(name=words[0], unit="t", least=float(values[0, 0]), at_least_cost=float(values[0, 1]),
            least_cost=1.0, allowed_cost=1.1) if limit is Limit.NONE else None,
    )  # fmt: skip
    assert same(outcome, sent(outcome))
    assert sent(outcome).second == outcome.second
    assert sent(outcome).clashes == outcome.clashes


def test_an_answer_that_was_changed_on_the_way_is_refused(solved: tuple[Case, Outcome]):
    message = outcome_to_proto(solved[1])
    message.objective += 1
    with pytest.raises(BrokenMessage, match="digest"):
        outcome_from_proto(message)


def test_numbers_that_do_not_fit_their_axes_are_refused(solved: tuple[Case, Outcome]):
    message = outcome_to_proto(solved[1])
    message.prices.quantities[0].packed = message.prices.quantities[0].packed[:-8]
    with pytest.raises(BrokenMessage, match="does not fit"):
        outcome_from_proto(message)


def test_a_statement_and_its_batch_survive(solved: tuple[Case, Outcome]):
    statement = settle(*solved)
    message = statement_pb2.Statement.FromString(statement_to_proto(statement).SerializeToString())
    back = statement_from_proto(message)
    assert back.digest == statement.digest
    assert back.balances() == statement.balances()
    batch = batch_of(back)
    assert batch.id == message.batch_id
    assert batch_from_proto(statement_pb2.Batch.FromString(batch_to_proto(batch).SerializeToString())) == batch


def test_amounts_beyond_64_bits_survive():
    batch = sample_batch("huge", {"party:ann": -(10**40) - 7})
    assert batch_from_proto(batch_to_proto(batch)).digest == batch.digest


def test_a_statement_that_was_changed_on_the_way_is_refused(solved: tuple[Case, Outcome]):
    message = statement_to_proto(settle(*solved))
    message.amount[0] = str(int(message.amount[0]) + 1)
    with pytest.raises(BrokenMessage, match="digest"):
        statement_from_proto(message)


@pytest.mark.parametrize(
    "options", [SolveOptions(), SolveOptions(solver="highs", time_limit_s=2.5, gap=0.0, threads=2)], ids=str
)
def test_options_survive(options: SolveOptions):
    raw = options_to_proto(options).SerializeToString()
    assert options_from_proto(solve_pb2.SolveOptions.FromString(raw)) == options


def test_the_smaller_time_limit_counts():
    message = options_to_proto(SolveOptions(time_limit_s=10))
    assert options_from_proto(message, 3.0).time_limit_s == 3.0
    assert options_from_proto(message, 30.0).time_limit_s == 10.0
