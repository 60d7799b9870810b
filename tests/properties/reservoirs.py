"""Stores of all kinds and buildings for `tests.properties.generators`."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def add_reservoirs(draw: Any, found: dict[str, list[Document]], minutes: list[int], *, every: bool) -> None:
    """Add generic stores, tanks with layers, buildings and a battery that wears.

    Args:
        draw: Where the numbers come from.
        found: Takes the records, by kind.
        minutes: Lengths of the steps.
        every: Whether every kind occurs; else chance decides.
    """
    if draw.maybe(0.4) or every:
        found["store"] = [_lake(draw, minutes), _cavern(draw)]
    if draw.maybe(0.4) or every:
        found["stratified_store"] = [_layers(draw, minutes)]
    if draw.maybe(0.4) or every:
        found["building"] = [_house(draw, minutes, walls=draw.maybe(0.5))]
    if draw.maybe(0.4) or every:
        found.setdefault("battery", []).append(_worn(draw))


def worth(draw: Any) -> list[Document]:
    """Two slices of worth."""
    first, second = sorted(draw.prices(2, 5.0, 90.0), reverse=True)
    return [
        {"energy_mwh": draw.kilo(50, 300), "value_eur_per_mwh": first},
        {"energy_mwh": draw.kilo(50, 300), "value_eur_per_mwh": second},
    ]


def _lake(draw: Any, minutes: list[int]) -> Document:
    steps = len(minutes)
    return {
        "id": "lake",
        "bus": "e1",
        "owner": draw.party(),
        "charge_max_mw": draw.kilos(steps, 100, 900),
        "discharge_max_mw": draw.kilos(steps, 100, 900),
        "energy_max_mwh": draw.kilos(steps, 1500, 2500),
        "energy_min_mwh": draw.kilo(10, 100),
        "inflow_mw": draw.kilos(steps, 0, 300),
        "spill_cost_eur_per_mwh": draw.cents(0.1, 2),
        "charge_efficiency": draw.ratio(0.85, 0.98),
        "discharge_efficiency": draw.ratio(0.85, 0.98),
        "standing_loss_per_hour": draw.ratio(0.001, 0.03),
        "charge_cost_eur_per_mwh": draw.cents(0.1, 3),
        "discharge_cost_eur_per_mwh": draw.cents(0.1, 3),
        "holding_cost_eur_per_mwh_hour": draw.cents(0.1, 1),
        **(
            {"cyclic": True, "allow_both": True}
            if draw.maybe(0.5)
            else {"energy_start_mwh": draw.kilo(100, 900), "final_values": worth(draw)}
        ),
    }


def _cavern(draw: Any) -> Document:
    return {
        "id": "cavern",
        "bus": "gas",
        "charge_max_mw": draw.kilo(100, 900),
        "discharge_max_mw": draw.kilo(100, 900),
        "energy_max_mwh": draw.kilo(500, 900),
        "energy_start_mwh": draw.kilo(10, 90),
        "energy_capacity_cost_eur_per_mwh": draw.cents(0.5, 9),
        "energy_capacity_min_mwh": draw.kilo(90, 100),
        **({"power_capacity_cost_eur_per_mw": draw.cents(0.5, 9)} if draw.maybe(0.5) else {}),
        "discharge_cost_eur_per_mwh": draw.cents(0.1, 3),
        "holding_cost_eur_per_mwh_hour": draw.cents(0.1, 1),
    }


def _layers(draw: Any, minutes: list[int]) -> Document:
    cyclic = draw.maybe(0.3)
    return {
        "id": "layers",
        "bus": "heat",
        "owner": draw.party(),
        "charge_max_mw": draw.kilo(300, 900),
        "discharge_max_mw": draw.kilo(100, 900),
        "temperature_hot_c": draw.ratio(70, 90),
        "temperature_cold_c": draw.ratio(35, 55),
        "temperature_ambient_c": [draw.ratio(-5, 25) for _ in minutes],
        "diameter_m": draw.ratio(2, 3),
        "height_m": draw.ratio(6, 9),
        "u_value_w_per_m2_k": draw.ratio(2, 9),
        "fixed_loss_mw": draw.kilo(1, 5),
        "level_min_ratio": draw.ratio(0.0, 0.1),
        "charge_efficiency": draw.ratio(0.9, 0.98),
        "discharge_efficiency": draw.ratio(0.9, 0.98),
        "discharge_cost_eur_per_mwh": draw.cents(0.1, 3),
        **({"cyclic": True} if cyclic else {"level_start_ratio": draw.ratio(0.2, 0.9), "final_values": worth(draw)}),
    }


def _house(draw: Any, minutes: list[int], *, walls: bool) -> Document:
    envelope = {
        "envelope_capacity_mwh_per_k": draw.ratio(0.5, 2),
        "indoor_envelope_resistance_k_per_mw": draw.ratio(5, 12),
        "envelope_outdoor_resistance_k_per_mw": draw.ratio(9, 20),
        "solar_envelope_ratio": draw.ratio(0.1, 0.6),
    }
    return {
        "id": "house",
        "heat_bus": "heat",
        "owner": draw.party(),
        "heat_max_mw": draw.kilo(500, 1500),
        "capacity_mwh_per_k": draw.ratio(0.1, 0.5),
        "resistance_k_per_mw": draw.ratio(20, 60),
        "temperature_start_c": draw.ratio(18, 23),
        "outdoor_temperature_c": [draw.ratio(-5, 15) for _ in minutes],
        "solar_gains_mw": draw.kilos(len(minutes), 0, 300),
        "internal_gains_mw": draw.kilo(10, 90),
        "temperature_min_c": [draw.ratio(17, 21) for _ in minutes],
        "temperature_max_c": draw.ratio(22, 26),
        "discomfort_cost_eur_per_c_hour": draw.cents(5, 90),
        **(envelope if walls else {}),
    }


def _worn(draw: Any) -> Document:
    size = draw.kilo(500, 1500)
    return {
        "id": "worn",
        "bus": "e2",
        "charge_max_mw": draw.kilo(300, 900),
        "discharge_max_mw": draw.kilo(300, 900),
        "energy_max_mwh": size,
        "energy_start_mwh": draw.kilo(200, 490),
        "energy_end_min_mwh": draw.kilo(10, 90),
        "charge_efficiency": draw.ratio(0.85, 0.98),
        "discharge_efficiency": draw.ratio(0.85, 0.98),
        "standing_loss_per_hour": draw.ratio(0.001, 0.01),
        "charge_limits": [
            {"energy_ratio": draw.ratio(0.5, 0.7), "power_ratio": 1.0},
            {"energy_ratio": 1.0, "power_ratio": draw.ratio(0.1, 0.3)},
        ],
        "discharge_limits": [
            {"energy_ratio": 0.0, "power_ratio": draw.ratio(0.1, 0.3)},
            {"energy_ratio": draw.ratio(0.2, 0.4), "power_ratio": draw.ratio(0.6, 0.9)},
        ],
        "cycle_costs": [
            {"depth_ratio": draw.ratio(0.2, 0.4), "cost_eur_per_mwh": draw.cents(0.5, 5)},
            {"depth_ratio": draw.ratio(0.5, 0.8), "cost_eur_per_mwh": draw.cents(6, 15)},
            {"depth_ratio": 1.0, "cost_eur_per_mwh": draw.cents(16, 50)},
        ],
        "calendar_cost_eur_per_mwh_hour": draw.cents(0.1, 1),
        "final_values": worth(draw),
    }
