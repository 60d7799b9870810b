"""Bad input: every fault is named with its place, its rule and what to do; never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from c4e_opt import read_case, solve
from tests.input.folders import ORDERS, SERIES, found, issues_of, message, write


def test_the_valid_case_is_valid_and_has_an_answer(tmp_path: Path) -> None:
    case = read_case(write(tmp_path))
    assert case.orders.orders == 2
    assert solve(case).has_schedule
    assert case.components["grid_connection"][0].import_price_eur_per_mwh.tolist() == [15.0, 30.0, 45.0]


FAULTS = {
    "an unknown bus": ([("heat_bus: h,", "heat_bus: H1,")], {"components.heat_pump[0].heat_bus": "unknown_reference"}),
    "a bus of another carrier": (
        [("electricity_bus: e", "electricity_bus: h")],
        {"components.heat_pump[0].electricity_bus": "carrier"},
    ),
    "an unknown party": ([("owner: ann", "owner: anna")], {"components.grid_connection[0].owner": "unknown_reference"}),
    "an unknown column": (
        [("demand_mw: town", "demand_mw: twon")],
        {"components.demand[0].demand_mw": "unknown_reference"},
    ),
    "an unknown kind": ([("  demand:", "  demands:")], {"components.demands": "unknown_kind"}),
    "an unknown carrier": (
        [("carrier: heat", "carrier: warmth")],
        {"buses[1].carrier": "choice", "components.heat_pump[0].heat_bus": "carrier"},
    ),
    "an unknown field": (
        [("charge_max_mw: 1,", "charge_maximum_mw: 1, charge_max_mw: 1,")],
        {"components.battery[0].charge_maximum_mw": "unknown_field"},
    ),
    "an unknown field at the top": ([("policy:", "polices: {}\npolicy:")], {"polices": "unknown_field"}),
    "a missing field": ([(", energy_start_mwh: 1", "")], {"components.battery[0].energy_start_mwh": "missing_field"}),
    "a negative limit": (
        [("import_max_mw: 5", "import_max_mw: -5")],
        {"components.grid_connection[0].import_max_mw[0]": "range"},
    ),
    "a store that starts above its size": (
        [("energy_start_mwh: 1", "energy_start_mwh: 3")],
        {"components.battery[0].energy_start_mwh": "range"},
    ),
    "an efficiency above one": (
        [("energy_start_mwh: 1", "energy_start_mwh: 1, charge_efficiency: 1.2")],
        {"components.battery[0].charge_efficiency": "range"},
    ),
    "an efficiency of zero": (
        [("energy_start_mwh: 1", "energy_start_mwh: 1, discharge_efficiency: 0")],
        {"components.battery[0].discharge_efficiency": "range"},
    ),
    "a list of the wrong length": ([("[3, 3.5, 3]", "[3, 3.5]")], {"components.heat_pump[0].cop": "length"}),
    "a NaN in a list": ([("[3, 3.5, 3]", "[3, .nan, 3]")], {"components.heat_pump[0].cop[1]": "finite"}),
    "an infinity in a list": ([("[3, 3.5, 3]", "[3, 3, .inf]")], {"components.heat_pump[0].cop[2]": "finite"}),
    "a text in a list": ([("[3, 3.5, 3]", "[3, three, 3]")], {"components.heat_pump[0].cop": "type"}),
    "a list in a list": ([("[3, 3.5, 3]", "[[3], [3], [3]]")], {"components.heat_pump[0].cop": "type"}),
    "a text for a number": (
        [("charge_max_mw: 1,", "charge_max_mw: much,")],
        {"components.battery[0].charge_max_mw": "type"},
    ),
    "a NaN for a number": (
        [("charge_max_mw: 1,", "charge_max_mw: .nan,")],
        {"components.battery[0].charge_max_mw": "finite"},
    ),
    "a duplicate id": ([("  - {id: bob}", "  - {id: bob}\n  - {id: ann}")], {"parties[2].id": "duplicate_id"}),
    "a duplicate bus": (
        [("  - {id: h, carrier: heat}", "  - {id: h, carrier: heat}\n  - {id: e}")],
        {"buses[2].id": "duplicate_id"},
    ),
    "an empty id": ([("{id: town", "{id: ''")], {"components.demand[0].id": "id"}),
    "a departure before the arrival": (
        [("departure: 2025-01-01T02:00Z", "departure: 2025-01-01T00:15Z")],
        {"components.ev_session[0].departure": "range"},
    ),
    "a session outside the horizon": (
        [
            (
                "arrival: 2025-01-01T00:30Z, departure: 2025-01-01T02:00Z",
                "arrival: 2025-01-02T00:30Z, departure: 2025-01-02T02:00Z",
            )
        ],
        {"components.ev_session[0].arrival": "horizon"},
    ),
    "more energy needed than fits": (
        [("energy_needed_mwh: 0.02", "energy_needed_mwh: 0.2")],
        {"components.ev_session[0].energy_needed_mwh": "range"},
    ),
    "a moment that is none": (
        [("departure: 2025-01-01T02:00Z", "departure: at two")],
        {"components.ev_session[0].departure": "moment"},
    ),
    "no horizon": ([("  start: 2025-01-01T00:00Z\n", "")], {"horizon.start": "missing_field"}),
    "a step of no length": ([("step_minutes: 60", "step_minutes: 0")], {"horizon.step_minutes": "range"}),
    "no steps": ([("steps: 3", "steps: 0")], {"horizon.steps": "range"}),
    "half a step": ([("steps: 3", "steps: 2.5")], {"horizon.steps": "range"}),
    "an unknown zone": (
        [("  steps: 3", "  steps: 3\n  time_zone: Europe/Warszawa")],
        {"horizon.time_zone": "time_zone"},
    ),
    "an unknown unit": ([("series:", "units: {power: kilowatt}\nseries:")], {"units.power": "unit"}),
    "a policy that is no number": ([("money_decimals: 2", "money_decimals: two")], {"policy.money_decimals": "type"}),
    "a policy out of range": ([("money_decimals: 2", "money_decimals: 99")], {"policy.money_decimals": "range"}),
    "a list for a mapping": ([("policy: {money_decimals: 2}", "policy: [1]")], {"policy": "type"}),
    "a mapping for a list": ([("parties:\n  - {id: ann}\n  - {id: bob}", "parties: {id: ann}")], {"parties": "type"}),
    "a record that is a word": ([("  - {id: bob}", "  - bob")], {"parties[1]": "type"}),
    "a missing series file": ([("series: series.csv", "series: seires.csv")], {"series": "missing_file"}),
    "a file outside the folder": ([("series: series.csv", "series: ../series.csv")], {"series": "outside_folder"}),
    "an absolute file": ([("series: series.csv", "series: /etc/passwd")], {"series": "outside_folder"}),
}


@pytest.mark.parametrize(("changes", "wanted"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_its_place_and_its_rule(
    tmp_path: Path, changes: list[tuple[str, str]], wanted: dict[str, str]
) -> None:
    issues = found(tmp_path, *changes)
    assert {path: rule for path, rule in issues.items() if path in wanted} == wanted


ALONE = [
    "an unknown field",
    "an unknown field at the top",
    "a negative limit",
    "a store that starts above its size",
    "a list of the wrong length",
    "a NaN in a list",
    "a NaN for a number",
    "a duplicate id",
    "a departure before the arrival",
    "a session outside the horizon",
    "a policy out of range",
    "an unknown bus",
    "an unknown party",
]


@pytest.mark.parametrize("name", ALONE)
def test_one_fault_is_one_issue(tmp_path: Path, name: str) -> None:
    changes, wanted = FAULTS[name]
    assert found(tmp_path, *changes) == wanted


def test_many_faults_are_reported_all_at_once(tmp_path: Path) -> None:
    names = [
        "an unknown bus",
        "an unknown party",
        "an unknown field at the top",
        "an unknown field",
        "a negative limit",
        "a store that starts above its size",
        "more energy needed than fits",
        "a duplicate id",
        "a policy out of range",
    ]
    changes = [change for name in names for change in FAULTS[name][0]]
    issues = found(
        tmp_path,
        *changes,
        series=SERIES.replace("time,", "time,spare,").replace("Z,", "Z,nan,"),
        orders=ORDERS.replace("o1,ann,e,sell", "o1,zoe,e,lend"),
    )
    wanted = {path: rule for name in names for path, rule in FAULTS[name][1].items()}
    wanted |= {"series.csv:3.spare": "not_a_number", "orders.csv:2.party": "unknown_reference"}
    wanted |= {"orders.csv:2.side": "choice"}
    assert {path: rule for path, rule in issues.items() if path in wanted} == wanted


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        (
            ("electric_max_mw: 1", "electrical_max_mw: 1"),
            "components.heat_pump[0].electrical_max_mw",
            "electric_max_mw",
        ),
        (("heat_bus: h,", "heat_bus: hh,"), "components.heat_pump[0].heat_bus", "did you mean 'h'"),
        (("owner: ann", "owner: Ann"), "components.grid_connection[0].owner", "did you mean 'ann'"),
        (("  battery:", "  batery:"), "components.batery", "did you mean 'battery'"),
        (("import_max_mw: 5", "import_max_mw: -5"), "components.grid_connection[0].import_max_mw[0]", "-5 MW"),
        (("energy_start_mwh: 1", "energy_start_mwh: 3"), "components.battery[0].energy_start_mwh", "[0, 2] MWh"),
    ],
)
def test_a_message_says_the_value_the_bound_or_the_name_that_was_meant(
    tmp_path: Path, change: tuple[str, str], path: str, said: str
) -> None:
    assert said in message(write(tmp_path, change), path)


def test_a_field_in_the_wrong_unit_says_the_name_in_the_declared_one(tmp_path: Path) -> None:
    folder = write(tmp_path, ("series:", "units: {power: kW, energy: kWh}\nseries:"))
    issues = {issue.path: issue for issue in issues_of(folder)}
    wrong = issues["components.battery[0].charge_max_mw"]
    assert wrong.rule == "unit"
    assert "'charge_max_kw'" in wrong.message
    assert "kW" in wrong.message
    assert issues["components.battery[0].energy_max_mwh"].rule == "unit"


KILO = [
    ("series:", "units: {power: kW, energy: kWh}\nseries:"),
    ("import_max_mw", "import_max_kw"),
    ("demand_mw", "demand_kw"),
    (
        "charge_max_mw: 1, discharge_max_mw: 1, energy_max_mwh: 2, energy_start_mwh: 1",
        "charge_max_kw: 1, discharge_max_kw: 1, energy_max_kwh: 2, energy_start_kwh: 1",
    ),
    ("electric_max_mw", "electric_max_kw"),
    ("energy_needed_mwh", "energy_needed_kwh"),
    ("energy_max_mwh", "energy_max_kwh"),
    ("charge_max_mw: 0.02", "charge_max_kw: 0.02"),
]
KILO_ORDERS = ORDERS.replace("energy_mwh", "energy_kwh")


def test_the_valid_case_in_kilowatts_is_valid(tmp_path: Path) -> None:
    case = read_case(write(tmp_path, *KILO, orders=KILO_ORDERS))
    assert case.components["battery"][0].energy_max_mwh == 0.002
    assert case.orders.energy_mwh.tolist() == [0.0001, 0.0002]


def test_a_fault_between_fields_is_told_in_the_names_and_units_of_the_writer(tmp_path: Path) -> None:
    """A store of 2 kWh that starts with 3 kWh: the field is energy_start_kwh, and the bound is 2 kWh."""
    change = ("energy_start_kwh: 1", "energy_start_kwh: 3")
    issues = issues_of(write(tmp_path, *KILO, change, orders=KILO_ORDERS))
    assert [issue.path for issue in issues] == ["components.battery[0].energy_start_kwh"]
    assert "3 kWh" in issues[0].message
    assert "[0, 2] kWh" in issues[0].message


def test_a_range_of_one_field_is_told_in_the_units_of_the_writer(tmp_path: Path) -> None:
    issues = issues_of(write(tmp_path, *KILO, ("import_max_kw: 5", "import_max_kw: -5"), orders=KILO_ORDERS))
    assert [issue.path for issue in issues] == ["components.grid_connection[0].import_max_kw[0]"]
    assert "-5 kW" in issues[0].message


def test_a_bad_order_of_a_table_is_told_where_it_was_written(tmp_path: Path) -> None:
    """A negative energy in the second line of orders.csv, in kWh as it stands there."""
    orders = KILO_ORDERS.replace("15,0.1", "15,-4")
    issues = issues_of(write(tmp_path, *KILO, orders=orders))
    assert [issue.path for issue in issues] == ["orders.csv:2.energy_kwh"]
    assert "-4" in issues[0].message
    assert "kWh" in issues[0].message


def test_broken_yaml_is_told_with_line_and_column(tmp_path: Path) -> None:
    (issue,) = issues_of(write(tmp_path, ("  - {id: bob}", "  - {id: bob")))
    assert issue.rule == "yaml"
    assert issue.path.startswith("case.yaml:10:")


def test_a_key_that_occurs_twice_is_told_with_line_and_column(tmp_path: Path) -> None:
    (issue,) = issues_of(write(tmp_path, ("  steps: 3", "  steps: 3\n  steps: 4")))
    assert (issue.path, issue.rule) == ("case.yaml:6:3", "yaml")
    assert "'steps' occurs twice" in issue.message


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "null"])
def test_a_file_that_is_no_mapping_is_told_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "case.yaml").write_text(text)
    (issue,) = issues_of(tmp_path)
    assert "must be a mapping" in issue.message


def test_a_file_that_is_no_text_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_bytes(b"name: \xff\xfe\x00")
    (issue,) = issues_of(tmp_path)
    assert issue.rule in ("unreadable_file", "yaml")


def test_a_case_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    (issue,) = issues_of(tmp_path / "nowhere")
    assert issue.rule == "missing_file"
    (issue,) = issues_of(tmp_path)
    assert issue.rule == "missing_file"


@pytest.mark.parametrize("components", ["components: {}", "components:", "components: {demand: []}", ""])
def test_a_case_without_anything_to_solve_is_told_so(tmp_path: Path, components: str) -> None:
    (tmp_path / "case.yaml").write_text(
        "name: x\nhorizon: {start: 2025-01-01T00:00Z, step_minutes: 60, steps: 1}\nbuses: [{id: e}]\n" + components
    )
    (issue,) = issues_of(tmp_path)
    assert (issue.path, issue.rule) == ("components", "empty")


def test_a_component_that_cannot_be_read_is_not_also_called_missing(tmp_path: Path) -> None:
    """One wrong field of the only component is one issue; nobody is told that there are no components."""
    (tmp_path / "case.yaml").write_text(
        "name: x\nhorizon: {start: 2025-01-01T00:00Z, step_minutes: 60, steps: 1}\nbuses: [{id: e}]\n"
        "components: {demand: [{id: d, bus: e, demand_mw: lots}]}\n"
    )
    assert [issue.path for issue in issues_of(tmp_path)] == ["components.demand[0].demand_mw"]


def test_a_field_that_cannot_be_read_hides_no_fault_of_its_neighbours(tmp_path: Path) -> None:
    """The price is NaN, the limit negative and the owner unknown: three faults of one record, told in one go."""
    changes = [("import_max_mw: 5", "import_max_mw: -5"), ("owner: ann", "owner: anna")]
    issues = found(tmp_path, *changes, series=SERIES.replace("20,0.6", "nan,0.6"))
    assert issues == {
        "series.csv:3.price": "not_a_number",
        "components.grid_connection[0].import_max_mw[0]": "range",
        "components.grid_connection[0].owner": "unknown_reference",
    }


LARGE = "9" * 400
CRASHES = {
    "a count that is no number": ("money_decimals: 2", "money_decimals: .nan"),
    "a count without end": ("money_decimals: 2", "money_decimals: .inf"),
    "a number of four hundred digits": ("charge_max_mw: 1,", f"charge_max_mw: {LARGE},"),
    "a series of numbers of four hundred digits": ("[3, 3.5, 3]", f"[3, {LARGE}, 3]"),
    "a number of five thousand digits": ("charge_max_mw: 1,", f"charge_max_mw: {'9' * 5000},"),
    "a tag that does not fit": ("charge_max_mw: 1,", "charge_max_mw: !!int much,"),
    "a tag of a number with a fraction": ("charge_max_mw: 1,", "charge_max_mw: !!float much,"),
    "orders that are numbers": (
        "orders: orders.csv",
        "orders: {id: 5, party: 1, bus: 1, side: 1, step: 0, price_eur_per_mwh: 1, energy_mwh: 1}",
    ),
    "orders that are words": (
        "orders: orders.csv",
        "orders: {id: a, party: a, bus: e, side: b, step: '0', price_eur_per_mwh: '1', energy_mwh: '1'}",
    ),
    "orders that are lists of lists": (
        "orders: orders.csv",
        "orders: {id: [[a]], party: [[ann]], bus: [[e]], side: [[buy]], step: [[0]],\n"
        "  price_eur_per_mwh: [[1]], energy_mwh: [[1]]}",
    ),
    "an order of a price of four hundred digits": (
        "orders: orders.csv",
        f"orders: [{{id: o, party: ann, bus: e, side: buy, step: 0, energy_mwh: 1,\n  price_eur_per_mwh: {LARGE}}}]",
    ),
    "orders with columns that are no words": ("orders: orders.csv", "orders: [{1: a, x: b}]"),
    "a file with a zero byte in its name": ("series: series.csv", 'series: "a\\0.csv"'),
    "a last day of all": (
        "start: 2025-01-01T00:00Z\n  step_minutes: 60\n  steps: 3",
        "start: 9999-12-31T00:00Z\n  step_minutes: 60\n  days: 3",
    ),
    "steps after the last day of all": ("start: 2025-01-01T00:00Z", "start: 9999-12-31T22:00Z"),
    "a step of a very long time": ("step_minutes: 60", "step_minutes: 1.0e+300"),
    "a zone that is a list": ("  steps: 3", "  steps: 3\n  time_zone: [1]"),
    "a series that is a mapping": ("series: series.csv", "series: {a: b}"),
    "a kind that is a number": ("  demand:\n", "  5:\n"),
    "a folder for a file": ("series: series.csv", "series: ."),
    "a very long name": ("series: series.csv", f"series: {'a' * 5000}.csv"),
}


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("change", CRASHES.values(), ids=CRASHES)
def test_strange_content_is_an_issue_and_no_crash(tmp_path: Path, change: tuple[str, str]) -> None:
    issues = issues_of(write(tmp_path, change))
    assert issues
    assert all(issue.path and issue.rule and issue.message for issue in issues)


PROGRAM = """\
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
from c4e_opt import InvalidInput, read_case
try:
    read_case(sys.argv[1])
