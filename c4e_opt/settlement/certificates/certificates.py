"""Granular certificates of origin: issued for production, sliced and transferred, expired; see `certificate_book`.

Every act takes the book and returns the next book and a statement of what moved, by the interval of the certificates:

    issue       issuer -> wallet    whole Wh of a device and interval; a part of a Wh goes to the device's next interval
    transfer    wallet -> wallet    the oldest intervals first
    expire      wallet -> issuer    what nobody used in time

`certificate_matching` cancels certificates for consumption, `certificate_storage` carries them through stores.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.certificates.certificate_book import (
    EXPIRED,
    HELD,
    CertificateBook,
    Device,
    Issues,
    MatchRule,
    Slices,
    asset_of,
)
from c4e_opt.settlement.certificates.certificates_check import audit_certificates
from c4e_opt.settlement.claims import Claims, Subject, statement_of
from c4e_opt.settlement.evidence_of_energy import EnergyEvidence, whole_wh
from c4e_opt.settlement.statement import Purpose, Statement
from c4e_opt.settlement.tokens.token_book import Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateTransfer:
    """Certificates that one gives to another."""

    giver: str
    receiver: str
    source: str
    amount: int  # whole Wh


def issue(book: CertificateBook, production: EnergyEvidence, moment: int) -> tuple[CertificateBook, Statement]:
    """Issue certificates for what devices produced.

    Args:
        book: The book before.
        production: What was produced, by device (its `party`) and interval.
        moment: When this is booked, seconds since 1970-01-01T00:00Z; not before the production ended.

    Returns:
        The book after, and the statement, audited.

    Raises:
        InvalidInput: A device is unknown or a store, or an interval had certificates before; all findings at once.
        CertificateFailed: The statement does not pass its own audit.
    """
    devices = {each.id: each for each in book.devices}
    issues = [
        unknown("production", "unknown_reference", "device", name, devices)
        if name not in devices
        else Issue("production", "type", f"names the store {name!r}; give what it gives back to `discharge`")
        for name in np.unique(production.party).tolist()
        if name not in devices or devices[name].efficiency is not None
    ]
    spans = once(book, "issued", production, moment, issues)
    amount, carried = whole_wh(production, book.carried)
    some = np.flatnonzero(amount)
    new = new_issues(devices, production, some, amount[some])
    owner = np.array([devices[name].owner for name in new.device.tolist()], dtype=np.str_)
    slices = Slices.rows(len(new), issue=len(book.issues) + np.arange(len(new)), end=new.amount, owner=owner, fate=HELD)
    after = replace(
        book,
        issues=Issues.joined([book.issues, new]),
        slices=Slices.joined([book.slices, slices]).sorted(),
        spans=spans,
        carried=carried,
        moment=moment,
    )
    moves = Moves(book.issuer, owner, "device", new.device, Purpose.ISSUED, slices.issue, new.amount)
    return booked(book, after, "issue", {"production": production.digest}, [moves], production)


def transfer(
    book: CertificateBook, transfers: Sequence[CertificateTransfer], moment: int
) -> tuple[CertificateBook, Statement]:
    """Move certificates between wallets, all at once: nobody gives on what others give at the same moment.

    Args:
        book: The book before.
        transfers: Who gives whom how much of which source; their order has no part in the result.
        moment: When this is booked, seconds since 1970-01-01T00:00Z.

    Returns:
        The book after, and the statement, audited.

    Raises:
        InvalidInput: An amount is not above 0, or a wallet holds less; all findings at once.
        CertificateFailed: The statement does not pass its own audit.
    """
    in_order(book, moment)
    rows = sorted((each.giver, each.source, each.receiver, each.amount) for each in transfers)
    wrong = [
        Issue(f"transfers[{at}]", "range", f"gives {each.amount} Wh from {each.giver!r} to {each.receiver!r}; {told}")
        for at, each in enumerate(transfers)
        for bad, told in ((each.amount < 1, "an amount is 1 or more"), (each.giver == each.receiver, "name another"))
        if bad
    ]
    has: dict[tuple[str, str], list[int]] = {}
    gives: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for giver, source, receiver, amount in rows:
        gives.setdefault((giver, source), []).append((receiver, amount))
    held = np.flatnonzero(book.slices.fate == HELD)
    of = book.slices.issue[held]
    held = held[np.lexsort((held, book.issues.start[of]))]
    labels = (book.slices.owner[held].tolist(), book.issues.source[book.slices.issue[held]].tolist(), held.tolist())
    for owner, source, place in zip(*labels, strict=True):
        if (owner, source) in gives:
            has.setdefault((owner, source), []).append(place)
    size = book.slices.size
    for key, gets in sorted(gives.items()):
        there, want = int(size[has.get(key, [])].sum()), sum(amount for _, amount in gets)
        if there < want:
            told = f"gives {want} Wh of {asset_of(key[1])} and holds {there} Wh; a wallet never falls below zero"
            wrong.append(Issue(f"wallets.{key[0]}", "range", told))
    if wrong:
        raise InvalidInput(wrong)
    parts: list[tuple[Cut, TextArray]] = []
    for key, gets in sorted(gives.items()):
        piece = laid(size, np.array(has[key]), np.array([amount for _, amount in gets]))
        parts.append((piece, np.array([receiver for receiver, _ in gets], dtype=np.str_)[piece.target]))
    cut = Cut.joined(parts)
    slices = parted(book.slices, cut, owner=cut.to)
    after = replace(book, slices=slices, moment=moment)
    giver = book.slices.owner[cut.place]
    number = book.slices.issue[cut.place]
    moves = Moves(giver, cut.to, "device", book.issues.device[number], Purpose.TRANSFER, number, cut.size)
    basis = {"transfers": hashlib.sha256(json.dumps(["c4e-opt certificate transfers 1", rows]).encode()).hexdigest()}
    return booked(book, after, "transfer", basis, [moves], None)


def expire(book: CertificateBook, moment: int) -> tuple[CertificateBook, Statement]:
    """End certificates that nobody used in time.

    Args:
        book: The book before, with `valid_seconds`.
        moment: Seconds since 1970-01-01T00:00Z; what was valid until then is over.

    Returns:
        The book after, and the statement, audited.

    Raises:
        InvalidInput: The moment lies before the last act.
        CertificateFailed: The statement does not pass its own audit.
    """
    in_order(book, moment)
    of = book.slices.issue
    over = book.issues.start[of] + book.issues.seconds[of] + book.valid_seconds <= moment
    gone = np.flatnonzero((book.slices.fate == HELD) & over & (book.valid_seconds > 0))
    fate = book.slices.fate.astype("U9")
    fate[gone] = EXPIRED
    after = replace(book, slices=replace(book.slices, fate=fate), moment=moment)
    number = of[gone]
    owner, size = book.slices.owner[gone], book.slices.size[gone]
    moves = Moves(book.issuer, owner, "device", book.issues.device[number], Purpose.EXPIRED, number, -size)
    return booked(book, after, "expire", {}, [moves], None)


@dataclass(frozen=True, slots=True)
class Moves:
    """Certificates that move, (move,): to the receiver where positive, by the interval of their issue."""

    giver: Any  # the issuer, or (move,)
    receiver: TextArray
    about: str
    of: TextArray
    purpose: Purpose
    issue: IntArray
    amount: IntArray


@dataclass(frozen=True, slots=True)
class Cut:
    """Parts of slices, (part,), in the order of the slices' Wh: which slice, from where, how long, for whom."""

    place: IntArray
    offset: IntArray  # Wh of the slice before the part
    size: IntArray
    target: IntArray
    to: TextArray

    @staticmethod
    def joined(parts: Sequence[tuple[Cut, TextArray]]) -> Cut:
        """All parts, with the names of who gets them."""
        columns = [
            np.concatenate([np.zeros(0, dtype=np.int64), *(getattr(part, name) for part, _ in parts)])
            for name in ("place", "offset", "size", "target")
        ]
        to = np.concatenate([np.zeros(0, dtype=np.str_), *(names for _, names in parts)])
        place, offset, size, target = columns
        return Cut(place, offset, size, target, to)


