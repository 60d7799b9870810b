"""Clock and calendar of a horizon, beside Python's own, step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from c4e_opt.axes import Horizon
from c4e_opt.case.check import check
from c4e_opt.local_time import days_later, local_time
from tests.unit.small_cases import grid, small_case


@pytest.mark.parametrize(
    "zone",
    ["UTC", "Europe/Warsaw", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Beirut", "Africa/Cairo"],
)
def test_clock_and_calendar_are_those_of_the_zone(zone: str) -> None:
    """A year in half hours; Lord Howe sets clocks by half an hour, Sao Paulo and Beirut did so at midnight."""
    start = int(datetime(2017, 3, 1, 5, 30, tzinfo=ZoneInfo(zone)).timestamp())
    horizon = Horizon(start, np.full(17_520, 1800, dtype=np.int64), zone)
    ours = local_time(horizon)
    theirs = [datetime.fromtimestamp(int(moment), ZoneInfo(zone)) for moment in horizon.starts]
    assert ours.date.astype(str).tolist() == [each.date().isoformat() for each in theirs]
    assert ours.month.astype(str).tolist() == [f"{each:%Y-%m}" for each in theirs]
    assert ours.weekday.tolist() == [each.weekday() for each in theirs]
    assert ours.clock_seconds.tolist() == [each.hour * 3600 + each.minute * 60 + each.second for each in theirs]
    begins = [each.replace(hour=0, minute=0, second=0, fold=0).timestamp() for each in theirs]
    assert ours.elapsed_seconds.tolist() == (horizon.starts - np.array(begins, dtype=np.int64)).tolist()


def test_a_day_later_clocks_show_the_same() -> None:
    """From Saturday 06:00 to Sunday 06:00 of 30 March 2025 it is 23 hours in Warsaw."""
    saturday = int(datetime(2025, 3, 29, 6, tzinfo=ZoneInfo("Europe/Warsaw")).timestamp())
    assert days_later(saturday, 1, "Europe/Warsaw") - saturday == 23 * 3600
    assert days_later(saturday, 2, "Europe/Warsaw") - saturday == 47 * 3600
    assert days_later(saturday, 1, "UTC") - saturday == 24 * 3600


def test_a_horizon_in_no_time_zone_is_refused() -> None:
    case = small_case(grid_connection=[grid(1.0)])
    horizon = Horizon(case.horizon.start, case.horizon.step_seconds, "Mars/Olympus")
    issues = check(replace(case, horizon=horizon))
    assert [issue.path for issue in issues] == ["horizon.time_zone"]
    assert "'Mars/Olympus' is no time zone" in issues[0].message
