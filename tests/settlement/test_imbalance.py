"""Imbalances of one or two steps, computed by hand; the sum stands in the docstring."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed, InvalidInput, UnsupportedProgram
from c4e_opt.outcome import Outcome
from c4e_opt.settlement import Statement, audit_imbalance, batch_of, imbalance, restate, settle
from c4e_opt.settlement.memory import MemoryLedger
from c4e_opt.settlement.metering.measurement import Activation, ImbalanceRules, Measurement, Run
from c4e_opt.settlement.metering.readings import Meter, Readings
from c4e_opt.trading.contract import Contract
from tests.settlement.markets import START, Deal, grid, load, market, sun, tie


def day(**options: Any) -> tuple[Case, Outcome, Statement]:
    """Two hours at 40 and 50 EUR/MWh: ann takes 1 MWh in each, bob gives half of it, the grid the rest at 40."""
    parts = [load("flat", "ann", [1.0, 1.0]), sun("roof", "bob", [0.5, 0.5]), grid("g", "sup", [0.5, 0.5], 40.0)]
    case, outcome = market(parts, {"e": [40.0, 50.0]}, **options)
    return case, outcome, settle(case, outcome)


def told(statement: Statement, asset: str = "EUR") -> dict[tuple[str, int], tuple[float, int]]:
    """Price and amount by party and step."""
    return {(n.party, n.step): (float(n.price), n.amount) for n in statement.lines() if n.asset == asset}


def meters(*names: tuple[str, str], seconds: int = 3600) -> tuple[Meter, ...]:
    return tuple(Meter(id=name, party=party, bus="e", seconds=seconds) for name, party in names)


def readings(*rows: tuple[Any, ...]) -> Readings:
    return Readings.of([(name, START + 3600 * step, *rest) for name, step, *rest in rows])


BOTH = meters(("a", "ann"), ("b", "bob"))
OFF = readings(("a", 0, -1_100_000), ("a", 1, -900_000), ("b", 0, 530_000), ("b", 1, 450_000))


def test_two_prices_are_worse_than_spot_on_either_side():
    """Ann takes 0.1 MWh more, then 0.1 less; bob gives 0.03 more, then 0.05 less; 5 EUR/MWh off spot.

    Step 0, spot 40: ann pays 0.1 * 45 = 4.50, bob gets 0.03 * 35 = 1.05; the operator keeps 3.45.
    Step 1, spot 50: ann gets 0.1 * 45 = 4.50, bob pays 0.05 * 55 = 2.75; the operator gives 1.75.
    """
    rules = ImbalanceRules(price="dual", component_per_mwh=5.0)
    statement = imbalance(*day(), Measurement(meters=BOTH, readings=OFF, rules=rules))
    assert told(statement) == {
        ("ann", 0): (45.0, -450),
        ("bob", 0): (35.0, 105),
        ("operator", 0): (0.0, 345),
        ("ann", 1): (45.0, 450),
        ("bob", 1): (55.0, -275),
        ("operator", 1): (0.0, -175),
    }
    # The operator is left with the residual of the area: 0.07 MWh delivered, then 0.05 received.
    assert told(statement, "electricity")["operator", 0] == (0.0, -70_000)
    assert told(statement, "electricity")["operator", 1] == (0.0, 50_000)
    assert statement.by_purpose() == {"imbalance": {"EUR": 0, "electricity": 0}}


def test_a_single_price_is_the_same_for_both_and_goes_against_the_area():
    """Step 0: the area is 0.07 MWh short, 40 + 5 for all; step 1: 0.05 long, 50 - 5 for all."""
    rules = ImbalanceRules(price="single", component_per_mwh=5.0)
    statement = imbalance(*day(), Measurement(meters=BOTH, readings=OFF, rules=rules))
    assert told(statement) == {
        ("ann", 0): (45.0, -450),
        ("bob", 0): (45.0, 135),
        ("operator", 0): (45.0, 315),
        ("ann", 1): (45.0, 450),
        ("bob", 1): (45.0, -225),
        ("operator", 1): (45.0, -225),
    }


def test_an_area_that_is_balanced_pays_spot():
    """Ann takes 0.1 more, bob gives 0.1 more: 40 for both, nothing is left."""
    rows = readings(("a", 0, -1_100_000), ("a", 1, -1_000_000), ("b", 0, 600_000), ("b", 1, 500_000))
    statement = imbalance(*day(), Measurement(meters=BOTH, readings=rows, rules=ImbalanceRules(component_per_mwh=9.0)))
    assert told(statement) == {("ann", 0): (40.0, -400), ("bob", 0): (40.0, 400)}


def test_prices_may_be_given_as_columns():
    """Short 100 and 200, long 10 and -20: ann pays 10, gives 2 for her surplus; bob gets 0.30 and pays 10."""
    rules = ImbalanceRules(price="given", short_per_mwh={"e": [100, 200]}, long_per_mwh={"e": [10, -20]})
    statement = imbalance(*day(), Measurement(meters=BOTH, readings=OFF, rules=rules))
    assert {key: amount for key, (_, amount) in told(statement).items() if key[0] != "operator"} == {
        ("ann", 0): -1000,
        ("bob", 0): 30,
        ("ann", 1): -200,
        ("bob", 1): -1000,
    }


def test_a_group_balances_itself_before_it_pays():
    """Ann and bob together are 0.07 short, then 0.05 long: the group pays 3.15 and gets 2.25, they nothing."""
    rules = ImbalanceRules(price="dual", component_per_mwh=5.0, balance_groups={"ann": "sup", "bob": "sup"})
    statement = imbalance(*day(), Measurement(meters=BOTH, readings=OFF, rules=rules))
    assert told(statement)["sup", 0] == (45.0, -315)
    assert told(statement)["sup", 1] == (45.0, 225)
    assert set(statement.balances()) == {"sup", "operator"}


def test_what_is_not_metered_counts_as_scheduled():
    """Only the roof has a meter: 0.03 MWh more at 40 - 5, whatever the grid connection did."""
    rules = ImbalanceRules(price="dual", component_per_mwh=5.0)
    rows = readings(("b", 0, 530_000), ("b", 1, 500_000))
    statement = imbalance(*day(), Measurement(meters=meters(("b", "bob")), readings=rows, rules=rules))
    assert told(statement) == {("bob", 0): (35.0, 105), ("operator", 0): (35.0, -105)}


def test_accepted_orders_are_a_position():
    """Bob sold 0.25 MWh and gave 0.2: 0.05 short at 80 + 20 = 5 EUR; cid bought 0.25 and took it."""
    deals = [Deal("s", "bob", "e", 1, 0, 0.25), Deal("b", "cid", "e", -1, 0, 0.25)]
    case, outcome = market([], {"e": [80.0]}, deals)
    measurement = Measurement(
        meters=meters(("b", "bob"), ("c", "cid")),
        readings=readings(("b", 0, 200_000), ("c", 0, -250_000)),
        rules=ImbalanceRules(component_per_mwh=20.0),
    )
    statement = imbalance(case, outcome, settle(case, outcome), measurement)
    assert told(statement) == {("bob", 0): (100.0, -500), ("operator", 0): (100.0, 500)}


def test_nominated_contracts_change_no_imbalance():
    """Bob has sold half a MWh to ann beforehand: positions move at the bus, what the meters must show does not."""
    parts = [load("flat", "ann", [1.0]), sun("roof", "bob", [0.5]), grid("g", "sup", [0.5], 40.0)]
    case, outcome = market(parts, {"e": [40.0]})
    sold = Contract(
        id="k",
        bus="e",
        seller="bob",
        buyer="ann",
        broker="",
        power_mw=np.array([0.5]),
        price_eur_per_mwh=np.array([30.0]),
    )
    case = replace(case, components={**case.components, "contract": (sold,)})
    outcome = replace(outcome, case_digest=case.digest())
    cleared = settle(case, outcome)
    assert cleared.balances()["bob"]["electricity"] == 0  # the contract has taken what the roof gave
    measurement = Measurement(meters=BOTH, readings=readings(("a", 0, -1_000_000), ("b", 0, 450_000)))
    assert told(imbalance(case, outcome, cleared, measurement)) == {
        ("bob", 0): (40.0, -200),
        ("operator", 0): (40.0, 200),
    }


def test_activated_energy_is_paid_its_price_and_is_no_imbalance():
    """Bob was called for 0.03 MWh up at 120 and gave 0.02 more than scheduled: 3.60 for the call, 0.01 short at 45."""
    call = Activation(component="renewable/roof", bus="e", start=START, energy_wh=30_000, price_per_mwh=120.0)
    measurement = Measurement(
        meters=meters(("b", "bob")),
        readings=readings(("b", 0, 520_000), ("b", 1, 500_000)),
        rules=ImbalanceRules(price="dual", component_per_mwh=5.0),
        activations=(call,),
    )
    statement = imbalance(*day(), measurement)
    lines = {
        (str(n.purpose), n.party): (n.energy, float(n.price), n.amount) for n in statement.lines() if n.asset == "EUR"
    }
    assert lines == {
        ("activation", "bob"): (30_000, 120.0, 360),
        ("activation", "operator"): (-30_000, 120.0, -360),
        ("imbalance", "bob"): (-10_000, 45.0, -45),
        ("imbalance", "operator"): (10_000, 45.0, 45),
    }
    assert statement.balances()["bob"] == {"EUR": 315, "electricity": -20_000}


def test_buses_of_an_area_are_netted_at_its_price():
    """Ann is 0.1 short at e, bob 0.1 long at f; apart they pay 45 and get 55, as one area of one group nothing."""
    parts = [
        load("flat", "ann", [1.0]),
        grid("g", "sup", [1.5], 40.0),
        tie("t", "net", [0.5], [0.5], ("e", "f")),
        load("mill", "bob", [0.5], "f"),
    ]
    case, outcome = market(parts, {"e": [40.0], "f": [60.0]})
    two = (Meter(id="a", party="ann", bus="e", seconds=3600), Meter(id="b", party="bob", bus="f", seconds=3600))
    rows = readings(("a", 0, -1_100_000), ("b", 0, -400_000))
    apart = ImbalanceRules(price="dual", component_per_mwh=5.0, balance_groups={"ann": "sup", "bob": "sup"})
    statement = imbalance(case, outcome, settle(case, outcome), Measurement(meters=two, readings=rows, rules=apart))
    lines = {n.bus: (float(n.price), n.amount) for n in statement.lines() if n.asset == "EUR" and n.party == "sup"}
    assert lines == {"e": (45.0, -450), "f": (55.0, 550)}
    one = replace(apart, areas={"f": "e"})
    assert len(imbalance(case, outcome, settle(case, outcome), Measurement(meters=two, readings=rows, rules=one))) == 0


def test_corrected_readings_are_restated_on_the_books():
    """First bob's second hour is missing and counts as scheduled; then he turns out to be 0.05 MWh short at 55.

    The new batch brings him -2.75 EUR and the operator 2.75; the books end where the new statement is.
    """
    rules = ImbalanceRules(price="dual", component_per_mwh=5.0)
    first = Measurement(meters=BOTH, readings=readings(*ROWS[:3]), rules=rules)
    later = replace(first, readings=OFF, run=Run(kind="final"))
    market_day = day()
    old, new = imbalance(*market_day, first), imbalance(*market_day, later)
    told_ = restate(old, new)
    assert told_.differences == {
        "bob": {"EUR": -275, "electricity": 50_000},
        "operator": {"EUR": 275, "electricity": -50_000},
    }
    ledger = MemoryLedger()
    for batch in (batch_of(market_day[2]), batch_of(old)):
        ledger.submit(batch)
    ledger.reverse(told_.reversal.reverses)
    ledger.submit(told_.batch)
    held = ledger.balances()
    cleared = market_day[2].balances()
    for party, amounts in new.balances().items():
        for asset, amount in amounts.items():
            account = sum(held.get(f"{word}:{party}", {}).get(asset, 0) for word in ("party", "rent", "rounding"))
            assert account == amount + cleared.get(party, {}).get(asset, 0)


ROWS = [("a", 0, -1_100_000), ("a", 1, -900_000), ("b", 0, 530_000), ("b", 1, 450_000)]


def test_a_run_that_finds_the_old_readings_again_is_a_batch_of_its_own():
    """Provisional, corrected, and corrected back: the third batch is not the first, which was taken back."""
    market_day = day()
    first = Measurement(meters=BOTH, readings=OFF)
    third = replace(first, run=Run(kind="correction", number=2))
    old, new = imbalance(*market_day, first), imbalance(*market_day, third)
    assert old.balances() == new.balances()
    assert batch_of(old).id != batch_of(new).id
    assert restate(old, new).differences == {}
    with pytest.raises(InvalidInput, match="one run"):
        restate(old, old)
    with pytest.raises(InvalidInput, match="act"):
        restate(market_day[2], new)


def test_the_basis_names_everything_that_counts():
    """Whichever input changes, its word in the basis does, and the batch; the order of readings changes nothing."""
    market_day = day()
    call = Activation(component="renewable/roof", bus="e", start=START, energy_wh=1, price_per_mwh=1.0)
    base = Measurement(meters=BOTH, readings=OFF)
    before = imbalance(*market_day, base)
    for name, change in {
        "readings": {"readings": readings(*ROWS[:3], ("b", 1, 450_001))},
        "rules": {"rules": ImbalanceRules(version="2")},
        "activations": {"activations": (call,)},
        "run": {"run": Run(number=2)},
    }.items():
        after = imbalance(*market_day, replace(base, **change))
        assert {n for n, word in after.basis if word != dict(before.basis)[n]} == {name}
        assert batch_of(after).id != batch_of(before).id
    assert imbalance(*market_day, replace(base, readings=readings(*ROWS[::-1]), meters=BOTH[::-1])) == before


def test_everything_wrong_is_said_at_once():
    bad = Measurement(
        meters=(
            Meter(id="a", party="nobody", bus="x", seconds=3600),
            Meter(id="b", party="ann", bus="e", component="renewable/roof", seconds=3600),
        ),
        readings=OFF,
        rules=ImbalanceRules(
            price="triple",
            component_per_mwh=-1.0,
            balance_groups={"ann": "bob", "bob": "zoe"},
            areas={"e": "y"},
            short_per_mwh={"e": [1.0]},
        ),
        activations=(Activation(component="renewable/no", bus="e", start=START + 1, energy_wh=1, price_per_mwh=1.0),),
        run=Run(kind="maybe", number=0),
    )
    with pytest.raises(InvalidInput) as raised:
        imbalance(*day(), bad)
    assert [issue.path for issue in raised.value.issues] == [
        "meters[0].party",
        "meters[0].bus",
        "meters[1].component",
        "rules.price",
        "rules.component_per_mwh",
        "rules.balance_groups[ann]",
        "rules.balance_groups[bob]",
        "rules.areas[e]",
        "rules.short_per_mwh[e]",
        "activations[0].component",
        "activations[0].start",
        "run.kind",
        "run.number",
    ]


def test_what_does_not_belong_together_is_refused():
    case, outcome, cleared = day()
    base = Measurement(meters=BOTH, readings=OFF)
    with pytest.raises(CertificateFailed, match="outcome"):
        imbalance(case, outcome, replace(cleared, outcome_digest="0"), base)
    with pytest.raises(CertificateFailed, match="act"):
        imbalance(case, outcome, imbalance(case, outcome, cleared, base), base)
    with pytest.raises(UnsupportedProgram, match="energy_decimals is 3"):
        imbalance(*day(energy=3), base)


@pytest.mark.parametrize("column", ["amount", "energy", "price"])
def test_no_number_of_a_line_can_be_changed_unnoticed(column: str):
    case, outcome, cleared = day()
    base = Measurement(meters=BOTH, readings=OFF, rules=ImbalanceRules(price="dual", component_per_mwh=5.0))
    statement = imbalance(case, outcome, cleared, base)
    assert audit_imbalance(case, outcome, cleared, base, statement).holds
    for place in range(len(statement)):
        values = getattr(statement, column).copy()
        values[place] += 1
        wrong = replace(statement, **{column: values})
        assert not audit_imbalance(case, outcome, cleared, base, wrong).holds


def test_lines_cannot_be_added_dropped_or_given_to_others():
    case, outcome, cleared = day()
    base = Measurement(meters=BOTH, readings=OFF)
    statement = imbalance(case, outcome, cleared, base)
    columns = ("position", "step", "asset", "energy", "price", "amount")
    kept = np.flatnonzero(statement.step == 0)
    dropped = replace(statement, **{name: getattr(statement, name)[kept] for name in columns})
    twice = np.r_[kept, np.arange(len(statement))]
    doubled = replace(statement, **{name: getattr(statement, name)[twice] for name in columns})
    others = np.where(statement.positions.party == "ann", "cid", statement.positions.party)
    given = replace(statement, positions=replace(statement.positions, party=others))
    others_of = [
        replace(statement, basis=tuple((name, "0" if name == changed else word) for name, word in statement.basis))
        for changed, _ in statement.basis
    ]
    others_of += [replace(statement, **{name: "0"}) for name in ("act", "operator", "case_digest", "outcome_digest")]
    for wrong in (dropped, doubled, given, replace(statement, basis=()), *others_of):
        assert not audit_imbalance(case, outcome, cleared, base, wrong).holds
