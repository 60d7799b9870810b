"""A plain document (what a case file or a message says) to a Case, with everything that is wrong in it.

Documents have the shape of a case file: mappings and lists, with numbers in the declared units under names that end in
the declared unit. Series may be arrays, numbers, or names of columns; orders are columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case import times
from c4e_opt.case.case import KINDS, Bus, Case, Party, Policy
from c4e_opt.case.check import Partial, check
from c4e_opt.case.contents import as_number, as_numbers, read_cell, shown
from c4e_opt.case.horizon import read_horizon
from c4e_opt.case.order_columns import order_place, read_orders
from c4e_opt.errors import InvalidInput
from c4e_opt.fields import Field, fields_of
from c4e_opt.issues import Issue, unknown
from c4e_opt.market.order_book import OrderBook
from c4e_opt.units import DECLARABLE, DIMENSIONS, Units

TOP = ("name", "currency", "units", "horizon", "series", "parties", "buses", "components", "orders", "policy")
_PLACE = re.compile(r"^((?:components\.\w+|parties|buses|orders)\[(\d+)\])")

#: What a record says of itself: where it stands, and its fields as written.
Written = tuple[str, Mapping[str, Any]]


class Builder:
    """One reading of one document; collects issues instead of stopping at the first."""

    def __init__(self, document: Mapping[str, Any], columns: Mapping[str, FloatArray], bad: Iterable[str] = ()) -> None:
        """Take a document and the columns that its series may name.

        Args:
            document: Mappings and lists as a case file has them.
            columns: Series by name, each (time,).
            bad: Names of columns that exist but could not be read; an issue says so already.
        """
        self.document = document
        self.columns = columns
        self.bad = set(bad)
        self.issues: list[Issue] = []
        self.places: dict[str, str] = {}  # canonical path of a record -> where it was written
        self.partial: list[Partial] = []
        self.currency = self._word(document.get("currency", "EUR"), "currency")
        self.units = self._units()
        self.horizon, self.zone, issues = read_horizon(self._mapping("horizon"))
        self.issues += issues

    def case(self, *, empty: bool = False) -> Case:
        """The case.

        Args:
            empty: Whether it may have neither components nor orders, because orders are still to come.

        Raises:
            InvalidInput: With every issue, those of the document first, then those of the case as a whole.
        """
        for key in sorted(str(key) for key in self.document.keys() - set(TOP)):
            self.issues.append(unknown(key, "unknown_field", "field", key, TOP))
        parties = self._records("parties", Party, self._list("parties"))
        buses = self._records("buses", Bus, self._list("buses"))
        components = self._components()
        policy = self._records("policy", Policy, [("policy", self._mapping("policy"))], place="policy")
        orders = self._orders([p.id for p in parties], [b.id for b in buses])
        if self.horizon is None:
            raise InvalidInput(self.issues)
        case = Case(
            name=self._word(self.document.get("name", ""), "name"),
            horizon=self.horizon,
            currency=self.currency,
            parties=parties,
            buses=buses,
            components=components,
            orders=orders,
            policy=policy[0] if policy else Policy(),
            units=self.units,
        )
        unread = {issue.path for issue in self.issues}  # what could not be read must not be called missing as well
        for issue in map(self._placed, check(case, self.units, self.partial)):
            if not ((unread or empty) and issue.rule == "empty") and not (
                issue.path in unread and issue.rule == "missing_field"
            ):
                self.issues.append(issue)
        if self.issues:
            raise InvalidInput(_unique(self.issues))
        return case

    def _placed(self, issue: Issue) -> Issue:
        """The issue with the path as its writer knows it."""
        match = _PLACE.match(issue.path)
        if match is None:
            return issue
        where = self.places.get(match[1], match[1])
        if match[1].startswith("orders["):
            columns = self.document.get("orders")
            where = order_place(cast("Mapping[str, Any]", columns) if columns else {}, int(match[2]))
        return replace(issue, path=where + issue.path[match.end() :])

    def _word(self, content: Any, path: str) -> str:
        if isinstance(content, (str, int, float)) and not isinstance(content, bool):
            return str(content)
        self.issues.append(Issue(path, "type", f"is {shown(content)}; it must be a text"))
        return ""

    def _mapping(self, key: str) -> Mapping[str, Any]:
        content = self.document.get(key)
        if content is None:
            return {}
        if isinstance(content, Mapping):
            return cast("Mapping[str, Any]", content)
        self.issues.append(Issue(key, "type", f"is {shown(content)}; it must be a mapping of fields"))
        return {}

    def _list(self, key: str) -> list[Written]:
        return self._written(key, self.document.get(key))

    def _written(self, path: str, content: Any) -> list[Written]:
        """The records of a list; a list of pairs (place, record) comes from a table."""
        if content is None:
            return []
        if not isinstance(content, list):
            self.issues.append(Issue(path, "type", f"is {shown(content)}; it must be a list of records, or a CSV file"))
            return []
        found: list[Written] = []
        for place, entry in enumerate(cast("list[Any]", content)):
            where, fields = f"{path}[{place}]", entry
            if isinstance(entry, tuple):
                where, fields = cast("tuple[str, Any]", entry)
            if isinstance(fields, Mapping):
                found.append((where, cast("Mapping[str, Any]", fields)))
            else:
                self.issues.append(Issue(where, "type", f"is {shown(fields)}; it must be a mapping of fields"))
        return found

    def _units(self) -> Units:
        chosen: dict[str, str] = {}
        for key, unit in self._mapping("units").items():
            path = f"units.{key}"
            if key not in DIMENSIONS:
                self.issues.append(unknown(path, "unknown_field", "dimension", str(key), DIMENSIONS))
                continue
            written = unit if isinstance(unit, str) else shown(unit)
            named = written.replace(f"{self.currency}/", "EUR/") if key == "price" else written
            if named in DECLARABLE[key]:
                chosen[key] = named
            else:
                self.issues.append(unknown(path, "unit", f"unit of {key}", written, DECLARABLE[key]))
        return Units(**chosen)

    def _components(self) -> dict[str, tuple[Any, ...]]:
        found: dict[str, tuple[Any, ...]] = {}
        for kind, content in self._mapping("components").items():
            path = f"components.{kind}"
            if kind in KINDS:
                found[kind] = self._records(path, KINDS[kind], self._written(path, content))
            else:
                self.issues.append(unknown(path, "unknown_kind", "kind of component", str(kind), KINDS))
        return {kind: found[kind] for kind in KINDS if kind in found}

    def _records(self, path: str, cls: type[Any], written: list[Written], place: str = "") -> tuple[Any, ...]:
        """Records of one class; one that is broken beyond its defaults is left out, its issues stay."""
        names = {self.units.name(name, field.meta.unit): field for name, field in fields_of(cls).items()}
        built: list[Any] = []
        for where, fields in written:
            record = self._record(where, cls, names, fields)
            if record is not None:
                if not place:
                    self.places[f"{path}[{len(built)}]"] = where
                built.append(record)
        return tuple(built)

    def _record(self, where: str, cls: type[Any], names: Mapping[str, Field], fields: Mapping[str, Any]) -> Any | None:
        """One record; fields that cannot be read keep their default, None when one of them has none."""
        for key in sorted(str(key) for key in fields.keys() - names.keys()):
            self.issues.append(self._unknown_field(f"{where}.{key}", key, names))
        values: dict[str, Any] = {}
        for name, field in names.items():
            content = fields.get(name)
            if content is None and field.required:
                unit = f", in {self.units.declared(field.meta.unit)}" if field.meta.unit else ""
                missing = f"is missing: {field.meta.doc.rstrip('.')}{unit}"
                self.issues.append(Issue(f"{where}.{name}", "missing_field", missing))
            if content is None and not field.required and field.meta.kind == "series":
                content = field.default
            if content is not None:
                value = self._value(f"{where}.{name}", field, content)
                if value is not None:
                    values[field.name] = value
        if all(field.name in values for field in names.values() if field.required):
            return cls(**values)
        self.partial.append((where, cls, values))
        return None

    def _unknown_field(self, path: str, key: str, names: Mapping[str, Field]) -> Issue:
        for name, field in names.items():
            if field.name == key:
                declared = self.units.declared(field.meta.unit)
                return Issue(
                    path,
                    "unit",
                    f"this case is written in {declared}: name the field {name!r} and give it in {declared}",
                )
        return unknown(path, "unknown_field", "field", key, names)

    def _value(self, path: str, field: Field, content: Any) -> Any:
        """The content of one field in inner units; None, with an issue, when it cannot be read."""
        kind = field.meta.kind
        if kind == "series":
            return self._series(path, field, content)
        if kind == "names":
            return self._names(path, content)
        if kind == "parts":
            return self._parts(path, field, content)
        if kind == "number":
            number = as_number(content)
            if number is None:
                self.issues.append(Issue(path, "type", f"is {shown(content)}; it must be a number"))
                return None
            return float(self.units.inward(np.float64(number), field.meta.unit))  # type: ignore[arg-type]
        if kind == "flag":
            if isinstance(content, str) and content.lower() in ("true", "false"):
                return content.lower() == "true"
            if isinstance(content, bool):
                return content
            self.issues.append(Issue(path, "type", f"is {shown(content)}; it must be true or false"))
            return None
        if kind == "count":
            number = as_number(content)
            if number is None or not number.is_integer():
                self.issues.append(Issue(path, "type", f"is {shown(content)}; it must be a whole number"))
                return None
            return int(number)
        if kind == "moment":
            try:
                return times.seconds(content, self.zone)
            except times.NotAMoment as error:
                self.issues.append(Issue(path, "moment", str(error)))
                return None
        return self._word(content, path)

    def _names(self, path: str, content: Any) -> tuple[str, ...]:
        """A list of words; in a table, one cell with blanks between them."""
        listed = read_cell(content) if isinstance(content, str) else content
        listed = listed.split() if isinstance(listed, str) else listed
        if not isinstance(listed, list):
            self.issues.append(Issue(path, "type", f"is {shown(content)}; it must be a list of words"))
            return ()
        return tuple(self._word(each, f"{path}[{place}]") for place, each in enumerate(cast("list[Any]", listed)))

    def _parts(self, path: str, field: Field, content: Any) -> tuple[Any, ...]:
        """The records inside a record; in a table, one cell with a JSON list."""
        if isinstance(content, str):
            content = read_cell(content)
        assert field.meta.part is not None
        return self._records(path, field.meta.part, self._written(path, content), place=path)

    def _series(self, path: str, field: Field, content: Any) -> FloatArray | None:
        """One number per step, in inner units."""
        steps = self.horizon.steps if self.horizon else None
        times_factor = 1.0
        if isinstance(content, Mapping):
            scaled = cast("Mapping[str, Any]", content)
            factor = as_number(scaled.get("times", 1.0))
            if set(scaled) - {"column", "times"} or not isinstance(scaled.get("column"), str) or factor is None:
                self.issues.append(Issue(path, "type", "must be a number, a column, or {column: NAME, times: NUMBER}"))
                return None
            content, times_factor = scaled["column"], factor
        number = as_number(content)
        if number is not None:
            values = np.array(number, dtype=np.float64)
        elif isinstance(content, str):
            if content in self.bad:
                return None
            if content not in self.columns:
                self.issues.append(unknown(path, "unknown_reference", "column of the series", content, self.columns))
                return None
            values = self.columns[content]
        else:
            read = as_numbers(content)
            if read is None:
                message = f"is {shown(content)}; it must be a number, a list or a column"
                self.issues.append(Issue(path, "type", message))
                return None
            values = read
        if times_factor != 1.0:
            values = values * times_factor
        values = self.units.inward(values, field.meta.unit)
        if steps is not None and values.ndim == 0:
            return np.broadcast_to(values, (steps,))
        return values

    def _orders(self, parties: list[str], buses: list[str]) -> OrderBook:
        content = self.document.get("orders")
        if content is None or self.horizon is None:
            return OrderBook.empty()
        if not isinstance(content, Mapping):
            self.issues.append(Issue("orders", "type", "must be columns, a list of records, or a CSV file"))
            return OrderBook.empty()
        book, issues = read_orders(
            cast("Mapping[str, Any]", content), self.units, self.horizon, self.zone, parties, buses
        )
        self.issues += issues
        return book


def _unique(issues: list[Issue]) -> list[Issue]:
    return list(dict.fromkeys(issues))
