"""Measured demand response: baselines by hand, payments by hand, and the same from an independent recomputation."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt.case import Case
from c4e_opt.components.demand_response import DemandResponseEvent
from c4e_opt.components.flexible_demand import FlexibleDemand
from c4e_opt.errors import InvalidInput
from c4e_opt.settlement import Meter, Readings, Statement, settle
from c4e_opt.settlement.metering.baseline import Baseline, BaselineMethod, baseline
from c4e_opt.settlement.metering.response import MeasuredEvent, delivered, respond
from c4e_opt.settlement.metering.response_check import audit_response
from tests.settlement.markets import START, grid, load, market

HOUR, DAY = 3600, 86_400
MARKETS = [pytest.param(300, id="300"), pytest.param(10_000, id="10000", marks=pytest.mark.slow)]


def days(*taken: int, at: int, hours: int = 1) -> dict[int, int]:
    """What was taken at this hour on the days before, the day before first; other hours 100 Wh."""
    known = {at - n * DAY + h * HOUR: 100 for n in range(len(taken) + 1) for h in range(-6, 6)}
    for n, energy in enumerate(taken, start=1):
        known |= {at - n * DAY + h * HOUR: energy for h in range(hours)}
    return known


def found(known: dict[int, int], begin: int, hours: int = 1, **how: Any) -> Baseline:
    more = {name: how.pop(name) for name in ("events", "time_zone", "declared_wh") if name in how}
    return baseline(known, HOUR, begin, begin + hours * HOUR, BaselineMethod(**how), **more)


#: Friday, 2030-01-11T18:00Z: the four days before are working days, and then there is a weekend.
FRIDAY = START + 10 * DAY + 18 * HOUR


def test_high_4_of_5_leaves_the_lowest_working_day_out():
    """Thu 500, Wed 300, Tue 900, Mon 700, (Sun, Sat), Fri 600: without 300 the mean is 2700 / 4 = 675."""
    assert datetime.fromtimestamp(FRIDAY).strftime("%A") == "Friday"
    known = days(500, 300, 900, 700, 9000, 9000, 600, at=FRIDAY)
    told = found(known, FRIDAY)
    assert told.energy_wh == (675,)
    assert told.days == ("2030-01-10", "2030-01-08", "2030-01-07", "2030-01-04")
    assert found(known, FRIDAY, high=5).energy_wh == (600,)  # all of them: 3000 / 5
    assert found(known, FRIDAY, high=1).energy_wh == (900,)


def test_event_days_holidays_and_days_without_readings_are_passed_over():
    """Of Thu 500, Wed 300, Tue 900, Mon 700, Fri 600: Wed had an event, Tue is a holiday, Mon misses: 500 and 600."""
    known = days(500, 300, 900, 700, 9000, 9000, 600, at=FRIDAY)
    del known[FRIDAY - 4 * DAY]
    more: dict[str, Any] = {"high": 2, "days": 2, "holidays": ("2030-01-08",)}
    events = [(FRIDAY - 2 * DAY, FRIDAY - 2 * DAY + HOUR)]
    assert found(known, FRIDAY, events=events, **more).energy_wh == (550,)


def test_a_weekend_is_compared_with_weekends():
    """Saturday: the days before are Fri 1 … then Sun 40, Sat 60: the mean is 50."""
    known = days(1, 1, 1, 1, 1, 40, 60, at=FRIDAY + DAY)
    assert found(known, FRIDAY + DAY, high=2, days=2).energy_wh == (50,)


def test_a_ratio_brings_the_baseline_to_the_day_and_is_capped():
    """In the two hours that end an hour before, 110 each were taken and 100 usual: 675 * 1.1 = 742.5; of 150, 810."""
    known = days(500, 300, 900, 700, 0, 0, 600, at=FRIDAY)
    how: dict[str, Any] = {"adjustment": "ratio", "window_hours": 2, "gap_hours": 1}
    known |= {FRIDAY - 2 * HOUR: 110, FRIDAY - 3 * HOUR: 110}
    assert found(known, FRIDAY, **how).energy_wh == (743,)
    known |= {FRIDAY - 2 * HOUR: 150, FRIDAY - 3 * HOUR: 150}
    assert found(known, FRIDAY, **how).energy_wh == (810,)
    assert found(known, FRIDAY, **how).adjustment == Fraction(6, 5)
    known |= {FRIDAY - 2 * HOUR: 0, FRIDAY - 3 * HOUR: 0}
    assert found(known, FRIDAY, **how).energy_wh == (540,)


def test_an_addition_shifts_the_baseline_and_is_capped():
    """10 more than usual in each hour: 685; 150 more are capped at 20 % of 675: 810."""
    known = days(500, 300, 900, 700, 0, 0, 600, at=FRIDAY)
    how: dict[str, Any] = {"adjustment": "additive", "window_hours": 2, "gap_hours": 1}
    known |= {FRIDAY - 2 * HOUR: 110, FRIDAY - 3 * HOUR: 110}
    assert found(known, FRIDAY, **how).energy_wh == (685,)
    known |= {FRIDAY - 2 * HOUR: 250, FRIDAY - 3 * HOUR: 250}
    assert found(known, FRIDAY, **how).energy_wh == (810,)


def test_a_meter_before_and_after_and_a_declared_schedule():
    """Before 200 and 300, after 400 and 501: 250 from before, 350.25 from both."""
    known = {FRIDAY - 2 * HOUR: 200, FRIDAY - HOUR: 300, FRIDAY + HOUR: 400, FRIDAY + 2 * HOUR: 501}
    assert found(known, FRIDAY, method="before", window_hours=2).energy_wh == (250,)
    assert found(known, FRIDAY, method="before_after", window_hours=2).energy_wh == (350,)
    assert found({}, FRIDAY, method="schedule", declared_wh={FRIDAY: 77}).energy_wh == (77,)


def test_clocks_that_change_keep_the_hour_of_the_day():
    """Monday after the change in Warsaw, at 18:00: on Friday 18:00 was 71 hours before, not 72."""
    monday = 1_901_289_600  # 2030-04-01T18:00+02:00
    friday = monday - 3 * DAY + HOUR
    known = {friday: 70, friday - HOUR: 1}
    assert found(known, monday, high=1, days=1, look_back_days=5, time_zone="Europe/Warsaw").energy_wh == (70,)


def test_too_few_days_and_wrong_methods_are_refused():
    with pytest.raises(InvalidInput, match="2 similar days"):
        found(days(500, 300, at=FRIDAY), FRIDAY, look_back_days=9)
    with pytest.raises(InvalidInput, match="missing before it"):
        found({}, FRIDAY, method="before")
    with pytest.raises(InvalidInput) as raised:
        found({}, FRIDAY, method="guess", high=6, adjustment="more", window_hours=0, cap_percent=-1.0, holidays=("x",))
    assert [issue.path.removeprefix("method.") for issue in raised.value.issues] == [
        "method",
        "adjustment",
        "high",
        "window_hours",
        "cap_percent",
        "holidays[0]",
    ]


def evening() -> tuple[Case, Statement, tuple[Meter, ...]]:
    """Two hours from START at 50 EUR/MWh: ann's load takes 1 MWh in each."""
    case, outcome = market([load("l", "ann", [1.0, 1.0]), grid("g", "sup", [1.0, 1.0], 50.0)], {"e": [50.0, 50.0]})
    meters = (Meter(id="m", party="ann", bus="e", component="demand/l", seconds=1800),)
    return case, settle(case, outcome), meters


