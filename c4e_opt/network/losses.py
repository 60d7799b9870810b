"""Losses of a linear power flow: resistance times flow squared, by tangents where the flow is.

They go with `network.angles`, where every line has a flow, m below: that in the middle of it. Half of its loss is
drawn at either end. The square bends upwards, so it lies above every tangent; at prices above zero nobody gains by
losing more than the tangents ask for, and they are added until what they ask for is the square itself.

Variables, for every line l with a resistance and step t:
    line_loss_mw[l, t]    power lost in the line, 0 <= .
    line_flow_mw[l, t]    power into the line at from_bus
    line_middle_mw[l, t]  flow in the middle of the line; no part of answers

Constraints:
    line_sent[l, t]      line_flow_mw = m + loss / 2
    line_loss[k, t]      loss >= per_mw2 * m0 * (2 * m - m0), per_mw2 = resistance_pu / base_mva, once for every flow
                         m0 at which losses were told too low; the same with _2, _3 … in later rounds

Where the flow is, an interior point says: of the same problem without whole numbers, and with the square itself, as a
second-order cone. Tangents at its flows, and beside them, are the first; where it finds none, tangents over the limits
of lines are.

A price is the dual of the balance of its bus, and so exactly what one more MW of demand costs, losses and all.

Not modelled: losses at negative prices, where losing more would pay; the verifier refuses such an answer.
Source: outer approximation as in Kelley (1960), doi:10.1137/0108053; losses at the ends of lines as in Litvinov et al.
(2004), doi:10.1109/TPWRS.2003.820687.
"""

from __future__ import annotations

from dataclasses import replace
from typing import final

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.terms import fleet, scalars
from c4e_opt.network.grid import Grid
from c4e_opt.program import Linear, Program
from c4e_solvers import Cone, Matrices, with_columns, with_rows

#: Losses that are told too low by so much, in MW, and this part of them, get a tangent.
_ABSOLUTE, _RELATIVE = 1e-8, 1e-8
#: Rows of tangents are in tens of watts, so that what solvers let pass of a row is nothing of a loss.
_SCALE = 1e5
#: Digits of the MW at which the first tangents touch, so that no engine's last digits are in a programme.
_DIGITS = 6
#: Parts of the limit of a line at which tangents touch from the start where nothing tells of flows.
_FIRST = np.array([-1.0, -0.5, -0.25, 0.25, 0.5, 1.0])


@final
class Losses:
    """The losses of all lines over a programme, and the tangents that they have so far."""

    def __init__(self, program: Program, grid: Grid, middle: Linear, limit_mw: FloatArray, base_mva: float,
                 horizon: Horizon) -> None:  # fmt: skip
        """Add the variables; `begin` adds the first tangents.

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
        self._limit_mw = limit_mw

    @property
    def begun(self) -> bool:
        """Whether there are tangents."""
        return self._round > 0

    def curved(self, matrices: Matrices) -> Matrices:
        """A problem of the programme without whole numbers and with every loss at least its square: a cone for each.

        loss >= u^2, u = sqrt(per_mw2) * m, is |(2 * u, loss - 1)| <= loss + 1; all three are columns of their own.

        Args:
            matrices: The problem, whose first columns are those of the programme.
        """
        cells = np.flatnonzero(self._per_mw2.ravel())
        count, columns = cells.size, matrices.columns
        none, free = np.zeros(3 * count + 1, np.int32), np.full(3 * count, np.inf)
        nothing, empty = np.zeros(0, np.int32), np.zeros(0)
        wider = with_columns(matrices.relaxed(), none, nothing, empty, np.zeros(3 * count), -free, free)
        loss, flow = self.loss_mw.columns(cells), self._middle.columns(cells)
        assert loss is not None
        assert flow is not None
        of = np.concatenate([loss, loss, flow])
        slope = np.concatenate([np.ones(2 * count), 2.0 * np.sqrt(self._per_mw2.ravel()[cells])])
        own = columns + np.arange(3 * count, dtype=np.int32)
        index, value = np.stack([of, own], axis=1).ravel(), np.stack([-slope, np.ones(3 * count)], axis=1).ravel()
        start = 2 * np.arange(3 * count + 1, dtype=np.int32)
        bound = np.repeat([1.0, -1.0, 0.0], count)
        head, *tail = own.reshape(3, count)
        return replace(
            with_rows(wider, start, index, value, bound, bound),
            cones=(
                *wider.cones,
                *(Cone(head=int(h), tail=t) for h, t in zip(head, np.stack(tail, axis=1), strict=True)),
            ),
        )

    def begin(self, primal: FloatArray | None) -> None:
        """Add the first tangents.

        Args:
            primal: An answer to the `curved` problem; None where there is none.
        """
        lossy = self._per_mw2.ravel() > 0
        if primal is not None:
            cells = np.flatnonzero(lossy)
            flow = np.round(self._middle.value(primal).ravel()[cells], _DIGITS)
            beside = np.sqrt(_ABSOLUTE / self._per_mw2.ravel()[cells])  # so near that between two nothing is amiss
            self._touch(np.tile(cells, 3), np.concatenate([flow - beside, flow, flow + beside]))
            return
        limit = np.broadcast_to(self._limit_mw, self._per_mw2.shape).ravel()
        cells = np.flatnonzero(lossy & np.isfinite(limit))
        self._touch(np.tile(cells, _FIRST.size), np.outer(_FIRST, limit[cells]).ravel())

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
