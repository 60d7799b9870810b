"""A community day: members whose quarter-hours are posted in money and energy, from a seed."""

from __future__ import annotations

import hashlib

import numpy as np

from c4e_opt.settlement import Asset, Batch

_START = 1_893_456_000  # 2030-01-01T00:00Z


def day(members: int, steps: int = 96, number: int = 0) -> Batch:
    """One posting per member and step in money, and the operator's of each step; energy on every tenth member."""
    chance = np.random.default_rng(members * 1000 + number)
    accounts = tuple(sorted([*(f"party:member {n:05}" for n in range(members)), "rent:operator"]))
    operator = accounts.index("rent:operator")
    who = np.array([n for n in range(len(accounts)) if n != operator])
    parts: list[np.ndarray] = []
    for step in range(steps):
        for asset, whose in enumerate((who, who[::10])):
            amount = chance.integers(1, 5000, whose.size) * chance.choice([-1, 1], whose.size)
            rest = int(amount.sum())
            rows = [np.full(whose.size, step), np.full(whose.size, asset), whose, amount]
            parts.append(np.stack(rows, axis=1))
            if rest:
                parts.append(np.array([[step, asset, operator, -rest]]))
    table = np.concatenate(parts)
    table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))]
    return Batch(
        id=hashlib.sha256(f"day {number} of {members}".encode()).hexdigest(),
        statement=hashlib.sha256(b"statement").hexdigest(),
        assets=(Asset(id="EUR", kind="money", decimals=2), Asset(id="electricity", kind="energy", decimals=6)),
        accounts=accounts,
        starts=_START + 86_400 * number + 900 * np.arange(steps),
        step_seconds=np.full(steps, 900),
        step=table[:, 0],
        asset=table[:, 1],
        account=table[:, 2],
        amount=table[:, 3],
    )
