"""Bus injections with cones: meshed grids with voltages and losses, the second-order cone relaxation of the AC OPF.

A relaxation: no AC schedule costs less than its answer; how much more one costs, an AC power flow or OPF tells. Between
buses i and j that lines join stands the product of their voltages, v_i * conj(v_j), as its real and imaginary part.
The bounds of the products and the lifted cuts need limits of the angle difference of each pair: those of its lines, and
60 degrees where they have none.

Variables, for every line l, bus n at an end of lines, pair k of joined buses, and step t:
    line_flow_mw[l, t]               power into the line at from_bus
    line_reactive_mvar[l, t]         reactive power into the line at from_bus
    line_voltage_squared_pu[n, t]    squared voltage, voltage_min_pu^2 <= . <= voltage_max_pu^2; not told
    line_product_real_pu[k, t]       real part of the product, within what voltages and angles allow; not told
    line_product_imaginary_pu[k, t]  imaginary part, likewise; not told
    line_overload_mw[l, t]           apparent power beyond the limit, of those with a price of it

Constraints, with y = 1 / (resistance + j reactance) and the pi model of `network.line`:
    line_flow_law[l, t], line_reactive_law[l, t]   what goes into the line at from_bus, linear in voltage and product
    line_product_cone[k, t]          real^2 + imaginary^2 <= v_i^2 * v_j^2
    line_product_angle[k, t], line_product_angle_lower[k, t]   tan(least) * real <= imaginary <= tan(largest) * real, of
                                     the limits of the angle
    line_product_cut_upper[k, t], line_product_cut_lower[k, t]   the lifted cuts of the angles and voltage bounds
    line_flow_limit[l, t], line_flow_limit_end[l, t]   apparent power at either end within limit_mw, a cone
    interface_limit, interface_limit_lower   as in `network.lindistflow`

Voltages are free within their bands everywhere; a slack fixes nothing, for angles do not occur.
Not modelled: outages; chosen taps and shifts; binaries, which no engine here searches together with cones.
Source: Jabr (2006), Radial distribution load flow using conic programming, doi:10.1109/TPWRS.2006.879234; Coffrin,
Hijazi, Van Hentenryck (2017), Strengthening the SDP relaxation of AC power flows with convex envelopes, bound
tightening and valid inequalities, doi:10.1109/TPWRS.2016.2634586 (lifted cuts); PowerModels.jl, SOCWRPowerModel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.axes import Axis
from c4e_opt.network.electric import Electric
from c4e_opt.network.lindistflow import Flows, flows
from c4e_opt.program import Linear, Program, Room

#: The largest angle difference of lines without a limit of it.
_WIDEST = np.radians(60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Pairs of buses that lines in service join, each named after the first of its lines; arrays are (k, 1).

    Attributes:
        axis: The pairs.
        start: Bus i of each (k,).
        end: Bus j of each (k,).
        of_line: Pair of every line (l,), 0 of lines out of service.
        turned: Lines that run from j to i (l, 1).
        least: Least angle of i less that of j.
        largest: Largest such angle.
    """

    axis: Axis
    start: IntArray
    end: IntArray
    of_line: IntArray
    turned: FloatArray
    least: FloatArray
    largest: FloatArray


def pairs_of(grid: Electric) -> Pairs:
    """The pairs of buses that lines join."""
    inside, count = grid.in_service[:, 0], grid.ends.size
    key = np.minimum(grid.start, grid.end) * count + np.maximum(grid.start, grid.end)
    _, first, of_some = np.unique(key[inside], return_index=True, return_inverse=True)
    first = np.flatnonzero(inside)[first]
    of_line = np.zeros(len(grid.lines), dtype=np.int64)
    of_line[inside] = of_some
    turned = (grid.start != grid.start[first][of_line])[:, None]
    least, largest = (
        np.array([each if (each := getattr(line, field)) is not None else sign * 360.0 for line in grid.lines])
        for field, sign in (("angle_min_deg", -1.0), ("angle_max_deg", 1.0))
    )
    least = np.where(least <= -90.0, -_WIDEST, np.radians(least))
    largest = np.where(largest >= 90.0, _WIDEST, np.radians(largest))
    low = np.where(turned[:, 0], -largest, least)
    high = np.where(turned[:, 0], -least, largest)
    tightest_low, tightest_high = np.full(first.size, -np.inf), np.full(first.size, np.inf)
    np.maximum.at(tightest_low, of_some, low[inside])
    np.minimum.at(tightest_high, of_some, high[inside])
    names = np.array([str(grid.over[0].labels[line]) for line in first.tolist()], dtype=np.str_)
    return Pairs(
        axis=Axis("line_pair", names), start=grid.start[first], end=grid.end[first], of_line=of_line,
        turned=turned.astype(np.float64), least=tightest_low[:, None], largest=tightest_high[:, None],
    )  # fmt: skip


