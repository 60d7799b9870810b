"""Whether an optional package is there, without importing it.

pandapower and pypowsybl import OR-Tools where it is installed, whose older HiGHS then stands in the way of highspy in
the same process. Our readers import them in processes of their own; so do the tests.
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest


def needs(package: str) -> pytest.MarkDecorator:
    """Skip, visibly, where a package is not installed."""
    return pytest.mark.skipif(find_spec(package) is None, reason=f"{package} is not installed")
