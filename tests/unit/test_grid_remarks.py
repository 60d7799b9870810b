"""Lines that look wrong: each is said with its place, its number, what it is compared with, and the mend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import Case
from c4e_opt.case import remarks
from c4e_opt.case.build import Builder

#: A ring a-b-c with 50 MW at c, and from c a radial part: d with 10 MW and behind it e with 5 MW and 2 MW of sun.
LINES = [
    {"id": "ab", "from_bus": "a", "to_bus": "b", "reactance_pu": 0.1, "limit_mw": 100},
    {"id": "bc", "from_bus": "b", "to_bus": "c", "reactance_pu": 0.1, "limit_mw": 100},
    {"id": "ca", "from_bus": "c", "to_bus": "a", "reactance_pu": 0.1, "limit_mw": 100},
    {"id": "cd", "from_bus": "c", "to_bus": "d", "reactance_pu": 0.1, "limit_mw": 60},
    {"id": "de", "from_bus": "e", "to_bus": "d", "reactance_pu": 0.1, "limit_mw": 60},
]


def case_with(line: str = "", units: str = "MW", voltage_kv: float | None = None, **fields: Any) -> Case:
    """The grid with other fields of one line."""
    factor = 1000 if units == "kW" else 1
    end = f"_{units.lower()}"

    def said(record: dict[str, Any]) -> dict[str, Any]:
        powers = {name for name in record if name.endswith("_mw")}
        rest = {name: content for name, content in record.items() if name not in powers}
        return rest | {name.replace("_mw", end): (np.array(record[name]) * factor).tolist() for name in powers}

    document = {
        "name": "grid",
        "units": {"power": units},
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": [60, 60]},
        "buses": [{"id": bus, **({"voltage_kv": voltage_kv} if voltage_kv else {})} for bus in "abcde"],
        "components": {
            "generator": [said({"id": "plant", "bus": "a", "power_max_mw": 200}) | {"cost_eur_per_mwh": 40}],
            "demand": [
                said({"id": bus, "bus": bus, "demand_mw": power}) for bus, power in (("c", 50), ("d", 10), ("e", 5))
            ],
            "renewable": [said({"id": "sun", "bus": "e", "available_mw": [2, 0]})],
            "line": [said(each | (fields if each["id"] == line else {})) for each in LINES],
        },
    }
    return Builder(document, {}).case()


def told(case: Case) -> dict[str, str]:
    return {issue.path: issue.message for issue in remarks(case)}


def test_nothing_is_said_of_a_sound_grid():
    assert not told(case_with())
    assert not told(case_with(units="kW"))
    assert not told(case_with(voltage_kv=110.0))


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"reactance_pu": 25.0}, "components.line[0].reactance_pu", ["25", "100 MVA", "base_mva"]),
        ({"reactance_pu": -1e-7}, "components.line[0].reactance_pu", ["-1e-07", "base_mva"]),
        ({"limit_mw": 0.06}, "components.line[0].limit_mw", ["0.06 MW", "0.001 times", "60 MW", "kW"]),
        ({"limit_mw": 100_000}, "components.line[0].limit_mw", ["100000 MW", "1000 times", "100 MW"]),
        ({"emergency_limit_mw": 120_000}, "components.line[0].emergency_limit_mw", ["1200 times limit_mw"]),
    ],
)
def test_numbers_off_by_their_unit_or_base_are_said(fields: dict[str, Any], path: str, words: list[str]):
    found = told(case_with("ab", **fields))
    assert list(found) == [path]
    for word in words:
        assert word in found[path].replace(",", "")


def test_an_impedance_is_judged_in_ohm_where_voltages_are_known():
    # 100 per unit of 100 MVA are 0.16 ohm at 0.4 kV, and 12100 ohm at 110 kV.
    assert not told(case_with("ab", reactance_pu=100.0, voltage_kv=0.4))
    (message,) = told(case_with("ab", reactance_pu=100.0, voltage_kv=110.0)).values()
    assert "ohm at 110 kV" in message


def test_a_line_too_small_for_the_bus_behind_it_is_said_with_its_worst_step():
    # 5 MW at e less 2 MW of sun in the first hour: 3 MW, then 5 MW.
    (message,) = told(case_with("de", limit_mw=4)).values()
    assert "is 4 MW at 2025-01-01T01:00:00Z; bus 'e' behind it needs at least 5 MW" in message
    assert not told(case_with("de", limit_mw=[3, 5]))
    assert "components.line[4].limit_mw[0]" in told(case_with("de", limit_mw=[2.9, 5]))


def test_a_line_too_small_for_all_that_hangs_on_it_is_said():
    ((path, message),) = told(case_with("cd", limit_mw=14, units="kW")).items()
    assert path.startswith("components.line[3].limit_kw")
    assert "the 2 buses from 'd' on need at least 15000 kW" in message.replace(",", "")
    assert not told(case_with("cd", limit_mw=14, overload_price_eur_per_mwh=1))


def test_a_bus_whose_lines_are_all_out_of_service_is_said():
    found = told(case_with("de", in_service=False))
    assert list(found) == ["buses[4].id"]
    assert "'de'" in found["buses[4].id"]
