"""Tiny cases of orders, complex orders and markets; see `tests.equations.tiny_cases`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from c4e_opt import Case
from tests.unit.small_cases import BUSES, book, small_case

STEPS = (60, 15)


def tiny_markets() -> Mapping[str, Case]:
    """Kind -> case; `order` for the orders."""
    return {"order": _orders(), "complex_order": _complex_orders(), "market": _market()}


def _orders() -> Case:
    """One order of every kind: step, interpolated, long, with a profile, indivisible, linked, exclusive, movable."""
    return small_case(
        STEPS,
        buses=BUSES,
        orders=book(
            {"id": "s", "side": "sell", "step": 1, "price_eur_per_mwh": 20.0, "energy_mwh": 0.5},
            {"id": "w", "side": "buy", "step": 1, "price_eur_per_mwh": 30.0, "energy_mwh": 0.25},
            {"id": "h", "bus": "h", "side": "buy", "price_eur_per_mwh": 9.0, "energy_mwh": 1.0},
            {
                "id": "line", "side": "sell", "price_eur_per_mwh": 10.0, "price_full_eur_per_mwh": 14.0,
                "energy_mwh": 2.0,
            },
            {"id": "long", "side": "sell", "price_eur_per_mwh": 11.0, "energy_mwh": 2.5, "steps": 2},
            {"id": "part", "side": "sell", "price_eur_per_mwh": 12.0, "energy_mwh": 4.0, "ratio_min": 0.25},
            {"id": "child", "side": "buy", "price_eur_per_mwh": 40.0, "energy_mwh": 0.5, "step": 1, "parent": "part"},
            {
                "id": "shape", "side": "sell", "price_eur_per_mwh": 13.0, "energy_mwh": 3.0, "ratio_min": 1.0,
                "group": "one", "profile_mwh": "[2, 1]",
            },
            {"id": "rival", "side": "sell", "price_eur_per_mwh": 15.0, "energy_mwh": 2.0, "group": "one"},
            {
                "id": "moves", "side": "buy", "price_eur_per_mwh": 50.0, "energy_mwh": 0.5, "ratio_min": 1.0,
                "step_last": 1,
            },
        ),
    )  # fmt: skip


def _complex_orders() -> Case:
    names = ("income", "scaled", "slow")
    orders = [
        {"id": f"{name} {step}", "side": "sell", "step": step, "price_eur_per_mwh": 10.0 + step, "energy_mwh": 2.0,
         "complex_order": name}
        for name in names for step in (0, 1)
    ]  # fmt: skip
    records: list[dict[str, Any]] = [
        {
            "id": "income", "condition": "minimum_income", "fixed_eur": 5.0, "variable_eur_per_mwh": 12.0,
            "scheduled_stop_steps": 1,
        },
        {"id": "scaled", "condition": "scalable", "fixed_eur": 7.0, "power_min_mw": [0.5, 0.0]},
        {"id": "slow", "ramp_up_mw_per_hour": 1.0, "ramp_down_mw_per_hour": 2.0},
    ]  # fmt: skip
    return small_case(STEPS, orders=book(*orders), complex_order=records)


def _market() -> Case:
    """A market writes no law: its orders are those of a case without it."""
    limits = {"price_min_eur_per_mwh": -500.0, "price_max_eur_per_mwh": 4000.0}
    record = {"id": "m", "buses": ["e"], "price_tick_eur_per_mwh": 0.1, "lot_mwh": 0.25, **limits}
    orders = book({"id": "s", "side": "sell", "price_eur_per_mwh": 20.0, "energy_mwh": 0.5})
    return small_case(STEPS, orders=orders, market=[record])
