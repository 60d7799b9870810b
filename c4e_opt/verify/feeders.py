"""Feeders: lines, voltages and reactive power in models with voltage, recomputed from the numbers of the answer.

Laws, of a line from bus i to bus j with series impedance z behind a transformer of ratio r, all per unit, where s is
the complex power through z: what goes into the line less what its shunt takes there.
    line_voltages            the answer tells voltages and reactive power
    line_voltage_band        voltages lie within their bands; held ones are what is held (lindistflow, socp)
    line_voltage_drop        v_j^2 = (v_i / r)^2 - 2 * Re(conj(z) * s) + |z|^2 * current^2 (lindistflow, socp)
    line_current             |z| * |s|^2 <= |z| * current^2 * (v_i / r)^2, what the impedance takes (socp)
    line_loss                what goes in and does not come out is R * current^2 and what shunts take
    line_product             v_i * conj(v_j), as it follows from the power at i, is within |v_i| * |v_j|, and the same
                             for all lines of a pair; it gives the loss (soc)
    line_apparent_limit      apparent power at both ends <= limit + overload
    line_angle_limit         the angle between i and j lies within its limits
    line_tap_ratio           ratios that are chosen lie within their limits, and on a position
    line_reactive_balance    reactive power of records, shunts and lines sums to zero, but where the grid gives it
Note:
    relaxation_not_exact     how far the answer of a relaxation is from an AC power flow; absent where it is one
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.verify import grid
from c4e_opt.verify.fleet import Fleet

_Complex = NDArray[np.complex128]
#: Models that know voltage.
MODELS = ("lindistflow", "socp", "soc")
#: A relaxation is said to be exact up to so much apparent power, as a part of the largest of the step.
_EXACT = 1e-4


def has_voltage(fleet: Fleet) -> bool:
    """Whether the lines of a case follow a model that knows voltage."""
    return fleet.case.policy.network in MODELS


@dataclass(frozen=True, slots=True)
class _Lines:
    """What the case says of its lines, (line, 1), and the answer of them, (line, time), per unit."""

    base: float
    start: IntArray
    end: IntArray
    on: BoolArray
    impedance: _Complex
    half: _Complex  # shunt admittance at each end
    shift: FloatArray
    behind: FloatArray  # squared voltage behind the transformer
    after: FloatArray  # squared voltage at to_bus
    enters: _Complex  # power into the line at from_bus
    loss: FloatArray

    @property
    def through(self) -> _Complex:
        """Power through the series impedance, at its begin."""
        return self.enters - np.conj(self.half) * self.behind


def check(fleet: Fleet) -> None:
    """Hold the laws of voltage, current, loss and reactive power.

    Args:
        fleet: The lines.
    """
    if not (fleet.has("voltage_pu") and fleet.has("reactive_mvar")):
        fleet.hold("voltages", np.full(fleet.shape, np.inf), "1")
        return
    voltage, lines = fleet.answer("voltage_pu"), _lines(fleet)
    _bands(fleet, voltage)
    leaves = _products(fleet, lines) if fleet.case.policy.network == "soc" else _branches(fleet, lines)
    limit = grid.limit_of(fleet, "limit_mw") + grid.given(fleet, "overload_mw")
    largest = np.maximum(np.abs(lines.enters), np.abs(leaves)) * lines.base
    fleet.hold("apparent_limit", np.where(lines.on, largest - limit, 0.0), "MVA", largest)
    _reactive(fleet, lines, leaves, voltage)


def _lines(fleet: Fleet) -> _Lines:
    names = grid.ends_of(fleet)
    start, end = (np.array([names[getattr(r, side)] for r in fleet.records]) for side in ("from_bus", "to_bus"))
    base = float(fleet.case.policy.base_mva)
    ratio = np.broadcast_to(fleet.number("tap_ratio"), fleet.shape)
    if fleet.has("tap_ratio"):
        said = fleet.answer("tap_ratio")
        _taps(fleet, said)
        ratio = np.where([[record.tap_min_ratio is not None] for record in fleet.records], said, ratio)
    squared = fleet.answer("voltage_pu") ** 2
    return _Lines(
        base=base,
        start=start,
        end=end,
        on=np.array([[record.in_service] for record in fleet.records]),
        impedance=fleet.number("resistance_pu") + 1j * fleet.number("reactance_pu"),
        half=0.5 * (fleet.number("conductance_pu") + 1j * fleet.number("susceptance_pu")),
        shift=np.radians(fleet.number("phase_shift_deg")),
        behind=squared[start] / ratio**2,
        after=squared[end],
        enters=(fleet.answer("flow_mw") + 1j * fleet.answer("reactive_mvar")) / base,
        loss=grid.given(fleet, "loss_mw") / base,
    )


def _buses(fleet: Fleet) -> list[Any]:
    """The buses at ends of lines, in their order."""
    record = {bus.id: bus for bus in fleet.case.buses}
    return [record[name] for name in grid.ends_of(fleet)]


def _held(fleet: Fleet) -> BoolArray:
    """Buses whose voltage a grid behind them holds: slacks, and the first bus of an area without one, (bus,)."""
    names = grid.ends_of(fleet)
    area = np.arange(len(names))
    on = [record for record in fleet.records if record.in_service]
    for _ in names:
        before = area.copy()
        for record in on:
            one, other = names[record.from_bus], names[record.to_bus]
            area[[one, other]] = min(area[one], area[other])
        if np.array_equal(before, area):
            break
    slack = {bus.id for bus in fleet.case.buses if bus.slack}
    held = np.array([name in slack for name in names])
    given = {int(area[names[name]]) for name in names if name in slack}
    for bus in fleet.case.buses:
        if bus.id in names and int(area[names[bus.id]]) not in given:
            held[names[bus.id]] = True
            given.add(int(area[names[bus.id]]))
    return held


def _bands(fleet: Fleet, voltage: FloatArray) -> None:
    buses, held = _buses(fleet), _held(fleet)[:, None]
    least, most, wanted = (
        np.array([[getattr(bus, name)] for bus in buses], dtype=np.float64)
        for name in ("voltage_min_pu", "voltage_max_pu", "voltage_set_pu")
    )
    outside = np.maximum(least - voltage, voltage - most)
    if fleet.case.policy.network != "soc":
        outside = np.where(held, np.abs(voltage - wanted), outside)
    fleet.hold("voltage_band", outside, "p.u.", name=lambda row: f"bus {buses[row].id!r}")


def _taps(fleet: Fleet, said: FloatArray) -> None:
    apart = np.zeros(fleet.shape)
    for row, record in enumerate(fleet.records):
        if record.tap_min_ratio is None or not record.in_service:
            continue
        low, high = record.tap_min_ratio, record.tap_max_ratio
        if record.tap_positions:
            positions: FloatArray = np.linspace(float(low), float(high), int(record.tap_positions), dtype=np.float64)
            apart[row] = np.abs(said[row][:, None] - positions).min(axis=1)
        else:
            apart[row] = np.maximum(low - said[row], said[row] - high)
    fleet.hold("tap_ratio", apart, "1", np.ones((1, 1)), tolerance=1e-5)


def _branches(fleet: Fleet, lines: _Lines) -> _Complex:
    """Laws of branch flow; what comes out of every line."""
    current = grid.given(fleet, "current_pu") ** 2
    lossy = fleet.case.policy.network == "socp"
    if not lossy:
        current = np.zeros(fleet.shape)
    through = lines.through
    falls = 2.0 * np.real(np.conj(lines.impedance) * through) - np.abs(lines.impedance) ** 2 * current
    apart = np.where(lines.on, np.abs(lines.after - lines.behind + falls), 0.0)
    fleet.hold("voltage_drop", apart, "p.u.", lines.after, falls)
    if lossy:
        carries, size = np.sqrt(current * lines.behind), np.abs(lines.impedance) * lines.base
        with np.errstate(divide="ignore", invalid="ignore"):
            needed = np.where(lines.on, np.abs(through) ** 2 / lines.behind, 0.0)
        fleet.hold("current", np.where(lines.on, needed - current, current) * size, "MVA", np.abs(through) * lines.base)
        _exactness(fleet, np.where(lines.on, carries - np.abs(through), 0.0), np.abs(through))
    lost = lines.impedance * current
    shunts = np.real(lines.half) * (lines.behind + lines.after)
    apart = np.where(lines.on, np.abs(lines.loss - lost.real - shunts), np.abs(lines.loss)) * lines.base
    fleet.hold("loss", apart, "MW", np.abs(fleet.answer("flow_mw")))
    product = lines.behind - np.conj(lines.impedance) * through  # v_i / r * conj(v_j), turned by the shift
    _angles(fleet, lines, np.conj(product))
    return np.where(lines.on, through - lost - np.conj(lines.half) * lines.after, 0.0)


def _exactness(fleet: Fleet, slack: FloatArray, used: FloatArray) -> None:
    """Say by how much a relaxation is no AC power flow."""
    share = slack / np.maximum(used.max(axis=0, keepdims=True), 1e-9)
    if share.max(initial=0.0) > _EXACT:
        row, step = np.unravel_index(int(share.argmax()), share.shape)
        said = (
            f"the current of {fleet.name(int(row))} could carry {slack[row, step]:.3g} p.u. more than it does in step "
            f"{int(step)}; the answer is cheaper than any AC power flow may be"
        )
        fleet.noted("relaxation_not_exact", said)


def _products(fleet: Fleet, lines: _Lines) -> _Complex:
    """Laws of bus injections; what comes out of every line."""
    series = np.where(lines.on, 1.0 / lines.impedance, 0.0)
    own = np.conj(series + lines.half)
    # At i: S = conj(y + half) * (v_i/r)^2 - conj(y) * u, u = (v_i / r, turned by the shift) * conj(v_j).
    with np.errstate(divide="ignore", invalid="ignore"):
        product = np.where(lines.on, (own * lines.behind - lines.enters) / np.conj(series), 0.0)
    beyond = np.abs(product) - np.sqrt(lines.behind * lines.after)
    leaves = np.where(lines.on, np.conj(series) * np.conj(product) - own * lines.after, 0.0)
    lost = np.real(lines.enters - leaves)
    apart = np.abs(lost - lines.loss) * lines.base
    ratio = np.sqrt(np.where(lines.behind > 0, (fleet.answer("voltage_pu") ** 2)[lines.start] / lines.behind, 1.0))
    whole = product * ratio * np.exp(1j * lines.shift)  # v_i * conj(v_j)
    fleet.hold("product", np.maximum(beyond, _disagreement(lines, whole)), "p.u.", np.abs(own) * 1e-2)
    fleet.hold("loss", apart, "MW", np.abs(fleet.answer("flow_mw")))
    _angles(fleet, lines, np.conj(product))
    slack = np.where(lines.on, np.sqrt(lines.behind * lines.after) - np.abs(product), 0.0)
    if slack.max(initial=0.0) > _EXACT:
        row, step = np.unravel_index(int(slack.argmax()), slack.shape)
        said = f"the voltages at the ends of {fleet.name(int(row))} do not belong together in step {int(step)}"
        fleet.noted("relaxation_not_exact", f"{said}, by {slack[row, step]:.3g} p.u.; the answer is a bound")
    return leaves


def _disagreement(lines: _Lines, product: _Complex) -> FloatArray:
    """How far the product of a line is from that of the first line between the same buses."""
    low, high = np.minimum(lines.start, lines.end), np.maximum(lines.start, lines.end)
    one_way = np.where((lines.start == low)[:, None], product, np.conj(product))
    on = np.flatnonzero(lines.on[:, 0])
    _, first, pair = np.unique(np.stack([low[on], high[on]], axis=1), axis=0, return_index=True, return_inverse=True)
    apart = np.zeros(product.shape)
    apart[on] = np.abs(one_way[on] - one_way[on[first[pair.ravel()]]])
    return apart


def _angles(fleet: Fleet, lines: _Lines, product: _Complex) -> None:
    """Limits of the angle of i less that of j, whose product of voltages behind the transformer is given conjugated."""
    between = np.angle(np.conj(product)) + lines.shift
    least = np.radians([[-np.inf if r.angle_min_deg is None else r.angle_min_deg] for r in fleet.records])
    most = np.radians([[np.inf if r.angle_max_deg is None else r.angle_max_deg] for r in fleet.records])
    least = np.where(least - lines.shift <= -np.pi / 2, -np.inf, least)
    most = np.where(most - lines.shift >= np.pi / 2, np.inf, most)
    fleet.hold("angle_limit", np.where(lines.on, np.maximum(least - between, between - most), -np.inf), "rad")


def _reactive(fleet: Fleet, lines: _Lines, leaves: _Complex, voltage: FloatArray) -> None:
    """Reactive power at every bus at an end of a line."""
    names = grid.ends_of(fleet)
    total, size = np.zeros(voltage.shape), np.zeros(voltage.shape)

    def add(bus: str, amount: FloatArray) -> None:
        if bus in names:
            total[names[bus]] += amount
            size[names[bus]] += np.abs(amount)

    for at, amounts in ((lines.start, -lines.enters.imag), (lines.end, leaves.imag)):
        np.add.at(total, at, amounts * lines.base)
        np.add.at(size, at, np.abs(amounts) * lines.base)
    given = _held(fleet)
    records = fleet.others.get("reactive")
    if records is not None:
        said = grid.given(records, "power_mvar")
        for row, record in enumerate(records.records):
            bus = bus_of(records, record)
            add(bus, said[row])
            if bus in names and may_choose(record):
                given[names[bus]] = False
    banks = fleet.others.get("shunt")
    if banks is not None:
        squared = squared_voltage(banks)
        for row, record in enumerate(banks.records):
            add(record.bus, record.susceptance_mvar * squared[row])
    apart = np.where(given[:, None], 0.0, np.abs(total))
    words = list(names)
    fleet.hold("reactive_balance", apart, "Mvar", size, name=lambda row: f"bus {words[row]!r}")


def bus_of(records: Fleet, record: Any) -> str:
    """The electric bus of a record of reactive power; empty where its member has none."""
    if record.bus:
        return str(record.bus)
    kind, _, name = record.member.partition("/")
    carrier = {bus.id: bus.carrier for bus in records.case.buses}
    other = records.others[kind]
    ends = [bus for row, bus in other.room.ends(other.records) if other.records[row].id == name]
    return next((bus for bus in ends if carrier[bus] == "electricity"), "")


def may_choose(record: Any) -> bool:
    """Whether a record leaves a choice of reactive power."""
    if record.ratio is not None:
        return False
    return bool(record.capability) or bool(np.any(np.asarray(record.reactive_max_mvar) > record.reactive_min_mvar))


def squared_voltage(shunts: Fleet) -> FloatArray:
    """Squared voltage at every shunt times the steps that are on, (shunt, time); 1 where the model knows none."""
    squared = np.ones(shunts.shape)
    lines = shunts.others.get("line")
    if lines is not None and has_voltage(lines) and lines.has("voltage_pu"):
        names, voltage = grid.ends_of(lines), lines.answer("voltage_pu")
        for row, record in enumerate(shunts.records):
            if record.bus in names:
                squared[row] = voltage[names[record.bus]] ** 2
    if shunts.has("switched"):
        banks = np.array([[record.steps > 0] for record in shunts.records])
        squared = np.where(banks, squared * shunts.answer("switched"), squared)
    return squared
