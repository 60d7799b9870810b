"""Losses of a linear power flow: resistance times flow squared, by tangents that are added where they are exceeded.

They go with `network.angles`, where every line has a flow, m below: that in the middle of it. Half of its loss is
drawn at either end. The square bends upwards, so it lies above every tangent; at prices above zero nobody gains by
losing more than the tangents ask for, and they are added until what they ask for is the square itself.

Variables, for every line l with a resistance and step t:
    line_loss_mw[l, t]   power lost in the line, 0 <= .
    line_flow_mw[l, t]   power into the line at from_bus
    line_middle_mw[l, t] flow in the middle of the line; no part of answers

Constraints:
    line_sent[l, t]      line_flow_mw = m + loss / 2
    line_loss[k, t]      loss >= per_mw2 * m0 * (2 * m - m0), per_mw2 = resistance_pu / base_mva, once for every flow
                         m0 at which losses were told too low; the same with _2, _3 … in later rounds

A price is the dual of the balance of its bus, and so exactly what one more MW of demand costs, losses and all.

Not modelled: losses at negative prices, where losing more would pay; the verifier refuses such an answer.
Source: outer approximation as in Kelley (1960), doi:10.1137/0108053; losses at the ends of lines as in Litvinov et al.
(2004), doi:10.1109/TPWRS.2003.820687.
"""

from __future__ import annotations

from typing import final

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.terms import fleet, scalars
from c4e_opt.network.grid import Grid
from c4e_opt.program import Linear, Program

#: Losses that are told too low by so much, in MW, and this part of them, get a tangent.
_ABSOLUTE, _RELATIVE = 1e-8, 1e-8
#: Rows of tangents are in tens of watts, so that what solvers let pass of a row is nothing of a loss.
_SCALE = 1e5
#: Parts of the limit of a line at which tangents touch from the start, so that few rounds are left.
_FIRST = np.array([-1.0, -0.5, -0.25, 0.25, 0.5, 1.0])


@final
class Losses:
    """The losses of all lines over a programme, and the tangents that they have so far."""

    def __init__(self, program: Program, grid: Grid, middle: Linear, limit_mw: FloatArray, base_mva: float,
                 horizon: Horizon) -> None:  # fmt: skip
        """Add the variables and the first tangents.

        Args:
            program: The programme.
            grid: The lines.
            middle: Flow in the middle of every line (line, time).
            limit_mw: Their limits (line, time) or (line, 1), inf where there is none.
            base_mva: Base of resistances.
            horizon: The steps.
        """
        over = (fleet("line", grid.lines), horizon.axis)
        per_mw2 = np.where(grid.in_service, scalars(grid.lines, "resistance_pu")[:, 0], 0.0)[:, None] / base_mva
        self._per_mw2 = np.broadcast_to(per_mw2, middle.shape)
        self._program, self._middle, self._round = program, middle, 0
        lossy = np.broadcast_to(per_mw2 > 0, middle.shape)
        self.loss_mw = program.variable("line_loss_mw", over, doc="power lost in the line", present=lossy)
        sent = program.variable("line_flow_mw", over, -np.inf, np.inf, doc="power into the line at from_bus")
        program.equal("line_sent", sent, middle + self.loss_mw * 0.5)
        bounded = np.flatnonzero((lossy & np.isfinite(limit_mw)).ravel())
        at = np.broadcast_to(limit_mw, middle.shape).ravel()[bounded]
        if bounded.size:
            self._touch(np.tile(bounded, _FIRST.size), np.outer(_FIRST, at).ravel())

    def tighten(self, primal: FloatArray) -> bool:
        """Add the tangents where a point has losses that are too low; whether there were any."""
        flow, told = self._middle.value(primal), self.loss_mw.value(primal)
        true = self._per_mw2 * flow**2
        cells = np.flatnonzero((true - told > _ABSOLUTE + _RELATIVE * true).ravel())
        if cells.size:
            self._touch(cells, flow.ravel()[cells])
        return bool(cells.size)

    def _touch(self, cells: IntArray, flow: FloatArray) -> None:
        """Add tangents that touch at flows in cells of (line, time)."""
        self._round += 1
        axes = (Axis("tangent", np.arange(cells.size)),)
        slope = self._per_mw2.ravel()[cells] * flow
        amount = self.loss_mw.at(cells, axes) - self._middle.at(cells, axes) * (2.0 * slope)
        name = "line_loss" if self._round == 1 else f"line_loss_{self._round}"
        self._program.at_least(name, amount * _SCALE, -slope * flow * _SCALE)
