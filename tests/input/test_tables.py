"""Tables beside a case: series and records in CSV."""

from __future__ import annotations

from pathlib import Path

import pytest

from c4e_opt import read_case
from tests.input.folders import ORDERS, SERIES, VALID, found, issues_of, message, write


@pytest.mark.parametrize("cell", ["nan", "inf", "", "twelve", "1,2,3,4"[:1] + "x"])
def test_a_cell_that_is_no_finite_number_is_named_by_line_and_column(tmp_path: Path, cell: str) -> None:
    issues = found(tmp_path, series=SERIES.replace("20,0.6", f"{cell},0.6"))
    assert issues == {"series.csv:3.price": "not_a_number"}


def test_every_bad_cell_is_named(tmp_path: Path) -> None:
    series = SERIES.replace("10,0.5", "x,nan").replace("30,0.7", ",0.7")
    assert found(tmp_path, series=series) == {
        "series.csv:2.price": "not_a_number",
        "series.csv:4.price": "not_a_number",
        "series.csv:2.town": "not_a_number",
    }


@pytest.mark.parametrize("rows", [2, 4])
def test_a_series_of_another_length_is_told_with_both_lengths(tmp_path: Path, rows: int) -> None:
    lines = SERIES.splitlines()
    longer = "\n".join([*lines[: 1 + min(rows, 3)], *(["2025-01-01T03:00:00Z,1,1"] if rows == 4 else [])]) + "\n"
    folder = write(tmp_path, series=longer)
    issues = issues_of(folder)
    assert {issue.rule for issue in issues} == {"length"}
    assert any(f"{rows} rows" in issue.message and "3 steps" in issue.message for issue in issues)


@pytest.mark.parametrize("row", ["2025-01-01T01:00:00Z,20", "2025-01-01T01:00:00Z", "2025-01-01T01:00:00Z,20,0.6,7"])
def test_a_ragged_row_is_an_issue(tmp_path: Path, row: str) -> None:
    issues = issues_of(write(tmp_path, series=SERIES.replace("2025-01-01T01:00:00Z,20,0.6", row)))
    assert any("series.csv" in f"{issue.path} {issue.message}" for issue in issues)


def test_a_table_cut_off_in_its_last_row_is_an_issue(tmp_path: Path) -> None:
    issues = issues_of(write(tmp_path, series=SERIES[: SERIES.rindex(",")]))
    assert [issue.path for issue in issues] == ["series.csv:4.town"]


def test_an_empty_table_is_an_issue(tmp_path: Path) -> None:
    assert found(tmp_path, series="")["series"] == "empty_file"


def test_a_column_that_occurs_twice_is_an_issue(tmp_path: Path) -> None:
    assert found(tmp_path, series=SERIES.replace("price,town", "town,town"))["series"] == "duplicate_column"


def test_a_table_that_is_no_text_is_an_issue(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "series.csv").write_bytes(b"time,price\n\xff\xfe\x00,\x80\n")
    assert any("series" in issue.path for issue in issues_of(folder))


def test_a_time_column_that_is_misaligned_is_told_with_the_first_row_that_differs(tmp_path: Path) -> None:
    folder = write(tmp_path, series=SERIES.replace("01T01:00:00Z", "01T01:15:00Z"))
    assert "this step starts at 2025-01-01T01:00:00Z (1 rows differ)" in message(folder, "series.csv:3.time")


def test_a_time_column_that_is_no_time_is_told_so(tmp_path: Path) -> None:
    folder = write(tmp_path, series=SERIES.replace("2025-01-01T01:00:00Z", "yesterday"))
    assert any(issue.rule == "moment" for issue in issues_of(folder))


def test_a_time_column_in_another_order_is_told_so(tmp_path: Path) -> None:
    lines = SERIES.splitlines()
    series = "\n".join([lines[0], lines[2], lines[1], lines[3]]) + "\n"
    assert found(tmp_path, series=series) == {"series.csv:2.time": "alignment"}


ORDER_FAULTS = {
    "outside the horizon": ("2025-01-01T01:00Z,25", "2025-01-02T01:00Z,25", "orders.csv:3.time", "horizon"),
    "between two steps": ("2025-01-01T01:00Z,25", "2025-01-01T01:30Z,25", "orders.csv:3.time", "horizon"),
    "at no time": ("2025-01-01T01:00Z,25", "soon,25", "orders.csv:3.time", "horizon"),
    "of nobody": ("o2,bob", "o2,rob", "orders.csv:3.party", "unknown_reference"),
    "at no bus": ("o2,bob,e", "o2,bob,x", "orders.csv:3.bus", "unknown_reference"),
    "that neither buys nor sells": ("e,buy", "e,bye", "orders.csv:3.side", "choice"),
    "without a price": ("T01:00Z,25,", "T01:00Z,,", "orders.csv:3.price_eur_per_mwh", "not_a_number"),
    "of endless energy": ("25,0.2", "25,inf", "orders.csv:3.energy_mwh", "not_a_number"),
    "of no energy": ("25,0.2", "25,0", "orders.csv:3.energy_mwh", "range"),
    "with a used id": ("o2,bob", "o1,bob", "orders.csv:2.id", "duplicate_id"),
}


