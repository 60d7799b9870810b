"""Violations planted into answers of grids: flows, angles, shadow prices, parts; see `test_planted_violations`.

Nothing here is solved with the verifier's help: the answers are true, and each corruption must be named by its laws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt import Case, Outcome, SolveOptions, solve
from c4e_opt.verify import verify
from tests.unit.small_grids import grid_case, line, plant
from tests.verify.test_planted_violations import Answered, Plant, law, number, term, up

AB, BC, AC, CD, AD, BE, OUT = range(7)


def meshed(**policy: Any) -> Case:
    """Seven lines, two steps: hard, soft and emergency limits, a shift, two interfaces, outages; most of it binds."""
    lines = [
        line("ab", "a", "b", 20.0),
        line("bc", "b", "c", 40.0, overload_price_eur_per_mwh=5.0, phase_shift_deg=0.3, tap_ratio=1.05),
        line("ac", "a", "c", 60.0, emergency_limit_mw=62.0),
        line("cd", "c", "d", 50.0, angle_min_deg=-3.0, angle_max_deg=1.5),
        line("ad", "a", "d", 45.0, reactance=0.2),
        line("be", "b", "e", 25.0),
        line("out", "d", "e", 5.0, in_service=False),
    ]
    plants = [plant("a", 10.0, [150.0, 120.0]), plant("b", 31.0), plant("d", 64.0), plant("c", 170.0)]
    return grid_case(
        lines, plants, {"c": [70.0, 90.0], "d": [40.0, 45.0], "e": [10.0, 5.0]}, minutes=(60, 30),
        interface=[
            {"id": "i", "lines": [{"line": "ab"}, {"line": "ac"}, {"line": "ad", "ratio": 0.5}],
             "forward_max_mw": 70.0, "overload_price_eur_per_mwh": 9.0},
            {"id": "h", "lines": [{"line": "be"}], "forward_max_mw": 18.0, "backward_max_mw": 3.0},
        ],
        shunt=[{"id": "s", "bus": "c", "conductance_mw": 1.5}],
        flexible_demand=[{"id": "f", "bus": "e", "demand_mw": 12.0, "shed_value_eur_per_mwh": 99.0}],
        contingency=[{"id": "k", "lines": ["ab", "cd"]}],
        policy={"security": "n1", "outage_overload_price_eur_per_mwh": 13.0, **policy},
    )  # fmt: skip


def switching() -> Case:
    """A line that is opened in the first step, and a phase shift that is chosen."""
    lines = [
        line("ab", "a", "b", 20.0, switchable=True),
        line("bc", "b", "c", 100.0),
        line("ac", "a", "c", [80.0, 10.0], phase_shift_min_deg=-0.1, phase_shift_max_deg=0.1),
    ]
    demand = {"c": [90.0, 0.0], "b": [0.0, 33.0]}
    policy = {"dc_formulation": "angles"}
    return grid_case(lines, [plant("a", 10.0), plant("c", 50.0)], demand, minutes=(60, 60), policy=policy)


def transport() -> Case:
    """Limits only, hard, soft and of an interface."""
    lines = [
        line("ab", "a", "b", 20.0),
        line("bc", "b", "c", 30.0, overload_price_eur_per_mwh=5.0),
        line("cd", "c", "d"),
    ]
    plants = [plant("a", 10.0), plant("b", 20.0), plant("d", 60.0)]
    sums = [{"id": "i", "lines": [{"line": "cd"}], "forward_max_mw": 15.0}]
    demand = {"c": 50.0, "d": 30.0}
    return grid_case(lines, plants, demand, interface=sums, policy={"network": "transport"})


CASES: dict[str, Callable[[], Case]] = {
    "meshed": meshed,
    "dcp": lambda: meshed(network="dcp", security="none"),
    "switching": switching,
    "transport": transport,
}


@pytest.fixture(scope="module")
def answered() -> dict[str, Answered]:
    return {name: (case, solve(case, SolveOptions(gap=0.0))) for name, write in CASES.items() for case in [write()]}


def limit_number(name: str, words: str, change: Callable[[float], float]) -> Plant:
    """Change a number of the first limit whose label begins with these words."""

    def planted(case: Case, outcome: Outcome) -> Answered:
        table = outcome.limit_table
        row = next(k for k, label in enumerate(table.labels["limit"].tolist()) if label.startswith(words))
        quantity = table.quantities[name]
        values = quantity.values.copy()
        values[row] = change(float(values[row]))
        changed = {**table.quantities, name: replace(quantity, values=values)}
        return case, replace(outcome, limit_table=replace(table, quantities=changed))

    return planted


def limit_word(name: str, words: str, word: str) -> Plant:
    """Change a text of the first limit whose label begins with these words."""

    def planted(case: Case, outcome: Outcome) -> Answered:
        table = outcome.limit_table
        row = next(k for k, label in enumerate(table.labels["limit"].tolist()) if label.startswith(words))
        axis, texts = table.texts[name]
        said = texts.tolist()
        said[row] = word
        changed = {**table.texts, name: (axis, np.array(said, dtype=np.str_))}
        return case, replace(outcome, limit_table=replace(table, texts=changed))

    return planted


def without_limits(case: Case, outcome: Outcome) -> Answered:
    """Say that no limit is worth anything."""
    return case, replace(outcome, limit_table=type(outcome.limit_table)({}, {}))


def flow(row: int, step: int, amount: float) -> Plant:
    """Send more through a line: its flow and both of its ports."""

    def planted(case: Case, outcome: Outcome) -> Answered:
        record = case.components["line"][row]
        found = number("line_flow_mw", (row, step), up(amount))(case, outcome)
        for bus, sign in ((record.from_bus, -1.0), (record.to_bus, 1.0)):
            port = outcome.flow_table.labels["port"].tolist().index(f"line/{record.id}@{bus}")
            found = number("flow_mw", (port, step), up(sign * amount), "flows")(*found)
        return found

    return planted


def paid(plant_: Plant, name: str, cost: float) -> Plant:
    """Plant something and bill it."""

    def planted(case: Case, outcome: Outcome) -> Answered:
        case, other = term(name, cost)(*plant_(case, outcome))
        assert other.objective is not None
        assert other.bound is not None
        return case, replace(other, objective=other.objective + cost, bound=other.bound + cost)

    return planted


def ring(amount: float) -> Plant:
    """Send power around the triangle: every bus still balances."""

    def planted(case: Case, outcome: Outcome) -> Answered:
        return flow(AB, 0, amount)(*flow(BC, 0, amount)(*flow(AC, 0, -amount)(case, outcome)))

    return planted


PRICE, SHADOW = "price_eur_per_mwh", "shadow_price_eur_per_mwh"
ENERGY, CONGESTION = "energy_eur_per_mwh", "congestion_eur_per_mwh"
#: Sentence -> case, violation, laws that it breaks (at least), words of the worst place of the first.
PLANTED: dict[str, tuple[str, Plant | str, tuple[str, ...], str]] = {
    "a flow that its ports do not show": ("meshed", number("line_flow_mw", (AB, 0), up(-1)), ("line_flow",), "'ab'"),
    "a port that its flow does not show": ("transport", number("flow_mw", (-1, 0), up(1), "flows"), ("line_flow",), ""),
    "a flow that the angles do not drive": ("meshed", flow(AC, 0, 1.0), ("line_kirchhoff", "power_balance"), "'ac'"),
    "power around a loop": ("meshed", ring(-1.0), ("line_kirchhoff",), ""),
    "an angle that is off": ("meshed", number("line_angle_rad", (1, 0), up(1e-3)), ("line_kirchhoff",), ""),
    "a chosen shift that is off": (
        "switching",
        number("line_shift_rad", (2, 1), up(1e-4)),
        ("line_kirchhoff",),
        "'ac'",
    ),
    "another reactance": ("meshed", law("line", AB, reactance_pu=0.11), ("line_kirchhoff",), "'ab'"),
    "another shift": ("meshed", law("line", BC, phase_shift_deg=-0.3), ("line_kirchhoff",), "'bc'"),
    "another tap": ("meshed", law("line", BC, tap_ratio=0.95), ("line_kirchhoff",), "'bc'"),
    "a resistance that dcp sees": ("dcp", law("line", AB, resistance_pu=0.01), ("line_kirchhoff",), "'ab'"),
    "a line that is out": ("dcp", law("line", AC, in_service=False), ("line_in_service",), "'ac'"),
    "less limit": ("meshed", law("line", AC, limit_mw=np.array(59.0)), ("line_flow_limit",), "'ac', 2025-01-01T01"),
    "less limit in one step": (
        "switching",
        law("line", AC, limit_mw=np.array([80.0, 8.0])),
        ("line_flow_limit",),
        "2025-01-01T01",
    ),
    "a soft limit made hard": (
        "meshed",
        law("line", BC, overload_price_eur_per_mwh=None),
        ("line_hard_limit",),
        "'bc'",
    ),
    "less overload than there is": (
        "transport",
        number("line_overload_mw", (BC, 0), up(-1)),
        ("line_flow_limit",),
        "'bc'",
    ),
    "overload below zero": (
        "meshed",
        number("line_overload_mw", (BC, 0), lambda _: -1.0),
        ("line_hard_limit",),
        "'bc'",
    ),
    "overload of a hard limit": ("meshed", number("line_overload_mw", (AB, 0), up(1)), ("line_hard_limit",), "'ab'"),
    "overload that nobody pays": ("meshed", number("line_overload_mw", (BC, 0), up(1)), ("cost_overload",), ""),
    "overload that saves nothing": (
        "meshed",
        paid(number("line_outage_overload_mw", (CD, 0), up(1)), "overload", 13.0),
        ("line_outage_overload_price",),
        "'cd'",
    ),
    "overload of an interface that saves nothing": (
        "meshed",
        law("interface", 0, overload_price_eur_per_mwh=8.0),
        ("interface_overload_price",),
        "'i'",
    ),
    "overload below zero after an outage": (
        "meshed",
        number("line_outage_overload_mw", (CD, 0), lambda _: -1.0),
        ("line_outage_hard_limit",),
        "'cd'",
    ),
    "soft limits after outages made hard": ("meshed", "hard", ("line_outage_hard_limit",), ""),
    "less emergency limit": (
        "meshed",
        law("line", AC, emergency_limit_mw=np.array(61.0)),
        ("line_outage_limit",),
        "'ac'",
    ),
    "no emergency limit": ("meshed", law("line", AC, emergency_limit_mw=None), ("line_outage_limit",), "'ac'"),
    "an outage that was not looked at": (
        "meshed",
        law("contingency", 0, lines=("bc", "ad")),
        ("line_outage_limit",),
        "",
    ),
    "less room between angles": ("meshed", law("line", CD, angle_max_deg=0.4), ("line_angle_limit",), "'cd'"),
    "less room between angles the other way": (
        "meshed",
        law("line", AC, angle_min_deg=4.0),
        ("line_angle_limit",),
        "'ac'",
    ),
    "less forth through an interface": (
        "meshed",
        law("interface", 1, forward_max_mw=np.array(17.0)),
        ("interface_limit",),
        "'h'",
    ),
    "less back through an interface": (
        "meshed",
        law("interface", 1, backward_max_mw=np.array(-18.5)),
        ("interface_limit",),
        "'h'",
    ),
    "overload of a hard interface": (
        "meshed",
        number("interface_overload_mw", (1, 0), up(1)),
        ("interface_hard_limit",),
        "'h'",
    ),
    "less overload of an interface": (
        "meshed",
        number("interface_overload_mw", (0, 0), up(-1)),
        ("interface_limit",),
        "'i'",
    ),
    "a shunt that takes more": ("meshed", law("shunt", 0, conductance_mw=1.6), ("shunt_flow",), "'s'"),
    "losses in a model that has none": ("meshed", "loss", ("line_loss",), "'ab'"),
    "a line that is open and carries": (
        "switching",
        number("line_closed", (AB, 1), lambda _: 0.0),
        ("line_opened",),
        "'ab'",
    ),
    "a line that is closed and does not carry": (
        "switching",
        number("line_closed", (AB, 0), lambda _: 1.0),
        ("line_kirchhoff",),
        "'ab'",
    ),
    "half a switch": ("switching", number("line_closed", (AB, 1), lambda _: 0.6), ("integrality",), ""),
    "a shift beyond its limits": (
        "switching",
        law("line", AC, phase_shift_min_deg=-0.05),
        ("line_shift_limit",),
        "'ac'",
    ),
    "a shift that could go further": (
        "switching",
        law("line", AC, phase_shift_min_deg=-0.2),
        ("line_shift_price",),
        "'ac'",
    ),
    "a price that congestion does not explain": (
        "meshed",
        number(PRICE, (2, 0), up(0.1), "prices"),
        ("line_price",),
        "",
    ),
    "a part of a price that is off": (
        "meshed",
        number(CONGESTION, (2, 0), up(0.1), "prices"),
        ("line_price_parts",),
        "'c'",
    ),
    "energy that is off": ("meshed", number(ENERGY, (2, 0), up(0.1), "prices"), ("line_price_parts",), "'c'"),
    "a price without its parts": ("meshed", "parts", ("price_table",), "congestion"),
    "no limit that is worth anything": ("meshed", without_limits, ("line_price",), ""),
    "a shadow price that is too high": (
        "meshed",
        limit_number(SHADOW, "line_flow_limit line/ac", up(0.1)),
        ("line_price",),
        "",
    ),
    "a shadow price below zero": (
        "meshed",
        limit_number(SHADOW, "line_flow_limit line/ac", lambda x: -x),
        ("limit_table",),
        "",
    ),
    "a limit of the other side": (
        "meshed",
        limit_number("limit_sign", "line_flow_limit line/ac", lambda x: -x),
        ("line_shadow_price",),
        "line/ac",
    ),
    "a limit of no side": (
        "meshed",
        limit_number("limit_sign", "line_flow_limit line/ac", lambda _: 0.5),
        ("limit_table",),
        "sign",
    ),
    "a limit of another step": (
        "meshed",
        limit_number("limit_step", "line_flow_limit line/ac", lambda _: 0.0),
        ("line_shadow_price",),
        "line/ac",
    ),
    "a limit of no step": (
        "meshed",
        limit_number("limit_step", "line_flow_limit line/ac", lambda _: 7.0),
        ("limit_table",),
        "step",
    ),
    "a limit of another line": (
        "meshed",
        limit_word("limit_element", "line_flow_limit line/ac", "line/ad"),
        ("line_shadow_price",),
        "line/ad",
    ),
    "a limit of no line": (
        "meshed",
        limit_word("limit_element", "line_flow_limit line/ac", "line/zz"),
        ("limit_table",),
        "zz",
    ),
    "a limit of an interface on a line": (
        "meshed",
        limit_word("limit_law", "line_flow_limit line/ac", "interface_limit"),
        ("limit_table",),
        "",
    ),
    "a limit that no law knows": (
        "meshed",
        limit_word("limit_law", "line_flow_limit line/ac", "line_wish"),
        ("limit_table",),
        "line_wish",
    ),
    "an outage without an outage": (
        "meshed",
        limit_word("limit_outage", "line_outage_limit line/ad", ""),
        ("limit_table",),
        "",
    ),
    "an outage of something else": (
        "meshed",
        limit_word("limit_outage", "line_outage_limit line/ad", "cd"),
        ("line_shadow_price",),
        "line/ad",
    ),
    "an outage of nothing": (
        "meshed",
        limit_word("limit_outage", "line_outage_limit line/ad", "zz"),
        ("limit_table",),
        "zz",
    ),
    "an outage of a line that is out": (
        "meshed",
        limit_word("limit_outage", "line_outage_limit line/ad", "out"),
        ("limit_table",),
        "out",
    ),
    "an outage that splits the grid": (
        "meshed",
        limit_word("limit_outage", "line_outage_limit line/ad", "be"),
        ("line_price",),
        "",
    ),
    "a limit before an outage that is said after one": (
        "meshed",
        limit_word("limit_outage", "line_flow_limit line/ac", "ab"),
        ("limit_table",),
        "ab",
    ),
    "a shadow price above that of the overload": (
        "meshed",
        law("line", BC, overload_price_eur_per_mwh=4.0),
        ("line_overload_price",),
        "'bc'",
    ),
    "a price that transport does not explain": (
        "transport",
        number(PRICE, (2, 0), up(0.1), "prices"),
        ("line_price",),
        "",
    ),
    "a shadow price in transport that is off": (
        "transport",
        limit_number(SHADOW, "line_flow_limit", up(0.1)),
        ("line_price",),
        "'bc'",
    ),
    "a shadow price of an interface that is off": (
        "transport",
        limit_number(SHADOW, "interface_limit", up(0.1)),
        ("line_price",),
        "'cd'",
    ),
    "a hard line of transport with room left": (
        "transport",
        law("line", AB, limit_mw=np.array(25.0)),
        ("line_price",),
        "'ab'",
    ),
}


def special(word: str, case: Case, outcome: Outcome) -> Answered:
    """Violations that want more than one number or record."""
    if word == "hard":
        other = replace(case, policy=replace(case.policy, outage_limits="hard"))
        return other, replace(outcome, case_digest=other.digest())
    if word == "loss":
        table = outcome.schedule_table
        loss = replace(table.quantities["line_flow_mw"], values=np.where([[k == AB] * 2 for k in range(7)], 0.5, 0.0))
        return case, replace(
            outcome, schedule_table=replace(table, quantities={**table.quantities, "line_loss_mw": loss})
        )
    table = outcome.price_table
    kept = {name: each for name, each in table.quantities.items() if name != CONGESTION}
    return case, replace(outcome, price_table=replace(table, quantities=kept))


@pytest.mark.parametrize("sentence", PLANTED)
def test_the_certificate_names_the_laws_that_are_broken(sentence: str, answered: dict[str, Answered]) -> None:
    name, planted, broken, where = PLANTED[sentence]
    given_ = answered[name]
    certificate = verify(*(special(planted, *given_) if isinstance(planted, str) else planted(*given_)))
    found = {residual.law: residual for residual in certificate.broken}
    assert set(broken) <= set(found), certificate.broken
    assert where in found[broken[0]].where


@pytest.mark.parametrize("name", CASES)
def test_the_answers_that_violations_are_planted_into_fulfil_every_law(
    name: str, answered: dict[str, Answered]
) -> None:
    certificate = verify(*answered[name])
    assert certificate.holds, certificate.broken
    assert answered[name][1].limit_table.labels["limit"].size


def test_every_law_of_a_grid_is_broken_by_some_planted_violation(answered: dict[str, Answered]) -> None:
    checked = {residual.law for each in answered.values() for residual in verify(*each).residuals}
    own = {each for each in checked if each.startswith(("line_", "interface_", "shunt_", "limit_"))}
    planted = {each for _, _, broken, _ in PLANTED.values() for each in broken}
    assert own <= planted, own - planted


@settings(max_examples=300, deadline=None)
@given(choice=st.data())
def test_a_corrupted_number_is_refused(choice: st.DataObject, answered: dict[str, Answered]) -> None:
    """Any number of the schedule, the flows, the parts of prices or the shadow prices."""
    case, outcome = answered[choice.draw(st.sampled_from(["meshed", "dcp", "switching"]))]
    name = choice.draw(st.sampled_from(["schedule_table", "flow_table", "limit_table"]))
    table = getattr(outcome, name)
    key = choice.draw(st.sampled_from(sorted(table.quantities)))
    values = table.quantities[key].values.copy()
    cell = choice.draw(st.integers(0, values.size - 1))
    amount = choice.draw(st.floats(1e-2, 1e3)) * choice.draw(st.sampled_from([-1, 1]))
    values.flat[cell] += amount
    if key == "line_closed" and cell not in (0, 1):
        return  # says nothing of lines that cannot be opened
    changed = replace(table, quantities={**table.quantities, key: replace(table.quantities[key], values=values)})
    assert not verify(case, replace(outcome, **{name: changed})).holds