def laid(size: IntArray, places: IntArray, gets: IntArray, takes: IntArray | None = None) -> Cut:
    """Lay slices along what several get, one behind the other.

    Args:
        size: Wh of all slices (slice,).
        places: Slices that are laid, in this order (laid,).
        gets: What each target gets (target,).
        takes: How much of each is taken, from its first Wh on (laid,); what is needed, slice after slice, if None.

    Returns:
        The parts; targets are places among `gets`.
    """
    has = size[places] if takes is None else takes
    wanted = int(gets.sum())
    ends, starts = np.cumsum(has), np.cumsum(has) - has
    goals = np.cumsum(gets)
    cuts = np.union1d(ends[starts < wanted], goals)
    cuts = cuts[(cuts > 0) & (cuts <= wanted)]
    long = np.diff(np.r_[0, cuts])
    which = np.searchsorted(ends, cuts)
    return Cut(
        places[which],
        cuts - long - starts[which],
        long,
        np.searchsorted(goals, cuts),
        np.zeros(0, dtype=np.str_),
    )


def parted(slices: Slices, cut: Cut, **changes: Any) -> Slices:
    """Slices with parts cut out of them that are changed; what is left of each stays as it is."""
    order = np.lexsort((cut.offset, cut.place))
    place, offset, size = cut.place[order], cut.offset[order], cut.size[order]
    first = slices.first[place] + offset
    new = slices.where(place)
    values = {name: np.broadcast_to(np.asarray(value), order.shape)[order] for name, value in changes.items()}
    new = replace(new, first=first, end=first + size, **values)
    same = np.r_[place[1:] == place[:-1], np.zeros(min(place.size, 1), dtype=np.bool_)]
    until = np.where(same, np.r_[first[1:], 0][: place.size], slices.end[place])
    rest = replace(slices.where(place), first=first + size, end=until)
    head = np.flatnonzero(np.r_[np.ones(min(place.size, 1), dtype=np.bool_), ~same[:-1]])
    before = replace(slices.where(place[head]), end=first[head])
    untouched = np.ones(len(slices), dtype=np.bool_)
    untouched[place] = False
    every = Slices.joined([slices.where(untouched), new, rest, before])
    return every.where(every.size > 0).sorted()


