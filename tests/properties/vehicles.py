"""Sessions of vehicles with rules for `tests.properties.generators`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

Document = dict[str, Any]


def add_vehicles(
    draw: Any, found: dict[str, list[Document]], start: datetime, minutes: list[int], *, committed: bool, negative: bool
) -> None:
    """Add vehicles with limits over time, alike ones, and with commitment such as need binaries.

    Args:
        draw: Where the numbers come from.
        found: Takes the records, by kind.
        start: Start of the horizon.
        minutes: Lengths of the steps.
        committed: Whether there may be binaries; then every rule occurs, else chance decides.
        negative: Whether prices may be negative, at which vehicles alike would waste energy by turns.
    """
    steps, sessions = len(minutes), found.setdefault("ev_session", [])
    if draw.maybe(0.4) or committed:
        van = _session(draw, "van", start, minutes) | {"soc_departure_ratio": draw.ratio(0.3, 0.9)}
        sessions.append(van | {"charge_limit_mw": draw.kilos(steps, 5, 40), "discharge_max_mw": draw.kilo(5, 20)})
    if draw.maybe(0.4) or committed:
        taxis = _session(draw, "taxis", start, minutes) | {"count": 3, "energy_needed_mwh": draw.kilo(5, 30)}
        gives = {"discharge_max_mw": draw.kilo(5, 20), "throughput_max_mwh": draw.kilo(3, 9)}
        sessions.append(taxis | ({} if negative else {**gives, "energy_v2g_min_mwh": draw.kilo(2, 9)}))
    if committed:
        least = _session(draw, "least", start, minutes) | {"energy_needed_mwh": draw.kilo(5, 30)}
        sessions.append(least | {"charge_min_mw": draw.kilo(4, 15), "discharge_max_mw": draw.kilo(0, 9)})
        levels = [{"power_mw": draw.kilo(6 * place, 6 * place + 5)} for place in (1, 2, 4)]
        stepped = _session(draw, "stepped", start, minutes) | {"energy_needed_mwh": draw.kilo(5, 30)}
        sessions.append(stepped | {"charge_max_mw": draw.kilo(30, 50), "charge_steps": levels})
        late = _session(draw, "late", start, minutes) | {"energy_needed_mwh": draw.kilo(1, 9)}
        sessions.append(late | {"discharge_max_mw": draw.kilo(5, 20), "energy_v2g_min_mwh": draw.kilo(20, 30)})
    if not sessions:
        del found["ev_session"]


def _session(draw: Any, name: str, start: datetime, minutes: list[int]) -> Document:
    span = sum(minutes)
    arrival = int(draw.rng.integers(0, span // 2))
    departure = int(draw.rng.integers(arrival + 5, span + 1))
    return {
        "id": name,
        "bus": "e1",
        "owner": draw.party(),
        "arrival": (start + timedelta(minutes=arrival)).isoformat(),
        "departure": (start + timedelta(minutes=departure)).isoformat(),
        "energy_start_mwh": draw.kilo(10, 19),
        "energy_max_mwh": draw.kilo(55, 80),
        "charge_max_mw": draw.kilo(17, 50),
        "charge_efficiency": draw.ratio(0.85, 0.95),
        "discharge_efficiency": draw.ratio(0.85, 0.95),
        "discharge_cost_eur_per_mwh": draw.cents(1, 9),
        "unserved_value_eur_per_mwh": draw.cents(800, 1200),
    }
