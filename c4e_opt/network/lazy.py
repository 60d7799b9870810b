"""Lazy limits: linear power flow without a variable for any line, limits as rows only where they were violated.

Injections of every bus are expressions already, and flows are H times them (`network.factors`). So the programme has
one balance per area and step, the copper plate. Its solution is looked at: of the limits that it violates, up to 200
per step become rows, the programme is solved again from where it ended, and so on until none is violated. Of outages,
the worst one of each line is looked at, five lines per step at most.

Variables, for every line l, interface i and step t:
    line_overload_mw[l, t], interface_overload_mw[i, t]   flow beyond the limit, of those with a price of it
    line_outage_overload_mw[l, t]                         flow after the worst outage beyond the emergency limit, where
                                                          that is soft

Constraints, for limits that were violated, once each:
    line_flow_limit, line_angle_limit, interface_limit   +-(sum of weight * flow) - overload <= limit
    line_outage_limit                                    +-(flow + share * flow on the lines that fail) - overload
                                                         <= emergency limit
Blocks of later rounds have the same names with _2, _3 …

A price is then the price of its area's balance less the sum of H times the shadow prices of these rows.

Source: lazy rows as in Xavier, Qiu, Wang, Thimmapuram (2019), Transmission constraint filtering in large-scale
security-constrained unit commitment, doi:10.1109/TPWRS.2019.2892620; prices as in Litvinov et al. (2004),
doi:10.1109/TPWRS.2003.820687.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.terms import fleet
from c4e_opt.network.factors import Factors
from c4e_opt.network.grid import Told, ends_of
from c4e_opt.network.limits import Outages, Watched
from c4e_opt.program import Linear, Program

#: Violated limits that become rows, per step and round.
_MOST = 200
#: Of limits after outages.
_MOST_OUTAGES = 5
#: A limit counts as violated beyond this, in MW, and this part of it.
_ABSOLUTE, _RELATIVE = 1e-6, 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Limits that became rows: p of them, in one block of the programme.

    Attributes:
        block: Name of the block.
        law: The law that they belong to.
        words: What is limited, kind/id (p,).
        outages: After which outage; empty for none (p,).
        step: In which step (p,).
        sign: 1 for an upper and -1 for a lower bound (p,).
        bound_mw: The bound, as the row has it: of sign * sum (p,).
        factors: Sums of flows per MW into every bus (k, n), without the sign.
        sums: Which of them each row bounds (p,).
    """

    block: str
    law: str
    words: Sequence[str]
    outages: Sequence[str]
    step: IntArray
    sign: FloatArray
    bound_mw: FloatArray
    factors: FloatArray
    sums: IntArray


