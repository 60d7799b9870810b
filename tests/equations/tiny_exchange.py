"""Tiny cases of zonal exchange and of the networks of other carriers; see `tests.equations.tiny_cases`."""

from __future__ import annotations

from collections.abc import Mapping

from c4e_opt import Case
from tests.unit.small_cases import Record, gas_pipe, heat_pipe, margin, small_case

STEPS = (60, 30)


def tiny_exchange() -> Mapping[str, Case]:
    """Kind -> case."""
    heat = [{"id": "h1", "carrier": "heat"}, {"id": "h2", "carrier": "heat"}]
    gas = [{"id": "g1", "carrier": "gas"}, {"id": "g2", "carrier": "gas"}, {"id": "e"}]
    lossy: Record = {"transmittance_w_per_m_k": 0.25, "length_m": 10_000.0}  # 0.25 MW with 110 K in all
    return {
        "flow_based_constraint": small_case(
            STEPS,
            buses=[{"id": name} for name in ("a", "b", "c", "x", "y")],
            flow_based_constraint=[
                margin("a-b", {"a": 0.5, "b": -0.25}, ram_mw=[10.0, 20.0], ram_backward_mw=5.0),
                margin("c", {"c": [0.25, 0.0], "b": 0.125}, ram_mw=4.0, overload_price_eur_per_mwh=100.0),
                margin("x-y", {"x": 1.0, "y": 0.0}, hub="other", ram_mw=3.0),
            ],
        ),
        "heat_pipe": small_case(
            STEPS,
            buses=heat,
            heat_pipe=[
                heat_pipe(id="plain", **lossy, fee_eur_per_mwh=2.0),
                heat_pipe(id="either", backward_max_mw=1.0, **lossy),
                heat_pipe(id="shut", switchable=True, backward_max_mw=1.0, **lossy),
                heat_pipe(id="short", backward_max_mw=3.0),
                heat_pipe(
                    id="late",
                    forward_max_mw=None,
                    mass_flow_max_kg_per_s=25.0,
                    delay_hours=0.75,
                    content_start_mwh=1.5,
                    content_end_min_mwh=0.5,
                    ground_temperature_c=[10.0, 20.0],
                    **lossy,
                ),
                heat_pipe(id="round", delay_hours=0.5, cyclic=True),
            ],
        ),
        "gas_pipe": small_case(
            STEPS,
            buses=gas,
            gas_pipe=[
                gas_pipe(compressor_ratio=0.25, fee_eur_per_mwh=2.0, linepack_end_mwh=1.5),
                gas_pipe(id="powered", compressor_ratio=0.125, compressor_bus="e", linepack_end_min_mwh=1.0),
                gas_pipe(
                    id="round",
                    inflow_min_mw=-1.0,
                    outflow_min_mw=-2.0,
                    linepack_start_mwh=None,
                    linepack_min_mwh=[0.5, 0.25],
                    cyclic=True,
                ),
            ],
        ),
    }
