"""What callers of a market session saw, and everything that is wrong with it by a small sequential model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

#: Order -> price and energy.
Orders = dict[str, tuple[float, float]]


@dataclass(slots=True)
class Write:
    """One write of a party, as its caller saw it; times are of one clock."""

    party: str
    request_id: str
    kind: str  # submit, amend or withdraw
    orders: Orders
    sent: float
    answered: float = 0.0
    revisions: list[int] = field(default_factory=list[int])  # one for every answer that came
    refused: bool = False  # and never in doubt
    surprise: str = ""  # what was said that nobody who was told the truth is told


@dataclass(slots=True)
class Read:
    """What a party was told of its own orders; times are of the clock of the writes."""

    party: str
    revision: int
    orders: Orders
    sent: float


@dataclass(frozen=True, slots=True)
class Logged:
    """One event of the session's log."""

    revision: int
    kind: str
    party: str = ""
    request_id: str = ""
    orders: int = 0


def violations(
    writes: Sequence[Write],
    log: Sequence[Logged],
    final: Mapping[str, tuple[float, float]],
    reads: Sequence[Read] = (),
) -> list[str]:
    """Everything that is wrong.

    Args:
        writes: What every caller did and heard.
        log: What the session says that happened, in order.
        final: The orders that were cleared: "<party>/<id>" -> price and energy.
        reads: What callers were told of their orders meanwhile.
    """
    wrong = _read(writes, log, reads)
    sent = {(write.party, write.request_id): write for write in writes}
    taken = [each for each in log if each.request_id]
    if [each.revision for each in log] != list(range(1, len(log) + 1)):
        wrong.append("revisions have gaps or doubles")
    for key, count in Counter((each.party, each.request_id) for each in taken).items():
        if count > 1:
            wrong.append(f"{key} counts {count} times")
        if key not in sent:
            wrong.append(f"nobody sent {key}")
    place = {(each.party, each.request_id): each.revision for each in taken}
    closing = next((each.revision for each in log if each.kind == "GATE_CLOSED"), len(log) + 1)
    wrong += [f"{write.request_id}: {write.surprise}" for write in writes if write.surprise]
    for key, write in sent.items():
        if len(set(write.revisions)) > 1:
            wrong.append(f"{key} was answered with {sorted(set(write.revisions))}")
        if write.revisions and place.get(key) != write.revisions[0]:
            wrong.append(f"{key} was acknowledged as {write.revisions[0]} and the log has {place.get(key)}")
        if write.refused and key in place:
            wrong.append(f"{key} was refused and counts")
        if place.get(key, 0) > closing:
            wrong.append(f"{key} counts after the gate was closed")
    answered = sorted((write for write in sent.values() if write.revisions), key=lambda write: write.sent)
    for first in answered:
        for second in answered:
            if first.answered < second.sent and first.revisions[0] > second.revisions[0]:
                wrong.append(f"{second.request_id} was sent after {first.request_id} was answered, and stands before")
    model: dict[str, tuple[float, float]] = {}
    for each in taken:
        write = sent.get((each.party, each.request_id))
        if write is None:
            continue
        if each.orders != len(write.orders):
            wrong.append(f"{write.request_id} has {each.orders} orders, of {len(write.orders)}")
        present = [name for name in write.orders if f"{each.party}/{name}" in model]
        if len(present) != (0 if write.kind == "submit" else len(write.orders)):
            wrong.append(f"{write.request_id} was taken, and could not be")
        _take(model, write)
    exact = {name: tuple(map(Fraction, content)) for name, content in model.items()}
    if exact != {name: tuple(map(Fraction, content)) for name, content in final.items()}:
        differ = sorted(name for name in exact.keys() | final.keys() if model.get(name) != final.get(name))
        wrong.append(f"the orders that were cleared are not those that stand: {differ[:5]}")
    return wrong


def _take(model: Orders, write: Write) -> None:
    """What a write does to the orders of all, by "<party>/<id>"."""
    for name, content in write.orders.items():
        if write.kind == "withdraw":
            model.pop(f"{write.party}/{name}", None)
        else:
            model[f"{write.party}/{name}"] = content


def _read(writes: Sequence[Write], log: Sequence[Logged], reads: Sequence[Read]) -> list[str]:
    """Reads that are not what stood at their revision, or that miss what was answered before they were sent."""
    wrong: list[str] = []
    sent = {(write.party, write.request_id): write for write in writes}
    by_revision: dict[int, list[Read]] = {}
    for read in reads:
        by_revision.setdefault(read.revision, []).append(read)
        known = [write.revisions[0] for write in writes if write.revisions and write.answered < read.sent]
        if read.revision < max(known, default=0):
            wrong.append(f"{read.party} read revision {read.revision} when {max(known)} had been answered")
    model: Orders = {}
    for each in log:
        write = sent.get((each.party, each.request_id))
        if write is not None:
            _take(model, write)
        for read in by_revision.pop(each.revision, []):
            before = f"{read.party}/"
            stands = {name.removeprefix(before): told for name, told in model.items() if name.startswith(before)}
            if read.orders != stands:
                wrong.append(f"{read.party} read other orders at revision {read.revision} than stood there")
    return wrong + [f"a read is of revision {revision}, which is none" for revision in by_revision]