def test_what_is_delivered_is_rewarded_and_what_is_missing_is_charged():
    """Declared 0.5 MWh per half hour, committed 0.4 MW: 0.2 MWh each, at 100 and 30 EUR/MWh.

    Taken 0.2 (0.3 less, 0.2 count): 20 EUR; 0.45 (0.05 less): 5 - 0.15 * 30 = 0.50; 0.6 (none): -6. The third half hour
    lies in the second step: 20.50, then -6.
    """
    case, cleared, meters = evening()
    rows = [("m", START, -200_000), ("m", START + 1800, -450_000), ("m", START + 3600, -600_000)]
    event = MeasuredEvent(
        id="e1", meter="m", begin=START, end=START + 5400, committed_mw=0.4, reward_per_mwh=100.0, penalty_per_mwh=30.0,
        method=BaselineMethod(method="schedule"), declared_wh={START + n * 1800: 500_000 for n in range(3)},
    )  # fmt: skip
    statement = respond(case, cleared, meters, Readings.of(rows), [event])
    assert {(n.party, n.step): n.amount for n in statement.lines()} == {
        ("ann", 0): 2050,
        ("operator", 0): -2050,
        ("ann", 1): -600,
        ("operator", 1): 600,
    }
    columns = ("position", "step", "asset", "energy", "price", "amount")
    assert audit_response(case, cleared, meters, Readings.of(rows), [event], statement).holds
    for name in ("energy", "price", "amount"):
        for place in range(len(statement)):
            values = getattr(statement, name).copy()
            values[place] += 1
            wrong = replace(statement, **{name: values})
            assert not audit_response(case, cleared, meters, Readings.of(rows), [event], wrong).holds
    first = replace(statement, **{name: getattr(statement, name)[:2] for name in columns})
    party = np.where(statement.positions.party == "ann", "sup", statement.positions.party)
    given = replace(statement, positions=replace(statement.positions, party=party))
    for wrong in (first, given, replace(statement, basis=()), replace(statement, outcome_digest="0")):
        assert not audit_response(case, cleared, meters, Readings.of(rows), [event], wrong).holds
    (told,) = delivered(case, meters, Readings.of(rows), [event])
    assert (told.delivered_wh, told.missing_wh) == ((200_000, 50_000, 0), (0, 150_000, 200_000))


