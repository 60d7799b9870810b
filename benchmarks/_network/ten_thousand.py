"""Ours on one hour of ten thousand buses: after reading."""

from __future__ import annotations

from pathlib import Path

from _network import large
from _network.ours import run
from c4e_opt.case import Case

__all__ = ["pose", "run"]


def pose(grids: Path) -> Case:
    """What is read before."""
    return large.ten_thousand(grids)
