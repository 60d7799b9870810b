"""Seams: what a component carries from one window of a rolling horizon into the next, kind by kind.

A seam must not change what is possible. Energy in stores, the state of units with its age and their last load, and the
energy of a vehicle that is plugged in are carried as they are; a demand that shifts is never cut within a shift window.
What a component wants at the end of the whole horizon is asked for in the last window only; a vehicle that leaves after
the end of a window must be able to get the rest in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.case import Case
from c4e_opt.commitment.unit import has_state
from c4e_opt.components.ev_session import largest_mw
from c4e_opt.components.stratified_store import coefficients
from c4e_opt.errors import UnsupportedProgram
from c4e_opt.fields import fields_of

#: A level this near to the least for V2G is that.
_ROUNDING_MWH = 2e-7

#: Values of fields that describe a component just before a window.
State = Mapping[str, Any]
UNCHANGED: State = {}


@dataclass(frozen=True, slots=True)
class Kept:
    """What a window keeps of one component.

    Attributes:
        values: A quantity over the steps that are kept, by name without the kind.
        last: Place of the last of them in the whole horizon.
    """

    values: Callable[[str], FloatArray]
    last: int

    def __call__(self, name: str) -> FloatArray:
        """A quantity over the steps that are kept, by name without the kind."""
        return self.values(name)

    def limit(self, series: Any) -> float:
        """What a series of the whole horizon, or a number for all of it, says of the last step that is kept."""
        return float(np.ravel(series)[self.last if np.size(series) > 1 else 0])


@dataclass(frozen=True, slots=True)
class Seam:
    """How one kind crosses from a window into the next.

    Attributes:
        carry: From a record as the window had it, its kept quantities and the kept steps to the state after them.
        within: The record as a window must see it that ends before the horizon does, or starts after it; None for a
            component that is not there in this window. It is asked with the series of the whole horizon.
        refused: Fields that no seam can cross, when they differ from their default.
    """

    carry: Callable[[Any, Kept, Horizon], State] | None = None
    within: Callable[[Any, Horizon, Horizon], State | None] | None = None
    refused: tuple[str, ...] = ()


def check(case: Case) -> None:
    """Refuse a case that cannot be cut.

    Raises:
        UnsupportedProgram: It has components that no seam can cross; they are named. Or it pays besides prices.
    """
    if case.policy.uplift != "none" or case.policy.pricing in ("pay_as_bid", "temporal"):
        message = "payments besides prices (policy.uplift, pay_as_bid, temporal) belong to a horizon as a whole"
        raise UnsupportedProgram(f"case {case.name!r}: {message}; solve it as a whole, or choose another price rule")
    book = case.orders
    wide = np.flatnonzero((book.lengths() > 1) | book.movable | (book.parent >= 0) | (book.group != ""))
    if wide.size:
        name = str(book.id[wide[0]])
        raise UnsupportedProgram(f"order {name!r} may reach over a seam between windows; solve the horizon as a whole")
    for kind, records in case.components.items():
        if records and kind not in SEAMS:
            raise UnsupportedProgram(
                f"{kind} {records[0].id!r} cannot be cut into windows; solve the horizon as a whole"
            )
        for record in records:
            if _delayed(record):
                raise UnsupportedProgram(f"{kind} {record.id!r} has delays, which cannot be cut; solve it as a whole")
            for name in SEAMS[kind].refused:
                if getattr(record, name) != fields_of(record.__class__)[name].default:
                    raise UnsupportedProgram(
                        f"{kind} {record.id!r} has {name}, which cannot be cut into windows; solve it as a whole"
                    )


def _delayed(record: Any) -> bool:
    """Whether what it gives arrives later, perhaps beyond a seam."""
    return any(output.delay_hours > 0 for output in getattr(record, "outputs", ()))


def cuts(case: Case) -> BoolArray:
    """Where a window may begin, (time,): nothing would be cut there that no window can carry on."""
    free = np.ones(case.horizon.steps, dtype=np.bool_)
    for _, _, open_ in _bound_to_steps(case):
        free &= open_
    return free


def reach(case: Case, step: int) -> int:
    """The first step after all of which the laws of a step ask something: an outage after it lasts for so long."""
    laws = case.components.get("islanding", ())
    hours = max((float(law.duration_hours) for law in laws if law.mode == "able"), default=0.0)
    until = case.horizon.ends[step] + hours * 3600.0
    return min(int((case.horizon.ends < until - 1e-3).sum()) + 1, case.horizon.steps)


def why_not(case: Case, step: int) -> str:
    """Why no window may begin with a step; empty where one may."""
    return next((f"{name}, which {why}" for name, why, free in _bound_to_steps(case) if not free[step]), "")


def _bound_to_steps(case: Case) -> Iterator[tuple[str, str, BoolArray]]:
    """Components that can be cut at some steps only: their names, why, and the steps, (time,)."""
    elapsed = case.horizon.starts - case.horizon.start
    for load in case.components.get("flexible_demand", ()):
        if load.shift_max_mw > 0 and load.shift_window_hours > 0:
            into = np.mod(elapsed, load.shift_window_hours * 3600.0)
            opens = np.minimum(into, load.shift_window_hours * 3600.0 - into) < 1e-3
            yield f"flexible_demand {load.id!r}", "shifts energy within a window that is open then", opens
    # The first step of a window ramps from one before it that is as long as itself.
    alike = np.append(True, np.diff(case.horizon.step_seconds) == 0)
    for connection in case.components.get("grid_connection", ()):
        if connection.ramp_max_mw_per_hour is not None:
            why = "has ramp_max_mw_per_hour between steps of different lengths there"
            yield f"grid_connection {connection.id!r}", why, alike
    for tie in case.components.get("tie", ()):
        if tie.ramp_max_mw_per_hour is not None:
            yield f"tie {tie.id!r}", "has ramp_max_mw_per_hour between steps of different lengths there", alike


def _reservoir(record: Any, kept: Kept, steps: Horizon) -> State:
    lower, upper = kept.limit(record.energy_min_mwh), kept.limit(record.energy_max_mwh)
    return {"energy_start_mwh": float(np.clip(kept("energy_mwh")[-1], lower, upper))}


def _open_end(record: Any, window: Horizon, whole: Horizon) -> State:
    """The energy wanted at the end of the horizon is not wanted at the end of a window before."""
    return {} if window.end == whole.end else {"energy_end_mwh": None, "energy_end_min_mwh": None}


def _tank(record: Any, kept: Kept, steps: Horizon) -> State:
    level = float(kept("energy_mwh")[-1]) / float(
        coefficients([record], np.size(record.temperature_ambient_c)).energy_max_mwh[0, 0]
    )
    return {"level_start_ratio": float(np.clip(level, record.level_min_ratio, record.level_max_ratio))}


def _open_tank(record: Any, window: Horizon, whole: Horizon) -> State:
    return {} if window.end == whole.end else {"level_end_ratio": None}


def _spanned(record: Any, window: Horizon, whole: Horizon) -> State | None:
    """A law is away in a window that its span does not meet."""
    begin = whole.start if record.begin is None else record.begin
    end = whole.end if record.end is None else record.end
    return {} if begin < window.end and end > window.start else None


def _exchange(record: Any, kept: Kept, steps: Horizon) -> State:
    if record.ramp_max_mw_per_hour is None:
        return UNCHANGED
    return {"exchange_before_mw": float(kept("import_mw")[-1] - kept("export_mw")[-1])}


def _flow(record: Any, kept: Kept, steps: Horizon) -> State:
    if record.ramp_max_mw_per_hour is None:
        return UNCHANGED
    return {"flow_before_mw": float(kept("forward_mw")[-1] - kept("backward_mw")[-1])}


def _linepack(record: Any, kept: Kept, steps: Horizon) -> State:
    lower, upper = kept.limit(record.linepack_min_mwh), kept.limit(record.linepack_max_mwh)
    return {"linepack_start_mwh": float(np.clip(kept("linepack_mwh")[-1], lower, upper))}


def _open_pipe(record: Any, window: Horizon, whole: Horizon) -> State:
    return {} if window.end == whole.end else {"linepack_end_mwh": None, "linepack_end_min_mwh": None}


def _building(record: Any, kept: Kept, steps: Horizon) -> State:
    state = {"temperature_start_c": float(kept("temperature_c")[-1])}
    if record.envelope_capacity_mwh_per_k is not None:
        state["envelope_temperature_start_c"] = float(kept("envelope_temperature_c")[-1])
    return state


def _unit(power: str, rated: Callable[[Any], float]) -> Callable[[Any, Kept, Horizon], State]:
    def carry(record: Any, kept: Kept, steps: Horizon) -> State:
        load = float(kept(power)[-1])
        most = rated(record)
        state: dict[str, Any] = {"load_initially_ratio": float(np.clip(load / most, -1.0, 1.0)) if most else None}
        if not has_state(record):
            return state
        on = kept("on")
        running = on > 0.5
        changed = np.flatnonzero(running != running[-1])
        hours = float(steps.hours[changed[-1] + 1 :].sum()) if changed.size else float(steps.hours.sum())
        if not changed.size and bool(running[-1]) == record.on_initially:
            hours += record.hours_in_state_initially
        if running[-1] and most and record.minimum_load_ratio > 0:
            state["load_initially_ratio"] = max(state["load_initially_ratio"], record.minimum_load_ratio)
        if not running[-1]:
            state["load_initially_ratio"] = 0.0
        return {**state, "on_initially": bool(running[-1]), "hours_in_state_initially": hours}

    return carry


def _kept_warm(power: str, rated: Callable[[Any], float]) -> Callable[[Any, Kept, Horizon], State]:
    """The state of a unit that may be in standby."""
    carried = _unit(power, rated)

    def carry(record: Any, kept: Kept, steps: Horizon) -> State:
        waits = record.standby_power_mw is not None and bool(kept("standby")[-1] > 0.5)
        return {**carried(record, kept, steps), "standby_initially": waits}

    return carry


def _vehicle(record: Any, kept: Kept, steps: Horizon) -> State:
    """The energy of a vehicle that is plugged in, and what it may still give; one that has not arrived is as it was."""
    if record.arrival >= steps.end:
        return {}
    level = float(np.clip(kept("energy_mwh")[-1] / record.count, 0.0, record.energy_max_mwh))
    if abs(level - record.energy_v2g_min_mwh) < _ROUNDING_MWH:
        level = record.energy_v2g_min_mwh
    state: dict[str, Any] = {"energy_start_mwh": level, "arrival": steps.end}
    if record.throughput_max_mwh is not None:
        given = float(kept("discharge_mw") @ steps.hours) / record.count
        state["throughput_max_mwh"] = max(record.throughput_max_mwh - given, 0.0)
    if record.soc_departure_ratio is not None:
        return state
    wanted = record.energy_start_mwh + record.energy_needed_mwh
    if wanted < level:  # it may fall to that again by V2G
        return {**state, "energy_needed_mwh": None, "soc_departure_ratio": wanted / record.energy_max_mwh}
    return {**state, "energy_needed_mwh": wanted - level}


def _session(record: Any, window: Horizon, whole: Horizon) -> State | None:
    """A session that leaves after the window owes by its end only what it could not charge afterwards."""
    if record.departure <= window.start or record.arrival >= window.end:
        return None
    if record.departure <= window.end or window.end == whole.end:
        return {}
    share = whole.share(np.array([max(record.arrival, window.end)]), np.array([record.departure]))
    later = float((share * largest_mw([record], whole) * whole.hours).sum()) * record.charge_efficiency
    if record.soc_departure_ratio is None:
        return {"energy_needed_mwh": max(record.energy_needed_mwh - later, 0.0), "departure": window.end}
    wanted = record.soc_departure_ratio * record.energy_max_mwh
    owed = min(wanted, max(wanted - later, record.energy_start_mwh))
    ratio = owed / record.energy_max_mwh if record.energy_max_mwh else 0.0
    return {"soc_departure_ratio": ratio, "departure": window.end}


def _rated(word: str) -> Callable[[Any], float]:
    """The rated power of a plant: as given, else the largest of its limits, either way."""

    def rated(plant: Any) -> float:
        if plant.rated_mw is not None:
            return float(plant.rated_mw)
        return float(max(np.max(getattr(plant, f"{word}_max_mw")), -np.min(getattr(plant, f"{word}_min_mw"))))

    return rated


def _rated_fuel(chp: Any) -> float:
    """The rated fuel power of a CHP: as given, else the largest of its region."""
    if chp.fuel_max_mw is not None:
        return float(chp.fuel_max_mw)
    return max(float(np.max(point.fuel_mw)) for point in chp.operating_region)


def _ramped(
    field: str = "", rated: Callable[[Any], float] | None = None
) -> Callable[[Any, Horizon, Horizon], State | None]:
    """A plant as a window must see it: rated as in the whole horizon, and bound by the ramp from the step before.

    Args:
        field: The field of its rated power, if that may follow from series.
        rated: What it is over the whole horizon.
    """

    def within(record: Any, window: Horizon, whole: Horizon) -> State:
        change: dict[str, Any] = {}
        if rated is not None and getattr(record, field) is None:
            change[field] = rated(record)
        first = int(np.searchsorted(whole.starts, window.start))
        apart = 0.5 * (whole.hours[max(first - 1, 0)] + whole.hours[first]) / whole.hours[first]
        for name in ("ramp_up_ratio_per_hour", "ramp_down_ratio_per_hour"):
            ramp = getattr(record, name)
            if ramp is not None and apart != 1:
                change[name] = np.broadcast_to(ramp, whole.steps)[first : first + window.steps].copy()
                change[name][0] *= apart
        return change

    return within


_OVER_THE_HORIZON = ("energy_min_mwh", "energy_max_mwh", "capacity_cost_eur_per_mw")

SEAMS: Mapping[str, Seam] = {
    "grid_connection": Seam(carry=_exchange, refused=("demand_charges", "energy_min_mwh", "energy_max_mwh")),
    "renewable": Seam(),
    "generator": Seam(
        carry=_unit("power_mw", _rated("power")), within=_ramped("rated_mw", _rated("power")), refused=_OVER_THE_HORIZON
    ),
    "demand": Seam(),
    "contract": Seam(),  # it changes nothing but what is settled
    "flexible_demand": Seam(refused=("events",)),
    "chp": Seam(carry=_unit("fuel_mw", _rated_fuel), within=_ramped("fuel_max_mw", _rated_fuel)),
    "boiler": Seam(carry=_unit("heat_mw", lambda boiler: float(boiler.heat_max_mw)), within=_ramped()),
    "heat_pump": Seam(carry=_unit("electric_mw", lambda pump: float(pump.electric_max_mw)), within=_ramped()),
    "chiller": Seam(carry=_unit("electric_mw", lambda chiller: float(chiller.electric_max_mw)), within=_ramped()),
    "electrolyser": Seam(carry=_kept_warm("electric_mw", lambda plant: float(plant.electric_max_mw)), within=_ramped()),
    "fuel_cell": Seam(carry=_kept_warm("hydrogen_mw", lambda cell: float(cell.hydrogen_max_mw)), within=_ramped()),
    "converter": Seam(
        carry=_unit("input_mw", _rated("input")), within=_ramped("rated_mw", _rated("input")), refused=_OVER_THE_HORIZON
    ),
    "battery": Seam(carry=_reservoir, within=_open_end, refused=("cycle_costs",)),
    "heat_store": Seam(carry=_reservoir, within=_open_end),
    "store": Seam(
        carry=_reservoir,
        within=_open_end,
        refused=("cyclic", "energy_capacity_cost_eur_per_mwh", "power_capacity_cost_eur_per_mw"),
    ),
    "building": Seam(carry=_building),
    "ev_session": Seam(carry=_vehicle, within=_session),
    "tie": Seam(carry=_flow, refused=("loss_segments",)),
    "flow_based_constraint": Seam(),
    "heat_pipe": Seam(refused=("delay_hours",)),
    "gas_pipe": Seam(carry=_linepack, within=_open_pipe, refused=("cyclic",)),
    "line": Seam(),
    "shunt": Seam(),
    "contingency": Seam(),
    "interface": Seam(),
    "reactive": Seam(),
    "stratified_store": Seam(carry=_tank, within=_open_tank, refused=("cyclic",)),
    "reserve": Seam(),
    "reserve_offer": Seam(),
    "generic_constraint": Seam(),
    "exclusion": Seam(),
    "must_run": Seam(within=_spanned),
    "market": Seam(),
    "islanding": Seam(within=_spanned),
}
