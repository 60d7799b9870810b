"""Ours on ten published Italian days: prices with the borders at theirs, then flows and blocks with its exchanges."""

from __future__ import annotations

from typing import Any

import numpy as np

from _market.books import Shape
from c4e_opt import solve
from tests.literature import italian_days as days


def pose(shape: Shape, question: str, first: int = len(days.DAYS)) -> tuple[str, list[tuple[str, Any]]]:
    """The cases of the first days; the question is prices, flows or blocks."""
    which = {"prices": {}, "flows": {"at_exchanges": True}, "blocks": {"at_exchanges": True, "blocks_free": True}}
    return question, [(day, days.italian_day(day, **which[question])) for day in days.DAYS[:first]]


def run(posed: tuple[str, list[tuple[str, Any]]]) -> dict[str, Any]:
    """All days to verified outcomes."""
    question, cases = posed
    outcomes = [(day, solve(case)) for day, case in cases]
    assert all(outcome.certificate is not None and outcome.certificate.holds for _, outcome in outcomes)
    if question == "prices":
        off = [np.abs(days.of_zones(o, "price_eur_per_mwh") - days.published(day)) for day, o in outcomes]
        return {"off": int(sum(np.count_nonzero(each > 0.005) for each in off))}
    if question == "flows":
        return {"error_mwh": float(np.mean([days.flow_errors(day, o).mean() for day, o in outcomes]))}
    right, blocks = np.sum([days.rightly_decided(day, o) for day, o in outcomes], axis=0)
    return {"wrong": float(1.0 - right / blocks), "blocks": int(blocks)}
