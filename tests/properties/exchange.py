"""Zones of a hub, interconnectors, heat pipes and gas pipes for `tests.properties.generators`."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

#: Buses beyond those of the site, each with a source that is always dearer.
_BEYOND = {
    "zone1": "electricity",
    "zone2": "electricity",
    "heat2": "heat",
    "gas2": "gas",
}


def add_exchange(
    draw: Any, found: dict[str, list[Document]], buses: list[Document], minutes: list[int], *, committed: bool
) -> None:
    """Add what joins other zones and networks, and what they want.

    Args:
        draw: Where the numbers come from.
        found: Takes the records, by kind.
        buses: Takes the buses.
        minutes: Lengths of the steps.
        committed: Whether there may be binaries; every kind occurs then.
    """
    if not committed and not draw.maybe(0.4):
        return
    steps = len(minutes)
    for bus, carrier in _BEYOND.items():
        buses.append({"id": bus, "carrier": carrier})
        found["demand"].append({"id": bus, "bus": bus, "demand_mw": draw.kilos(steps, 100, 800)})
        found["grid_connection"].append(
            {
                "id": bus,
                "bus": bus,
                "import_max_mw": draw.kilo(5000, 6000),
                "import_price_eur_per_mwh": draw.prices(steps, 60.0, 250.0),
            }
        )
    found["flow_based_constraint"] = [_margin(draw, steps, place) for place in range(2)]
    found["heat_pipe"] = [_pair(draw, steps, committed=committed)]
    found["gas_pipe"] = [_main(draw, steps)]
    found["tie"] += [_interconnector(draw, steps, committed=committed)]


def _margin(draw: Any, steps: int, place: int) -> Document:
    found: Document = {
        "id": f"element {place}",
        "owner": "cid",
        "zones": [
            {"bus": "zone1", "ptdf_ratio": draw.ratio(-0.6, 0.6)},
            {"bus": "zone2", "ptdf_ratio": [draw.ratio(-0.6, 0.6) for _ in range(steps)]},
        ],
        "ram_mw": draw.kilos(steps, 20, 300),
        "ram_backward_mw": draw.kilo(20, 300),
    }
    if place:
        found["overload_price_eur_per_mwh"] = draw.cents(10, 90)
    return found


def _pair(draw: Any, steps: int, *, committed: bool) -> Document:
    found: Document = {
        "id": "street",
        "from_bus": "heat",
        "to_bus": "heat2",
        "owner": "bob",
        "forward_max_mw": draw.kilos(steps, 300, 900),
        "ground_temperature_c": draw.ratio(2, 12),
        "transmittance_w_per_m_k": draw.ratio(0.1, 0.3),
        "length_m": draw.ratio(100, 3000),
        "delay_hours": round(draw.ratio(0.05, 0.8), 2),
        "fee_eur_per_mwh": draw.cents(0, 2),
    }
    if committed:
        found |= {"switchable": True, "backward_max_mw": draw.kilo(100, 500)}
    return found


def _main(draw: Any, steps: int) -> Document:
    return {
        "id": "main",
        "from_bus": "gas",
        "to_bus": "gas2",
        "owner": "ann",
        "inflow_max_mw": draw.kilos(steps, 300, 900),
        "outflow_max_mw": draw.kilo(300, 900),
        "outflow_min_mw": -draw.kilo(0, 200),
        "linepack_min_mwh": draw.kilo(10, 50),
        "linepack_max_mwh": draw.kilo(300, 900),
        "linepack_start_mwh": draw.kilo(60, 250),
        "compressor_ratio": draw.ratio(0.005, 0.03),
        "compressor_bus": "e1",
    }


def _interconnector(draw: Any, steps: int, *, committed: bool) -> Document:
    """Its losses rise from segment to segment, unless there may be binaries."""
    losses = [draw.ratio(0.0, 0.1) for _ in range(3)]
    return {
        "id": "interconnector",
        "from_bus": "e2",
        "to_bus": "zone1",
        "forward_max_mw": draw.kilos(steps, 100, 500),
        "backward_max_mw": draw.kilo(100, 500),
        "loss_segments": [
            {"flow_mw": draw.kilo(150, 300), "loss_ratio": ratio} for ratio in (losses if committed else sorted(losses))
        ]
        + [{"flow_mw": draw.kilo(500, 600), "loss_ratio": 0.12}],
        "loss_fixed_mw": draw.kilo(0, 10),
        "ramp_max_mw_per_hour": round(draw.ratio(0.2, 0.9), 3),
    }
