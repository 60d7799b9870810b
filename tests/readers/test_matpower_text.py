"""The texts of MATPOWER files: what counts as data, what is calculated, and what is refused with its line."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e_opt import InvalidInput
from c4e_opt.case.readers.matpower.m_file import MFile, read_text

ORACLES = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "network"


def read(text: str) -> MFile:
    return read_text(text, "x.m")


def value(written: str, before: str = "") -> Any:
    """What `mpc.x = ...` means."""
    return read(f"function mpc = x\n{before}\nmpc.x = {written};").fields["x"]


@pytest.mark.parametrize(
    ("written", "rows"),
    [
        ("[1 2; 3 4]", [[1, 2], [3, 4]]),
        ("[1,2;3,4;]", [[1, 2], [3, 4]]),
        ("[\n1 2\n3 4\n]", [[1, 2], [3, 4]]),
        ("[\n\t1\t2;\t% first; 9 9\n\n\t3, 4;;\n]", [[1, 2], [3, 4]]),
        ("[1 2 ... all of it\n3\n4 5 6]", [[1, 2, 3], [4, 5, 6]]),
        ("[Inf -Inf NaN]", [[math.inf, -math.inf, math.nan]]),
        ("[1e3 -.5 +2. 1E-2]", [[1000, -0.5, 2, 0.01]]),
        ("[1 -2]", [[1, -2]]),
        ("[1 - 2]", [[-1]]),
        ("[1-2]", [[-1]]),
        ("[2*3 (1 + 1) 4/8]", [[6, 2, 0.5]]),
        ("[1 2; 3 4]'", [[1, 3], [2, 4]]),
        ("[1 2] * 10", [[10, 20]]),
        ("[1 2]-1e-3", [[0.999, 1.999]]),
        ("[1:3]", [[1, 2, 3]]),
        ("[]", np.zeros((0, 0))),
        ("[\r\n1 2\r\n3 4\r\n]", [[1, 2], [3, 4]]),
        ("[\n%{\n9 9\n%}\n1 2\n# 9 9\n]", [[1, 2]]),
    ],
)
def test_a_matrix_may_be_written_in_many_ways(written: str, rows: Any) -> None:
    np.testing.assert_array_equal(value(written), np.array(rows, dtype=float))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("3", 3.0), ("-2^2", -4.0), ("2^-1", 0.5), ("(1 + 2) * 3 / 2", 4.5), ("sqrt(16)", 4.0), ("1d3", 1000.0),
        ("sin(acos(0.6))", 0.8), ("pi", math.pi), ("Inf", math.inf), ("a * 2", 6.0), ("B(1, 2)", 5.0),
        ("B(end, 1)", 4.0), ("'it''s % no comment'", "it's % no comment"), ('"two # words"', "two # words"),
        ("{'a', 1; 'b' 2}", [["a", 1.0], ["b", 2.0]]), ("{\n'a b'\n'c'\n}", [["a b"], ["c"]]),
    ],
)  # fmt: skip
def test_a_value_may_be_calculated(written: str, expected: Any) -> None:
    found = value(written, before="a = 3; B = [4 5];")
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


def test_columns_are_converted_where_the_file_says_so() -> None:
    file = read("""function mpc = feeder
mpc.baseMVA = 10;
mpc.bus = [1 3 0 0 0 0 1 1 0 12.66 1 1 1
2 1 100 60 0 0 1 1 0 12.66 1 1.1 0.9];
mpc.branch = [1 2 0.0922 0.0470 0 0 0 0 0 0 1 -360 360];
[PQ, PV, REF, NONE, BUS_I, BUS_TYPE, PD, QD, GS, BS, BUS_AREA, VM, ...
    VA, BASE_KV] = idx_bus;
[F_BUS, T_BUS, BR_R, BR_X] = idx_brch;
Vbase = mpc.bus(1, BASE_KV) * 1e3;      %% in Volts
Sbase = mpc.baseMVA * 1e6;              %% in VA
mpc.branch(:, [BR_R BR_X]) = mpc.branch(:, [BR_R BR_X]) / (Vbase^2 / Sbase);
mpc.bus(:, [PD, QD]) = mpc.bus(:, [PD, QD]) / 1e3;
""")
    assert file.fields["bus"][1, 2:4].tolist() == [0.1, 0.06]
    assert file.fields["branch"][0, 2] == pytest.approx(0.0922 / (12.66**2 / 10), rel=1e-15)


def test_a_power_factor_makes_reactive_power() -> None:
    """85 kVA at 0.6: 51 kW and 68 kvar."""
    file = read("""function mpc = feeder
