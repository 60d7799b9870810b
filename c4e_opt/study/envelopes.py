"""Dynamic operating envelopes: how much every connection point of a feeder may export and import, whatever others do.

An envelope is an export limit and an import limit of every point and step, such that the feeder keeps its voltage
bands and line limits wherever all points are within theirs. In the linear model of the feeder (`network.lindistflow`)
voltages rise with every export, and the flow of a line is a sum of what is behind it. So two corners decide: everybody
exports all that is allowed, or everybody imports it. Each is one linear problem:

    maximise   the smallest limit of a step, then the sum (share `fair`); or the sum alone (share `sum`)
    so that    the feeder keeps its laws in that corner; demands and suns at other buses are as the case says

Then both corners and random points of the box are run through an AC power flow. Where it leaves a band or a limit, that
is tightened by as much; where it stays away from one that was tightened, that is eased; the problem is solved again.

Reactive power of a point is `ratio` times its power, into the bus both. Power of components at the points themselves is
inside their envelopes.
Not modelled: prices; chosen taps and capacitor banks; components but demands and suns at other buses. They are refused.
Source: Petrou, Procopiou, Gutierrez-Lagos, Liu, Ochoa, Langstaff, Theunissen (2021), Ensuring distribution network
integrity using dynamic operating limits for prosumers, doi:10.1109/TSG.2021.3081371; the corners are our own argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

import c4e_solvers
from c4e_opt.arrays import BoolArray, FloatArray, TextArray, TimeArray
from c4e_opt.axes import Axis
from c4e_opt.case import Case
from c4e_opt.case.case import Bus
from c4e_opt.components.demand import Demand
from c4e_opt.components.generator import Generator
from c4e_opt.errors import InvalidInput, NoSolution
from c4e_opt.formulate import formulate
from c4e_opt.issues import Issue, unknown
from c4e_opt.market.order_book import OrderBook
from c4e_opt.network import radial
from c4e_opt.network.grid import grid_of as areas_of
from c4e_opt.network.limits import bounds
from c4e_opt.network.line import Line
from c4e_opt.network.reactive import Reactive
from c4e_opt.network.shunt import Shunt
from c4e_opt.outcome import EMPTY
from c4e_opt.program import Linear, Program
from c4e_opt.replay import batch
from c4e_opt.replay.grid import grid_of, settings
from c4e_opt.replay.injections import Injections

Share = Literal["fair", "sum"]
#: So many times bands are tightened.
_ROUNDS = 6
#: Bands are where they belong when they would move by no more than this, per unit.
_SETTLED = 1e-3
#: What a voltage, per unit, and a loading may be beyond its limit in the AC power flow.
_TOLERANCE = 1e-5
#: Kinds without power of their own.
_NO_POWER = ("line", "shunt", "reactive", "grid_connection", "interface", "contingency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelopes:
    """Limits of every connection point and step, and what an AC power flow says of them.

    Attributes:
        time: Starts of the steps.
        point: Buses that are connection points.
        export_max_mw: Power that a point may give at most (point, time).
        import_max_mw: Power that it may take at most (point, time).
        lowest_pu: Lowest voltage of every step in both corners and all samples (time,).
        highest_pu: Highest voltage (time,).
        loading: Largest apparent power of a line by its limit (time,); 0 without limits.
        holds: Whether every sample kept every band and limit.
        rounds: How often bands were tightened.
    """

    time: TimeArray
    point: TextArray
    export_max_mw: FloatArray
    import_max_mw: FloatArray
    lowest_pu: FloatArray
    highest_pu: FloatArray
    loading: FloatArray
    holds: bool
    rounds: int

    def dataset(self) -> Any:
        """The limits as an xarray.Dataset over (point, time)."""
        import xarray

        axes, said = ("point", "time"), {"units": "MW"}
        return xarray.Dataset(
            {
                "export_max_mw": (axes, self.export_max_mw, {**said, "long_name": "largest power given"}),
                "import_max_mw": (axes, self.import_max_mw, {**said, "long_name": "largest power taken"}),
            },
            coords={"point": self.point, "time": self.time},
            attrs={"holds": int(self.holds), "rounds": self.rounds},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Study:
    """What stays the same while bands are tightened."""

    case: Case
    points: Sequence[str]
    most_mw: FloatArray  # (point, 1)
    ratio: float
    share: Share
    watched: set[str] = field(default_factory=set[str])  # lines whose limits have rows; others are looked at


def operating_envelopes(
    case: Case,
    points: Iterable[str] | None = None,
    *,
    share: Share = "fair",
    ratio: float = 0.0,
    most_mw: float | None = None,
    samples: int = 10,
    seed: int = 0,
) -> Envelopes:
    """Find the operating envelopes of a feeder.

    Args:
        case: A case with lines, without loops.
        points: Buses that are connection points; all electric buses with a component but the roots when None.
        share: `fair` makes the smallest limit of every step as large as it can be first; `sum` only their sum.
        ratio: Reactive power of every point as a part of its power; at least minus resistance by reactance of any line.
        most_mw: Limit of every point by itself; that of its lines, or base_mva without one, when None.
        samples: Random points of the box that are run through the AC power flow, besides both corners.
        seed: Of these.

    Raises:
        InvalidInput: The case has what the study does not know.
        NoSolution: The feeder breaks its limits although no point gives or takes anything.
    """
    chosen = _points(case, points)
    issues = list(_issues(case, chosen))
    if issues:
        raise InvalidInput(issues)
    study = _Study(case=case, points=chosen, most_mw=_most(case, chosen, most_mw), ratio=ratio, share=share)
    random = np.random.default_rng(seed)
    shares = [random.uniform(-1.0, 1.0, (len(chosen), case.horizon.steps)) for _ in range(samples)]
    known: dict[tuple[float, float, float], FloatArray] = {}
    tightened, found = np.zeros(3), _round(study, np.zeros(3), shares, 0, known)
    best = found
    for rounds in range(1, _ROUNDS + 1):
        moved = np.maximum(tightened + np.where(np.isfinite(found.margins), found.margins, 0.1), 0.0)
        if found.envelopes.holds and np.abs(moved - tightened).max() <= _SETTLED:
            break
        tightened = moved
        found = _round(study, tightened, shares, rounds, known)
        if found.envelopes.holds or not best.envelopes.holds:
            best = found
    return best.envelopes


@dataclass(frozen=True, slots=True)
class _Round:
    """What came of bands that are tightened by so much, and by how much the AC power flow leaves those of the case."""

    envelopes: Envelopes
    margins: FloatArray  # of the lower band, the upper band, and the loading


def _round(
    study: _Study, tightened: FloatArray, shares: Sequence[FloatArray], rounds: int,
    known: dict[tuple[float, float, float], FloatArray],
) -> _Round:  # fmt: skip
    low, high, limit = (float(each) for each in tightened)
    for sign, band in ((1.0, high), (-1.0, low)):
        if (sign, band, limit) not in known:  # exports do not meet the lower band, imports not the upper one
            corner = _corner(study, 0.0 if sign > 0 else low, high if sign > 0 else 0.0, 1.0 / (1.0 + limit))
            known[sign, band, limit] = _within_limits(study, corner, sign, first=rounds == 0)
    gives, takes = known[1.0, high, limit], known[-1.0, low, limit]
    at = [gives, -takes, *(np.where(each > 0, each * gives, each * takes) for each in shares)]
    lowest, highest, loading, margins = _checked(study, at)
    envelopes = Envelopes(
        time=study.case.horizon.axis.labels, point=np.array(study.points, dtype=np.str_), export_max_mw=gives,
        import_max_mw=takes, lowest_pu=lowest, highest_pu=highest, loading=loading,
        holds=bool(margins.max() <= _TOLERANCE), rounds=rounds,
    )  # fmt: skip
    return _Round(envelopes, margins)


def _points(case: Case, points: Iterable[str] | None) -> list[str]:
    ends = {bus for line in case.of(Line) for bus in (line.from_bus, line.to_bus)}
    roots = _roots(case)
    if points is not None:
        return list(points)
    named = {bus for _, _, bus in _electric(case)}
    return [bus.id for bus in case.buses if bus.id in named & ends - roots]


def _roots(case: Case) -> set[str]:
    """Buses whose voltage is held."""
    buses: Sequence[Bus] = case.buses
    grid = areas_of(buses, case.of(Line), "dc", case.policy.base_mva)
    return {buses[int(row)].id for row in grid.reference} | {bus.id for bus in buses if bus.slack}


def _electric(case: Case) -> Iterable[tuple[str, Any, str]]:
    """Kind, record and bus of everything with power at an electric bus."""
    carrier = {bus.id: bus.carrier for bus in case.buses}
    for kind, records in case.components.items():
        for record in records if kind not in _NO_POWER else ():
            for name in ("bus", "input_bus", "electric_bus", "from_bus", "to_bus", "power_bus"):
                if carrier.get(getattr(record, name, "")) == "electricity":
                    yield kind, record, getattr(record, name)


def _issues(case: Case, points: Sequence[str]) -> Iterable[Issue]:
    """What the study does not know."""
    lines, known = case.of(Line), {bus.id for bus in case.buses}
    if not lines:
        yield Issue("components.line", "missing_field", "is empty; envelopes are of the points of a feeder")
    yield from radial.check("lindistflow", lines, ())
    for point in points:
        if point not in known:
            yield unknown("points", "unknown_reference", "bus", point, known)
    for place, line in enumerate(lines):
        if line.tap_min_ratio is not None:
            yield Issue(f"components.line[{place}].tap_min_ratio", "envelopes", "is not known here; fix the tap_ratio")
    for place, shunt in enumerate(case.of(Shunt)):
        if shunt.steps:
            yield Issue(f"components.shunt[{place}].steps", "envelopes", "are not known here; fix the bank")
    for kind, record, bus in _electric(case):
        if bus not in points and kind not in ("demand", "renewable"):
            message = f"{record.id!r} is at bus {bus!r}, which is no connection point; make it one, or leave it out"
            yield Issue(f"components.{kind}", "envelopes", message)


def _most(case: Case, points: Sequence[str], most_mw: float | None) -> FloatArray:
    """The limit of every point by itself, (point, 1)."""
    if most_mw is not None:
        return np.full((len(points), 1), most_mw)
    found = np.zeros((len(points), 1))
    for row, point in enumerate(points):
        mine = [line for line in case.of(Line) if point in (line.from_bus, line.to_bus) and line.in_service]
        whole = sum(np.inf if line.limit_mw is None else float(np.max(line.limit_mw)) for line in mine)
        found[row] = whole if np.isfinite(whole) else case.policy.base_mva
    return found


def _corner(study: _Study, low: float, high: float, limit: float) -> Case:
    """The feeder with a generator at every point, and sources at its roots; bands tightened."""
    case = study.case
    roots = _roots(case)
    electric = [bus for bus in case.buses if bus.carrier == "electricity"]
    buses = tuple(_banded(bus, low, high, slack=bus.id in roots) for bus in electric)
    wide = 10.0 * float(study.most_mw.sum()) + 1e3 * case.policy.base_mva
    sources = [_generator(id=f"source {bus}", bus=bus, power_max_mw=wide, power_min_mw=-wide) for bus in sorted(roots)]
    own = [
        _generator(id=f"point {bus}", bus=bus, power_max_mw=float(most), power_min_mw=-float(most))
        for bus, most in zip(study.points, study.most_mw[:, 0], strict=True)
    ]
    demands, suns = _fixed(case, study.points)
    lines = tuple(
        line if line.limit_mw is None else replace(line, limit_mw=np.asarray(line.limit_mw) * limit, owner="")
        for line in case.of(Line)
    )
    reactive: Any = Reactive
    tied = [reactive(id=each.id, member=f"generator/{each.id}", ratio=study.ratio) for each in own]
    components: dict[str, tuple[Any, ...]] = {
        "generator": (*own, *sources, *suns),
        "demand": tuple(demands),
        "line": tuple(replace(line, overload_price_eur_per_mwh=None) for line in lines),
        "shunt": case.of(Shunt),
        "reactive": (*tied, *_fixed_reactive(case, demands, suns)),
    }
    policy = replace(case.policy, network="lindistflow", replay="never")
    kept = {kind: records for kind, records in components.items() if records}
    return replace(case, buses=buses, components=kept, policy=policy, orders=OrderBook.empty())


def _generator(**fields: Any) -> Generator:
    made: Any = Generator
    return made(**fields)


def _banded(bus: Bus, low: float, high: float, *, slack: bool) -> Bus:
    least, most = bus.voltage_min_pu + low, bus.voltage_max_pu - high
    return replace(bus, slack=slack, voltage_min_pu=least, voltage_max_pu=max(most, least))


def _fixed(case: Case, points: Sequence[str]) -> tuple[list[Demand], list[Generator]]:
    """Demands and suns at other buses; a sun gives all that it has."""
    electric = {bus.id for bus in case.buses if bus.carrier == "electricity"} - set(points)
    demands = [replace(each, owner="") for each in case.components.get("demand", ()) if each.bus in electric]
    suns = [
        _generator(id=f"sun {each.id}", bus=each.bus, power_max_mw=each.available_mw, power_fixed_mw=each.available_mw)
        for each in case.components.get("renewable", ())
        if each.bus in electric
    ]
    return demands, suns


def _fixed_reactive(case: Case, demands: Sequence[Demand], suns: Sequence[Generator]) -> Iterable[Reactive]:
    """Records of what is fixed; reactive power that could be chosen is what is nearest to none."""
    members = {f"demand/{each.id}" for each in demands} | {each.id.replace("sun ", "renewable/") for each in suns}
    for record in case.of(Reactive):
        if record.member and record.member not in members:
            continue
        member = record.member.replace("renewable/", "generator/sun ")
        nearest = np.clip(0.0, record.reactive_min_mvar, np.maximum(record.reactive_max_mvar, record.reactive_min_mvar))
        plain = replace(record, id=f"of {record.id}", member=member, apparent_max_mva=None, capability=())
        if record.ratio is None:
            plain = replace(plain, reactive_min_mvar=nearest, reactive_max_mvar=nearest)
        yield plain


def _within_limits(study: _Study, corner: Case, sign: float, *, first: bool) -> FloatArray:
    """The limits of one corner, with the limits of lines that are passed without; few ever are."""
    lines = corner.of(Line)
    limit = bounds(lines, "limit_mw", corner.horizon.steps)
    while True:
        some = tuple(line if line.id in study.watched else replace(line, limit_mw=None) for line in lines)
        found, apparent = _largest(
            study, replace(corner, components={**corner.components, "line": some}), sign, first=first
        )
        passed: BoolArray = np.any(apparent > limit * (1.0 + 1e-7), axis=1)
        beyond = {line.id for line, over in zip(lines, passed.tolist(), strict=True) if over} - study.watched
        if not beyond:
            return found
        study.watched.update(beyond)


def _largest(study: _Study, corner: Case, sign: float, *, first: bool) -> tuple[FloatArray, FloatArray]:
    """The limits of one corner, (point, time), and apparent powers (line, time); `first`: nothing is tightened."""
    formulation = formulate(corner)
    program, count = formulation.program, len(study.points)
    power, limits = program.variables["generator_power_mw"], _of_points(program, count, sign)
    lower = np.where(sign > 0, 0.0, -study.most_mw)
    upper = np.where(sign > 0, study.most_mw, 0.0)
    least = program.variable("envelope_least_mw", power.axes[1:], doc="the smallest limit of a step", told=False)
    steps = power.axes[1].size
    spread = least.at(np.broadcast_to(np.arange(steps), (count, steps)), limits.axes)
    program.at_least("envelope_share", limits, spread)
    goals = [-limits.sum()] if study.share == "sum" else [-least.sum(), -limits.sum()]
    held: tuple[FloatArray, FloatArray] | None = None
    found = np.zeros(0)
    for goal in goals:
        matrices = program.matrices([goal])
        low, high = (each.copy() for each in held or (matrices.column_lower, matrices.column_upper))
        own = power.columns(_mask(power.axes, count))
        low[own], high[own] = (np.broadcast_to(each, (count, steps)).ravel() for each in (lower, upper))
        answer = c4e_solvers.solve(matrices.with_bounds(column_lower=low, column_upper=high))
        if answer.primal is None and not first:
            return np.zeros((count, steps)), np.zeros((len(corner.of(Line)), steps))  # tightened too far, as will show
        if answer.primal is None:
            reason = f"{answer.termination.reason}; the feeder leaves its limits although no point gives or takes power"
            raise NoSolution(f"case {study.case.name!r}: {reason}")
        found = answer.primal
        block = program.variables["envelope_least_mw"]
        low[block.start : block.stop] = np.maximum(found[block.start : block.stop] - 1e-9, 0.0)
        held = low, high
    flow, across = (program.variables[f"line_{name}"].unpack(found) for name in ("flow_mw", "reactive_mvar"))
    return np.maximum(limits.value(found), 0.0), np.hypot(flow, across)


def _mask(axes: tuple[Axis, ...], count: int) -> BoolArray:
    """The first generators, which stand at the points."""
    return np.broadcast_to((np.arange(axes[0].size) < count)[:, None], (axes[0].size, axes[1].size))


def _of_points(program: Program, count: int, sign: float) -> Linear:
    """The power of every point, positive in the direction of the corner (point, time)."""
    power = program.variables["generator_power_mw"]
    whole = Linear(power.axes, ((power.cells, np.arange(power.start, power.stop, dtype=np.int32), sign),))
    steps = power.axes[1].size
    cells = np.arange(count)[:, None] * steps + np.arange(steps)
    return whole.at(cells, (Axis("point", power.axes[0].labels[:count]), power.axes[1]))


def _checked(study: _Study, at: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Lowest and highest voltage and largest loading by the AC power flow; by how much bands and limits are left."""
    corner = _corner(study, 0.0, 0.0, 1.0)
    grid, steps = grid_of(corner), corner.horizon.steps
    fixed = _given(corner, len(study.points), grid.row, steps)
    rows = np.array([grid.row[bus] for bus in study.points])
    empty: Any = SimpleNamespace(schedule_table=EMPTY)
    setting, _ = next(iter(settings(corner, empty, grid)))
    limit = bounds(grid.lines, "limit_mw", steps)
    lowest, highest, loading = np.full(steps, np.inf), np.full(steps, -np.inf), np.zeros(steps)
    under, over = -np.inf, -np.inf
    for power in at:
        own: FloatArray = fixed[0].copy()
        reactive: FloatArray = fixed[1].copy()
        np.add.at(own, rows, power / grid.base_mva)
        np.add.at(reactive, rows, study.ratio * power / grid.base_mva)
        nothing = np.zeros_like(own)
        given = Injections(
            power=own,
            reactive=reactive,
            held=np.zeros(len(grid.bus), dtype=np.bool_),
            reactive_min=nothing,
            reactive_max=nothing,
        )
        voltage = batch.voltages(grid, setting, given)
        size = np.abs(voltage)
        size = np.where(np.isfinite(size), size, 0.0)  # a step that does not converge is as low as can be
        free = ~setting.slack
        lowest, highest = np.minimum(lowest, size[free].min(axis=0)), np.maximum(highest, size[free].max(axis=0))
        under = max(under, float((grid.voltage_min_pu[:, None] - size)[free].max()))
        over = max(over, float((size - grid.voltage_max_pu[:, None])[free].max()))
        apparent = np.abs(setting.flows(voltage)).max(axis=0) * grid.base_mva
        loading = np.maximum(loading, np.nan_to_num(apparent / limit, nan=np.inf).max(axis=0))
    return lowest, highest, loading, np.array([under, over, float(loading.max(initial=0.0)) - 1.0])


def _given(corner: Case, points: int, row: Any, steps: int) -> tuple[FloatArray, FloatArray]:
    """Power and reactive power of what is fixed, into every bus per unit (bus, time)."""
    power, reactive = np.zeros((len(row), steps)), np.zeros((len(row), steps))
    own: dict[str, tuple[str, FloatArray]] = {}
    for each in corner.components.get("demand", ()):
        own[f"demand/{each.id}"] = (each.bus, -np.broadcast_to(each.demand_mw, steps))
    for each in corner.components["generator"][points:]:
        if each.power_fixed_mw is not None:
            own[f"generator/{each.id}"] = (each.bus, np.broadcast_to(each.power_fixed_mw, steps))
    for bus, amount in own.values():
        if bus in row:
            power[row[bus]] += amount
    for record in corner.components["reactive"][points:]:
        bus, amount = own.get(record.member, (record.bus, np.zeros(steps)))
        if bus in row:
            reactive[row[bus]] += record.reactive_min_mvar if record.ratio is None else record.ratio * amount
    return power / corner.policy.base_mva, reactive / corner.policy.base_mva
