"""Order columns as a file or a message gives them, to an OrderBook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.axes import Horizon
from c4e_opt.case import times
from c4e_opt.case.contents import shown
from c4e_opt.issues import Issue, unknown
from c4e_opt.market.order_book import BUY, SELL, OrderBook
from c4e_opt.units import Units

_SIDES = {"buy": BUY, "sell": SELL}
_MOST = 50


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
            and the energy under names that end in the declared units; each a sequence of one entry per order. An
            entry `where` says where each order was written.
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
    extra = columns.keys() - {*needed, "where"}
    issues += [
        unknown(f"{where}.{name}", "unknown_field", "column", str(name), needed) for name in sorted(map(str, extra))
    ]
    flat = {name: _flat(columns[name]) for name in needed if name in columns}
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
    book = OrderBook(
        id=ids,
        party=reader.codes("party", {name: i for i, name in enumerate(parties)}, "unknown_reference"),
        bus=reader.codes("bus", {name: i for i, name in enumerate(buses)}, "unknown_reference"),
        step=reader.steps(when, horizon, zone),
        side=reader.codes("side", _SIDES, "choice"),
        price_eur_per_mwh=units.inward(reader.numbers(price), "EUR/MWh"),
        energy_mwh=units.inward(reader.numbers(energy), "MWh"),
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

    def numbers(self, column: str) -> FloatArray:
        """Finite numbers."""
        content = self.columns[column]
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


def _float(entry: Any) -> float:
    try:
        return float(entry)
    except (TypeError, ValueError, OverflowError):
        return float("nan")
