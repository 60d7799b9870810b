"""A plain document (what a case file or a message says) to a Case, with everything that is wrong in it.

Documents have the shape of a case file: mappings and lists, with numbers in the declared units under names that end in
the declared unit. Series may be arrays, numbers, or names of columns; orders are columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.case import times
from c4e_opt.case.case import KINDS, Bus, Case, Party, Policy
from c4e_opt.case.check import check
from c4e_opt.case.order_columns import read_orders
from c4e_opt.errors import InvalidInput
from c4e_opt.fields import Field, fields_of
from c4e_opt.issues import Issue, unknown
from c4e_opt.market.order_book import OrderBook
from c4e_opt.units import DECLARABLE, DIMENSIONS, Units

TOP = ("name", "currency", "units", "horizon", "series", "parties", "buses", "components", "orders", "policy")
_PLACE = re.compile(r"^((?:components\.\w+|parties|buses|orders)\[\d+\])")

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
        self.units = self._units()
        self.currency = self._word(document.get("currency", "EUR"), "currency")
        self.zone = ZoneInfo("UTC")
        self.horizon = self._horizon()

    def case(self) -> Case:
        """The case.

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
        )
        self.issues += [self._placed(issue) for issue in check(case, self.units)]
        if self.issues:
            raise InvalidInput(_unique(self.issues))
        return case

    def _placed(self, issue: Issue) -> Issue:
        match = _PLACE.match(issue.path)
        if match and match[1] in self.places:
            return Issue(self.places[match[1]] + issue.path[match.end() :], issue.rule, issue.message)
        return issue

    def _word(self, content: Any, path: str) -> str:
        if isinstance(content, (str, int, float)) and not isinstance(content, bool):
            return str(content)
        self.issues.append(Issue(path, "type", f"is {content!r}; it must be a text"))
        return ""

    def _mapping(self, key: str) -> Mapping[str, Any]:
        content = self.document.get(key)
        if content is None:
            return {}
        if isinstance(content, Mapping):
            return cast("Mapping[str, Any]", content)
        self.issues.append(Issue(key, "type", f"is {_short(content)}; it must be a mapping of fields"))
        return {}

    def _list(self, key: str) -> list[Written]:
        return self._written(key, self.document.get(key))

    def _written(self, path: str, content: Any) -> list[Written]:
        """The records of a list; a list of pairs (place, record) comes from a table."""
        if content is None:
            return []
        if not isinstance(content, list):
            self.issues.append(
                Issue(path, "type", f"is {_short(content)}; it must be a list of records, or a CSV file")
            )
            return []
        found: list[Written] = []
        for place, entry in enumerate(cast("list[Any]", content)):
            where, fields = f"{path}[{place}]", entry
            if isinstance(entry, tuple):
                where, fields = cast("tuple[str, Any]", entry)
            if isinstance(fields, Mapping):
                found.append((where, cast("Mapping[str, Any]", fields)))
            else:
                self.issues.append(Issue(where, "type", f"is {_short(fields)}; it must be a mapping of fields"))
        return found

    def _units(self) -> Units:
        chosen: dict[str, str] = {}
        for key, unit in self._mapping("units").items():
            path = f"units.{key}"
            if key not in DIMENSIONS:
                self.issues.append(unknown(path, "unknown_field", "dimension", str(key), DIMENSIONS))
                continue
            currency = str(self.document.get("currency", "EUR"))
            named = str(unit).replace(f"{currency}/", "EUR/") if key == "price" else str(unit)
            if named in DECLARABLE[key]:
                chosen[key] = named
            else:
                self.issues.append(unknown(path, "unit", f"unit of {key}", str(unit), DECLARABLE[key]))
        return Units(**chosen)

    def _horizon(self) -> Horizon | None:
        fields = self._mapping("horizon")
        known = ("start", "time_zone", "step_minutes", "step_seconds", "steps", "days")
        before = len(self.issues)
        for key in sorted(str(key) for key in fields.keys() - set(known)):
            self.issues.append(unknown(f"horizon.{key}", "unknown_field", "field", key, known))
        start = 0
        try:
            self.zone = times.zone(str(fields.get("time_zone", "UTC")))
        except times.NotAMoment as error:
            self.issues.append(Issue("horizon.time_zone", "time_zone", str(error)))
        try:
            start = times.seconds(fields["start"], self.zone)
        except KeyError:
            self.issues.append(Issue("horizon.start", "missing_field", "is missing; give the start of the first step"))
        except times.NotAMoment as error:
            self.issues.append(Issue("horizon.start", "moment", str(error)))
        lengths = self._step_seconds(fields, start)
        return None if len(self.issues) > before else Horizon(start, lengths, self.zone.key)

    def _step_seconds(self, fields: Mapping[str, Any], start: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Lengths of all steps in seconds: given one by one, or one length and how many steps or local days."""
        none = np.zeros(0, dtype=np.int64)
        name = "step_seconds" if "step_seconds" in fields else "step_minutes"
        try:
            each = np.atleast_1d(np.asarray(fields.get(name, ()), dtype=np.float64)) * (
                60 if name == "step_minutes" else 1
            )
        except (TypeError, ValueError):
            self.issues.append(
                Issue(f"horizon.{name}", "type", f"is {_short(fields[name])}; give a number or a list of numbers")
            )
            return none
        if (
            each.ndim != 1
            or not each.size
            or not np.all(np.isfinite(each))
            or np.any(each != np.rint(each))
            or np.any(each <= 0)
        ):
            self.issues.append(
                Issue(f"horizon.{name}", "range", "give the length of a step, above 0 and of whole seconds")
            )
            return none
        lengths = each.astype(np.int64)
        if lengths.size > 1 or not {"steps", "days"} & fields.keys():
            if "steps" in fields and fields["steps"] != lengths.size:
                self.issues.append(
                    Issue("horizon.steps", "length", f"is {fields['steps']}; {lengths.size} lengths are given")
                )
            return lengths
        count: Any = fields.get("steps")
        if "days" in fields:
            days: Any = fields["days"]
            whole = isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= 40_000
            if not whole or "steps" in fields:
                self.issues.append(
                    Issue("horizon.days", "range", f"is {_short(days)}; give whole days, and no steps beside them")
                )
                return none
            span = times.local_day_seconds(start, days, self.zone)
            if span % lengths[0]:
                self.issues.append(
                    Issue("horizon.days", "range", f"{days} days from the start are no whole number of steps")
                )
                return none
            count = span // int(lengths[0])
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= 10_000_000:
            self.issues.append(
                Issue("horizon.steps", "range", f"is {_short(count)}; give a whole number of at least 1")
            )
            return none
        return np.full(count, lengths[0])

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
        complete = all(field.name in values for field in names.values() if field.required)
        return cls(**values) if complete else None

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
        if kind == "number":
            number = _number(content)
            if number is None:
                self.issues.append(Issue(path, "type", f"is {_short(content)}; it must be a number"))
                return None
            return float(self.units.inward(np.float64(number), field.meta.unit))  # type: ignore[arg-type]
        if kind == "flag":
            if isinstance(content, str) and content.lower() in ("true", "false"):
                return content.lower() == "true"
            if isinstance(content, bool):
                return content
            self.issues.append(Issue(path, "type", f"is {_short(content)}; it must be true or false"))
            return None
        if kind == "count":
            number = _number(content)
            if number is None or number != int(number):
                self.issues.append(Issue(path, "type", f"is {_short(content)}; it must be a whole number"))
                return None
            return int(number)
        if kind == "moment":
            try:
                return times.seconds(content, self.zone)
            except times.NotAMoment as error:
                self.issues.append(Issue(path, "moment", str(error)))
                return None
        return self._word(content, path)

    def _series(self, path: str, field: Field, content: Any) -> FloatArray | None:
        """One number per step, in inner units."""
        steps = self.horizon.steps if self.horizon else None
        times_factor = 1.0
        if isinstance(content, Mapping):
            scaled = cast("Mapping[str, Any]", content)
            factor = _number(scaled.get("times", 1.0))
            if set(scaled) - {"column", "times"} or not isinstance(scaled.get("column"), str) or factor is None:
                self.issues.append(Issue(path, "type", "must be a number, a column, or {column: NAME, times: NUMBER}"))
                return None
            content, times_factor = scaled["column"], factor
        number = _number(content)
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
            try:
                values = np.asarray(content, dtype=np.float64)
            except (TypeError, ValueError):
                self.issues.append(
                    Issue(path, "type", f"is {_short(content)}; it must be a number, a list or a column")
                )
                return None
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


def _number(content: Any) -> float | None:
    """A number, also where YAML left it as text (1e-4); None for anything else."""
    if isinstance(content, bool) or not isinstance(content, (int, float, str)):
        return None
    try:
        return float(content)
    except (ValueError, OverflowError):
        return None


def _short(content: Any) -> str:
    shown = repr(content)
    return shown if len(shown) <= 60 else shown[:57] + "…"


def _unique(issues: list[Issue]) -> list[Issue]:
    return list(dict.fromkeys(issues))
