"""One reading of one network: what has been made so far, what was found wrong, and what all parts ask of the file."""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.case.case import KINDS, Bus
from c4e_opt.case.readers.network_file import NetworkFile, Row
from c4e_opt.issues import Issue

#: What may grow without limit gets room for so many times everything that the network can give and take.
_ROOM_FACTOR = 100.0


class Reading:
    """One reading of one network, or of one scenario of it."""

    def __init__(self, file: NetworkFile) -> None:
        self.file = file
        self.issues: list[Issue] = []
        self.notes: list[Issue] = []
        self._plenty_mwh: float | None = None
        self.steps = len(file.snapshots)
        self.hours = file.weights["stores"]
        self.horizon = self._horizon()
        self.made: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        self.buses: list[Bus] = []
        self.emitters: list[str] = []  # kind/id of what lets out what the global constraints count
        laws = [row for row in file.of("global_constraints") if row.text("type", "primary_energy") == "primary_energy"]
        self.limits_emissions = bool(laws)
        attributes = {row.text("carrier_attribute", "co2_emissions") for row in laws}
        if len(attributes) > 1:
            for row in laws:
                self.refuse(
                    row, "carrier_attribute", "differs between constraints; one attribute of carriers may count"
                )
        attribute = next(iter(sorted(attributes)), "co2_emissions")
        self.emissions = {row.name: row.number(attribute) for row in file.of("carriers")}

    def add(self, kind: str, **said: Any) -> None:
        """Make a component."""
        self.made[kind].append(KINDS[kind](**said))

    def add_bus(self, name: str) -> str:
        """Make a bus for what passes between parts of one component."""
        self.buses.append(Bus(id=name, site="", carrier="other"))
        return name

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

    @property
    def even(self) -> bool:
        """Whether all snapshots are of one length."""
        return bool(np.ptp(self.hours) < 1e-9)

    def even_hours(self, row: Row, attribute: str) -> float:
        """The length of all snapshots, for what PyPSA counts in snapshots."""
        if not self.even:
            self.refuse(row, attribute, "counts snapshots, which have different lengths in this network")
        return float(self.hours[0])

    def counted(self, row: Row, attribute: str) -> float:
        """How often a sum weighed by generators counts, where ours counts as costs do."""
        ratio = self.file.weights["generators"] / np.maximum(self.file.weights["objective"], 1e-12)
        if np.ptp(ratio) > 1e-9 * ratio.max():
            self.refuse(row, attribute, "is weighed by generators, not in proportion to the weights of the objective")
        return float(ratio[0]) or 1.0

    def constant(self, row: Row, attribute: str, default: float) -> float:
        """The one number of an attribute that our fields hold constant."""
        values = row.series(attribute, default, self.steps)
        if np.ptp(values) > 0:
            self.refuse(row, attribute, "varies from snapshot to snapshot; one number must hold for all")
        return float(values[0])

    def active(self, row: Row) -> FloatArray:
        """1 in the snapshots in which a component is there, by the investment period, its build year and lifetime."""
        if self.file.periods is None or not (row.says("build_year") or row.says("lifetime")):
            return np.ones(self.steps)
        built = row.number("build_year")
        there = (self.file.periods >= built) & (self.file.periods < built + row.number("lifetime", np.inf))
        return there.astype(np.float64)

    def always(self, row: Row) -> bool:
        """Whether a component is there from the first to the last snapshot; refused otherwise."""
        if np.all(self.active(row) == 1):
            return True
        self.refuse(row, "lifetime", "ends, or begins, between investment periods; not supported of this component")
        return False

    def period_starts(self) -> np.ndarray[Any, Any]:
        """Snapshots, but the first, with which an investment period begins."""
        starts = np.zeros(self.steps, dtype=np.bool_)
        if self.file.periods is not None:
            starts[1:] = self.file.periods[1:] != self.file.periods[:-1]
        return starts

    def capital_cost(self, row: Row) -> float:
        """Cost of a unit of size over the horizon: as given, or an annuity of the overnight cost, and what is fixed."""
        cost, overnight = row.number("capital_cost"), row.number("overnight_cost", np.nan)
        if np.isfinite(overnight):
            rate, years = row.number("discount_rate", np.nan), row.number("lifetime", np.inf)
            if np.isnan(rate) or self.file.periods is not None:
                self.refuse(row, "overnight_cost", "needs a discount rate and no investment periods")
            if np.isinf(years):
                annuity = max(rate, 0.0)
            else:
                annuity = 1.0 / years if rate == 0 else rate / (1.0 - (1.0 + rate) ** -years)
            cost = overnight * annuity * float(self.file.weights["objective"].sum()) / 8760.0
        return cost + float(np.nan_to_num(row.number("fom_cost")))

    def plenty_mwh(self) -> float:
        """More energy than the network can give or take in all snapshots, for sizes without a limit."""
        if self._plenty_mwh is None:
            self._plenty_mwh = self._everything()
        return self._plenty_mwh

    def _everything(self) -> float:
        whole = 1.0
        for row in self.file.of("loads"):
            whole += float(np.abs(np.nan_to_num(row.series("p_set", 0.0, self.steps))) @ self.hours)
        for name, nominal in (("generators", "p"), ("links", "p"), ("processes", "p"), ("storage_units", "p")):
            for row in self.file.of(name):
                sizes = (row.number(f"{nominal}_nom{end}") for end in ("", "_max", "_min"))
                whole += sum(abs(size) for size in sizes if np.isfinite(size)) * float(self.hours.sum())
                whole += float(np.abs(row.series("inflow", 0.0, self.steps)) @ self.hours)
                whole += abs(row.number("state_of_charge_initial"))
        for row in self.file.of("stores"):
            sizes = (row.number(name) for name in ("e_nom", "e_nom_max", "e_nom_min", "e_initial"))
            whole += sum(abs(size) for size in sizes if np.isfinite(size))
        return _ROOM_FACTOR * whole

    def plenty_mw(self) -> float:
        """More power than the network can give or take."""
        return self.plenty_mwh() / float(self.hours.min())
