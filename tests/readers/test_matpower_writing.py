"""Cases as MATPOWER files: what was read comes back equal, what cannot be said is refused by name."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, read_case, solve
from c4e_opt.case.readers.matpower import case_of
from c4e_opt.case.readers.matpower.writing import text_of, write_matpower
from tests.readers.m_texts import BRANCH, BUS, GEN, m_case
from tests.readers.test_matpower import dc_line
from tests.unit.small_cases import load, small_case

ORACLES = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "network"
FILES = [
    *ORACLES.glob("opf/*.m"),
    *ORACLES.glob("dist/*.m"),
    *ORACLES.glob("features/*.m"),
    *ORACLES.glob("most/*3b.m"),
]


@pytest.mark.skipif(not FILES, reason="the files are not here")
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in sorted(FILES)])
def test_what_was_read_comes_back_equal(path: Path) -> None:
    case = read_case(path)
    text, _ = text_of(case)
    assert case_of(text, path.name) == case


@pytest.mark.parametrize(
    "parts",
    [
        {
            "bus": BUS.replace("2	1	50	10", "2	1	-50.1	10.3").replace(
                "7	1	30	0", "7	1	0	8"
            )
        },
        {"bus": BUS.replace("2	1	50	10	0	0", "2	1	0.7	0.23	0.1	-6")},
        {"bus": BUS.replace("7	1", "7	4")},
        {"gen": GEN.replace("-40	1.02	100	1", "-40	1.02	100	0")},
        {"gen": "1 0 0 60 -40 1 100 1 100 0 20 60 -30 60 -10 40; 7 0 0 0 -7 1 100 1 0 -30 0 0 0 0 0 0;"},
        {"gen": "1 0 0 60 -40 1 100 1 97.3 1.7 20 60 -40 63.3 -11.1 41.7; 7 0 0 3 -3 1 100 1 25 3 0 30 -9 4 -1 1;"},
        {"gen": "1 0 0 60 -40 1 100 1 90 0 0 90 -30 50 -30 50; 7 0 0 3 -3 1 100 1 50 50 0 30 -3 2.5 -3 1;"},
        {"gencost": "1 0 0 4 0 100 40 500.5 70 900 100 2300; 2 0 0 3 0.01 2 7 0 0 0 0 0;"},
        {"gen": GEN.replace("80	5", "80	-50"), "gencost": "2 0 0 2 1 0 0 0 0 0; 1 0 0 3 -20 -100 0 0 50 1000;"},
        {"branch": BRANCH + "1 2 0 0.1 0 5 0 9 0.97 -4 0 -3 7; 1 2 0 0.1 0 0 0 9 1 0 1 -400 7;"},
        {"more": dc_line((10, 50), (1, 0.1), "2 0 0 2 3 0")},
        {"more": dc_line((-13, 50), (1, 0.07))},
        {"more": dc_line((-13, -5), (0.3, 0.07), "2 0 0 2 -3 0")},
        {"more": dc_line((-13, -5), (0.3, -0.07))},
        {"more": dc_line((0, 5), (0, 0)).replace("];", f"; 1 2 0 {'0 ' * 14}; 1 2 1 0 0 0 0 1 1 0 9 0 0 0 1 0 0];")},
        {"more": "mpc.reserves.zones = [1 1; 0 1]; mpc.reserves.req = [40; 2]; mpc.reserves.cost = [1; 2];"},
    ],
)
def test_a_quirk_comes_back_equal(parts: dict[str, str]) -> None:
    case = m_case(**parts)
    assert case_of(text_of(case)[0], "three.m") == case
    assert case_of(text_of(case)[0], "three.m").components.keys() == case.components.keys()


def test_a_turned_line_of_pglib_comes_back_equal() -> None:
    case = m_case("pglib_three.m", branch=BRANCH + "2 1 0.04 0.4 0.1 0 0 0 0.7 3 1 -10 20;")
    case = replace(case, name="pglib_three")
    assert case_of(text_of(case)[0], "any.m") == case


def test_names_become_numbers_and_the_answer_stays() -> None:
    case = small_case(
        (60,),
        generator=[
            {"id": "cheap", "bus": "e", "power_max_mw": 5, "cost_eur_per_mwh": 7, "owner": "p"},
            {"id": "dear", "bus": "e", "power_max_mw": 50, "cost_eur_per_mwh": 9},
        ],
        demand=[load(4), load(3, id="other")],
    )
    case = replace(case, buses=tuple(bus for bus in case.buses if bus.id == "e"))
    text, notes = text_of(case)
    assert "mpc.bus_name = {\n\t'e';" in text
    back = case_of(text, "x.m")
    assert solve(back).objective == pytest.approx(solve(case).objective) == 5 * 7 + 2 * 9
    assert {note.path for note in notes} == {"components", "parties"}


def electric(**components: Any) -> Case:
    return small_case((60,), demand=[load(1)], generator=[{"id": "g", "bus": "e", "power_max_mw": 5}], **components)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (lambda: small_case((60, 60), demand=[load(1)]), "horizon: has 2 steps; a MATPOWER case is one hour"),
        (lambda: small_case((30,), demand=[load(1)]), "horizon: has a step that is no plain hour"),
        (lambda: electric(renewable=[{"id": "r", "bus": "e", "available_mw": 1}]),
         "components.renewable: are given (1); MATPOWER has no such thing"),
        (lambda: electric(reserve=[{"id": "r", "up_mw": 1}]), "components.reserve[0].members: must name generators"),
        (lambda: _with_line(limit_mw=0.0), "is 0, which is no limit"),
        (lambda: _with_line(overload_price_eur_per_mwh=5.0), "overload_price_eur_per_mwh: is given; MATPOWER has no"),
        (lambda: _with_line(angle_min_deg=0.0), "is 0, which is no limit to MATPOWER"),
        (lambda: _with_tie(loss_ratio=0.1), "is lost either way"),
        (lambda: _with_tie(fee_eur_per_mwh=1.0), "is paid either way"),
    ],
)  # fmt: skip
def test_what_matpower_cannot_say_is_refused_by_name(case: Any, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        text_of(case())
    assert any(said in str(issue) for issue in refused.value.issues)


def test_a_case_of_other_carriers_is_refused_bus_by_bus() -> None:
    case = small_case((60,), demand=[load(1, bus="h")])
    with pytest.raises(InvalidInput) as refused:
        text_of(case)
    assert [issue.path for issue in refused.value.issues if issue.path.endswith(".carrier")]


def test_a_written_file_is_read_as_any_other(tmp_path: Path) -> None:
    case = m_case()
    assert write_matpower(case, tmp_path / "out.m") == ()
    assert read_case(tmp_path / "out.m") == case


def _with(kind: str, **fields: Any) -> Case:
    case = m_case(more=dc_line((-10, 10), (0, 0)))
    first, *others = case.components[kind]
    changed = {**case.components, kind: (replace(first, **fields), *others)}
    return replace(case, components=changed)


def _with_line(**fields: Any) -> Case:
    return _with("line", **fields)


def _with_tie(**fields: Any) -> Case:
    return _with("tie", **fields)