except InvalidInput as error:
    print("refused", len(error.issues))
"""


def refused_in_a_process_of_its_own(folder: Path) -> None:
    """Read a folder where a crash, endless memory or endless time would hurt nobody."""
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment, check=False)
    except subprocess.TimeoutExpired:
        pytest.fail("the reader does not come back")
    assert run.returncode == 0, f"ended with {run.returncode}: {run.stderr[-500:]}"
    assert run.stdout.startswith("refused")


@pytest.mark.parametrize(
    "change",
    [
        ("name: valid", "name: *a59"),
        ("start: 2025-01-01T00:00Z", "start: *a59"),
        ("step_minutes: 60", "step_minutes: *a59"),
        ("demand_mw: town", "demand_mw: *a59"),
        ("series: series.csv", "series: *a59"),
        ("orders: orders.csv", "orders: {id: *a59, party: *a59, bus: *a59, side: *a59, step: *a59}"),
        ("policy: {money_decimals: 2}", "policy: *a59"),
        ("id: ann", "id: *a59"),
    ],
    ids=lambda change: str(change[0]).split(":")[0],
)
def test_a_document_that_unfolds_to_billions_of_entries_is_refused_without_unfolding_it(
    tmp_path: Path, change: tuple[str, str]
) -> None:
    """Nested aliases, 2 ** 60 entries when written out; neither a message nor an array may write them out."""
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    write(tmp_path, change)
    text = (tmp_path / "case.yaml").read_text()
    (tmp_path / "case.yaml").write_text("\n".join([*lines, text]))
    refused_in_a_process_of_its_own(tmp_path)


@pytest.mark.parametrize(
    "text", ["[" * 200_000 + "]" * 200_000, "- " * 200_000 + "x", "{a: " * 200_000 + "}" * 200_000]
)
def test_a_document_nested_a_hundred_thousand_deep_is_refused_and_kills_nobody(tmp_path: Path, text: str) -> None:
    """A parser that calls itself for every level runs out of stack, which no Python code can catch."""
    (tmp_path / "case.yaml").write_text(f"name:\n  {text}\n")
    refused_in_a_process_of_its_own(tmp_path)


@pytest.mark.parametrize("depth", [100, 2000])
def test_a_document_nested_deeply_is_an_issue(tmp_path: Path, depth: int) -> None:
    (tmp_path / "case.yaml").write_text(f"name: {'[' * depth}{']' * depth}\n")
    assert issues_of(tmp_path)
