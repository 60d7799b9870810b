"""Small problems with known answers that every adapter must reproduce; shipped, so that anyone can test their own."""

from __future__ import annotations

from c4e_solvers.conformance import conic, degenerate, disjunctive, empty, integer, linear, quadratic, unsolvable
from c4e_solvers.conformance.problem import EXACT, Numbers, Problem, complaints

__all__ = ["EXACT", "Numbers", "Problem", "complaints", "problems"]

_ROOMS = (linear, degenerate, unsolvable, empty, integer, disjunctive, quadratic, conic)


def problems() -> tuple[Problem, ...]:
    """All problems of the suite. Every answer was worked out by hand; the sum stands beside the problem."""
    return tuple(problem for room in _ROOMS for problem in room.problems())
