"""Small MATPOWER texts for tests: a base case of three buses whose parts can be replaced."""

from __future__ import annotations

from c4e_opt import Case
from c4e_opt.case.readers.matpower import case_of

BUS = """
	1	3	0	0	0	0	1	1	0	110	1	1.1	0.9;
	2	1	50	10	0	0	1	1	0	110	1	1.1	0.9;
	7	1	30	0	0	0	1	1	0	110	1	1.1	0.9;
"""
GEN = """
	1	0	0	60	-40	1.02	100	1	100	0;
	7	0	0	0	0	1	100	1	80	5;
"""
BRANCH = """
	1	2	0.01	0.1	0.02	60	0	0	0	0	1	-360	360;
	2	7	0	0.1	0	0	0	0	0	0	1	-360	360;
	1	7	0	0.2	0	0	0	0	0	0	1	-360	360;
"""
GENCOST = """
	2	0	0	2	10	0;
	2	0	0	2	30	0;
"""


def m_text(
    bus: str = BUS,
    gen: str = GEN,
    branch: str = BRANCH,
    gencost: str | None = GENCOST,
    more: str = "",
    base: str = "100",
) -> str:
    """The text of a case file."""
    parts = {"bus": bus, "gen": gen, "branch": branch, "gencost": gencost}
    tables = "\n".join(f"mpc.{name} = [{rows}];" for name, rows in parts.items() if rows is not None)
    return f"function mpc = three\nmpc.version = '2';\nmpc.baseMVA = {base};\n{tables}\n{more}\n"


def m_case(file_name: str = "three.m", **parts: str | None) -> Case:
    """The case of such a text."""
    return case_of(m_text(**parts), file_name)  # type: ignore[arg-type]
