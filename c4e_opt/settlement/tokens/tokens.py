"""Energy tokens: minted on verified production, transferred, burnt for consumption, decaying as their class says.

Every act takes the book of tokens and returns the next book and a statement of what moved:

    mint        issuer -> wallet    whole Wh of production; a part of a Wh is carried to the party's next interval
    transfer    wallet -> wallet    the oldest lots first
    use         wallet -> issuer    at most what was consumed; the oldest lots first, the earliest intervals first
    decay       wallet -> issuer    what lots lost since the act before; every other act books that first

An interval of production mints once, one of consumption is covered once, in all or in part, whoever says so. Nobody
gives more than is in the wallet after decay. Energy counts in whole Wh; the assets of a statement are the classes, with
6 decimals of a MWh.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.claims import Claims, Subject, statement_of
from c4e_opt.settlement.evidence_of_energy import EnergyEvidence, whole_wh
from c4e_opt.settlement.statement import Purpose, Statement
from c4e_opt.settlement.tokens.token_book import TOKEN_DECIMALS, Lots, Spans, TokenBook, TokenClass, left
from c4e_opt.settlement.tokens.token_decay import MOST_UNITS
from c4e_opt.settlement.tokens.tokens_check import audit_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTransfer:
    """Tokens that one gives to another, whole Wh."""

    giver: str
    receiver: str
    amount: int


def mint(book: TokenBook, token: str, production: EnergyEvidence, moment: int) -> tuple[TokenBook, Statement]:
    """Mint tokens for production.

    Args:
        book: The book before.
        token: Id of the class.
        production: What was produced, by whom and when; lots are issued at the ends of its intervals.
        moment: When this is booked, seconds since 1970-01-01T00:00Z; not before the production ended.

    Returns:
        The book after, and the statement, audited.

    Raises:
        InvalidInput: The class is unknown, or tokens were minted for some of the production; all findings at once.
        CertificateFailed: The statement does not pass its own audit.
    """
    kind = _class(book, token, moment)
    _, minted = _once(book.minted, token, production, moment, "production")
    amount, carried = _whole_wh(book, token, production)
    some = np.flatnonzero(amount)
    end = (production.start + production.seconds)[some]
    new = Lots(
        token=np.full(some.size, token),
        owner=production.party[some],
        issued=end,
        since=end,
        base=amount[some],
        now=amount[some],
    )
    before = Lots.joined([book.lots, new])
    now = left(book.classes, before, moment)
    lots = Lots.joined([replace(before, now=now)])
    after = replace(book, lots=lots, moment=moment, minted=minted, carried=carried)
    starts, step = np.unique(production.start[some], return_inverse=True)
    seconds = np.zeros(starts.size, dtype=np.int64)
    seconds[step] = production.seconds[some]
    moved = _Moves(kind.issuer, new.owner, token, Purpose.MINTED, step, amount[some], issuing=True)
    basis = {"production": production.digest}
    return _booked(book, after, "mint", basis, (starts, seconds), [moved], before, production)


def use(book: TokenBook, token: str, consumption: EnergyEvidence, moment: int) -> tuple[TokenBook, Statement]:
    """Burn tokens for consumption, as far as there are any in the wallet of who consumed.

    Args:
        book: The book before.
        token: Id of the class.
        consumption: What was consumed, by whom and when; it is covered at the moment, from the earliest interval on.
        moment: When this is booked, seconds since 1970-01-01T00:00Z; not before the consumption ended.

    Returns:
        The book after, and the statement, audited.

    Raises:
        InvalidInput: The class is unknown, or tokens were used for some of the consumption; all findings at once.
        CertificateFailed: The statement does not pass its own audit.
    """
    kind = _class(book, token, moment)
    spans, _ = _once(book.covered, token, consumption, moment, "consumption")
    now = left(book.classes, book.lots, moment)
    lots = replace(book.lots, now=now)
    whole = _floor_wh(consumption)
    owners, of = np.unique(consumption.party, return_inverse=True)
    wanted = np.zeros(owners.size, dtype=np.int64)
    np.add.at(wanted, of, whole)
    taken, _ = _oldest_first(lots, token, owners, wanted)
    got = np.zeros(owners.size, dtype=np.int64)
    mine = np.flatnonzero(taken)
    np.add.at(got, np.searchsorted(owners, lots.owner[mine]), taken[mine])
    before = np.cumsum(whole) - whole
    first = np.full(owners.size, np.iinfo(np.int64).max)
    np.minimum.at(first, of, before)
    burnt = np.clip(got[of] - (before - first[of]), 0, whole)
    some = np.flatnonzero(burnt)
    covered, _ = book.covered.joined(spans.where(some))
    after = replace(book, lots=_without(lots, taken, moment), moment=moment, covered=covered)
    starts, step = np.unique(consumption.start[some], return_inverse=True)
    seconds = np.zeros(starts.size, dtype=np.int64)
    seconds[step] = consumption.seconds[some]
    moved = _Moves(kind.issuer, consumption.party[some], token, Purpose.USED, step, -burnt[some], issuing=True)
    basis = {"consumption": consumption.digest}
    return _booked(book, after, "use", basis, (starts, seconds), [moved], book.lots, consumption)


def transfer(
    book: TokenBook, token: str, transfers: Sequence[TokenTransfer], moment: int
) -> tuple[TokenBook, Statement]:
    """Move tokens between wallets, all at once: nobody gives on what others give at the same moment.

    Args:
        book: The book before.
        token: Id of the class.
        transfers: Who gives whom how much; their order has no part in the result.
        moment: When this is booked, seconds since 1970-01-01T00:00Z.

    Returns:
        The book after, and the statement, audited.

    Raises:
        InvalidInput: The class is unknown, an amount is not above 0, or a wallet holds less; all findings at once.
        CertificateFailed: The statement does not pass its own audit.
    """
    _class(book, token, moment)
    lots = replace(book.lots, now=left(book.classes, book.lots, moment))
    rows = sorted((each.giver, each.receiver, each.amount) for each in transfers)
    giver, receiver = (np.array([row[n] for row in rows], dtype=np.str_) for n in (0, 1))
    amount = np.array([row[2] for row in rows], dtype=np.int64)
    owners, of = np.unique(giver, return_inverse=True)
    wanted = np.zeros(owners.size, dtype=np.int64)
    np.add.at(wanted, of, amount)
    taken, missing = _oldest_first(lots, token, owners, wanted)
    issues = [
        Issue(f"transfers[{at}]", "range", f"is {each.amount} Wh from {each.giver!r} to {each.receiver!r}; {told}")
        for at, each in enumerate(transfers)
        for wrong, told in (
            (each.amount < 1, "an amount is 1 or more"),
            (each.giver == each.receiver, "nobody gives to itself"),
            (not each.receiver, "name who receives"),
        )
        if wrong
    ]
    for owner, want, lack in zip(owners.tolist(), wanted.tolist(), missing.tolist(), strict=True):
        if lack:
            told = f"gives {want} Wh of {token!r} and holds {want - lack} Wh; a wallet never falls below zero"
            issues.append(Issue(f"wallets.{owner}", "range", told))
    if issues:
        raise InvalidInput(issues)
    moved = _handed_on(lots, taken, receiver, amount, moment)
    after = replace(book, lots=Lots.joined([_without(lots, taken, moment), moved]), moment=moment)
    content = json.dumps(["c4e-opt token transfers 1", rows])
    basis = {"transfers": hashlib.sha256(content.encode()).hexdigest()}
    one = np.array([moment]), np.ones(1, dtype=np.int64)
    step = np.zeros(amount.size, dtype=np.int64)
    moves = _Moves(giver, receiver, token, Purpose.TRANSFER, step, amount, issuing=False)
    return _booked(book, after, "transfer", basis, one, [moves], book.lots, None)


def decay(book: TokenBook, moment: int) -> tuple[TokenBook, Statement]:
    """Book what all lots lose until a moment.

    Args:
        book: The book before.
        moment: Until when, seconds since 1970-01-01T00:00Z.

    Returns:
        The book after, and the statement, audited.

    Raises:
        InvalidInput: The moment lies before the last act.
        CertificateFailed: The statement does not pass its own audit.
    """
    _in_order(book, moment)
    lots = replace(book.lots, now=left(book.classes, book.lots, moment))
    after = replace(book, lots=Lots.joined([lots]), moment=moment)
    none = np.zeros(0, dtype=np.int64)
    return _booked(book, after, "decay", {}, (none, none), [], book.lots, None)


@dataclass(frozen=True, slots=True)
class _Moves:
    """Tokens that move, (move,): to `receiver` where positive."""

    giver: Any  # one party, or (move,)
    receiver: TextArray
    token: str
    purpose: Purpose
    step: IntArray
    amount: IntArray
    issuing: bool  # whether the giver is the issuer


def _class(book: TokenBook, token: str, moment: int) -> TokenClass:
    kind = book.class_of(token)
    if kind is None:
        raise InvalidInput([unknown("token", "unknown_reference", "class", token, [each.id for each in book.classes])])
    _in_order(book, moment)
    return kind


def _in_order(book: TokenBook, moment: int) -> None:
    if moment < book.moment:
        told = f"is {moment}, before the last act at {book.moment}; book acts in the order of time"
        raise InvalidInput([Issue("moment", "order", told)])


def _once(done: Spans, token: str, evidence: EnergyEvidence, moment: int, what: str) -> tuple[Spans, Spans]:
    """The intervals of the evidence, and all with them."""
    end = evidence.start + evidence.seconds
    new = Spans(token=np.full(end.size, token), party=evidence.party, start=evidence.start, end=end)
    both, twice = done.joined(new)
    issues: list[Issue] = []
    if twice:
        issues.append(Issue(what, "duplicate_id", f"counts twice: {twice}; give every interval once"))
    if end.size and int(end.max()) > moment:
        told = f"ends at {int(end.max())}, after the moment {moment} at which it is booked"
        issues.append(Issue(what, "order", told))
    if end.size and int(evidence.amount.max()) // 10 ** max(evidence.decimals - TOKEN_DECIMALS, 0) >= MOST_UNITS:
        issues.append(Issue(what, "range", f"holds an interval of more than {MOST_UNITS:g} Wh; check its unit"))
    if issues:
        raise InvalidInput(issues)
    return new, both


def _whole_wh(
    book: TokenBook, token: str, evidence: EnergyEvidence
) -> tuple[IntArray, dict[tuple[str, str], Fraction]]:
    """Whole Wh of every interval, and what is carried on by all classes and parties."""
    amount, rest = whole_wh(evidence, {party: part for (of, party), part in book.carried.items() if of == token})
    others = {key: part for key, part in book.carried.items() if key[0] != token}
    return amount, others | {(token, party): part for party, part in rest.items()}


def _floor_wh(evidence: EnergyEvidence) -> IntArray:
    shift = evidence.decimals - TOKEN_DECIMALS
    return (evidence.amount // 10**shift if shift >= 0 else evidence.amount * 10**-shift).astype(np.int64)


def _oldest_first(lots: Lots, token: str, owners: TextArray, wanted: IntArray) -> tuple[IntArray, IntArray]:
    """What is taken of every lot (lot,), and what every owner lacks (owner,)."""
    mine = np.flatnonzero(lots.token == token)
    mine = mine[np.isin(lots.owner[mine], owners)]
    of = np.searchsorted(owners, lots.owner[mine])
    order = np.lexsort((mine, lots.issued[mine], of))
    mine, of = mine[order], of[order]
    has = lots.now[mine]
    before = np.cumsum(has) - has
    first = np.full(owners.size, np.iinfo(np.int64).max)
    np.minimum.at(first, of, before)
    taken = np.zeros(len(lots), dtype=np.int64)
    taken[mine] = np.clip(wanted[of] - (before - first[of]), 0, has)
    got = np.zeros(owners.size, dtype=np.int64)
    np.add.at(got, of, taken[mine])
    return taken, wanted - got


def _without(lots: Lots, taken: IntArray, moment: int) -> Lots:
    """Lots less what is taken of them; what is left of a lot that was parted decays from here on by itself."""
    rest, parted = lots.now - taken, taken > 0
    kept = replace(lots, now=rest, base=np.where(parted, rest, lots.base), since=np.where(parted, moment, lots.since))
    return Lots.joined([kept])


def _handed_on(lots: Lots, taken: IntArray, receiver: TextArray, amount: IntArray, moment: int) -> Lots:
    """Lots of receivers: what givers give, the oldest first, laid along what receivers get, in the order of names."""
    used = np.flatnonzero(taken)
    used = used[np.lexsort((used, lots.issued[used], lots.owner[used]))]
    ends, gets = np.cumsum(taken[used]), np.cumsum(amount)
    cuts = np.union1d(ends, gets)
    size = np.diff(np.r_[0, cuts])
    source, target = used[np.searchsorted(ends, cuts)], np.searchsorted(gets, cuts)
    whole = size == lots.now[source]
    return Lots(
        token=lots.token[source],
        owner=receiver[target],
        issued=lots.issued[source],
        since=np.where(whole, lots.since[source], moment),
        base=np.where(whole, lots.base[source], size),
        now=size,
    )


def _booked(
    book: TokenBook,
    after: TokenBook,
    act: str,
    basis: dict[str, str],
    steps: tuple[IntArray, IntArray],
    moves: Sequence[_Moves],
    before: Lots,
    evidence: EnergyEvidence | None,
) -> tuple[TokenBook, Statement]:
    """The statement of an act, with what lots lost until its moment, and its audit."""
    lost = before.now - left(book.classes, before, after.moment)
    some = np.flatnonzero(lost)
    starts, seconds = steps
    if some.size and after.moment not in starts.tolist():
        starts, seconds = np.append(starts, after.moment), np.append(seconds, 1)
    rows = [_rows(book, move) for move in moves]
    for each in book.classes:
        mine = some[before.token[some] == each.id]
        step = np.full(mine.size, starts.size - 1)
        rows.append(
            _rows(book, _Moves(each.issuer, before.owner[mine], each.id, Purpose.DECAYED, step, -lost[mine], True))
        )
    columns: dict[str, Any] = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]} if rows else {}
    subject = Subject(
        act=f"tokens {act}",
        basis=tuple(sorted({**basis, "book": book.digest}.items())),
        assets=tuple(each.asset for each in book.classes),
        divisors=(1,) * len(book.classes),
        starts=starts,
        step_seconds=seconds,
        operator=book.classes[0].issuer if book.classes else "",
    )
    statement = statement_of(subject, Claims(**columns))
    certificate = audit_tokens(book, after, statement, evidence)
    if not certificate.holds:
        said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
        raise CertificateFailed(f"tokens, {act}: the statement breaks its laws and was refused: {said}")
    return after, statement


def _rows(book: TokenBook, move: _Moves) -> dict[str, Any]:
    count = move.amount.size
    place = [each.id for each in book.classes].index(move.token)
    zeros, empty = np.zeros(count, dtype=np.int64), np.full(count, "")
    issuing = Purpose.ISSUER if move.issuing else move.purpose
    return {
        "giver": np.broadcast_to(np.asarray(move.giver, dtype=np.str_), (count,)),
        "receiver": move.receiver,
        "component": np.full(count, f"token/{move.token}"),
        "bus": empty,
        "gives": np.full(count, issuing.value),
        "receives": np.full(count, move.purpose.value),
        "asset": np.full(count, place),
        "step": move.step,
        "exact": move.amount,
        "energy": zeros,
        "price": zeros,
    }
