"""Ours from message to message, as a service sees it, without a network: parse, check, clear, verify, write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from _market.books import Shape, market
from c4e.opt.v1 import case_pb2
from c4e_opt import solve
from c4e_server.convert.case import case_from_proto, case_to_proto
from c4e_server.convert.outcome import outcome_to_proto


def small(shape: Shape) -> Shape:
    """A book of the same kind that takes no time."""
    return replace(shape, orders=1000)


def pose(shape: Shape) -> bytes:
    """The case as it travels."""
    return case_to_proto(market(shape)).SerializeToString()


def run(posed: bytes) -> dict[str, Any]:
    """Bytes to bytes."""
    outcome = solve(case_from_proto(case_pb2.Case.FromString(posed)))
    answer = outcome_to_proto(outcome).SerializeToString()
    return {"objective": outcome.objective, "mib": (len(posed) + len(answer)) / 2**20, "seconds": dict(outcome.seconds)}
