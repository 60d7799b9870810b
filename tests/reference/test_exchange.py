"""Random interconnectors, hubs, heat pipes and gas pipes: our answer beside that of the same case in Pyomo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import SolveOptions, solve
from c4e_solvers import Reason
from tests.properties.generators import case_of
from tests.reference.pyomo_site import PyomoSite

STEPS = 4
ZONES = ("a", "b", "c", "d")
BUSES = [
    *({"id": name} for name in ZONES),
    *({"id": f"h{n}", "carrier": "heat"} for n in (1, 2)),
    *({"id": f"g{n}", "carrier": "gas"} for n in (1, 2)),
]


class _Draw:
    """Numbers from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def maybe(self, chance: float = 0.5) -> bool:
        return bool(self.rng.random() < chance)

    def number(self, least: float, most: float) -> float:
        return round(float(self.rng.uniform(least, most)), 3)

    def series(self, least: float, most: float) -> list[float]:
        return [self.number(least, most) for _ in range(STEPS)]

    def some(self, **fields: Any) -> dict[str, Any]:
        """Each field in half of the cases."""
        return {name: content for name, content in fields.items() if self.maybe()}


def site(seed: int) -> dict[str, Any]:
    """Zones and ends of pipes that buy and sell, some at a price below zero, and what joins them."""
    draw = _Draw(seed)
    connections: list[dict[str, Any]] = []
    demands: list[dict[str, Any]] = []
    for bus in BUSES:
        price = draw.series(-40, 90)
        connections.append(
            {
                "id": bus["id"],
                "bus": bus["id"],
                "import_max_mw": 30.0,
                "export_max_mw": draw.number(0.5, 6),
                "import_price_eur_per_mwh": price,
                "export_price_eur_per_mwh": [round(each - draw.number(1, 30), 3) for each in price],
            }
        )
        demands.append({"id": bus["id"], "bus": bus["id"], "demand_mw": draw.series(0, 3)})
    return {
        "name": "exchange",
        "horizon": {
            "start": "2025-01-01T00:00Z",
            "step_minutes": [int(minutes) for minutes in draw.rng.choice([15, 30, 60, 90], STEPS)],
        },
        "buses": BUSES,
        "components": {
            "grid_connection": connections,
            "demand": demands,
            "tie": [_tie(draw, place) for place in range(3)],
            "flow_based_constraint": [_margin(draw, place) for place in range(3)],
            "heat_pipe": [_heat_pipe(draw, place) for place in range(2)],
            "gas_pipe": [_gas_pipe(draw, place) for place in range(2)],
        },
    }


def _tie(draw: _Draw, place: int) -> dict[str, Any]:
    ends = draw.rng.choice(ZONES, 2, replace=False).tolist()
    found: dict[str, Any] = {"id": f"t{place}", "from_bus": ends[0], "to_bus": ends[1]}
    found |= {"forward_max_mw": draw.series(1, 4), "backward_max_mw": draw.number(1, 4)}
    if draw.maybe(0.6):
        widths = [draw.number(0.3, 1.2), draw.number(0.3, 1.2), 4.0]
        ratios = [draw.number(0, 0.4) for _ in widths]
        found["loss_segments"] = [
            {"flow_mw": width, "loss_ratio": ratio} for width, ratio in zip(widths, ratios, strict=True)
        ]
    else:
        found["loss_ratio"] = draw.number(0, 0.2)
        found |= draw.some(backward_loss_ratio=round(-0.9 * found["loss_ratio"], 4))
    if draw.maybe(0.3):
        found |= {"forward_min_mw": draw.number(0, 1), "backward_max_mw": 0.0}
    if draw.maybe(0.4):
        found |= {"ramp_max_mw_per_hour": draw.number(0.5, 3)} | draw.some(flow_before_mw=draw.number(0, 1))
    return found | draw.some(
        loss_fixed_mw=draw.number(0, 0.2), fee_eur_per_mwh=draw.number(0, 5), backward_fee_eur_per_mwh=draw.number(0, 5)
    )


