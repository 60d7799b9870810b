"""The tables of a network while its case is made: rows in service, names, nodes and the voltages that are held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.case.case import Case
from c4e_opt.case.readers.draft import Draft
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue

Row = Mapping[str, Any]

#: Columns that name buses; `bus` where a table is not here.
_ENDS = {
    "dcline": ("from_bus", "to_bus"),
    "tcsc": ("from_bus", "to_bus"),
    "line_dc": (),
    "bus_dc": (),
    "source_dc": (),
    "load_dc": (),
}
#: From this nominal voltage on, kV, the base of a network is that of transmission grids.
_HIGH_KV = 60.0


class Network:
    """What `extract` wrote, and the case that is made of it."""

    def __init__(self, tables: Mapping[str, Any], horizon: Horizon) -> None:
        """Take the tables.

        Args:
            tables: As `extract` wrote them.
            horizon: The steps of the case.
        """
        self.tables = cast("Mapping[str, Mapping[str, list[Any]]]", tables["tables"])
        self.branch = cast("Mapping[str, list[Any]]", tables["branch"])
        self.base_mva = float(tables["base_mva"])  # of the file
        if not 0 < self.base_mva < np.inf:
            raise InvalidInput([Issue("sn_mva", "range", f"is {self.base_mva:g} MVA; it must be above 0")])
        self.left_out = [str(each) for each in tables["left_out"]]
        self.arrays = cast("Mapping[str, FloatArray]", tables.get("arrays", {}))  # table.column -> (row, time)
        self.node_kv = [float(each) for each in tables["node_kv"]]
        self.draft = Draft(100.0 if max(self.node_kv, default=0.0) >= _HIGH_KV else 1.0, horizon)
        self.off: list[str] = []
        self._names: dict[str, list[str]] = {}
        self._bus: dict[int, str] = {}  # node -> bus of the case
        self._node = {int(bus): int(node) for bus, node in tables["node"].items()}
        self._add_buses()

    def name(self, table: str, place: int) -> str:
        """What people call an element: its name where nothing else in its table has it, else table and index."""
        if table not in self._names:
            columns = self.tables.get(table, {})
            index = columns.get("index", [])
            names = [str(each or "").strip() for each in columns.get("name", [None] * len(index))]
            often = Counter(names)
            pairs = zip(index, names, strict=True)
            self._names[table] = [name if name and often[name] == 1 else f"{table} {ident}" for ident, name in pairs]
        return self._names[table][place]

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table that are in service and at a bus in service, with `place` and `path`."""
        columns = self.tables.get(table, {})
        keys = list(columns)
        lacking = [key for key in _ENDS.get(table, ("bus",)) if columns and key not in columns]
        for key in lacking:
            self.draft.refuse(table, f"has no column {key}", "missing_field")
        if lacking:
            return
        for place, cells in enumerate(zip(*columns.values(), strict=True)):
            row = dict(zip(keys, cells, strict=True))
            name = self.name(table, place)
            ends = [row[key] for key in _ENDS.get(table, ("bus",))]
            if row.get("in_service", True) is False or any(not self._lives(end) for end in ends):
                self.off.append(name)
                continue
            yield row | {"place": place, "name": name, "path": f"{table}.{name}"}

    def number(self, row: Row, column: str, default: float | None = 0.0) -> Any:
        """A finite number of a row; the default where the file has none."""
        content = row.get(column)
        if content is None:
            return default
        if isinstance(content, bool) or not isinstance(content, (int, float)) or not np.isfinite(content):
            self.draft.refuse(f"{row['path']}.{column}", f"is {content!r}; it must be a finite number", "finite")
            return default
        return float(content)

    def above_zero(self, row: Row, column: str, default: float) -> float:
        """A number of a row that must be above 0."""
        found = float(self.number(row, column, default))
        if found > 0:
            return found
        self.draft.refuse(f"{row['path']}.{column}", f"is {found:g}; it must be above 0", "range")
        return default

    def power(self, table: str, row: Row, column: str) -> FloatArray:
        """A power of a row in every step, times its scaling; as the profiles tell it where there are some."""
        steps = self.draft.horizon.steps
        told = self.arrays.get(f"{table}.{column}")
        if told is not None:
            return told[row["place"]] + 0.0
        return np.full(steps, self.number(row, column) * self.number(row, "scaling", 1.0))

    def _lives(self, bus: Any) -> bool:
        """Whether a bus of the file is there and in service."""
        return isinstance(bus, (int, float)) and bus in self._node

    def at(self, bus: Any) -> str:
        """The bus of the case for a bus of the file that is in service."""
        return self._bus[self._node[int(bus)]]

    def node(self, node: int, inner: str) -> str:
        """The bus of the case for a node of the equations; one that the file does not name gets a name here."""
        if node not in self._bus:
            self._bus[node] = self.draft.bus(inner, voltage_kv=self.node_kv[node] or None)
        return self._bus[node]

    def hold(self, bus: str, voltage: float | None, *, slack: bool = False) -> None:
        """Note the voltage that is held at a bus."""
        known = self.draft.buses[bus]
        if voltage is not None and not known.slack:
            known = replace(known, voltage_set_pu=voltage)
        self.draft.buses[bus] = replace(known, slack=known.slack or slack)

    def finish(self, name: str) -> Case:
        """The case, with a slack bus and notes of the whole file."""
        draft = self.draft
        draft.pass_over("tables", "elements are out of service and left out", self.off)
        if not any(bus.slack for bus in draft.buses.values()) and draft.buses:
            chosen = next((each.bus for each in draft.made["generator"].values()), next(iter(draft.buses)))
            draft.buses[chosen] = replace(draft.buses[chosen], slack=True)
            draft.assume("ext_grid", f"there is none; {chosen!r} is the slack")
        return draft.case(name)

    def _add_buses(self) -> None:
        """A bus for every node that the file names."""
        columns = self.tables.get("bus", {})
        one: list[str] = []
        for place, index in enumerate(columns.get("index", [])):
            node = self._node.get(int(index))
            name = self.name("bus", place)
            if node is None:
                self.off.append(name)
                continue
            if node in self._bus:
                one.append(name)
                continue
            row = {key: cells[place] for key, cells in columns.items()} | {"path": f"bus.{name}"}
            low, high = self.number(row, "min_vm_pu", None), self.number(row, "max_vm_pu", None)
            said = {key: limit for key, limit in (("voltage_min_pu", low), ("voltage_max_pu", high)) if limit}
            if said.get("voltage_min_pu", 0.9) > said.get("voltage_max_pu", 1.1):
                said = {}
            self._bus[node] = self.draft.bus(name, voltage_kv=self.node_kv[node] or None, **said)
        self.draft.pass_over("bus", "buses are one with others, to which closed switches join them", one)