define_constants
mpc.bus = [1 3 0 0; 2 1 85 0];
pf = 0.6;
mpc.bus(:, QD) = mpc.bus(:, PD) * sin(acos(pf)) / 1e3;
mpc.bus(:, PD) = mpc.bus(:, PD) * pf / 1e3;
""")
    assert file.fields["bus"][1].tolist() == pytest.approx([2, 1, 0.051, 0.068])


def test_one_row_may_be_changed_and_the_last_one_named_end() -> None:
    file = read("mpc.x = [1 2; 3 4];\nmpc.x(end, 2) = 9;\nmpc.x(1:2, 1) = mpc.x(1:2, 1) + 1;")
    assert file.fields["x"].tolist() == [[2, 2], [4, 9]]


def test_version_1_returns_its_matrices() -> None:
    file = read("function [baseMVA, bus, gen] = old\nbaseMVA = 100;\nbus = [1 2];\nother = 3;\ngen = [4];")
    assert set(file.fields) == {"baseMVA", "bus", "gen"}


def test_the_struct_may_have_another_name_or_be_made_at_once() -> None:
    assert read("function s = y\ns.baseMVA = 5;\nmpc.bus = 3;").fields == {"baseMVA": 5.0}
    assert read("function mpc = y\nmpc = struct('baseMVA', 5, ...\n 'version', '2');").fields == {
        "baseMVA": 5.0,
        "version": "2",
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("if x > 1", "is MATLAB code that is not data"),
        ("mpc = loadcase('case9');", "calls loadcase"),
        ("mpc.bus = sortrows(mpc.bus);", "calls sortrows"),
        ("mpc.bus(:, 3) = mpc.bus(:, 3) * k;", "nothing is known of 'k'"),
        ("mpc.bus(:, 9) = 0;", "outside of 1 to 3"),
        ("mpc.bus(0, 1) = 0;", "outside of 1 to 2"),
        ("mpc.bus = mpc.bus * mpc.bus;", "multiplies matrices"),
        ("mpc.bus = mpc.bus .* [1 2];", "different shapes"),
        ("mpc.bus(:, 1) = [1 2 3];", "another shape"),
        ("mpc.other(1, 1) = 2;", "changes mpc.other"),
        ("scale_load(2, mpc);", "calls or changes scale_load"),
        ("mpc.bus;", "is no assignment"),
        ("mpc.gen = [1 2; 3];", "row 2 has 1 numbers, row 1 has 2"),
        ("mpc.gen = [1 2; 3 x];", "nothing is known of 'x'"),
        ("mpc.name = 'no end", "a text has no end"),
        ("mpc.gen = 1 2", "is not understood"),
        ("mpc.gen = [1 == 2];", "is not understood"),
        ("function other", "is a second function"),
        ("[A, B] = idx_ct;", "nothing is known of idx_ct"),
        ("mpc.x = " + "(" * 60 + "1" + ")" * 60, "nested too deep"),
        ("mpc.x = 1:1e9;", "is no range"),
        ("mpc.x = [" + "1:9e5 " * 30 + "];", "too much arithmetic"),
    ],
)
def test_what_is_not_understood_is_named_with_its_line(line: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(
            f"function mpc = x\n% a comment ... with dots\nmpc.bus = [1 2 3 ...\n\n4 5 6];\n{line}\n".replace(
                "...\n\n", "\n"
            )
        )
    (issue,) = refused.value.issues
    assert issue.path == "x.m:5"
    assert said in issue.message


def test_lines_are_counted_through_continued_ones_and_block_comments() -> None:
    with pytest.raises(InvalidInput) as refused:
        read("mpc.a = 1 + ...\n  ...\n 2;\n%{\nfor\n%}\nmpc.b = oops;\nmpc.c = [1 2\n3 oops];\nmpc.d = 1;")
    assert [issue.path for issue in refused.value.issues] == ["x.m:7", "x.m:9"]


@pytest.mark.skipif(not ORACLES.is_dir(), reason="the feeders are not here")
@pytest.mark.parametrize("name", ["case4_dist", "case18", "case22", "case33bw", "case69", "case118zh"])
def test_feeders_are_converted_to_per_unit_and_mw(name: str) -> None:
    folder = ORACLES / "dist"
    file = read((folder / f"{name}.m").read_text(encoding="utf-8"))
    expected = json.loads((folder / f"{name}.converted_pu.json").read_text())
    assert file.fields["baseMVA"] == expected["baseMVA"]
    for table in ("bus", "branch", "gen"):
        wanted = np.array(expected[table])
        found = file.fields[table][:, : wanted.shape[1]]
        np.testing.assert_allclose(found, wanted[:, : found.shape[1]], rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (
            "idx_bus",
            "PQ PV REF NONE BUS_I BUS_TYPE PD QD GS BS BUS_AREA VM VA BASE_KV ZONE VMAX VMIN LAM_P LAM_Q "
            "MU_VMAX MU_VMIN",
        ),
        (
            "idx_brch",
            "F_BUS T_BUS BR_R BR_X BR_B RATE_A RATE_B RATE_C TAP SHIFT BR_STATUS PF QF PT QT MU_SF MU_ST ANGMIN ANGMAX "
            "MU_ANGMIN MU_ANGMAX",
        ),
        (
            "idx_gen",
            "GEN_BUS PG QG QMAX QMIN VG MBASE GEN_STATUS PMAX PMIN MU_PMAX MU_PMIN MU_QMAX MU_QMIN PC1 PC2 QC1MIN "
            "QC1MAX QC2MIN QC2MAX RAMP_AGC RAMP_10 RAMP_30 RAMP_Q APF",
        ),
        ("idx_cost", "PW_LINEAR POLYNOMIAL MODEL STARTUP SHUTDOWN NCOST COST"),
    ],
)
def test_columns_have_the_same_numbers_whichever_way_they_are_named(function: str, names: str) -> None:
    """In the order in which MATPOWER's functions return them, against define_constants."""
    listed = names.split()
    one = read(f"[{', '.join(listed)}] = {function};\nmpc.x = [{' '.join(listed)}];").fields["x"]
    other = read(f"define_constants;\nmpc.x = [{' '.join(listed)}];").fields["x"]
    assert one.tolist() == other.tolist()
