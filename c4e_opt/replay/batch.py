"""All steps at once by power-grid-model: loads of constant power, and sources without impedance where voltage is held.

Voltages of all nodes are rated alike, so that its ohms are our per unit values. A source has a short-circuit power of
1e20 VA: its own impedance moves voltages of the feeders in the tests by less than 1e-12.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt.replay.grid import Complex, Grid, Setting
from c4e_opt.replay.injections import Injections

_RATED_V = 1e4
_SHORT_CIRCUIT_VA = 1e20
_TOLERANCE_PU = 1e-10
_ITERATIONS = 50


def voltages(grid: Grid, setting: Setting, given: Injections) -> Complex:
    """Solve every step.

    Args:
        grid: The grid.
        setting: How it stands.
        given: Into every bus, in these steps.

    Returns:
        Complex voltages per unit, (bus, step); not a number where a step does not converge.
    """
    import power_grid_model as pgm

    base = grid.base_mva * 1e6
    buses, steps = given.power.shape
    made = _Made(pgm)
    node = made.of("node", buses, u_rated=_RATED_V)
    ohm = _RATED_V**2 / base
    shut = setting.closed
    start, stop = node["id"][setting.ends[:, shut]]
    made.of(
        "generic_branch", int(shut.sum()), from_node=start, to_node=stop,
        from_status=1, to_status=1, r1=setting.series[shut].real * ohm, x1=setting.series[shut].imag * ohm,
        g1=setting.charging[shut].real / ohm, b1=setting.charging[shut].imag / ohm,
        k=setting.tap[shut], theta=setting.shift_rad[shut], sn=base,
    )  # fmt: skip
    made.of(
        "shunt", buses, node=node["id"], status=1, g1=setting.shunt.real / ohm, b1=setting.shunt.imag / ohm, g0=0, b0=0
    )
    loads = made.of("sym_load", buses, node=node["id"], status=1, type=0, p_specified=0.0, q_specified=0.0)
    slack = np.flatnonzero(setting.slack)
    made.of(
        "source", slack.size, node=node["id"][slack], status=1, u_ref=grid.voltage_set_pu[slack], u_ref_angle=0.0,
        sk=_SHORT_CIRCUIT_VA,
    )  # fmt: skip
    update: Any = pgm.initialize_array("update", "sym_load", (steps, buses))
    update["id"] = loads["id"]
    update["p_specified"] = -given.power.T * base
    update["q_specified"] = -given.reactive.T * base
    model: Any = pgm.PowerGridModel(made.parts)
    result = model.calculate_power_flow(
        error_tolerance=_TOLERANCE_PU, max_iterations=_ITERATIONS, update_data={"sym_load": update},
        output_component_types={"node"}, continue_on_batch_error=True,
    )["node"]  # fmt: skip
    done = np.ones(steps, dtype=np.bool_)
    if model.batch_error is not None:
        done[np.asarray(model.batch_error.failed_scenarios, dtype=np.int64)] = False
    solved = np.full((buses, steps), np.nan + 0j)
    solved[:, done] = (result["u_pu"][done] * np.exp(1j * result["u_angle"][done])).T
    return solved


class _Made:
    """Components of a model, with ids that none share."""

    def __init__(self, pgm: Any) -> None:
        self.pgm = pgm
        self.parts: dict[str, Any] = {}
        self.used = 0

    def of(self, kind: str, size: int, **columns: Any) -> Any:
        """Add components of a kind."""
        array = self.pgm.initialize_array("input", kind, size)
        array["id"] = self.used + np.arange(size)
        self.used += size
        for name, content in columns.items():
            array[name] = content
        self.parts[kind] = array
        return array
