"""The tables of a file while its case is made: rows, names that people know, buses and who holds their voltage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from c4e_opt.axes import Horizon
from c4e_opt.case.notes import some
from c4e_opt.case.readers.draft import Draft

Row = Mapping[str, Any]


class Tables:
    """What `extract` wrote, and the case that is made of it."""

    def __init__(self, tables: Mapping[str, Any], base_mva: float, horizon: Horizon) -> None:
        """Take the tables.

        Args:
            tables: As `extract` wrote them.
            base_mva: Base of everything per unit.
            horizon: The steps of the case.
        """
        self.tables = tables
        self.draft = Draft(base_mva, horizon)
        self.kv: dict[str, float] = {}  # nominal voltage by bus of the case
        self._bus: dict[str, str] = {}  # id of the file -> id of the case
        self._level: dict[str, float] = {}  # nominal voltage by voltage level
        self._names: dict[str, dict[str, str]] = {}
        self._set: dict[str, float] = {}  # voltage that is held, per unit, by bus of the case
        self._target: dict[str, float] = {}  # voltage that would be held there
        self.open: list[str] = []  # branches without one end
        self.off: list[str] = []  # other elements that are disconnected
        self.remote: list[str] = []  # that regulate the voltage of another bus

    def columns(self, table: str) -> Mapping[str, list[Any]]:
        """A table by columns; without any where it is empty."""
        return cast("Mapping[str, list[Any]]", self.tables.get(table) or {})

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table, each by its columns."""
        columns = self.columns(table)
        names = list(columns)
        for cells in zip(*columns.values(), strict=True):
            yield dict(zip(names, cells, strict=True))

    def name(self, table: str, ident: str) -> str:
        """What people call an element: its name where nothing else in its table has it, else its id."""
        if table not in self._names:
            columns = self.columns(table)
            ids = [str(each) for each in columns.get("id", [])]
            names = [str(each or "").strip() for each in columns.get("name", ids)]
            often = Counter(names)
            pairs = zip(ids, names, strict=True)
            self._names[table] = {ident: name if name and often[name] == 1 else ident for ident, name in pairs}
        return self._names[table].get(ident, ident)

    def number(self, path: str, row: Row, column: str, default: float = 0.0) -> float:
        """A finite number of a row; the default where the file has none."""
        content = row.get(column)
        if content is None:
            return default
        if isinstance(content, bool) or not isinstance(content, (int, float)) or not np.isfinite(content):
            self.draft.refuse(f"{path}.{column}", f"is {content!r}; it must be a finite number", "finite")
            return default
        return float(content)

    def add_buses(self) -> None:
        """All buses, with the limits of their voltage levels."""
        for row in self.rows("voltage_levels"):
            kv = self.number(f"voltage_levels.{row['id']}", row, "nominal_v")
            if kv <= 0:
                message = f"is {kv:g} kV; it must be above 0"
                self.draft.refuse(f"voltage_levels.{row['id']}.nominal_v", message, "range")
                kv = 1.0
            self._level[row["id"]] = kv
        levels = {row["id"]: row for row in self.rows("voltage_levels")}
        for row in self.rows("buses"):
            level = levels[row["voltage_level_id"]]
            kv = self._level[level["id"]]
            said = {
                ours: limit / kv
                for theirs, ours in (("low_voltage_limit", "voltage_min_pu"), ("high_voltage_limit", "voltage_max_pu"))
                if (limit := self.number(f"voltage_levels.{level['id']}", level, theirs)) > 0
            }
            if said.get("voltage_min_pu", 0.9) > said.get("voltage_max_pu", 1.1):
                said = {}
            ours = self.draft.bus(self.name("buses", row["id"]), voltage_kv=kv, **said)
            self._bus[row["id"]], self.kv[ours] = ours, kv

    def inner_bus(self, ident: str, kv: float) -> str:
        """A bus that the file does not name."""
        ours = self.draft.bus(ident, voltage_kv=kv)
        self.kv[ours] = kv
        return ours

    def bus(self, row: Row, column: str = "bus_id") -> str | None:
        """The bus of an element; None where it is disconnected."""
        return self._bus.get(row.get(column) or "")

    def level_kv(self, row: Row, column: str = "voltage_level_id") -> float:
        """The nominal voltage of a voltage level."""
        return self._level[row[column]]

    def hold(self, name: str, row: Row, bus: str, *, regulates: bool = True) -> None:
        """Note the voltage that an element regulates, or would regulate as slack."""
        held = self._bus.get(row.get("regulated_bus_id") or "", bus)
        target = self.number(name, row, "target_v")
        if target > 0:
            self._target.setdefault(held, target / self.kv[held])
            if not regulates:
                return
            if held != bus:
                self.remote.append(name)
            self._set.setdefault(held, target / self.kv[held])

    def close(self) -> None:
        """Islands without a source, the slack, voltages that are held, and notes of the whole file."""
        draft = self.draft
        self._drop_dead_islands()
        draft.pass_over("lines", "lines or transformers are open at an end and left out", self.open)
        draft.pass_over("injections", "elements are disconnected and left out", self.off)
        message = "elements regulate the voltage of another bus; a replay holds that of their own instead"
        draft.pass_over("generators", message, self.remote)
        slack = next((self._bus[each] for each in self._slack_ids() if each in self._bus), None)
        if slack is None or slack not in draft.buses:
            slack = self._largest()
            if slack is not None:
                draft.assume("slack", f"no bus is named as slack; {slack!r}, with the largest generation, is it")
        if slack is not None and slack in self._target:
            self._set.setdefault(slack, self._target[slack])
        for bus, voltage in self._set.items():
            if bus in draft.buses:
                draft.buses[bus] = replace(draft.buses[bus], voltage_set_pu=voltage)
        if slack is not None:
            draft.buses[slack] = replace(draft.buses[slack], slack=True)

    def _slack_ids(self) -> list[str]:
        return list(self.columns("slack").get("bus_id", []))

    def _largest(self) -> str | None:
        """The bus with the largest generation."""
        power: dict[str, float] = {}
        for each in self.draft.made["generator"].values():
            power[each.bus] = power.get(each.bus, 0.0) + float(np.max(each.power_max_mw))
        return max(power, key=lambda bus: power[bus]) if power else next(iter(self.draft.buses), None)

    def _drop_dead_islands(self) -> None:
        """Leave out buses that no source can reach, and all that is there."""
        draft = self.draft
        place = {bus: row for row, bus in enumerate(draft.buses)}
        joints = [
            (place[each.from_bus], place[each.to_bus]) for kind in ("line", "tie") for each in draft.made[kind].values()
        ]
        joints += [(place[bus], place[draft.at(bus)]) for bus in draft.buses]
        start, stop = np.array(joints, dtype=np.int64).reshape(-1, 2).T
        matrix: Any = sparse.coo_matrix
        graph = matrix((np.ones(start.size), (start, stop)), shape=(len(place), len(place)))
        _, island = csgraph.connected_components(graph, directed=False)
        fed = {int(island[place[each.bus]]) for each in draft.made["generator"].values()}
        dead = {bus for bus, row in place.items() if int(island[row]) not in fed}
        if not dead or len(dead) == len(place):
            return
        lost: list[str] = []
        for kind, records in draft.made.items():
            for ident, record in list(records.items()):
                at = getattr(record, "bus", "") or getattr(record, "from_bus", "")
                if at in dead:
                    del records[ident]
                    lost += [ident] if kind != "reactive" else []
        gone = {f"{kind}/{ident}" for kind in ("demand",) for ident in lost}
        reactive = draft.made["reactive"]
        for ident in [each for each, record in reactive.items() if record.member in gone]:
            del reactive[ident]
        for bus in dead:
            del draft.buses[bus]
        what = (
            f"buses are in islands without generation and left out with {len(lost)} elements ({some(lost) or 'none'})"
        )
        draft.pass_over("buses", what, sorted(dead))
