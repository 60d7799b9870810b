"""Files of orders that a party sends to a market: CSV, one order in every line."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_server.client import Order

_COLUMNS = ("id", "bus", "step", "side", "price", "energy", "steps", "ratio_min")


def read_orders(file: Path) -> list[Order]:
    """The orders of a CSV file.

    Raises:
        InvalidInput: With everything that is wrong with it.
    """
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput([Issue(str(file), "unreadable_file", f"cannot be read: {type(error).__name__}")]) from None
    issues: list[Issue] = []
    found: list[Order] = []
    known = set(rows[0]) if rows else set[str]()
    issues += [unknown(file.name, "unknown_field", "column", str(each), _COLUMNS) for each in known - set(_COLUMNS)]
    for place, row in enumerate(rows if not issues else [], start=2):
        try:
            numbers: dict[str, Any] = {name: float(row[name]) for name in ("price", "energy")}
            numbers |= {name: int(row[name]) for name in ("step", "steps") if row.get(name)}
            numbers |= {"ratio_min": float(row["ratio_min"])} if row.get("ratio_min") else {}
            if row["side"] not in ("buy", "sell"):
                raise ValueError(row["side"])
            found.append(Order(id=row["id"], bus=row["bus"], side=row["side"], **numbers))
        except (KeyError, ValueError, TypeError) as error:
            told = f"cannot be read ({error}); give {', '.join(_COLUMNS)}, with numbers and the sides buy and sell"
            issues.append(Issue(f"{file.name}:{place}", "type", told))
    if issues or not found:
        raise InvalidInput(issues or [Issue(file.name, "empty", "holds no order")])
    return found
