"""PyPSA networks as cases: the operational model of PyPSA 1.x, snapshot by snapshot.

What a network says means here what it means to PyPSA, where it differs from our own habits:
    a snapshot is a step as long as its weighting of stores; its weighting of the objective says how often it counts
    the standing loss does not act on the energy that a store begins with
    a unit runs before the first snapshot unless it is said to be down, and minimum times count snapshots
    ramp limits hold per snapshot, in parts of p_nom
    a storage unit may charge and discharge in one snapshot

Buses without one of our carriers, such as CO2, have the carrier `other`. Parties are not part of a network: everything
belongs to the operator. What has no counterpart is refused by name: quadratic costs, piecewise efficiencies, modules,
investment periods, scenarios, meshed lines, extendable lines, types of global constraints other than primary energy.

Source: PyPSA 1.4, documentation of components and of optimisation, https://docs.pypsa.org; Brown, Hörsch,
Schlachtberger (2018), J. Open Research Software 6, https://doi.org/10.5334/jors.188.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.case.case import KINDS, Bus, Case, Policy
from c4e_opt.case.check import check
from c4e_opt.case.readers.network_file import NetworkFile, Row, read_network_file
from c4e_opt.components.converter import Converter, ConverterOutput
from c4e_opt.components.generator import CostSegment
from c4e_opt.components.store import Store
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.market.order_book import OrderBook

_CARRIERS = {
    "": "electricity",
    "ac": "electricity",
    "dc": "electricity",
    "electricity": "electricity",
    "low voltage": "electricity",
    "heat": "heat",
    "gas": "gas",
    "h2": "hydrogen",
    "hydrogen": "hydrogen",
    "cooling": "cooling",
}
#: Attributes that must be left at their default, because nothing here says what they do.
_REFUSED: dict[str, dict[str, float]] = {
    "generators": {"marginal_cost_quadratic": 0.0, "p_nom_mod": 0.0, "overnight_cost": np.nan, "fom_cost": 0.0},
    "links": {"marginal_cost_quadratic": 0.0, "p_nom_mod": 0.0, "overnight_cost": np.nan, "fom_cost": 0.0},
    "processes": {
        "marginal_cost_quadratic": 0.0, "p_nom_mod": 0.0, "overnight_cost": np.nan, "fom_cost": 0.0, "delay0": 0.0,
    },
    "stores": {"marginal_cost_quadratic": 0.0, "e_nom_mod": 0.0, "overnight_cost": np.nan, "fom_cost": 0.0},
    "storage_units": {
        "marginal_cost_quadratic": 0.0, "p_nom_mod": 0.0, "overnight_cost": np.nan, "fom_cost": 0.0, "p_set": np.nan,
        "p_dispatch_set": np.nan, "p_store_set": np.nan,
    },
    "lines": {"s_nom_extendable": 0.0, "s_nom_mod": 0.0},
    "transformers": {"s_nom_extendable": 0.0, "s_nom_mod": 0.0, "phase_shift": 0.0},
    "carriers": {"max_growth": np.inf},
}  # fmt: skip
#: Attributes of which one number must hold for all snapshots.
_CONSTANT = (
    "ramp_limit_up", "ramp_limit_down", "start_up_cost", "shut_down_cost", "stand_by_cost", "standing_loss",
    "efficiency_store", "efficiency_dispatch", "spill_cost", "marginal_cost_storage", "rate0",
)  # fmt: skip
#: A store that may grow without limit gets room for so many times everything that is ever demanded.
_ROOM_FACTOR = 100.0


def read_pypsa(path: str | Path) -> Case:
    """Read a network that PyPSA has written with `export_to_netcdf`.

    Args:
        path: The file.

    Returns:
        The case, checked. Only inputs are read; what a file says of a solution is not.

    Raises:
        InvalidInput: It cannot be read, or uses what has no counterpart; everything of that is named.
    """
    file = read_network_file(Path(path))
    reading = _Reading(file, Path(path).stem)
    case = reading.case()
    if reading.issues:
        raise InvalidInput(reading.issues)
    issues = check(case)
    if issues:
        raise InvalidInput(issues)
    return case


class _Reading:
    """One reading of one network."""

    def __init__(self, file: NetworkFile, name: str) -> None:
        self.file, self.name = file, name
        self.issues: list[Issue] = list(_refusals(file))
        self.steps = len(file.snapshots)
        self.hours = file.weights["stores"]
        self.horizon = self._horizon()
        self.emissions = {row.name: row.number("co2_emissions") for row in file.of("carriers")}
        self.made: dict[str, list[Any]] = {kind: [] for kind in KINDS}

    def case(self) -> Case:
        """The case, whatever was found on the way."""
        for row in self.file.of("loads"):
            self._load(row)
        for row in self.file.of("generators"):
            self._generator(row)
        for row in (*self.file.of("links"), *self.file.of("processes")):
            self._converter(row)
        for row in self.file.of("stores"):
            self._store(row)
        for row in self.file.of("storage_units"):
            self._storage_unit(row)
        self._branches()
        for row in self.file.of("global_constraints"):
            self._global_constraint(row)
        rows = self.file.of("buses")
        buses = [Bus(id=row.name, site="", carrier=_carrier(row.text("carrier", "AC"))) for row in rows]
        return Case(
            name=self.name,
            horizon=self.horizon,
            buses=tuple(buses),
            components={kind: tuple(records) for kind, records in self.made.items() if records},
            orders=OrderBook.empty(),
            policy=Policy(),
        )

    def _add(self, kind: str, **said: Any) -> None:
        self.made[kind].append(KINDS[kind](**said))

    def refuse(self, row: Row, attribute: str, message: str) -> None:
        """Note that something has no counterpart."""
        self.issues.append(Issue(f"{row.place}.{attribute}", "unsupported", message))

    def _horizon(self) -> Horizon:
        seconds = np.rint(self.hours * 3600.0)
        if not np.all((seconds >= 1) & (np.abs(seconds - self.hours * 3600.0) < 1e-6)):
            message = f"is {self.hours.min():g} … {self.hours.max():g} h; steps last whole seconds"
            self.issues.append(Issue("snapshots.stores", "unsupported", message))
            seconds = np.full(self.steps, 3600.0)
        first = self.file.snapshots[0]
        start = int(first.astype("datetime64[s]").astype(np.int64)) if self.file.snapshots.dtype.kind == "M" else 0
        weights = self.file.weights["objective"] / np.maximum(self.hours, 1e-12)
        once = bool(np.allclose(weights, 1.0, rtol=1e-12))
        return Horizon(start, seconds.astype(np.int64), weights=None if once else weights)

    def _even_hours(self, row: Row, attribute: str) -> float:
        """The length of all snapshots, for what PyPSA counts in snapshots."""
        if np.ptp(self.hours) > 1e-9:
            self.refuse(row, attribute, "counts snapshots, which have different lengths in this network")
        return float(self.hours[0])

    def _load(self, row: Row) -> None:
        power = row.series("p_set", 0.0, self.steps) * row.number("sign", -1.0)
        if np.all(power <= 0):
            self._add("demand", id=row.name, bus=row.text("bus"), demand_mw=-power + 0.0)
        else:
            low, high = np.minimum(power, 0.0), np.maximum(power, 0.0)
            self._add(
                "generator",
                id=f"load {row.name}",
                bus=row.text("bus"),
                power_min_mw=low,
                power_max_mw=high,
                power_fixed_mw=power,
            )

    def _generator(self, row: Row) -> None:
        sign = row.number("sign", 1.0)
        cost = row.series("marginal_cost", 0.0, self.steps)
        common = self._plant(row, "power", sign)
        factor = self.emissions.get(row.text("carrier"), 0.0)
        if factor:
            efficiency = row.series("efficiency", 1.0, self.steps)
            if np.ptp(efficiency) > 0:
                self.refuse(row, "efficiency", "varies, and its carrier lets out CO2; one number must hold for all")
            common["emissions_t_per_mwh"] = factor / float(efficiency[0]) * sign
        for name, other in (("e_sum_min", "energy_min_mwh"), ("e_sum_max", "energy_max_mwh")):
            if np.isfinite(row.number(name, np.inf)):
                common[other] = row.number(name)
                if not np.array_equal(self.file.weights["generators"], self.file.weights["objective"]):
                    self.refuse(row, name, "is weighed by generators, which differ from the weights of the objective")
        points = self.file.piecewise.get(("generators", "marginal_cost"), {}).get(row.name)
        if points is not None:
            cost = np.zeros(self.steps)
            common["cost_segments"] = self._segments(row, points, sign)
        if sign not in (1.0, -1.0):
            self.refuse(row, "sign", f"is {sign:g}; it must be 1 or -1")
        self._add("generator", id=row.name, bus=row.text("bus"), cost_eur_per_mwh=cost * sign, **common)
        self._maintenance(row, f"generator/{row.name}")

    def _segments(self, row: Row, points: FloatArray, sign: float) -> tuple[CostSegment, ...]:
        """The cost named at a breakpoint holds on the way to it; it replaces the marginal cost."""
        if row.flag("p_nom_extendable") or sign < 0 or points[0, 0] != 0.0:
            self.refuse(row, "marginal_cost", "is piecewise of an extendable generator or sink, or begins above 0")
            return ()
        width = np.diff(points[:, 0]) * row.number("p_nom")
        pairs = zip(width.tolist(), points[1:, 1].tolist(), strict=True)
        return tuple(CostSegment(power_mw=power, cost_eur_per_mwh=cost) for power, cost in pairs)

    def _plant(self, row: Row, word: str, sign: float = 1.0, rate: float = 1.0) -> dict[str, Any]:
        """Limits, unit commitment, ramps and size of a generator or link, in the words of our plants.

        Args:
            row: The component.
            word: First word of the fields of the steered power: power, input.
            sign: -1 where what PyPSA steers is taken from the bus.
            rate: Power at the input per unit of what PyPSA steers.
        """
        least, largest = row.series("p_min_pu", 0.0, self.steps), row.series("p_max_pu", 1.0, self.steps)
        if sign < 0:
            least, largest = -largest, -least
        said: dict[str, Any] = {}
        size = row.number("p_nom") * rate
        if row.flag("p_nom_extendable"):
            said |= {
                "capacity_cost_eur_per_mw": row.number("capital_cost") / rate,
                "capacity_min_mw": row.number("p_nom_min") * rate,
                f"{word}_max_ratio": largest,
                f"{word}_min_ratio": least,
            }
            most = row.number("p_nom_max", np.inf) * rate
            if np.isfinite(most):
                said["capacity_max_mw"] = most
            if row.says("p_nom_set"):
                said |= {"capacity_min_mw": row.number("p_nom_set"), "capacity_max_mw": row.number("p_nom_set")}
        else:
            said |= {f"{word}_max_mw": largest * size, f"{word}_min_mw": least * size, "rated_mw": size}
        if row.says("p_set"):
            fixed = row.series("p_set", np.nan, self.steps)
            if np.isnan(fixed).any():
                self.refuse(row, "p_set", "is given for some snapshots only")
            said[f"{word}_fixed_mw"] = fixed * sign * rate
        said |= self._ramps(row, sign)
        if row.flag("committable"):
            if sign < 0:
                self.refuse(row, "committable", "is true of a generator with sign -1")
            said |= self._commitment(row)
        return said

    def _ramps(self, row: Row, sign: float) -> dict[str, Any]:
        said: dict[str, Any] = {}
        up, down = ("up", "down") if sign > 0 else ("down", "up")
        for ours, theirs in (("ramp_up", f"ramp_limit_{up}"), ("ramp_down", f"ramp_limit_{down}")):
            if row.says(theirs):
                limit = self._constant(row, theirs, np.nan)
                if np.isfinite(limit):
                    said[f"{ours}_ratio_per_hour"] = limit / self._even_hours(row, theirs)
        before = row.number("p_init", np.nan)
        if said and np.isfinite(before) and row.number("p_nom"):
            said["load_initially_ratio"] = before / row.number("p_nom") * sign
        return said

    def _commitment(self, row: Row) -> dict[str, Any]:
        said: dict[str, Any] = {"switchable": True}
        if self.horizon.weights is not None and (row.number("start_up_cost") or row.number("shut_down_cost")):
            self.refuse(row, "start_up_cost", "is not weighed by PyPSA, while the snapshots of this network are")
        said["start_cost_eur"] = self._constant(row, "start_up_cost", 0.0)
        said["stop_cost_eur"] = self._constant(row, "shut_down_cost", 0.0)
        said["running_cost_eur_per_hour"] = self._constant(row, "stand_by_cost", 0.0)
        for ours, theirs in (("minimum_up_hours", "min_up_time"), ("minimum_down_hours", "min_down_time")):
            if row.number(theirs):
                said[ours] = row.number(theirs) * self._even_hours(row, theirs)
        up, down = row.number("up_time_before", 1.0), row.number("down_time_before")
        said["on_initially"] = on = down == 0 and up > 0
        age = up if on else down
        said["hours_in_state_initially"] = age * float(self.hours[0]) if age else 8760.0
        for ours, theirs in (("start_ramp_ratio", "ramp_limit_start_up"), ("stop_ramp_ratio", "ramp_limit_shut_down")):
            limit = row.number(theirs, 1.0)
            if np.isfinite(limit) and limit < 1.0:
                said[ours] = limit
        if not on:
            said["load_initially_ratio"] = None
        return said

    def _constant(self, row: Row, attribute: str, default: float) -> float:
        """The one number of an attribute that our fields hold constant."""
        values = row.series(attribute, default, self.steps)
        if attribute in _CONSTANT and np.ptp(values) > 0:
            self.refuse(row, attribute, "varies from snapshot to snapshot; one number must hold for all")
        return float(values[0])

    def _maintenance(self, row: Row, member: str) -> None:
        if not row.flag("maintainable"):
            return
        step = self._even_hours(row, "maintenance_duration")
        hours = np.ceil(row.number("maintenance_duration") * (1 - 1e-6) / step) * step
        if row.number("maintenance_events", 1.0) != 1:
            self.refuse(row, "maintenance_events", "is more than 1; one block is supported")
        if row.flag("p_nom_extendable") or row.flag("committable"):
            self.refuse(row, "maintainable", "is true of a generator that is extendable or committable")
        if np.any(row.series("p_min_pu", 0.0, self.steps) > 0):
            self.refuse(row, "maintainable", "is true of a generator with a least power, which maintenance would lower")
        left = 1.0 - row.number("maintenance_pu", 1.0)
        self._add("maintenance", id=row.name, members=(member,), hours=hours, available_ratio=left)

    def _converter(self, row: Row) -> None:
        process = row.place.startswith("processes")
        rate = -self._constant(row, "rate0", -1.0) if process else 1.0
        if rate <= 0:
            self.refuse(row, "rate0", f"is {-rate:g}; a process must take from bus0")
            return
        output: Any = ConverterOutput
        outputs: list[ConverterOutput] = []
        for port in range(1, 100):
            if not row.text(f"bus{port}"):
                if port > 1:
                    break
                continue
            suffix = "" if port == 1 and not process else str(port)
            name = f"rate{port}" if process else f"efficiency{suffix}"
            outputs.append(
                output(
                    bus=row.text(f"bus{port}"),
                    efficiency=row.series(name, 1.0, self.steps) / rate,
                    delay_hours=row.number(f"delay{suffix}"),
                    cyclic=row.flag(f"cyclic_delay{suffix}", default=True) and row.number(f"delay{suffix}") > 0,
                )
            )
        cost = row.series("marginal_cost", 0.0, self.steps) / rate
        common = self._plant(row, "input", rate=rate)
        ident = row.name if not process else f"process {row.name}"
        made = Converter(id=ident, input_bus=row.text("bus0"), outputs=tuple(outputs), cost_eur_per_mwh=cost, **common)
        self.made["converter"].append(made)
        self._maintenance(row, f"converter/{ident}")

    def _begin(self, initial: float, least: float, loss: float, inflow: FloatArray) -> dict[str, Any]:
        """Energy before the first step; with a standing loss, which must spare it, it flows in with that step."""
        if not loss:
            return {"energy_start_mwh": initial, "inflow_mw": inflow}
        hours = float(self.hours[0])
        first = inflow.copy()
        first[0] += (initial - least * (1.0 - loss) ** hours) / hours
        return {"energy_start_mwh": least, "inflow_mw": first}

    def _most_energy(self) -> float:
        """Room for everything that is ever demanded, many times over."""
        demanded = [np.abs(row.series("p_set", 0.0, self.steps)) @ self.hours for row in self.file.of("loads")]
        return _ROOM_FACTOR * max(1.0, float(sum(demanded)))

    def _store(self, row: Row) -> None:
        loss = self._constant(row, "standing_loss", 0.0)
        extendable = row.flag("e_nom_extendable")
        size = row.number("e_nom")
        if extendable:
            size = row.number("e_nom_max", np.inf)
            size = size if np.isfinite(size) else self._most_energy()
        least, largest = (
            row.series("e_min_pu", 0.0, self.steps) * size,
            row.series("e_max_pu", 1.0, self.steps) * size,
        )
        shift = max(0.0, -float(least.min()))  # our stores hold what is above their least level
        if shift and (loss or extendable):
            self.refuse(row, "e_min_pu", "is negative of a store with a standing loss or a size to choose")
        if row.number("sign", 1.0) != 1.0:
            self.refuse(row, "sign", "is not 1")
        cyclic = row.flag("e_cyclic")
        initial = row.number("e_initial") + shift
        cost = row.series("marginal_cost", 0.0, self.steps)
        if np.ptp(cost) > 0:
            self.refuse(row, "marginal_cost", "varies from snapshot to snapshot; one number must hold for all")
        power = 2.0 * (float(np.max(largest)) + shift + initial) / self.hours
        fixed: FloatArray | None = None
        if row.says("e_set"):
            fixed = row.series("e_set", np.nan, self.steps) + shift
        elif row.says("p_set"):
            fixed = self._levels(row, initial, loss, cyclic=cyclic)
        if fixed is not None and np.isnan(fixed).any():
            self.refuse(row, "e_set", "or p_set is given for some snapshots only")
            fixed = None
        holding = self._constant(row, "marginal_cost_storage", 0.0)
        if holding and shift:
            self.refuse(row, "marginal_cost_storage", "is given for a store whose energy may be negative")
        self._add(
            "store",
            id=row.name,
            bus=row.text("bus"),
            charge_max_mw=power,
            discharge_max_mw=power,
            energy_max_mwh=largest + shift,
            energy_min_mwh=least + shift,
            energy_fixed_mwh=fixed,
            cyclic=cyclic,
            **({} if cyclic else self._begin(initial, float((least + shift)[0]), loss, np.zeros(self.steps))),
            standing_loss_per_hour=loss,
            allow_both=True,
            spill_max_mw=0.0,
            charge_cost_eur_per_mwh=-float(cost[0]),
            discharge_cost_eur_per_mwh=float(cost[0]),
            holding_cost_eur_per_mwh_hour=holding,
            energy_capacity_cost_eur_per_mwh=row.number("capital_cost") if extendable else None,
            energy_capacity_min_mwh=row.number("e_nom_min") if extendable else 0.0,
        )

    def _levels(self, row: Row, initial: float, loss: float, *, cyclic: bool) -> FloatArray:
        """The energies that a given schedule of powers leads to."""
        if cyclic or loss:
            self.refuse(row, "p_set", "is given for a store that is cyclic or has a standing loss")
        return initial - np.cumsum(row.series("p_set", np.nan, self.steps) * self.hours)

    def _storage_unit(self, row: Row) -> None:
        loss = self._constant(row, "standing_loss", 0.0)
        extendable = row.flag("p_nom_extendable")
        size = row.number("p_nom")
        if extendable:
            size = row.number("p_nom_max", np.inf)
            size = size if np.isfinite(size) else self._most_energy() / max(row.number("max_hours", 1.0), 1e-9)
        cyclic = row.flag("cyclic_state_of_charge")
        inflow = row.series("inflow", 0.0, self.steps)
        cost = row.series("marginal_cost", 0.0, self.steps)
        if np.ptp(cost) > 0:
            self.refuse(row, "marginal_cost", "varies from snapshot to snapshot; one number must hold for all")
        fixed = row.series("state_of_charge_set", np.nan, self.steps) if row.says("state_of_charge_set") else None
        if fixed is not None and np.isnan(fixed).any():
            self.refuse(row, "state_of_charge_set", "is given for some snapshots only")
        if row.number("sign", 1.0) != 1.0:
            self.refuse(row, "sign", "is not 1")
        begin: dict[str, Any] = {"inflow_mw": inflow, "spill_max_mw": inflow}
        if not cyclic:
            begin |= self._begin(row.number("state_of_charge_initial"), 0.0, loss, inflow)
        self._add(
            "store",
            id=f"unit {row.name}",
            bus=row.text("bus"),
            charge_max_mw=np.maximum(-row.series("p_min_pu", -1.0, self.steps), 0.0) * size,
            discharge_max_mw=row.series("p_max_pu", 1.0, self.steps) * size,
            energy_max_mwh=np.full(self.steps, row.number("max_hours", 1.0) * size),
            energy_fixed_mwh=fixed,
            cyclic=cyclic,
            **begin,
            standing_loss_per_hour=loss,
            charge_efficiency=self._constant(row, "efficiency_store", 1.0),
            discharge_efficiency=self._constant(row, "efficiency_dispatch", 1.0),
            allow_both=True,
            spill_cost_eur_per_mwh=self._constant(row, "spill_cost", 0.0),
            discharge_cost_eur_per_mwh=float(cost[0]),
            holding_cost_eur_per_mwh_hour=self._constant(row, "marginal_cost_storage", 0.0),
            power_capacity_cost_eur_per_mw=row.number("capital_cost") if extendable else None,
            power_capacity_min_mw=row.number("p_nom_min") if extendable else 0.0,
            energy_capacity_cost_eur_per_mwh=0.0 if extendable else None,
            one_size=extendable,
        )

    def _branches(self) -> None:
        """Lines and transformers: without a circle, flows follow from the balances and only limits bind."""
        group = {row.name: row.name for row in self.file.of("buses")}

        def root(bus: str) -> str:
            while group[bus] != bus:
                bus = group[bus]
            return bus

        for row in (*self.file.of("lines"), *self.file.of("transformers")):
            ends = row.text("bus0"), row.text("bus1")
            if not set(ends) <= group.keys():
                self.refuse(row, "bus0", "names a bus that does not exist")
                continue
            first, second = root(ends[0]), root(ends[1])
            if first == second:
                self.refuse(row, "bus1", "closes a circle of lines; meshed networks are not supported yet")
                continue
            group[first] = second
            limit = row.series("s_max_pu", 1.0, self.steps) * row.number("s_nom")
            self._add("tie", id=row.name, from_bus=ends[0], to_bus=ends[1], forward_max_mw=limit, backward_max_mw=limit)

    def _global_constraint(self, row: Row) -> None:
        kind, sense = row.text("type", "primary_energy"), row.text("sense", "==")
        attribute = row.text("carrier_attribute", "co2_emissions")
        if kind != "primary_energy" or attribute != "co2_emissions":
            self.refuse(row, "type", f"is {kind!r} of {attribute!r}; only primary_energy of co2_emissions is supported")
            return
        if not np.array_equal(self.file.weights["generators"], self.hours):
            self.refuse(row, "constant", "is weighed by generators, which differ from the lengths of the snapshots")
        limit = row.number("constant")
        holders = [store for store in self.file.of("stores") if self._counts(store)]
        holders += [unit for unit in self.file.of("storage_units") if self._counts(unit)]
        if holders:
            self._limit_store(row, holders, limit, sense)
            return
        self._add(
            "emission_budget",
            id=row.name,
            maximum_t=limit if sense in ("<=", "==") else None,
            minimum_t=limit if sense in (">=", "==") else None,
        )

    def _counts(self, store: Row) -> bool:
        cyclic = store.flag("e_cyclic") or store.flag("cyclic_state_of_charge")
        return bool(self.emissions.get(store.text("carrier"), 0.0)) and not cyclic

    def _limit_store(self, law: Row, holders: list[Row], limit: float, sense: str) -> None:
        """A limit on what one store takes up or gives, as a limit of the energy that it ends with."""
        emitters = [row.name for row in self.file.of("generators") if self.emissions.get(row.text("carrier"), 0.0)]
        store = holders[0]
        factor = self.emissions[store.text("carrier")]
        place = next((i for i, made in enumerate(self.made["store"]) if made.id == store.name), None)
        if len(holders) > 1 or emitters or factor >= 0 or sense != "<=" or place is None:
            self.refuse(law, "constant", "limits stores together with other sources; one store alone is supported")
            return
        made: Store = self.made["store"][place]
        shift = float(made.energy_start_mwh) - store.number("e_initial")
        most = np.array(made.energy_max_mwh)
        most[-1] = min(most[-1], store.number("e_initial") + limit / -factor + shift)
        self.made["store"][place] = replace(made, energy_max_mwh=most)


def _carrier(name: str) -> str:
    return _CARRIERS.get(name.lower(), "other")


def _refusals(file: NetworkFile) -> Iterator[Issue]:
    """Attributes and lists that have no counterpart at all."""
    if file.periods:
        yield Issue("investment_periods", "unsupported", "a network with investment periods is not supported")
    if file.attributes.get("network__linearized_uc"):
        yield Issue("linearized_uc", "unsupported", "a linearised unit commitment is not supported; units are whole")
    for owner, attribute in file.piecewise:
        if (owner, attribute) != ("generators", "marginal_cost"):
            yield Issue(f"{owner}.{attribute}", "unsupported", "is piecewise; only costs of generators may be")
    if any(True for _ in file.of("shunt_impedances")):
        yield Issue("shunt_impedances", "unsupported", "shunt impedances are not supported")
    for name, attributes in _REFUSED.items():
        for row in file.of(name):
            for attribute, default in attributes.items():
                given = row.series(attribute, default, 1) if attribute not in row.varying else row.varying[attribute]
                same = np.isnan(given) if np.isnan(default) else given == default
                if not np.all(same):
                    yield Issue(f"{row.place}.{attribute}", "unsupported", "has no counterpart here")
