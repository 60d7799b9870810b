"""Local time: hours that happen twice or never, days of 23 and 25 hours, in Europe/Warsaw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from c4e_opt import read_case
from tests.input.folders import issues_of

CASE = """\
name: local
horizon: {{start: {start}, time_zone: Europe/Warsaw, step_minutes: {minutes}, {length}}}
buses: [{{id: e}}]
components:
  grid_connection: [{{id: grid, bus: e, import_max_mw: 1, import_price_eur_per_mwh: 10}}]
  demand: [{{id: d, bus: e, demand_mw: 0.5}}]
{more}
"""


def local(folder: Path, start: str, length: str = "days: 1", minutes: int = 60, more: str = "") -> Path:
    (folder / "case.yaml").write_text(CASE.format(start=start, length=length, minutes=minutes, more=more))
    return folder


@pytest.mark.parametrize(
    ("day", "hours", "first"),
    [
        ("2025-03-30", 23, "2025-03-29T23:00"),
        ("2025-10-26", 25, "2025-10-25T22:00"),
        ("2025-06-01", 24, "2025-05-31T22:00"),
    ],
)
@pytest.mark.parametrize("minutes", [60, 15])
def test_a_local_day_has_as_many_hours_as_it_has(
    tmp_path: Path, day: str, hours: int, first: str, minutes: int
) -> None:
    case = read_case(local(tmp_path, f"{day}T00:00", minutes=minutes))
    assert case.horizon.steps == hours * 60 // minutes
    assert str(case.horizon.axis.labels[0])[:16] == first
    assert case.horizon.end - case.horizon.start == hours * 3600
    assert np.all(case.horizon.step_seconds == minutes * 60)


def test_two_days_over_a_change_of_clocks_have_47_or_49_hours(tmp_path: Path) -> None:
    assert read_case(local(tmp_path, "2025-03-29T00:00", "days: 2")).horizon.steps == 47
    assert read_case(local(tmp_path, "2025-10-25T00:00", "days: 2")).horizon.steps == 49


@pytest.mark.parametrize("start", ["2025-10-26T02:00", "2025-10-26T02:30", "2025-10-26 02:59:59"])
def test_a_time_that_happens_twice_is_refused_with_a_mend(tmp_path: Path, start: str) -> None:
    (issue,) = issues_of(local(tmp_path, start, "steps: 1"))
    assert (issue.path, issue.rule) == ("horizon.start", "moment")
    assert "happens twice in Europe/Warsaw" in issue.message
    assert "+02:00" in issue.message


@pytest.mark.parametrize("start", ["2025-03-30T02:00", "2025-03-30T02:30"])
def test_a_time_that_never_happens_is_refused(tmp_path: Path, start: str) -> None:
    (issue,) = issues_of(local(tmp_path, start, "steps: 1"))
    assert (issue.path, issue.rule) == ("horizon.start", "moment")
    assert "does not happen in Europe/Warsaw" in issue.message


@pytest.mark.parametrize(
    ("start", "utc"),
    [
        ("2025-10-26T02:30+02:00", "2025-10-26T00:30"),
        ("2025-10-26T02:30+01:00", "2025-10-26T01:30"),
        ("2025-10-26T01:59", "2025-10-25T23:59"),
        ("2025-10-26T03:00", "2025-10-26T02:00"),
        ("2025-03-30T01:59", "2025-03-30T00:59"),
        ("2025-03-30T03:00", "2025-03-30T01:00"),
        ("2025-07-01T12:00Z", "2025-07-01T12:00"),
    ],
)
def test_an_offset_or_an_hour_beside_the_change_names_one_moment(tmp_path: Path, start: str, utc: str) -> None:
    case = read_case(local(tmp_path, start, "steps: 1"))
    assert str(case.horizon.axis.labels[0])[:16] == utc


def test_a_session_at_a_time_that_happens_twice_is_refused(tmp_path: Path) -> None:
    session = "{id: car, bus: e, arrival: 2025-10-26T02:15, departure: 2025-10-26T06:00, energy_needed_mwh: 0.01, "
    session += "energy_max_mwh: 0.05, charge_max_mw: 0.01}"
    (issue,) = issues_of(local(tmp_path, "2025-10-26T00:00", more=f"  ev_session: [{session}]"))
    assert (issue.path, issue.rule) == ("components.ev_session[0].arrival", "moment")


def test_a_series_in_local_time_with_offsets_aligns_over_the_change(tmp_path: Path) -> None:
    """25 rows: 00:00+02:00, 01:00, 02:00, then 02:00+01:00 again."""
    offsets = ["+02:00"] * 3 + ["+01:00"] * 22
    hours = [0, 1, 2, 2, *range(3, 24)]
    rows = [f"2025-10-26T{hour:02}:00{offset},{hour}" for hour, offset in zip(hours, offsets, strict=True)]
    (tmp_path / "series.csv").write_text("time,town\n" + "\n".join(rows) + "\n")
    text = CASE.replace("demand_mw: 0.5", "demand_mw: town") + "series: series.csv\n"
    (tmp_path / "case.yaml").write_text(text.format(start="2025-10-26T00:00", length="days: 1", minutes=60, more=""))
    assert read_case(tmp_path).components["demand"][0].demand_mw.tolist() == [float(hour) for hour in hours]


def test_a_series_in_local_time_without_offsets_is_refused_where_it_happens_twice(tmp_path: Path) -> None:
    rows = [f"2025-10-26T{hour:02}:00,1" for hour in [0, 1, 2, 2, *range(3, 24)]]
    (tmp_path / "series.csv").write_text("time,town\n" + "\n".join(rows) + "\n")
    text = CASE.replace("demand_mw: 0.5", "demand_mw: town") + "series: series.csv\n"
    (tmp_path / "case.yaml").write_text(text.format(start="2025-10-26T00:00", length="days: 1", minutes=60, more=""))
    (issue,) = issues_of(tmp_path)
    assert issue.rule == "moment"
    assert "happens twice" in issue.message


def test_days_that_are_no_whole_number_of_steps_are_refused(tmp_path: Path) -> None:
    (issue,) = issues_of(local(tmp_path, "2025-03-30T00:00", minutes=120))
    assert (issue.path, issue.rule) == ("horizon.days", "range")


@pytest.mark.parametrize("length", ["days: 0", "days: -1", "days: 1.5", "days: true", "days: 1, steps: 24"])
def test_a_length_in_days_that_makes_no_sense_is_refused(tmp_path: Path, length: str) -> None:
    (issue,) = issues_of(local(tmp_path, "2025-06-01T00:00", length))
    assert issue.path == "horizon.days"


def test_a_list_of_step_lengths_is_taken_as_it_is(tmp_path: Path) -> None:
    text = CASE.format(start="2025-06-01T00:00", minutes="[60, 15, 5]", length="steps: 3", more="")
    (tmp_path / "case.yaml").write_text(text)
    assert read_case(tmp_path).horizon.step_seconds.tolist() == [3600, 900, 300]
    (tmp_path / "case.yaml").write_text(text.replace("steps: 3", "steps: 4"))
    (issue,) = issues_of(tmp_path)
    assert (issue.path, issue.rule) == ("horizon.steps", "length")