def new_issues(
    devices: Mapping[str, Device], evidence: EnergyEvidence, some: IntArray, amount: IntArray, **more: Any
) -> Issues:
    """Issues for intervals of the evidence."""
    device = evidence.party[some]
    named = [devices[name] for name in device.tolist()]
    told: dict[str, Any] = {
        "source": np.array([each.source for each in named], dtype=np.str_),
        "zone": np.array([each.zone for each in named], dtype=np.str_),
        "origin": -1,
    }
    start, seconds = evidence.start[some], evidence.seconds[some]
    return Issues.rows(some.size, device=device, start=start, seconds=seconds, amount=amount, **(told | more))


def in_order(book: CertificateBook, moment: int) -> None:
    """Refuse an act before the last one."""
    if moment < book.moment:
        told = f"is {moment}, before the last act at {book.moment}; book acts in the order of time"
        raise InvalidInput([Issue("moment", "order", told)])


def once(
    book: CertificateBook, what: str, evidence: EnergyEvidence, moment: int, issues: Sequence[Issue] = ()
) -> Spans:
    """The intervals that something was done for, with those of the evidence.

    Raises:
        InvalidInput: It was done before for one of them, one is not over, or there are other issues.
    """
    in_order(book, moment)
    end = evidence.start + evidence.seconds
    told = np.full(end.size, what)
    both, twice = book.spans.joined(Spans(token=told, party=evidence.party, start=evidence.start, end=end))
    found = list(issues)
    if twice:
        found.append(Issue(what, "duplicate_id", f"counts twice: {twice}; give every interval once"))
    if end.size and int(end.max()) > moment:
        found.append(Issue(what, "order", f"ends at {int(end.max())}, after the moment {moment} at which it is booked"))
    if found:
        raise InvalidInput(found)
    return both


def booked(
    book: CertificateBook,
    after: CertificateBook,
    act: str,
    basis: Mapping[str, str],
    moves: Sequence[Moves],
    evidence: EnergyEvidence | None,
    rule: MatchRule | None = None,
) -> tuple[CertificateBook, Statement]:
    """The statement of an act, and its audit."""
    number = np.concatenate([np.zeros(0, dtype=np.int64), *(move.issue for move in moves)])
    start, seconds = after.issues.start[number], after.issues.seconds[number]
    longest = int(seconds.max(initial=0)) + 1
    keys, step = np.unique(start * longest + seconds, return_inverse=True)
    names = [asset.id for asset in after.assets]
    sources, of = np.unique(after.issues.source[number], return_inverse=True)
    asset = np.array([names.index(asset_of(source)) for source in sources.tolist()], dtype=np.int64)[of]
    count = number.size
    issuing = [isinstance(move.giver, str) for move in moves]
    pairs = list(zip(moves, issuing, strict=True))
    claims = Claims(
        giver=_texts([np.full(move.issue.size, move.giver) if own else move.giver for move, own in pairs]),
        receiver=_texts([move.receiver for move in moves]),
        component=_texts([np.char.add(f"{move.about}/", move.of) for move in moves]),
        bus=np.full(count, ""),
        gives=_texts([np.full(m.issue.size, (Purpose.ISSUER if own else m.purpose).value) for m, own in pairs]),
        receives=_texts([np.full(move.issue.size, move.purpose.value) for move in moves]),
        asset=asset,
        step=step,
        exact=np.concatenate([np.zeros(0, dtype=np.int64), *(move.amount for move in moves)]),
        energy=np.zeros(count, dtype=np.int64),
        price=np.zeros(count, dtype=np.int64),
    )
    subject = Subject(
        act=f"certificates {act}",
        basis=tuple(sorted({**basis, "book": book.digest}.items())),
        assets=after.assets,
        divisors=(1,) * len(after.assets),
        starts=keys // longest,
        step_seconds=keys % longest,
        operator=book.issuer,
    )
    statement = statement_of(subject, claims)
    certificate = audit_certificates(book, after, statement, evidence, rule)
    if not certificate.holds:
        said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
        raise CertificateFailed(f"certificates, {act}: the statement breaks its laws and was refused: {said}")
    return after, statement


def _texts(parts: Sequence[TextArray]) -> TextArray:
    return np.concatenate([np.zeros(0, dtype=np.str_), *parts])
