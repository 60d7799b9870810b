"""Importing the library stays light: what is slow to import is imported where it is used."""

import subprocess
import sys

import pytest

HEAVY = ["xarray", "pandas", "cvxpy", "ortools", "pyomo", "matplotlib", "grpc"]


@pytest.fixture(scope="module")
def imported() -> set[str]:
    lines = "import sys, c4e_opt; assert c4e_opt.__file__; print(*sys.modules, sep='\\n')"
    return set(subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("name", HEAVY)
def test_importing_the_library_leaves_the_heavy_ones_alone(imported: set[str], name: str):
    assert "c4e_opt" in imported
    assert name not in imported