@pytest.mark.parametrize(("old", "new", "path", "rule"), ORDER_FAULTS.values(), ids=ORDER_FAULTS)
def test_a_bad_order_is_named_by_line_and_column(tmp_path: Path, old: str, new: str, path: str, rule: str) -> None:
    assert old in ORDERS
    issues = issues_of(write(tmp_path, orders=ORDERS.replace(old, new)))
    assert [(issue.path, issue.rule) for issue in issues] == [(path, rule)]


def test_a_missing_column_of_orders_is_named(tmp_path: Path) -> None:
    issues = issues_of(write(tmp_path, orders=ORDERS.replace("energy_mwh", "energie_mwh")))
    assert {(issue.path, issue.rule) for issue in issues} == {
        ("orders.csv", "missing_column"),
        ("orders.csv.energie_mwh", "unknown_field"),
    }


BY_STEP = "id,party,bus,side,step,price_eur_per_mwh,energy_mwh\no1,ann,e,sell,{step},15,0.1\n"


@pytest.mark.parametrize("step", ["-1", "3", "99999999999"])
def test_a_step_outside_the_horizon_is_an_issue(tmp_path: Path, step: str) -> None:
    (issue,) = issues_of(write(tmp_path, orders=BY_STEP.format(step=step)))
    assert issue.rule == "horizon"


@pytest.mark.parametrize("step", ["0.7", "1.5", "2.999"])
def test_a_step_that_is_no_whole_number_is_an_issue_and_never_rounded(tmp_path: Path, step: str) -> None:
    issues = issues_of(write(tmp_path, orders=BY_STEP.format(step=step)))
    assert [issue.path for issue in issues] == ["orders.csv:2.step"]


@pytest.mark.parametrize("name", ["007", "1e5", "1_0", "12345678901234567890123", "true", "0x10", "3.10"])
def test_an_id_in_a_table_stays_as_it_is_written(tmp_path: Path, name: str) -> None:
    """Accounts and meters have ids like 007; a table must not make numbers of them."""
    folder = write(
        tmp_path,
        ("parties:\n  - {id: ann}\n  - {id: bob}", "parties: parties.csv"),
        ("owner: ann", f"owner: '{name}'"),
        parties__csv=f"id\n{name}\n",
        orders=f"id,party,bus,side,step,price_eur_per_mwh,energy_mwh\n{name},{name},e,sell,0,15,0.1\n",
    )
    case = read_case(folder)
    assert [party.id for party in case.parties] == [name]
    assert case.orders.id.tolist() == [name]


def test_records_of_a_table_are_named_by_its_lines(tmp_path: Path) -> None:
    table = "id,bus,charge_max_mw,discharge_max_mw,energy_max_mwh,energy_start_mwh\n"
    table += "b1,e,1,1,2,1\nb2,x,1,1,2,3\nb3,e,1,1,2,3\n"
    block = VALID[VALID.index("  battery:\n") : VALID.index("  heat_pump:\n")]
    folder = write(tmp_path, (block, "  battery: battery.csv\n"), battery__csv=table)
    issues = {issue.path: issue.rule for issue in issues_of(folder)}
    assert issues == {"battery.csv:3.bus": "unknown_reference", "battery.csv:4.energy_start_mwh": "range"}


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    """Brackets and stars in a path are part of its name."""
    folder = tmp_path / "case [1] (copy) *"
    folder.mkdir()
    assert read_case(write(folder)).horizon.steps == 3


def test_a_name_with_a_star_is_a_name_and_no_pattern(tmp_path: Path) -> None:
    """A file name that stands for many would read whatever lies there."""
    assert found(tmp_path, ("series: series.csv", "series: 'ser*.csv'"))["series"] == "missing_file"


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(SERIES)
    folder = tmp_path / "case"
    folder.mkdir()
    write(folder)
    (folder / "series.csv").unlink()
    (folder / "series.csv").symlink_to(outside)
    assert any(issue.rule == "outside_folder" for issue in issues_of(folder))


def test_a_table_with_a_byte_order_mark_and_windows_lines_reads_the_same(tmp_path: Path) -> None:
    plain = read_case(write(tmp_path))
    (tmp_path / "series.csv").write_bytes(b"\xef\xbb\xbf" + SERIES.replace("\n", "\r\n").encode())
    assert read_case(tmp_path) == plain


def test_series_of_two_files_with_one_name_are_an_issue(tmp_path: Path) -> None:
    issues = found(tmp_path, ("series: series.csv", "series: [series.csv, more.csv]"), more__csv="town\n1\n2\n3\n")
    assert "duplicate_column" in issues.values()