def test_nobody_is_paid_twice_and_everything_wrong_is_said_at_once():
    case, cleared, meters = evening()
    good = MeasuredEvent(id="a", meter="m", begin=START, end=START + 1800, committed_mw=1.0, reward_per_mwh=1.0)
    bad = [
        replace(good, meter="x"),
        replace(good, begin=START - 1800, committed_mw=-1.0),
        replace(good, id="c", end=START + 1000),
    ]
    with pytest.raises(InvalidInput) as raised:
        respond(case, cleared, meters, Readings.of([]), bad)
    assert [issue.path for issue in raised.value.issues] == [
        "events[1].id",
        "events[0].meter",
        "events[1].begin",
        "events[1].committed_mw",
        "events[2].begin",
    ]
    with pytest.raises(InvalidInput, match="0 similar days"):
        respond(case, cleared, meters, Readings.of([]), [good])
    planned = DemandResponseEvent(
        begin=START, end=START + 3600, baseline_mw=np.array([1.0]), committed_mw=1.0, reward_eur_per_mwh=1.0
    )
    flexible = FlexibleDemand(
        id="l",
        bus="e",
        owner="ann",
        demand_mw=np.array([1.0, 1.0]),
        shed_value_eur_per_mwh=0.0,
        tranches=(),
        events=(planned,),
    )
    twice = replace(case, components={**case.components, "flexible_demand": (flexible,)})
    meter = replace(meters[0], component="flexible_demand/l")
    with pytest.raises(InvalidInput, match="which the clearing settles"):
        delivered(twice, [meter], Readings.of([]), [good])


def measured(seed: int, how: BaselineMethod) -> None:
    """A load with random history and two events: sums are zero, the checker agrees and finds every change."""
    case, cleared, meters = evening()
    rng = np.random.default_rng(seed)
    rows = [
        ("m", START - n * DAY + k * 1800, -int(rng.integers(0, 900_000)), v)
        for n in range(24)
        for k in range(-12, 10)
        for v in range(int(rng.integers(1, 3)) if rng.random() < 0.998 or n == 0 else 0)
    ]
    events = [
        MeasuredEvent(
            id=f"e{n}", meter="m", begin=START + n * 3600, end=START + n * 3600 + 1800 * int(rng.integers(1, 3)),
            committed_mw=float(rng.uniform(0, 1)), reward_per_mwh=float(rng.choice([100.0, 1 / 3])),
            penalty_per_mwh=float(rng.choice([0.0, 33.3])), method=how,
            declared_wh={START + k * 1800: 400_000 for k in range(4)},
        )
        for n in range(2)
    ]  # fmt: skip
    statement = respond(case, cleared, meters, Readings.of(rows), events)
    sums: dict[int, int] = defaultdict(int)
    for line in statement.lines():
        sums[line.step] += line.amount
    assert not any(sums.values())
    assert respond(case, cleared, meters, Readings.of(rows[::-1]), events[::-1]).to_json() == statement.to_json()
    if len(statement):
        amount = statement.amount.copy()
        amount[seed % amount.size] += 1
        wrong = replace(statement, amount=amount)
        assert not audit_response(case, cleared, meters, Readings.of(rows), events, wrong).holds


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("markets", MARKETS)
def test_every_history_is_measured_alike_by_act_and_check(markets: int):
    methods = st.builds(
        BaselineMethod,
        method=st.sampled_from(["high", "high", "before", "before_after", "schedule"]),
        high=st.integers(1, 4),
        days=st.integers(4, 10),
        adjustment=st.sampled_from(["none", "ratio", "additive"]),
        window_hours=st.integers(1, 3),
        gap_hours=st.integers(0, 2),
        cap_percent=st.sampled_from([0.0, 20.0, 33.3, 100.0]),
        holidays=st.sampled_from([(), ("2029-12-27",)]),
    )
    settings(max_examples=markets)(given(st.integers(0, 2**32), methods)(measured))()