def _margin(draw: _Draw, place: int) -> dict[str, Any]:
    """Zones a and b have a hub, or a, b and c; the last constraint is that of c, d and another hub in some cases."""
    zones = ("a", "b", "c") if place < 2 else ("d",)
    found = {
        "id": f"m{place}",
        "zones": [
            {"bus": zone, "ptdf_ratio": draw.series(-0.5, 0.5) if draw.maybe(0.3) else draw.number(-0.5, 0.5)}
            for zone in zones
        ],
        "ram_mw": draw.series(0.1, 1.0),
    }
    if place == 2 and draw.maybe():
        found["hub"] = "other"
    return found | draw.some(ram_backward_mw=draw.number(0.1, 1.0), overload_price_eur_per_mwh=draw.number(5, 90))


def _heat_pipe(draw: _Draw, place: int) -> dict[str, Any]:
    found: dict[str, Any] = {"id": f"p{place}", "from_bus": "h1", "to_bus": "h2", "forward_max_mw": draw.series(1, 4)}
    found |= draw.some(
        backward_max_mw=draw.number(1, 4),
        mass_flow_max_kg_per_s=draw.number(9, 30),
        supply_temperature_c=draw.series(75, 95),
        ground_temperature_c=draw.number(0, 12),
        switchable=True,
        fee_eur_per_mwh=draw.number(0, 3),
    )
    if draw.maybe(0.7):
        found |= {"length_m": draw.number(500, 20_000), "transmittance_w_per_m_k": 0.2}
    if draw.maybe(0.7):
        found["delay_hours"] = round(draw.number(0.1, 2), 2)
        found |= {"cyclic": True} if draw.maybe(0.3) else draw.some(content_start_mwh=draw.number(0, 1))
    return found


def _gas_pipe(draw: _Draw, place: int) -> dict[str, Any]:
    found: dict[str, Any] = {"id": f"p{place}", "from_bus": "g1", "to_bus": "g2", "inflow_max_mw": draw.series(1, 4)}
    found |= {"outflow_max_mw": draw.number(1, 4), "linepack_max_mwh": draw.number(2, 4)}
    if draw.maybe(0.6):
        found |= {"compressor_ratio": draw.number(0, 0.2)} | draw.some(
            compressor_bus="d", fee_eur_per_mwh=draw.number(0, 3)
        )
    else:
        found["inflow_min_mw"] = draw.number(-2, 0)
    found |= draw.some(outflow_min_mw=draw.number(-2, 0), linepack_min_mwh=draw.number(0, 0.5))
    if draw.maybe(0.3):
        return found | {"cyclic": True}
    found["linepack_start_mwh"] = draw.number(0.6, 2)
    return found | draw.some(linepack_end_min_mwh=draw.number(0.5, 1))


@pytest.mark.parametrize("seed", range(24))
def test_exchange_agrees_with_weights_on_corners_and_plugs_of_heat(seed: int) -> None:
    document = site(seed)
    outcome = solve(case_of(document), SolveOptions(gap=0.0))
    if outcome.termination.reason is Reason.INFEASIBLE:
        with pytest.raises(RuntimeError, match="feasible solution was not found"):
            PyomoSite(document, exclusive=True).solve()
    else:
        wanted = PyomoSite(document, exclusive=True).solve()
        assert outcome.objective == pytest.approx(wanted.objective, rel=1e-6, abs=1e-6)


def test_most_of_these_sites_have_an_answer_and_use_what_they_have() -> None:
    found = [outcome for seed in range(24) if (outcome := solve(case_of(site(seed)))).has_schedule]
    assert len(found) >= 18
    for name in ("tie_above_knot", "heat_pipe_forward_in_use", "flow_based_constraint_overload_mw"):
        assert sum(name in each.schedule_table.quantities for each in found) >= 5, name
    for name in ("heat_pipe_backward_mw", "gas_pipe_linepack_mwh", "tie_backward_mw"):
        assert sum(each.schedule_table.values(name).max() > 0.1 for each in found) >= 5, name
