"""Losses of a linear power flow: resistance times flow squared, by tangents that are added where they are exceeded.

Half of the loss of a line is drawn at either end. Losses bend upwards, so they lie above every tangent; at a price
above zero nobody gains by losing more than the tangents ask for.

Variables, for every area a and step t:
    line_area_loss_mw[a, t]   losses of all lines of the area, 0 <= .

Constraints, one in every round in which losses were told too low:
    line_loss[a, t]   line_area_loss_mw >= sum over lines of loss(f0) + 2 * resistance * f0 / base_mva * (flow - f0),
                      with loss(f) = resistance_pu * f^2 / base_mva and f0 the flow of the round before

Where losses are drawn moves flows a little: the programme is written again with the losses of the last solve at their
buses until that changes nothing (`clearing.search`). That is no part of the prices.

Not modelled: losses at negative prices, where losing more would pay; the verifier refuses such an answer.
Source: outer approximation as in Kelley (1960), doi:10.1137/0108053; losses at the ends of lines as in Litvinov et al.
(2004), doi:10.1109/TPWRS.2003.820687.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.terms import scalars
from c4e_opt.network.factors import Factors
from c4e_opt.program import Linear, Program

#: Losses that are told too low by so much, in MW, and this part of them, get a tangent.
_ABSOLUTE, _RELATIVE = 1e-7, 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Before:
    """What a search before has found out about losses.

    Attributes:
        drawn_mw: Losses that lines draw at every bus (n, time).
        touched: Flows at which tangents touch (l, time), and where each was added (area, time).
    """

    drawn_mw: FloatArray
    touched: Sequence[tuple[FloatArray, BoolArray]] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tangents:
    """Tangents of one round that became rows.

    Attributes:
        block: Name of their block in the programme.
        area: Area of each (p,).
        step: Step of each (p,).
        factors: What one more MW into a bus adds to the losses that the row asks for (p, n).
    """

    block: str
    area: IntArray
    step: IntArray
    factors: FloatArray


class Losses:
    """The losses of all lines over a programme."""

    def __init__(
        self, program: Program, factors: Factors, base_mva: float, before: Before | None, horizon: Horizon
    ) -> None:
        """Add the variable.

        Args:
            program: The programme.
            factors: The factorised grid.
            base_mva: Base of resistances.
            before: What the search before has found out; None in the first one.
            horizon: The steps.
        """
        grid = factors.grid
        self.program, self.factors, self.tangents = program, factors, list[Tangents]()
        self._per_mw2 = np.where(grid.in_service, scalars(grid.lines, "resistance_pu")[:, 0], 0.0)[:, None] / base_mva
        self._ends = abs(grid.incidence)
        self._area_of_line = grid.area[grid.start]
        areas = Axis("line_area", np.array([grid.buses[bus] for bus in grid.reference], dtype=np.str_))
        self.area_mw = program.variable(
            "line_area_loss_mw", (areas, horizon.axis), doc="losses of the lines of an area", told=False
        )
        self.drawn_mw = np.zeros((len(grid.buses), horizon.steps)) if before is None else before.drawn_mw
        self.touched = list[tuple[FloatArray, BoolArray]]()
        self._known = () if before is None else before.touched

    def of_lines(self, flows: FloatArray, primal: FloatArray | None = None) -> FloatArray:
        """Loss of every line (l, time); with a point, such that they add up to what the programme says there."""
        loss = self._per_mw2 * flows**2
        if primal is None:
            return loss
        said, own = self.area_mw.value(primal), self._by_area(loss)
        ratio = np.divide(said, own, out=np.ones_like(said), where=own > 0)
        return loss * ratio[self._area_of_line]

    def at_buses(self, loss: FloatArray) -> FloatArray:
        """Half of the loss of every line at either end, (n, time)."""
        return 0.5 * np.asarray(self._ends.T @ loss)

    def tighten(self, flows: FloatArray, constant: FloatArray, net: Linear, primal: FloatArray, round_: int) -> bool:
        """Add the tangents at these flows where losses are told too low; whether there were any.

        The tangents of the search before come with the first of them.

        Args:
            flows: Flow of every line (l, time).
            constant: Flow of every line that no injection of `net` causes (l, time).
            net: What is put into the buses (n, time).
            primal: The point.
            round_: Number of the round, for the names of blocks.
        """
        told, true = self.area_mw.value(primal), self._by_area(self.of_lines(flows))
        low: BoolArray = true - told > _ABSOLUTE + _RELATIVE * true
        if not low.any():
            return False
        for number, (at, where) in enumerate(self._known):
            self._touch(at, where, constant, net, f"line_loss_{round_}_known_{number}")
        self._known = ()
        self._touch(flows, low, constant, net, "line_loss" if not self.tangents else f"line_loss_{round_}")
        return True

    def _touch(self, flows: FloatArray, where: BoolArray, constant: FloatArray, net: Linear, block: str) -> None:
        """Add tangents that touch at these flows, for the areas and steps `where`."""
        area, step = np.nonzero(where)
        slope = 2.0 * self._per_mw2 * flows  # (l, time)
        factors = self.factors.pulled(slope)  # (n, time): what one more MW into a bus adds to all losses
        level = self._by_area(self.of_lines(flows) - slope * (flows - constant))
        own = (self.factors.grid.area[:, None] == area).T
        rows = np.where(own, factors.T[step], 0.0)
        labels = [f"area {place} step {when} of {block}" for place, when in zip(area, step, strict=True)]
        axes = (Axis("limit", np.array(labels, dtype=np.str_)),)
        amount = self.area_mw.at(area * where.shape[1] + step, axes) - sums(net, rows, step, axes)
        self.program.at_least(block, amount, level[area, step])
        self.tangents.append(Tangents(block=block, area=area, step=step, factors=rows))
        self.touched.append((flows, where))

    def worth(self, row_dual: FloatArray, shape: tuple[int, ...]) -> FloatArray:
        """What losses add to the dual of every bus (n, time): demand far away causes more of them."""
        total = np.zeros(shape)
        for tangents in self.tangents:
            block = self.program.constraints[tangents.block]
            if block.stop <= row_dual.size:
                dual = row_dual[block.start : block.stop]
                np.add.at(total.T, tangents.step, -dual[:, None] * tangents.factors)
        return total

    def _by_area(self, loss: FloatArray) -> FloatArray:
        total = np.zeros((self.factors.grid.reference.size, loss.shape[1]))
        np.add.at(total, self._area_of_line, loss)
        return total


def sums(net: Linear, factors: FloatArray, step: IntArray, axes: Sequence[Axis]) -> Linear:
    """Sums over buses of factor times injection, each in one step: (p,) over the axes.

    Args:
        net: What is put into the buses (n, time).
        factors: (p, n).
        step: Step of every sum (p,).
        axes: The axis of the sums.
    """
    steps = net.shape[1]
    cell = np.concatenate([each for each, _, _ in net.terms])
    column = np.concatenate([each for _, each, _ in net.terms])
    coef = np.concatenate([each for _, _, each in net.terms])
    order = np.argsort(cell % steps, kind="stable")
    bus, column, coef, at = cell[order] // steps, column[order], coef[order], (cell % steps)[order]
    first, last = np.searchsorted(at, step, "left"), np.searchsorted(at, step, "right")
    hits = last - first
    pair = np.repeat(np.arange(step.size, dtype=np.int32), hits)
    found = np.arange(pair.size) - np.repeat(np.cumsum(hits) - hits, hits) + first[pair]
    value = factors[pair, bus[found]] * coef[found]
    keep = value != 0.0
    constant = np.broadcast_to(net.constant, net.shape)[:, step]
    return Linear(axes, ((pair[keep], column[found][keep], value[keep]),), np.einsum("pn,np->p", factors, constant))
