"""A statement that is wrong in one place does not pass its audit: one planted bug per kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt.case import Case
from c4e_opt.outcome import Outcome
from c4e_opt.settlement import Purpose, Statement, audit, settle
from tests.settlement.markets import Deal, grid, heat_pump, load, market, sun, tie

#: Owed besides energy; see test_dues.
PRICED = {Purpose.ENERGY, Purpose.TARIFF, Purpose.ORDER, Purpose.RENT, Purpose.ROUNDING}


@pytest.fixture(scope="module")
def settled() -> tuple[Case, Outcome, Statement]:
    """Every purpose and two carriers, with numbers that leave remainders everywhere."""
    parts = [
        sun("roof", "bob", [0.03337, 0.0]),
        load("flat", "ann", [0.01111, 0.02]),
        load("mill", "cid", [0.04441, 0.051]),
        heat_pump("pump", "pam", [0.01, 0.0], [0.03, 0.0]),
        load("rooms", "ann", [0.03, 0.0], "h"),
        grid("meter", "sup", [0.03215 + 0.0101, 0.071 - 0.0101], 71.77, 11.13),
        tie("cable", "net", [0.0101, -0.0101], [0.0101, -0.0101], ("e", "f")),
        grid("far", "sup", [-0.0101, 0.0101 + 1e-6], 97.77, 93.13, "f"),
    ]
    deals = [Deal("s", "bob", "e", 1, 0, 0.02113), Deal("b", "cid", "e", -1, 0, 0.02113)]
    prices = {"e": [77.7731, -7.7], "f": [95.5551, 97.7777], "h": [31.117, 40.0]}
    case, outcome = market(parts, prices, deals, carriers={"h": "heat"})
    return case, outcome, settle(case, outcome)


def at(statement: Statement, asset: int = 0, **wanted: Any) -> int:
    """The place of the first line of an asset with these labels."""
    for place, line in enumerate(statement.lines()):
        labels = {"party": line.party, "purpose": line.purpose, "component": line.component, "step": line.step}
        if statement.asset[place] == asset and all(labels[name] == value for name, value in wanted.items()):
            return place
    raise LookupError(wanted)


def changed(statement: Statement, column: str, **by_place: int) -> Statement:
    values = getattr(statement, column).copy()
    for place, change in by_place.items():
        values[int(place[1:])] += change
    return replace(statement, **{column: values})


def without(statement: Statement, *places: int) -> Statement:
    kept = np.delete(np.arange(len(statement)), places)
    columns = ("position", "step", "asset", "energy", "price", "amount")
    return replace(statement, **{name: getattr(statement, name)[kept] for name in columns})


def a_cent_from_nowhere(s: Statement) -> Statement:
    return changed(s, "amount", _0=1)


def two_cents_moved_between_members(s: Statement) -> Statement:
    one, other = at(s, component="demand/flat"), at(s, component="demand/mill")
    return changed(s, "amount", **{f"_{one}": 2, f"_{other}": -2})


def the_wrong_party_is_raised(s: Statement) -> Statement:
    """Take the last unit from a line that was rounded up and give it to one that was rounded down."""
    exact = [line.energy * int(line.price * 10**9) for line in s.lines()]
    first = [place for place in range(len(s)) if s.asset[place] == 0 and s.step[place] == 0 and exact[place] % 10**13]
    up = next(place for place in first if s.amount[place] * 10**13 > exact[place])
    down = next(place for place in first if s.amount[place] * 10**13 < exact[place])
    return changed(s, "amount", **{f"_{up}": -1, f"_{down}": 1})


def the_neighbour_is_paid(s: Statement) -> Statement:
    party = s.positions.party.copy()
    party[s.positions.component == "renewable/roof"] = "cid"
    return replace(s, positions=replace(s.positions, party=party))


def the_supplier_keeps_the_rent(s: Statement) -> Statement:
    party = s.positions.party.copy()
    rents = (s.positions.component == "grid_connection/meter") & (s.positions.purpose == Purpose.RENT.value)
    party[rents] = "sup"
    return replace(s, positions=replace(s.positions, party=party))


def exports_at_the_import_price(s: Statement) -> Statement:
    place = at(s, component="grid_connection/far", purpose=Purpose.TARIFF, step=0)
    return changed(s, "price", **{f"_{place}": (9777 - 9313) * 10**7})


def a_price_of_yesterday(s: Statement) -> Statement:
    return changed(s, "price", **{f"_{at(s, component='demand/mill')}": 10**6})


def a_line_of_money_is_missing(s: Statement) -> Statement:
    return without(s, at(s, component="grid_connection/meter", purpose=Purpose.RENT))


def energy_without_money(s: Statement) -> Statement:
    return without(s, at(s, component="demand/flat"))


def a_member_is_forgotten(s: Statement) -> Statement:
    return without(s, at(s, component="demand/flat"), at(s, 1, component="demand/flat"))


def a_line_is_booked_twice(s: Statement) -> Statement:
    twice = np.r_[np.arange(len(s)), at(s, component="demand/flat")]
    columns = ("position", "step", "asset", "energy", "price", "amount")
    return replace(s, **{name: getattr(s, name)[twice] for name in columns})


def energy_vanishes_at_a_bus(s: Statement) -> Statement:
    return changed(s, "amount", **{f"_{at(s, 1, component='demand/flat')}": 1})


def heat_is_booked_as_power(s: Statement) -> Statement:
    asset = s.asset.copy()
    asset[asset == 2] = 1
    return replace(s, asset=asset)


def who_pays_receives(s: Statement) -> Statement:
    return replace(s, amount=-s.amount)


def moved_energy(s: Statement, giver: dict[str, Any], taker: dict[str, Any], units: int) -> Statement:
    """Energy moved between two trades, in their lines of money and of the carrier."""
    found = s
    for labels, change in ((giver, units), (taker, -units)):
        money, energy = at(s, 0, **labels), at(s, 1, **labels)
        found = changed(found, "energy", **{f"_{money}": change, f"_{energy}": change})
        found = changed(found, "amount", **{f"_{energy}": -change})
    return found


def energy_is_moved_between_members(s: Statement) -> Statement:
    return moved_energy(s, {"component": "demand/flat"}, {"component": "demand/mill"}, 5)


def the_rounding_account_hides_a_loss(s: Statement) -> Statement:
    """The operator is said to lose 50 Wh at bus f that the supplier never gave; energy balances."""
    return moved_energy(
        s, {"component": "grid_connection/far", "step": 1}, {"purpose": Purpose.ROUNDING, "step": 1}, 50
    )


def micro_euros_are_called_cents(s: Statement) -> Statement:
    return replace(s, assets=(replace(s.assets[0], decimals=6), *s.assets[1:]))


def another_outcome(s: Statement) -> Statement:
    return replace(s, outcome_digest="0" * 64)


def other_days(s: Statement) -> Statement:
    return replace(s, starts=s.starts + 86_400)


BUGS: list[tuple[Callable[[Statement], Statement], str]] = [
    (a_cent_from_nowhere, "money_balance"),
    (two_cents_moved_between_members, "amount"),
    (the_wrong_party_is_raised, "largest_remainder"),
    (the_neighbour_is_paid, "owner"),
    (the_supplier_keeps_the_rent, "owner"),
    (exports_at_the_import_price, "settlement_price"),
    (a_price_of_yesterday, "settlement_price"),
    (a_line_of_money_is_missing, "lines_complete"),
    (energy_without_money, "lines_complete"),
    (a_member_is_forgotten, "unbooked_energy"),
    (a_line_is_booked_twice, "lines_complete"),
    (energy_is_moved_between_members, "booked_energy"),
    (energy_vanishes_at_a_bus, "energy_balance"),
    (heat_is_booked_as_power, "lines_complete"),
    (who_pays_receives, "amount"),
    (the_rounding_account_hides_a_loss, "rounding_energy"),
    (micro_euros_are_called_cents, "settles_this"),
    (another_outcome, "settles_this"),
    (other_days, "settles_this"),
]


def test_the_statement_itself_passes(settled: tuple[Case, Outcome, Statement]) -> None:
    certificate = audit(*settled)
    assert certificate.holds, certificate.broken
    assert {line.purpose for line in settled[2].lines()} == PRICED
    assert len(certificate.residuals) == 16


@pytest.mark.parametrize(("bug", "law"), BUGS, ids=[bug.__name__ for bug, _ in BUGS])
def test_a_planted_bug_is_found(
    settled: tuple[Case, Outcome, Statement], bug: Callable[[Statement], Statement], law: str
) -> None:
    case, outcome, statement = settled
    certificate = audit(case, outcome, bug(statement))
    broken = {residual.law: residual for residual in certificate.broken}
    assert law in broken, f"only {sorted(broken)} were found broken"
    assert broken[law].where, "the finding names no place"