class Lazy:
    """The limits of a linear power flow over a programme, and the rows that they have become so far."""

    def __init__(
        self,
        program: Program,
        factors: Factors,
        watched: Sequence[Watched],
        outages: Outages | None,
        power: Sequence[Linear],
        bus: Axis,
        horizon: Horizon,
    ) -> None:
        """Watch a programme.

        Args:
            program: The programme; it gets the rows.
            factors: The factorised grid.
            watched: Limits without an outage.
            outages: What is survived; None when nothing is.
            power: What is put into the buses, (bus, time) each.
            bus: All buses of the case.
            horizon: The steps.
        """
        self.program, self.factors, self.rows = program, factors, list[Rows]()
        self._watched, self._outages, self._horizon = watched, outages, horizon
        self._net = Linear.total((bus, horizon.axis), power)
        fixed = np.ascontiguousarray(np.broadcast_to(self._net.constant, self._net.shape))
        self._fixed_mw = factors.flows(factors.angles(fixed))  # flows of what no column moves (l, time)
        self._done: dict[str, set[tuple[int, int, int, int]]] = {}
        self._round = 0

    def flows(self, primal: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Flow of every line (l, time) and angle of every bus (n, time) at a point."""
        angles = self.factors.angles(self._net.value(primal))
        return self.factors.flows(angles), angles

    def told(self, primal: FloatArray) -> Told:
        """What an answer tells of lines: power into each at from_bus, and the angles at their ends."""
        lines, (flow, angle) = self.factors.grid.lines, self.flows(primal)
        ends, place = ends_of(lines), {name: row for row, name in enumerate(self.factors.grid.buses)}
        rows = [place[name] for name in ends.labels.tolist()]
        return {
            "line_flow_mw": ((fleet("line", lines), self._horizon.axis), flow, "power into the line at from_bus"),
            "line_angle_rad": ((ends, self._horizon.axis), angle[rows], "voltage angle"),
        }

    def tighten(self, primal: FloatArray) -> bool:
        """Add the limits that a point violates to the programme; whether there were any that it did not have."""
        flows, _ = self.flows(primal)
        self._round += 1
        found = [self._base(watched, flows, primal) for watched in self._watched]
        if self._outages is not None:
            found.append(self._after(self._outages, flows, primal))
        added = [rows for rows in found if rows is not None]
        self.rows += added
        return bool(added)

    def congestion(self, row_dual: FloatArray) -> FloatArray:
        """What the limits add to the dual of every bus, (n, time); rows that a shorter vector lacks add nothing."""
        total = np.zeros(self._net.shape)
        for rows, dual in self.duals(row_dual):
            worth = csr_array((rows.sign * dual, (rows.step, rows.sums)), shape=(total.shape[1], rows.factors.shape[0]))
            worth.eliminate_zeros()
            total += (worth @ rows.factors).T
        return total

    def congestion_sum(self, count: int, hours: FloatArray) -> FloatArray:
        """What one more of every dual (count,) adds to the sum of all prices."""
        worth = np.zeros(count)
        for rows in self.rows:
            block = self.program.constraints[rows.block]
            worth[block.start : block.stop] = rows.sign * rows.factors.sum(axis=1)[rows.sums] / hours[rows.step]
        return worth

    def duals(self, row_dual: FloatArray) -> Iterator[tuple[Rows, FloatArray]]:
        """The rows with their duals (p,)."""
        for rows in self.rows:
            block = self.program.constraints[rows.block]
            if block.stop <= row_dual.size:
                yield rows, row_dual[block.start : block.stop]

    def _base(self, watched: Watched, flows: FloatArray, primal: FloatArray) -> Rows | None:
        amount = watched.weights @ flows
        excess = 0.0 if watched.over is None else watched.over.value(primal)
        above = amount - excess - watched.largest_mw
        below = watched.least_mw - amount - excess
        picked = [
            (place, step, np.full(place.size, sign))
            for sign, short, bound in ((1, above, watched.largest_mw), (-1, below, watched.least_mw))
            for place, step in [_worst(short, bound, _MOST)]
        ]
        place, step, sign = self._new(watched.law, picked, np.full(sum(p[0].size for p in picked), -1))[:3]
        if not place.size:
            return None
        kind, row = np.unique(place, return_inverse=True)
        weights = csr_array(watched.weights[kind])
        bound = np.where(sign > 0, _at(watched.largest_mw, place, step), -_at(watched.least_mw, place, step))
        words = [watched.words[each] for each in map(int, place)]
        return self._write(watched.law, words, [""] * place.size, place, step, sign, bound, weights, row, watched.over)

    def _after(self, outages: Outages, flows: FloatArray, primal: FloatArray) -> Rows | None:
        excess = np.zeros(1) if outages.over is None else outages.over.value(primal)
        worst = np.full((2, *flows.shape), -np.inf)
        which = np.zeros((2, *flows.shape), dtype=np.int64)
        room = outages.limit_mw + excess
        for number, (lines, shares) in enumerate(zip(outages.lines, outages.shares, strict=True)):
            after = flows + shares @ flows[lines]
            for side, short in enumerate((after - room, -after - room)):
                more = short > worst[side]
                worst[side][more] = short[more]
                which[side][more] = number
        picked: list[tuple[IntArray, IntArray, Any]] = []
        chosen: list[IntArray] = []
        for side, sign in ((0, 1), (1, -1)):
            place, step = _worst(worst[side], outages.limit_mw, _MOST_OUTAGES)
            picked.append((place, step, np.full(place.size, sign)))
            chosen.append(which[side][place, step])
        place, step, sign, outage = self._new("line_outage_limit", picked, np.concatenate(chosen))
        if not place.size:
            return None
        weights = _weights(outages, place, outage, len(self.factors.grid.lines))
        bound = _at(outages.limit_mw, place, step)
        words = [f"line/{self.factors.grid.lines[each].id}" for each in map(int, place)]
        names = [outages.names[each] for each in map(int, outage)]
        each = np.arange(place.size)
        return self._write("line_outage_limit", words, names, place, step, sign, bound, weights, each, outages.over)

    def _new(
        self, law: str, picked: Sequence[tuple[IntArray, IntArray, Any]], outage: IntArray
    ) -> tuple[IntArray, IntArray, FloatArray, IntArray]:
        """Those of the picked limits that are no rows yet."""
        done = self._done.setdefault(law, set())
        place, step, sign = (np.concatenate([each[part] for each in picked]) for part in range(3))
        keys = list(zip(place.tolist(), step.tolist(), sign.tolist(), outage.tolist(), strict=True))
        fresh = np.array([key not in done for key in keys], dtype=np.bool_)
        done.update(keys)
        return place[fresh], step[fresh], sign[fresh].astype(np.float64), outage[fresh]

    def _write(
        self, law: str, words: Sequence[str], outages: Sequence[str], place: IntArray, step: IntArray, sign: FloatArray,
        bound: FloatArray, weights: csr_array[Any], sums: IntArray, over: Linear | None,
    ) -> Rows:  # fmt: skip
        """Write limits as rows of the programme."""
        block = law if self._round == 1 else f"{law}_{self._round}"
        times = np.datetime_as_string(self._horizon.axis.labels[step])
        labels = [
            f"{word} {'>' if way < 0 else '<'} {time}{f' after {outage}' if outage else ''}"
            for word, way, time, outage in zip(words, sign, times, outages, strict=True)
        ]
        axes = (Axis("limit", np.array(labels, dtype=np.str_)),)
        factors = self.factors.rows(weights)
        fixed = (weights @ self._fixed_mw)[sums, step]
        amount = _sums(self._net, factors, sums, step, sign, axes) + sign * fixed
        if over is not None:
            amount = amount - over.at(place * self._horizon.steps + step, axes)
        self.program.at_most(block, amount, bound)
        return Rows(
            block=block,
            law=law,
            words=words,
            outages=outages,
            step=step,
            sign=sign,
            bound_mw=bound,
            factors=factors,
            sums=sums,
        )


def _worst(short: FloatArray, bound: FloatArray, most: int) -> tuple[IntArray, IntArray]:
    """The limits that are violated, the worst ones of every step: their places and steps."""
    with np.errstate(invalid="ignore"):
        wrong: BoolArray = short > _ABSOLUTE + _RELATIVE * np.abs(bound)
    place, step = np.nonzero(wrong)
    order = np.lexsort((place, -short[place, step], step))
    place, step = place[order], step[order]
    rank = np.arange(step.size) - np.searchsorted(step, step)
    return place[rank < most], step[rank < most]


def _at(bound: FloatArray, place: IntArray, step: IntArray) -> FloatArray:
    """Bounds, (k, time) or (k, 1), at places and steps."""
    return bound[place, step if bound.shape[1] > 1 else 0]


def _weights(outages: Outages, place: IntArray, outage: IntArray, lines: int) -> csr_array[Any]:
    """The flow of lines after outages as weighted sums of flows before them (p, l)."""
    row, column, weight = [np.arange(place.size)], [place], [np.ones(place.size)]
    for each in map(int, np.unique(outage)):
        of = np.flatnonzero(outage == each)
        failed = outages.lines[each]
        row.append(np.repeat(of, failed.size))
        column.append(np.tile(failed, of.size))
        weight.append(outages.shares[each][place[of]].ravel())
    content = np.concatenate(weight), (np.concatenate(row), np.concatenate(column))
    return csr_array(content, shape=(place.size, lines))


def _sums(
    net: Linear, factors: FloatArray, sums: IntArray, step: IntArray, sign: FloatArray, axes: Sequence[Axis]
) -> Linear:
    """Sums over buses of sign * factor * what columns put in, each in one step: (p,) over the axes.

    Args:
        net: What is put into the buses (n, time).
        factors: Of kinds of sums (k, n).
        sums: Kind of every sum (p,).
        step: Its step (p,).
        sign: Its sign (p,).
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
    value = factors[sums[pair], bus[found]] * (sign[pair] * coef[found])
    keep = value != 0.0
    return Linear(axes, ((pair[keep], column[found][keep], value[keep]),))
