"""Cases to case folders: what `read_case` reads back as an equal case, with the same digest."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from c4e_opt.case.case import KINDS, Bus, Case, Party
from c4e_opt.case.times import iso
from c4e_opt.fields import fields_of
from c4e_opt.market.order_book import OrderBook

#: Up to so many records of a kind stand in case.yaml; more go to a table.
_FEW = 5


def write_case(case: Case, folder: str | Path) -> Path:
    """Write a case in the inner units (MW, MWh, EUR/MWh) and UTC.

    Args:
        case: The case.
        folder: Where to; made when missing. Files of the same names are replaced.

    Returns:
        The folder.
    """
    where = Path(folder)
    where.mkdir(parents=True, exist_ok=True)
    columns: dict[str, Any] = {}
    document: dict[str, Any] = {
        "name": case.name,
        "currency": case.currency,
        "horizon": _horizon(case),
        "parties": _records(where, "parties", Party, case.parties, columns),
        "buses": _records(where, "buses", Bus, case.buses, columns),
        "components": {
            kind: _records(where, kind, KINDS[kind], records, columns) for kind, records in case.components.items()
        },
        "policy": {name: getattr(case.policy, name) for name in fields_of(case.policy.__class__)},
    }
    if columns:
        document["series"] = "series.csv"
        moments = [iso(int(start)) for start in case.horizon.starts]
        _table(where / "series.csv", ["time", *columns], zip(moments, *columns.values(), strict=True))
    if case.orders.orders:
        document["orders"] = "orders.csv"
        _orders(where / "orders.csv", case)
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    (where / "case.yaml").write_text(text, encoding="utf-8")
    return where


def _horizon(case: Case) -> dict[str, Any]:
    lengths = case.horizon.step_seconds
    equal = bool(np.all(lengths == lengths[0]))
    size: dict[str, Any] = (
        {"step_seconds": int(lengths[0]), "steps": int(lengths.size)} if equal else {"step_seconds": lengths.tolist()}
    )
    if case.horizon.weights is not None:
        size["weights"] = case.horizon.weights.tolist()
    return {"start": iso(case.horizon.start), "time_zone": case.horizon.time_zone, **size}


def _records(where: Path, name: str, cls: type[Any], records: Sequence[Any], columns: dict[str, Any]) -> Any:
    """The records of a kind: themselves when they are few, else the name of the table that now holds them."""
    plain = [_record(f"{name}.{record.id}", cls, record, columns) for record in records]
    if len(plain) <= _FEW:
        return plain
    header = list(dict.fromkeys(key for record in plain for key in record))
    _table(where / f"{name}.csv", header, ([_cell(record.get(key, "")) for key in header] for record in plain))
    return f"{name}.csv"


def _cell(content: Any) -> Any:
    return json.dumps(content) if isinstance(content, list) else content


def _record(place: str, cls: type[Any], record: Any, columns: dict[str, Any]) -> dict[str, Any]:
    """A record as a case file has it; what differs from step to step goes to the columns, named by its place."""
    plain: dict[str, Any] = {}
    for name, field in fields_of(cls).items():
        content = getattr(record, name)
        if content is None:
            continue
        if field.meta.kind == "series":
            values = np.asarray(content, dtype=np.float64)
            if values.ndim == 0 or np.all(values == values[0]):
                plain[name] = float(values.ravel()[0])
            else:
                column = f"{place}.{name}"
                columns[column] = [repr(float(value)) for value in values]
                plain[name] = column
        elif field.meta.kind == "moment":
            if content is None:
                continue
            plain[name] = iso(content)
        elif field.meta.kind == "parts":
            if content:
                inner = enumerate(content)
                part: Any = field.meta.part
                plain[name] = [_record(f"{place}.{name}.{index}", part, each, columns) for index, each in inner]
        elif field.meta.kind == "names":
            if content:
                plain[name] = list(content)
        elif content != "":
            plain[name] = content
    return plain


def _orders(path: Path, case: Case) -> None:
    book = case.orders
    parties: list[str] = [party.id for party in case.parties]
    buses: list[str] = [bus.id for bus in case.buses]
    columns: Mapping[str, Any] = {
        "id": book.id.tolist(),
        "party": [parties[i] for i in book.party],
        "bus": [buses[i] for i in book.bus],
        "side": ["sell" if side > 0 else "buy" for side in book.side],
        "step": book.step.tolist(),
        "price_eur_per_mwh": [repr(float(price)) for price in book.price_eur_per_mwh],
        "energy_mwh": [repr(float(energy)) for energy in book.energy_mwh],
    }
    columns = {**columns, **_more(book)}
    _table(path, list(columns), zip(*columns.values(), strict=True))


def _more(book: OrderBook) -> dict[str, list[Any]]:
    """The columns of a book that may be absent; of a profile the energies of consecutive steps."""
    said, found = book.said(), dict[str, list[Any]]()
    for name in ("steps", "step_last", "rank", "group", "complex_order", "price_group"):
        if name in said:
            found[name] = said[name].tolist()
    for name in ("price_full_eur_per_mwh", "ratio_min"):
        if name in said:
            found[name] = [repr(float(each)) for each in said[name]]
    if "parent" in said:
        found["parent"] = np.append(book.id, "")[book.parent].tolist()
    if "profile_mwh" in said:
        lists: list[list[float]] = [[] for _ in range(book.orders)]
        lengths = book.lengths()
        for order in np.unique(book.profile_order).tolist():
            lists[order] = [0.0] * int(lengths[order])
        rows = zip(book.profile_order.tolist(), book.profile_step.tolist(), book.profile_mwh.tolist(), strict=True)
        for order, step, energy in rows:
            lists[order][step] = energy
        found["profile_mwh"] = [json.dumps(each) if each else "" for each in lists]
    return found


def _table(path: Path, header: Sequence[str], rows: Any) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