def formulate(program: Program, grid: Electric, voltage: Linear) -> Flows:
    """Add the flows of all lines and the products of voltages that they follow from.

    Args:
        program: The programme.
        grid: The lines.
        voltage: Squared voltage of the buses (line_bus, time).
    """
    power, reactive = flows(program, grid)
    pairs = pairs_of(grid)
    real, imaginary = _products(program, grid, pairs, voltage)
    steps = np.arange(grid.horizon.steps)
    cells = pairs.of_line[:, None] * grid.horizon.steps + steps
    sign = np.broadcast_to(np.where(pairs.turned > 0, -1.0, 1.0) * grid.in_service, cells.shape)
    one, other = real.at(cells, grid.over) * grid.in_service.astype(np.float64), imaginary.at(cells, grid.over) * sign
    start, end = grid.at_start(voltage), grid.at_end(voltage)
    with np.errstate(divide="ignore", invalid="ignore"):
        series = 1.0 / (grid.resistance + 1j * grid.reactance)
    half = (grid.half_mw + 1j * grid.half_mvar) / grid.base_mva
    turn = grid.tap * np.exp(1j * grid.shift_rad)
    base, inside = grid.base_mva, grid.in_service.astype(np.float64)
    # Into the line at from_bus: conj(y + half) / tap^2 * w_i - conj(y) / turn * (real + j imaginary); and so at to_bus.
    own = np.conj(series + half) / grid.tap**2 * base * inside
    across = -np.conj(series) / turn * base * inside
    back_own = np.conj(series + half) * base * inside
    back = -np.conj(series) / np.conj(turn) * base * inside
    room = Room(program, "line")
    into = start * own.real + one * across.real - other * across.imag
    into_reactive = start * own.imag + one * across.imag + other * across.real
    room.equal("flow_law", power, into.nonzero(), present=grid.joined)
    room.equal("reactive_law", reactive, into_reactive.nonzero(), present=grid.joined)
    out = end * back_own.real + one * back.real + other * back.imag
    out_reactive = end * back_own.imag + one * back.imag - other * back.real
    return Flows(power=power, reactive=reactive, power_out=-out.nonzero(), reactive_out=-out_reactive.nonzero())


def _products(program: Program, grid: Electric, pairs: Pairs, voltage: Linear) -> tuple[Linear, Linear]:
    """Real and imaginary part of the product of the voltages of every pair (line_pair, time)."""
    room, over, steps = Room(program, "line"), (pairs.axis, grid.horizon.axis), np.arange(grid.horizon.steps)
    low_i, high_i, low_j, high_j = (
        bound[bus] for bus in (pairs.start, pairs.end) for bound in (grid.lowest, grid.highest)
    )
    least, largest = pairs.least, pairs.largest
    most, fewest = high_i * high_j, low_i * low_j
    across = (least < 0) & (largest > 0)
    nearest = np.where(across, 1.0, np.cos(np.minimum(np.abs(least), np.abs(largest))))
    farthest = np.cos(np.maximum(np.abs(least), np.abs(largest)))
    real = room.variable(
        "product_real_pu", over, fewest * farthest, most * nearest, doc="real part of a product of voltages", told=False
    )
    imaginary = room.variable(
        "product_imaginary_pu", over, np.where(least >= 0, fewest, most) * np.sin(least),
        np.where(largest <= 0, fewest, most) * np.sin(largest), doc="imaginary part of a product of voltages",
        told=False,
    )  # fmt: skip
    first, second = (voltage.at(bus[:, None] * steps.size + steps, over) for bus in (pairs.start, pairs.end))
    # The product of squares of voltages as a difference of squares: 4 w_i w_j = (w_i + w_j)^2 - (w_i - w_j)^2.
    room.cone("product_cone", (first + second) * 0.5, (real, imaginary, (first - second) * 0.5))
    room.at_most("product_angle", imaginary - real * np.broadcast_to(np.tan(largest), real.shape))
    room.at_least("product_angle_lower", imaginary - real * np.broadcast_to(np.tan(least), real.shape))
    middle, half = (largest + least) / 2.0, (largest - least) / 2.0
    sum_i, sum_j = low_i + high_i, low_j + high_j
    lifted = (real * np.cos(middle) + imaginary * np.sin(middle)) * (sum_i * sum_j)
    gap = np.cos(half) * (low_i * low_j - high_i * high_j)
    upper = lifted - first * (high_j * np.cos(half) * sum_j) - second * (high_i * np.cos(half) * sum_i)
    room.at_least("product_cut_upper", upper, np.broadcast_to(high_i * high_j * gap, real.shape))
    lower = lifted - first * (low_j * np.cos(half) * sum_j) - second * (low_i * np.cos(half) * sum_i)
    room.at_least("product_cut_lower", lower, np.broadcast_to(-low_i * low_j * gap, real.shape))
    return real, imaginary
