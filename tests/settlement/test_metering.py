"""What meters saw: versions, late readings, short and long intervals, and what stands for missing ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt.axes import Horizon
from c4e_opt.errors import InvalidInput
from c4e_opt.settlement.metering.readings import Meter, Metered, Readings, metered
from tests.settlement.markets import START

HOUR, QUARTER = 3600, 900


def seen(
    meter: Meter, rows: list[tuple[Any, ...]], scheduled: list[int], minutes: list[int] | None = None, **more: Any
) -> Metered:
    """One meter over steps of these lengths; rows without the name of the meter, seconds after the begin."""
    lengths = np.array(minutes or [60] * len(scheduled), dtype=np.int64) * 60
    readings = Readings.of([(meter.id, START + after, *rest) for after, *rest in rows])
    zone = more.pop("zone", "UTC")
    return metered(Horizon(START, lengths, zone), [meter], readings, np.array([scheduled]), **more)


def meter(**fields: Any) -> Meter:
    usual: dict[str, Any] = {"id": "m", "party": "ann", "bus": "e", "seconds": HOUR}
    return Meter(**(usual | fields))


def test_short_intervals_are_added_up():
    """100 + 200 + 300 + 400 Wh in quarters are 1000 Wh in the hour."""
    told = seen(meter(seconds=QUARTER), [(n * QUARTER, 100 * (n + 1)) for n in range(4)], [77])
    assert told.energy.tolist() == [[1000]]
    assert told.origin.tolist() == [[0]]


def test_a_long_interval_is_split_by_the_shape_of_the_schedule():
    """100 Wh over quarters scheduled 3, 2, 2, 0: exact 42.86, 28.57, 28.57, 0.

    Floors are 42, 28, 28, 0; the two missing go to .86 and the first .57.
    """
    told = seen(meter(), [(0, 100)], [3, 2, 2, 0], [15] * 4)
    assert told.energy.tolist() == [[43, 29, 28, 0]]
    assert told.origin.tolist() == [[1, 1, 1, 1]]


def test_a_long_interval_whose_schedule_has_both_signs_keeps_its_shape_and_deviates_evenly():
    """Scheduled -6 and 2, metered 1: 5 too much, 2.5 each: -3.5 and 4.5; floors -4 and 4, the earlier is raised."""
    assert seen(meter(), [(0, 1)], [-6, 2], [30, 30]).energy.tolist() == [[-3, 4]]


def test_a_long_interval_without_a_schedule_is_split_by_time():
    """12 Wh over 45 and 15 minutes: 9 and 3."""
    assert seen(meter(), [(0, 12)], [0, 0], [45, 15]).energy.tolist() == [[9, 3]]


def test_intervals_may_be_short_for_some_steps_and_long_for_others():
    """Half an hour: in the hour 10 + 20; the half hour of two quarters scheduled 1 and 3 gets 8 as 2 and 6."""
    told = seen(meter(seconds=1800), [(0, 10), (1800, 20), (HOUR, 8)], [5, 1, 3], [60, 15, 15])
    assert told.energy.tolist() == [[30, 2, 6]]
    assert told.origin.tolist() == [[0, 1, 1]]


def test_the_highest_version_counts_and_late_ones_do_not():
    """Version 2 came at +7200; until +7000 version 1 counts."""
    rows = [(0, 5, 0, START), (0, 7, 2, START + 7200), (0, 6, 1, START + 3600)]
    assert seen(meter(), rows, [9]).energy.tolist() == [[7]]
    told = seen(meter(), rows, [9], until=START + 7000)
    assert (told.energy.tolist(), told.late, told.superseded) == ([[6]], 1, 1)
    assert told.digest != seen(meter(), rows, [9]).digest


def test_a_gap_is_closed_between_its_neighbours():
    """10 before and 25 after two missing hours: 15 and 20; halves are rounded up."""
    one = meter(substitutes=("linear",))
    told = seen(one, [(0, 10), (3 * HOUR, 25)], [0] * 4)
    assert told.energy.tolist() == [[10, 15, 20, 25]]
    assert told.origin.tolist() == [[0, 2, 2, 0]]
    assert told.substitution.rule.tolist() == ["linear", "linear"]
    assert told.substitution.start.tolist() == [START + HOUR, START + 2 * HOUR]
    assert seen(one, [(0, 0), (2 * HOUR, 5)], [0] * 3).energy.tolist() == [[0, 3, 5]]
    assert seen(one, [(0, 0), (2 * HOUR, -5)], [0] * 3).energy.tolist() == [[0, -2, -5]]


def test_a_long_gap_is_left_to_the_next_rule():
    """Three hours are more than two: what was scheduled stands, to each its own; readings outside are neighbours."""
    one = meter(substitutes=("linear", "schedule"))
    told = seen(one, [(0, 10), (4 * HOUR, 50)], [1, 2, 3, 4, 5])
    assert told.energy.tolist() == [[10, 2, 3, 4, 50]]
    assert set(told.substitution.rule.tolist()) == {"schedule"}
    assert seen(one, [(-HOUR, 10), (HOUR, 20)], [1, 2]).energy.tolist() == [[15, 20]]


def test_last_week_is_the_same_time_of_the_clock():
    """2030-04-02 and the Tuesday before it lie on both sides of the change of clocks in Warsaw: 167 hours."""
    day = 1_901_311_200  # 2030-04-02T00:00+02:00
    readings = Readings.of([("m", day - 167 * HOUR, 8), ("m", day - 168 * HOUR, 9)])
    one = meter(substitutes=("last_week", "zero"))
    told = metered(Horizon(day, np.array([HOUR, HOUR]), "Europe/Warsaw"), [one], readings, np.array([[5, 5]]))
    assert told.energy.tolist() == [[8, 0]]
    assert told.substitution.rule.tolist() == ["last_week", "zero"]


def test_a_schedule_is_spread_evenly_over_missing_short_intervals():
    """10 Wh over four quarters are 3, 3, 2, 2; the second and fourth are missing: 100 + 3 + 100 + 2."""
    told = seen(meter(seconds=QUARTER), [(0, 100), (2 * QUARTER, 100)], [10])
    assert told.energy.tolist() == [[205]]
    assert told.substitution.energy.tolist() == [3, 2]


def test_finer_books_count_readings_exactly():
    """With 9 decimals of a MWh a Wh is 1000 units: 1 Wh over schedules 1 and 2 is 333 and 667."""
    assert seen(meter(), [(0, 1)], [1, 2], [30, 30], unit=1000).energy.tolist() == [[333, 667]]


def test_large_numbers_are_split_exactly():
    """1e15 Wh over schedules 1e15 and 2e15 need more than 64 bits on the way: a third and two thirds."""
    assert seen(meter(), [(0, 10**15)], [10**15, 2 * 10**15], [30, 30]).energy.tolist() == [
        [333_333_333_333_333, 666_666_666_666_667]
    ]


@pytest.mark.parametrize(
    ("fields", "rows", "rule"),
    [
        ({}, [(60, 1)], "step"),
        ({}, [(0, 1), (0, 2)], "conflict"),
        ({}, [(0, 1, -1)], "range"),
        ({}, [(0, 10**15 + 1)], "range"),
        ({"seconds": 2400}, [], "step"),
        ({"seconds": 0}, [], "range"),
        ({"substitutes": ("guess",)}, [], "unknown_rule"),
        ({"substitutes": ("last_week",)}, [(0, 1)], "missing_reading"),
        ({"substitutes": ()}, [], "missing_reading"),
    ],
)
def test_what_is_wrong_is_refused(fields: dict[str, Any], rows: list[tuple[Any, ...]], rule: str):
    with pytest.raises(InvalidInput) as raised:
        seen(meter(**fields), rows, [1, 2])
    assert {issue.rule for issue in raised.value.issues} == {rule}


def test_unknown_and_overlapping_meters_are_named_all_at_once():
    meters = [meter(), meter(id="n"), meter(id="o", component="demand/d")]
    with pytest.raises(InvalidInput) as raised:
        metered(Horizon(START, np.array([HOUR])), meters, Readings.of([]), np.zeros((3, 1)))
    assert [issue.path for issue in raised.value.issues] == ["meters[1].component", "meters[2].component"]
    with pytest.raises(InvalidInput, match="no meter is named 'x'; known: m"):
        metered(Horizon(START, np.array([HOUR])), [meter()], Readings.of([("x", START, 1)]), np.zeros((1, 1)))
