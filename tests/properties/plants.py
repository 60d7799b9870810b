"""Generators and converters for `tests.properties.generators`."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def add_plants(draw: Any, found: dict[str, list[Document]], minutes: list[int], *, committed: bool) -> None:
    """Add generators and converters.

    Args:
        draw: Where the numbers come from.
        found: Takes the records, by kind.
        minutes: Lengths of the steps.
        committed: Whether both kinds occur and one unit of each has rules of commitment; else chance decides.
    """
    if draw.maybe(0.4) or committed:
        found["generator"] = [_peaker(draw, committed=committed), _wind(draw, minutes), _lake(draw)]
    if draw.maybe(0.4) or committed:
        found["converter"] = [_electric_boiler(draw, minutes, committed=committed), _fuel_cell(draw)]


def _rules(draw: Any) -> Document:
    """Every rule of a unit, with times of an hour at most."""
    hot, warm, cold = sorted(draw.prices(3, 0.5, 20.0))
    return {
        "minimum_load_ratio": draw.ratio(0.2, 0.4),
        "start_cost_eur": hot,
        "start_costs": [
            {"after_hours_off": 0.5, "cost_eur": warm},
            {"after_hours_off": 1.0, "cost_eur": cold},
        ],
        "stop_cost_eur": draw.cents(0.1, 5.0),
        "running_cost_eur_per_hour": draw.cents(0.1, 5.0),
        "minimum_up_hours": float(draw.rng.choice([0.25, 0.5, 1.0])),
        "minimum_down_hours": float(draw.rng.choice([0.25, 0.5, 1.0])),
        "hours_in_state_initially": float(draw.rng.choice([0.25, 0.75, 8.0])),
        "ramp_up_ratio_per_hour": draw.ratio(0.2, 0.9),
        "ramp_down_ratio_per_hour": draw.ratio(0.2, 0.9),
        "start_ramp_ratio": draw.ratio(0.4, 0.8),
        "stop_ramp_ratio": draw.ratio(0.4, 0.8),
    }


def _peaker(draw: Any, *, committed: bool) -> Document:
    return {
        "id": "peaker",
        "bus": "e2",
        "owner": draw.party(),
        "power_max_mw": draw.kilo(300, 900),
        "cost_eur_per_mwh": draw.cents(40, 90),
        **(_rules(draw) if committed else {"ramp_up_ratio_per_hour": draw.ratio(0.3, 0.9)}),
    }


def _wind(draw: Any, minutes: list[int]) -> Document:
    return {
        "id": "wind",
        "bus": "e1",
        "owner": draw.party(),
        "power_max_ratio": [draw.ratio(0.1, 0.9) for _ in minutes],
        "cost_eur_per_mwh": draw.cents(0.1, 2.0),
        "capacity_cost_eur_per_mw": draw.cents(20, 90),
        "capacity_max_mw": draw.kilo(300, 900),
    }


def _lake(draw: Any) -> Document:
    low, high = sorted(draw.prices(2, 5.0, 80.0))
    return {
        "id": "lake",
        "bus": "e1",
        "power_max_mw": draw.kilo(250, 290),
        "cost_segments": [
            {"power_mw": draw.kilo(50, 150), "cost_eur_per_mwh": low},
            {"power_mw": draw.kilo(250, 300), "cost_eur_per_mwh": high},
        ],
        "energy_max_mwh": draw.kilo(50, 300),
    }


def _electric_boiler(draw: Any, minutes: list[int], *, committed: bool) -> Document:
    output = {"bus": "heat", "efficiency": [draw.ratio(0.85, 0.99) for _ in minutes], "delay_hours": 0.2}
    return {
        "id": "electric boiler",
        "input_bus": "e1",
        "owner": draw.party(),
        "input_max_mw": draw.kilo(200, 900),
        "cost_eur_per_mwh": draw.cents(0.1, 3.0),
        "outputs": [output],
        **(_rules(draw) if committed else {}),
    }


def _fuel_cell(draw: Any) -> Document:
    return {
        "id": "fuel cell",
        "input_bus": "gas",
        "owner": draw.party(),
        "input_max_mw": draw.kilo(100, 400),
        "outputs": [
            {"bus": "e2", "efficiency": draw.ratio(0.4, 0.5)},
            {"bus": "heat", "efficiency": draw.ratio(0.2, 0.4)},
        ],
    }
