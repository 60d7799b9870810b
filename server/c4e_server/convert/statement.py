"""Statements, batches and receipts: to messages and back without loss; amounts travel as digits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from c4e.opt.v1 import statement_pb2
from c4e_opt.arrays import IntArray
from c4e_opt.settlement import CLEARING_ACT, Asset, Batch, Positions, Statement, batch_of
from c4e_opt.settlement.rounding import Integers, narrow
from c4e_server.convert import arrays
from c4e_server.errors import BrokenMessage

_KINDS: dict[str, int] = {
    "money": statement_pb2.ASSET_KIND_MONEY,
    "energy": statement_pb2.ASSET_KIND_ENERGY,
    "token": statement_pb2.ASSET_KIND_TOKEN,
    "certificate": statement_pb2.ASSET_KIND_CERTIFICATE,
}
_KIND_OF: dict[int, Any] = {number: kind for kind, number in _KINDS.items()}


def statement_to_proto(statement: Statement, batch_id: str | None = None) -> statement_pb2.Statement:
    """Write a statement, with the balances and the batch id that follow from it.

    Args:
        statement: The statement.
        batch_id: Of a part, the batch of the whole.
    """
    where = statement.positions
    labels = (where.party.tolist(), where.component.tolist(), where.bus.tolist(), where.purpose.tolist())
    return statement_pb2.Statement(
        case_name=statement.case_name,
        case_digest=statement.case_digest,
        outcome_digest=statement.outcome_digest,
        digest=statement.digest,
        operator=statement.operator,
        assets=assets_to_proto(statement.assets),
        starts=statement.starts.tolist(),
        step_seconds=statement.step_seconds.tolist(),
        positions=[
            statement_pb2.Position(party=party, component=component, bus=bus, purpose=f"PURPOSE_{purpose.upper()}")
            for party, component, bus, purpose in zip(*labels, strict=True)
        ],
        position=arrays.places_to_proto(statement.position),
        step=arrays.places_to_proto(statement.step),
        asset=arrays.places_to_proto(statement.asset),
        energy=_digits(statement.energy),
        price=_digits(statement.price),
        amount=_digits(statement.amount),
        balances=[
            statement_pb2.PartyBalance(party=party, asset=asset, amount=str(amount))
            for party, amounts in statement.balances().items()
            for asset, amount in amounts.items()
        ],
        batch_id=batch_of(statement).id if batch_id is None else batch_id,
        act=statement.act,
        basis=[statement_pb2.Basis(name=name, digest=digest) for name, digest in statement.basis],
    )


def part_to_proto(message: statement_pb2.Statement, party: str) -> statement_pb2.Statement:
    """The lines of one party, as a statement of its own: with its own digest, and the batch of the whole.

    Raises:
        BrokenMessage: The digest of the whole is not that of its content.
    """
    whole = statement_from_proto(message)
    kept = np.flatnonzero(whole.positions.party == party)
    place = np.full(whole.positions.party.size, -1, dtype=np.int64)
    place[kept] = np.arange(kept.size)
    lines = np.flatnonzero(place[whole.position] >= 0)
    where = whole.positions
    part = replace(
        whole,
        positions=Positions(
            party=where.party[kept],
            component=where.component[kept],
            bus=where.bus[kept],
            purpose=where.purpose[kept],
        ),
        position=place[whole.position[lines]],
        step=whole.step[lines],
        asset=whole.asset[lines],
        energy=whole.energy[lines],
        price=whole.price[lines],
        amount=whole.amount[lines],
    )
    return statement_to_proto(part, message.batch_id)


def statement_from_proto(message: statement_pb2.Statement) -> Statement:
    """Read a statement.

    Raises:
        BrokenMessage: Its digest is not that of its content.
    """
    purposes = [statement_pb2.Purpose.Name(p.purpose).removeprefix("PURPOSE_").lower() for p in message.positions]
    statement = Statement(
        case_name=message.case_name,
        case_digest=message.case_digest,
        outcome_digest=message.outcome_digest,
        operator=message.operator,
        assets=assets_from_proto(message.assets),
        starts=np.array(message.starts, dtype=np.int64),
        step_seconds=np.array(message.step_seconds, dtype=np.int64),
        positions=Positions(
            party=_texts(p.party for p in message.positions),
            component=_texts(p.component for p in message.positions),
            bus=_texts(p.bus for p in message.positions),
            purpose=_texts(purposes),
        ),
        position=_places(message.position),
        step=_places(message.step),
        asset=_places(message.asset),
        energy=_integers(message.energy),
        price=_integers(message.price),
        amount=_integers(message.amount),
        act=message.act or CLEARING_ACT,
        basis=tuple((each.name, each.digest) for each in message.basis),
    )
    if statement.digest != message.digest:
        raise BrokenMessage(f"the statement of case {message.case_name!r} does not have the digest that it carries")
    return statement


def batch_to_proto(batch: Batch) -> statement_pb2.Batch:
    """Write a batch."""
    return statement_pb2.Batch(
        id=batch.id,
        statement=batch.statement,
        reverses=batch.reverses,
        assets=assets_to_proto(batch.assets),
        accounts=batch.accounts,
        starts=batch.starts.tolist(),
        step_seconds=batch.step_seconds.tolist(),
        account=arrays.places_to_proto(batch.account),
        asset=arrays.places_to_proto(batch.asset),
        step=arrays.places_to_proto(batch.step),
        amount=_digits(batch.amount),
        ends=batch.ends,
        expires=batch.expires,
    )


def batch_from_proto(message: statement_pb2.Batch) -> Batch:
    """Read a batch, to the same digest."""
    return Batch(
        id=message.id,
        statement=message.statement,
        reverses=message.reverses,
        assets=assets_from_proto(message.assets),
        accounts=tuple(message.accounts),
        starts=np.array(message.starts, dtype=np.int64),
        step_seconds=np.array(message.step_seconds, dtype=np.int64),
        account=_places(message.account),
        asset=_places(message.asset),
        step=_places(message.step),
        amount=_integers(message.amount),
        ends=message.ends,
        expires=message.expires,
    )


def assets_to_proto(assets: Iterable[Asset]) -> list[statement_pb2.Asset]:
    """Write what is counted."""
    return [statement_pb2.Asset(id=a.id, kind=f"ASSET_KIND_{a.kind.upper()}", decimals=a.decimals) for a in assets]


def assets_from_proto(messages: Iterable[statement_pb2.Asset]) -> tuple[Asset, ...]:
    """Read what is counted."""
    return tuple(Asset(id=m.id, kind=_KIND_OF.get(m.kind, "money"), decimals=m.decimals) for m in messages)


def _digits(values: Integers) -> list[str]:
    return [str(each) for each in values.tolist()]


def _integers(digits: Iterable[str]) -> Integers:
    try:
        return narrow(np.array([int(each) for each in digits], dtype=object))
    except ValueError:
        raise BrokenMessage("an amount is no whole number in decimal digits") from None


def _texts(words: Iterable[str]) -> Any:
    found = list(words)
    return np.array(found, dtype=np.str_) if found else np.zeros(0, dtype=np.str_)


def _places(message: Any) -> IntArray:
    return arrays.places_from_proto(message, "", [])
