"""Order columns as a file or a message gives them, to an OrderBook."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray, TextArray
from c4e_opt.axes import Horizon
from c4e_opt.case import times
from c4e_opt.case.contents import shown
from c4e_opt.issues import Issue, unknown
from c4e_opt.market.order_book import BUY, SELL, OrderBook
from c4e_opt.units import Units

_SIDES = {"buy": BUY, "sell": SELL}
_MOST = 50
#: Columns that may be absent, with the unit of each.
_MORE = {
    "steps": "",
    "price_full_eur_per_mwh": "EUR/MWh",
    "ratio_min": "",
    "step_last": "",
    "parent": "",
    "group": "",
    "complex_order": "",
    "price_group": "",
    "rank": "",
    "profile_mwh": "MWh",
}


def read_orders(
    columns: Mapping[str, Any],
    units: Units,
    horizon: Horizon,
    zone: ZoneInfo,
    parties: Sequence[str],
    buses: Sequence[str],
) -> tuple[OrderBook, list[Issue]]:
    """Turn order columns into a book, in the order given.

    Args:
        columns: `id`, `party`, `bus`, `side`, and either `time` (start of a step) or `step` (its place), then the price
            and the energy under names that end in the declared units; each a sequence of one entry per order. What
            else an order may say is in `_MORE`; an empty entry says nothing. A profile is a list of energies of
            consecutive steps, or its text; or all profiles are one table with `profile_order` and `profile_step`.
            An entry `where` says where each order was written.
        units: The units that price and energy are in.
        horizon: The steps.
        zone: The zone of times without an offset.
        parties: Ids of the parties.
        buses: Ids of the buses.

    Returns:
        The book and everything wrong with it; an empty book when a column is missing or of another length.
    """
    price, energy = units.name("price_eur_per_mwh", "EUR/MWh"), units.name("energy_mwh", "MWh")
    when = "step" if "step" in columns else "time"
    needed = ("id", "party", "bus", "side", when, price, energy)
    where: str = columns.get("where", "orders")
    issues = [Issue(where, "missing_column", f"column {name!r} is missing") for name in needed if name not in columns]
    more = {units.name(name, unit): (name, unit) for name, unit in _MORE.items()}
    table = {"profile_order", "profile_step"} & columns.keys()
    extra = columns.keys() - {*needed, *more, *table, "where"}
    known = (*needed, *more)
    issues += [
        unknown(f"{where}.{name}", "unknown_field", "column", str(name), known) for name in sorted(map(str, extra))
    ]
    loose = {*table, units.name("profile_mwh", "MWh")} if table else set[str]()
    flat = {name: _flat(columns[name]) for name in (*needed, *more) if name in columns and name not in loose}
    issues += [
        Issue(f"{where}.{name}", "type", f"is {shown(columns[name])}; give a list with one entry per order")
        for name, column in flat.items()
        if column is None
    ]
    lengths = {name: len(column) for name, column in flat.items() if column is not None}
    if len(set(lengths.values())) > 1:
        issues.append(Issue(where, "length", f"columns differ in length: {lengths}; give one entry per order"))
    if issues:
        return OrderBook.empty(), issues
    ids = np.asarray(columns["id"], dtype=np.str_)
    reader = _Columns(columns, where, ids, issues)
    profiles = reader.profiles(units.name("profile_mwh", "MWh"), energy) if not table else reader.table(units)
    written: dict[str, Any] = reader.more(units, {name: of for name, of in more.items() if name in columns})
    written |= {name: units.inward(c, "MWh") if name == "profile_mwh" else c for name, c in profiles.items()}
    book = OrderBook(
        id=ids,
        party=reader.codes("party", {name: i for i, name in enumerate(parties)}, "unknown_reference"),
        bus=reader.codes("bus", {name: i for i, name in enumerate(buses)}, "unknown_reference"),
        step=reader.begun(when, horizon, zone),
        side=reader.codes("side", _SIDES, "choice"),
        price_eur_per_mwh=units.inward(reader.numbers(price), "EUR/MWh"),
        energy_mwh=units.inward(reader.numbers(energy), "MWh"),
        **written,
    )
    return (OrderBook.empty() if issues else book), issues


def order_place(columns: Mapping[str, Any], index: int) -> str:
    """Where an order was written: its line in a table, or its place in a list."""
    table = columns.get("where")
    return f"{table}:{index + 2}" if table else f"orders[{index}]"


def _flat(column: Any) -> Any | None:
    """A column as it is when it is a flat list or array; None for anything else."""
    if isinstance(column, np.ndarray):
        array = np.asarray(cast("Any", column))
        return array if array.ndim == 1 else None
    plain = isinstance(column, list) and all(
        isinstance(entry, (str, int, float)) for entry in cast("list[Any]", column)
    )
    return cast("Any", column) if plain else None


class _Columns:
    """Columns under reading; every entry that cannot be read becomes an issue, up to a bound per column."""

    def __init__(self, columns: Mapping[str, Any], where: str, ids: Any, issues: list[Issue]) -> None:
        self.columns = columns
        self.where = where
        self.ids = ids
        self.issues = issues
        self._began = np.zeros(0, dtype=np.int64)  # first steps

    def _place(self, index: int, column: str) -> str:
        return f"{order_place(self.columns, index)}.{column}"

    def _limit(self, wrong: int, column: str) -> None:
        if wrong > _MOST:
            self.issues.append(
                Issue(f"{self.where}.{column}", "more", f"{wrong - _MOST} more orders have the same fault")
            )

    def codes(self, column: str, known: Mapping[str, int], rule: str) -> IntArray:
        """Names to codes, looked up once per distinct name."""
        content = self.columns[column]
        names, inverse = np.unique(np.asarray(content, dtype=np.str_), return_inverse=True)
        code = np.array([known.get(str(name), -(2**31)) for name in names], dtype=np.int64)
        found = code[inverse] if names.size else np.zeros(0, dtype=np.int64)
        wrong = np.flatnonzero(found == -(2**31))
        for index in wrong[:_MOST]:
            name = str(names[inverse[index]])
            self.issues.append(unknown(self._place(int(index), column), rule, column, name, known))
        self._limit(wrong.size, column)
        return found

    def begun(self, column: str, horizon: Horizon, zone: ZoneInfo) -> IntArray:
        """First steps, kept for what counts from them."""
        self._began = self.steps(column, horizon, zone)
        return self._began

    def steps(self, column: str, horizon: Horizon, zone: ZoneInfo) -> IntArray:
        """Places of steps, or starts of steps as text, to places."""
        content = self.columns[column]
        if column == "step":
            return self._places(self.numbers(column), horizon)
        texts, inverse = np.unique(np.asarray(content, dtype=np.str_), return_inverse=True)
        place_of = {int(start): place for place, start in enumerate(horizon.starts)}
        code = np.full(texts.size, -1, dtype=np.int64)
        why: dict[int, str] = {}
        for index, text in enumerate(texts):
            try:
                moment = times.seconds(str(text), zone)
            except times.NotAMoment as error:
                why[index] = str(error)
                continue
            code[index] = place_of.get(moment, -1)
            if code[index] < 0:
                inside = horizon.start <= moment < horizon.end
                span = f"{times.iso(horizon.start)} to {times.iso(horizon.end)}"
                why[index] = (
                    f"{str(text)!r} is within the horizon but starts no step of it"
                    if inside
                    else f"{str(text)!r} is outside the horizon {span}"
                )
        found = code[inverse] if texts.size else code
        wrong = np.flatnonzero(found < 0)
        for index in wrong[:_MOST]:
            self.issues.append(Issue(self._place(int(index), column), "horizon", why[int(inverse[index])]))
        self._limit(wrong.size, column)
        return found

    def _places(self, numbers: FloatArray, horizon: Horizon) -> IntArray:
        wrong = np.flatnonzero((numbers != np.rint(numbers)) | (numbers < 0) | (numbers >= horizon.steps))
        for index in wrong[:_MOST]:
            message = (
                f"is {numbers[index]:g}; it must be the place of a step, a whole number from 0 to {horizon.steps - 1}"
            )
            self.issues.append(Issue(self._place(int(index), "step"), "horizon", message))
        self._limit(wrong.size, "step")
        return np.where(np.isin(np.arange(numbers.size), wrong), 0.0, numbers).astype(np.int64)

    def numbers(self, column: str, content: Any = None) -> FloatArray:
        """Finite numbers, of a column or in its stead."""
        content = self.columns[column] if content is None else content
        try:
            values = np.asarray(content, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            values = np.array([_float(entry) for entry in content])
        wrong = np.flatnonzero(~np.isfinite(values))
        for index in wrong[:_MOST]:
            shown = content[int(index)]
            message = f"order {str(self.ids[index])!r}: is {shown!r}; it must be a finite number"
            self.issues.append(Issue(self._place(int(index), column), "not_a_number", message))
        self._limit(wrong.size, column)
        return np.where(np.isfinite(values), values, 0.0)

    def more(self, units: Units, given: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
        """The columns that may be absent, by their names inside; an empty entry says nothing special."""
        plain: dict[str, Any] = {"steps": 1.0, "ratio_min": 0.0, "rank": 0.0}
        found: dict[str, Any] = {}
        for column, (name, unit) in given.items():
            content = np.asarray(self.columns[column])
            if name == "profile_mwh":
                continue
            if name in ("group", "complex_order", "price_group"):
                found[name] = content.astype(np.str_)
                continue
            if name == "parent":
                found[name] = self.parents(content.astype(np.str_))
                continue
            empty = content.astype(np.str_) == "" if content.dtype.kind in "UO" else np.zeros(content.size, np.bool_)
            first = self.columns.get("step", 0) if name == "step_last" else None
            fallback = plain.get(name, first if first is not None else 0.0)
            if name == "price_full_eur_per_mwh":
                fallback = self.columns[units.name("price_eur_per_mwh", "EUR/MWh")]
            if empty.any():
                content = np.where(empty, np.asarray(fallback, dtype=object), content.astype(object))
            numbers = units.inward(self.numbers(column, content), unit)
            found[name] = numbers if unit or name == "ratio_min" else self.whole(column, numbers)
            if name == "step_last" and "step" not in self.columns and empty.any():
                found[name] = np.where(empty, self._began, found[name])
        return found

    def whole(self, column: str, numbers: FloatArray) -> IntArray:
        """Whole numbers; others are issues."""
        wrong = np.flatnonzero(numbers != np.rint(numbers))
        for index in wrong[:_MOST]:
            self.issues.append(Issue(self._place(int(index), column), "type", f"is {numbers[index]:g}; it is no count"))
        self._limit(wrong.size, column)
        return np.rint(numbers).astype(np.int64)

    def parents(self, names: TextArray) -> IntArray:
        """Ids of parents to their places; -1 where there is none."""
        sort = np.argsort(self.ids, kind="stable")
        place = np.searchsorted(self.ids, names, sorter=sort).clip(max=max(self.ids.size - 1, 0))
        found = np.where(names == "", -1, sort[place])
        wrong = np.flatnonzero((names != "") & (self.ids[found] != names))
        for index in wrong[:_MOST]:
            where = self._place(int(index), "parent")
            self.issues.append(
                unknown(where, "unknown_reference", "order", str(names[index]), self.ids.tolist()[:1000])
            )
        self._limit(wrong.size, "parent")
        return found

    def profiles(self, column: str, energy: str) -> dict[str, Any]:
        """Profiles that are written order by order, as a table; fills in energies that are left to them."""
        if column not in self.columns:
            return {}
        order: list[int] = []
        step: list[int] = []
        amount: list[float] = []
        energies = list(self.columns[energy])
        for index, content in enumerate(self.columns[column]):
            if content in ("", None):
                continue
            try:
                values = [float(each) for each in json.loads(str(content))]
            except (TypeError, ValueError):
                message = f"is {shown(content)}; give a list of energies of consecutive steps, such as [1.5, 2, 2]"
                self.issues.append(Issue(self._place(index, column), "type", message))
                continue
            order += [index] * len(values)
            step += range(len(values))
            amount += values
            energies[index] = sum(values) if energies[index] in ("", None) else energies[index]
        self.columns = {**self.columns, energy: energies}
        return {
            "profile_order": np.array(order, dtype=np.int64),
            "profile_step": np.array(step, dtype=np.int64),
            "profile_mwh": np.array(amount, dtype=np.float64),
        }

    def table(self, units: Units) -> dict[str, Any]:
        """Profiles that come as one table."""
        names = ("profile_order", "profile_step", units.name("profile_mwh", "MWh"))
        missing = [name for name in names if name not in self.columns]
        columns = {name: np.asarray(self.columns[name]) for name in names if name not in missing}
        if missing or len({each.size for each in columns.values()}) > 1:
            message = f"profiles need {', '.join(names)}, one entry each per order and step"
            self.issues.append(Issue(f"{self.where}.profile_order", "length", message))
            return {}
        order, step, amount = columns.values()
        return {"profile_order": order, "profile_step": step, "profile_mwh": amount.astype(np.float64)}


def _float(entry: Any) -> float:
    try:
        return float(entry)
    except (TypeError, ValueError, OverflowError):
        return float("nan")
