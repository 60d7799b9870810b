"""The audit of an act on energy tokens: two books and what moved between them, recomputed in whole numbers.

It shares no step with `tokens`: it walks lots and lines one by one, and asks of every lot whether it may hold what it
holds, and of every wallet whether it changed by what the statement says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from c4e_opt.outcome import Certificate
from c4e_opt.settlement.evidence_of_energy import EnergyEvidence
from c4e_opt.settlement.law import Law
from c4e_opt.settlement.statement import Statement
from c4e_opt.settlement.tokens.token_book import Lots, TokenBook, TokenClass
from c4e_opt.settlement.tokens.token_decay import HalfLife

_DAY = 86_400
_Found = Iterator[tuple[int, str]]
_Sums = dict[tuple[str, str], int]  # (party, class) -> Wh
_BySteps = dict[tuple[str, int], int]  # (class, step) -> Wh
_ByIntervals = dict[tuple[str, str, int], int]  # (purpose, party, start) -> Wh


def audit_tokens(
    book: TokenBook, after: TokenBook, statement: Statement, evidence: EnergyEvidence | None = None
) -> Certificate:
    """Check what an act did to the book of tokens.

    Laws: `follows` (the statement names the book before and the evidence; time does not go back), `wallets` (every
    wallet changed by its lines), `issuers` (each gives what is minted and takes what is burnt), `balance` (sums to zero
    per class and step), `never_negative`, `lots` (each is one of before, a part of one from now on, or minted at the
    end of an interval of production; none grows younger), `decay` (every lot holds what its class leaves of it, to the
    Wh), `evidence` (minted: whole Wh of production with what was carried; used: at most what was consumed, in its
    interval).

    Args:
        book: The book before.
        after: The book after.
        statement: What the act says that moved.
        evidence: Production of an act that mints, consumption of one that uses.

    Returns:
        The certificate; what is wrong is a finding, not an exception.
    """
    moved, issued, sums, by_interval = _lines(statement)
    found: dict[str, _Found] = {
        "follows": _follows(book, after, statement, evidence),
        "wallets": _wallets(book, after, moved),
        "issuers": _issuers(book, moved, issued),
        "balance": ((total, f"{asset} step {step}") for (asset, step), total in sums.items()),
        "never_negative": ((max(1 - n, 0), f"lot {at}") for at, n in enumerate(after.lots.now.tolist())),
        "lots": _lots(book, after, statement, evidence),
        "decay": _decay(after),
        "evidence": _evidence(book, after, statement, evidence, by_interval),
    }
    return Certificate(residuals=tuple(Law.of(name, "Wh", each).residual() for name, each in found.items()))


def _lines(statement: Statement) -> tuple[_Sums, _Sums, _BySteps, _ByIntervals]:
    """What wallets and issuers get, sums by class and step, and what is minted or used by party and interval."""
    moved: _Sums = defaultdict(int)
    issued: _Sums = defaultdict(int)
    sums: _BySteps = defaultdict(int)
    by_interval: _ByIntervals = defaultdict(int)
    where, starts = statement.positions, statement.starts.tolist()
    labels: list[Any] = list(zip(where.party.tolist(), where.purpose.tolist(), strict=True))
    names = [asset.id for asset in statement.assets]
    columns = (statement.position, statement.step, statement.asset, statement.amount)
    for position, step, asset, amount in zip(*(column.tolist() for column in columns), strict=True):
        party, purpose = labels[position]
        (issued if purpose == "issuer" else moved)[party, names[asset]] += amount
        sums[names[asset], step] += amount
        if purpose in ("minted", "used"):
            by_interval[purpose, party, starts[step]] += amount
    return moved, issued, sums, by_interval


def _follows(book: TokenBook, after: TokenBook, statement: Statement, evidence: EnergyEvidence | None) -> _Found:
    basis = dict(statement.basis)
    yield int(basis.get("book") != book.digest), "book"
    yield int(after.moment < book.moment), "moment"
    yield int(after.classes != book.classes), "classes"
    yield int([(a.id, a.kind, a.decimals) for a in statement.assets] != [(c.id, "token", 6) for c in book.classes]), ""
    if evidence is not None:
        yield int(evidence.digest not in basis.values()), "evidence"


def _held(lots: Lots) -> _Sums:
    held: _Sums = defaultdict(int)
    for owner, token, now in zip(lots.owner.tolist(), lots.token.tolist(), lots.now.tolist(), strict=True):
        held[owner, token] += now
    return held


def _wallets(book: TokenBook, after: TokenBook, moved: _Sums) -> _Found:
    had, has = _held(book.lots), _held(after.lots)
    for key in {*had, *has, *moved}:
        yield has.get(key, 0) - had.get(key, 0) - moved.get(key, 0), " ".join(key)


def _issuers(book: TokenBook, moved: _Sums, issued: _Sums) -> _Found:
    issuers = {each.id: each.issuer for each in book.classes}
    for token, issuer in issuers.items():
        to_wallets = sum(n for (_, name), n in moved.items() if name == token)
        yield to_wallets + issued.get((issuer, token), 0), f"issuer of {token}"
    for (party, token), amount in issued.items():
        yield amount if issuers.get(token) != party else 0, f"{party} issues {token}"


def _lots(book: TokenBook, after: TokenBook, statement: Statement, evidence: EnergyEvidence | None) -> _Found:
    ends: set[int] = set()
    if evidence is not None and statement.act.endswith("mint"):
        ends = set((evidence.start + evidence.seconds).tolist())
    parting = statement.act.endswith(("use", "transfer"))
    known: set[Any] = set()
    issued: dict[tuple[str, int], int] = defaultdict(int)
    for sign, lots in ((-1, book.lots), (1, after.lots)):
        columns = (lots.token, lots.issued, lots.since, lots.base, lots.now)
        rows: Any = zip(*(column.tolist() for column in columns), strict=True)
        for at, (token, born, since, base, now) in enumerate(rows):
            issued[token, born] += sign * now
            if sign < 0:
                known.add((token, born, since, base))
            elif (token, born, since, base) not in known:
                parted = parting and since == after.moment
                minted = born == since and born in ends
                yield int(not (parted or minted)), f"lot {at} of {token}"
    for (token, born), grown in issued.items():
        yield 0 if born in ends else max(grown, 0), f"{token} issued at {born}"


def _decay(after: TokenBook) -> _Found:
    kinds: dict[str, TokenClass] = {each.id: each for each in after.classes}
    parts: dict[tuple[str, int], tuple[int, int]] = {}
    known: dict[tuple[str, int, int], int] = {}
    columns = (after.lots.token, after.lots.issued, after.lots.since, after.lots.base, after.lots.now)
    rows: Any = zip(*(column.tolist() for column in columns), strict=True)
    for at, (token, issued, since, base, now) in enumerate(rows):
        decay, moment = kinds[token].decay, after.moment
        if decay is None or moment <= since:
            off = now - base
        elif isinstance(decay, HalfLife):
            over = (moment - issued) // decay.period_seconds - (since - issued) // decay.period_seconds
            key = (token, base, over)
            if key not in known:
                known[key] = _half(base, over, decay.periods, now)
            off = now - known[key]
        else:
            for age in (moment - issued, since - issued):
                if (token, age) not in parts:
                    kept = max(1 - sum(_lost(decay.spans, age)), Fraction(0))
                    parts[token, age] = kept.numerator, kept.denominator
            (top, bottom), (was, of) = parts[token, moment - issued], parts[token, since - issued]
            off = now - (base * top * of // (bottom * was) if was else 0)
        if off:
            yield off, f"lot {at} of {token}"


def _half(base: int, over: int, periods: int, told: int) -> int:
    """`told` where it is the floor of base * 2 ** -(over / periods); the floor by bisection where not."""
    power = base**periods
    if told >= 0 and told**periods << over <= power < (told + 1) ** periods << over:
        return told
    low, high = 0, base + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**periods << over <= power else (low, middle)
    return low


def _lost(spans: tuple[tuple[int, Fraction], ...], age: int) -> Iterator[Fraction]:
    """What is lost in every span of an age, in parts of the whole."""
    begin = 0
    for place, (end, rate) in enumerate(spans):
        until = age if place == len(spans) - 1 else min(age, end)
        yield rate * Fraction(max(until - begin, 0), _DAY)
        begin = end


def _evidence(
    book: TokenBook,
    after: TokenBook,
    statement: Statement,
    evidence: EnergyEvidence | None,
    by_interval: _ByIntervals,
) -> _Found:
    if evidence is None:
        yield sum(map(abs, by_interval.values())), "minted or used without evidence"
        return
    unit = Fraction(1, 10**evidence.decimals) * 10**6
    top, bottom = unit.numerator, unit.denominator
    minting = statement.act.endswith("mint")
    where = statement.positions
    tokens = {
        component.removeprefix("token/")
        for component, purpose in zip(where.component.tolist(), where.purpose.tolist(), strict=True)
        if purpose in ("minted", "used")
    }
    carried = {
        party: part for (token, party), part in book.carried.items() if token in tokens or len(book.classes) == 1
    }
    total: dict[str, Fraction] = {}
    columns = (evidence.party, evidence.start, evidence.amount)
    rows: Any = sorted(zip(*(column.tolist() for column in columns), strict=True))
    sums: dict[str, int] = {}
    offset = {party: (part.numerator, part.denominator) for party, part in carried.items()}
    for party, start, amount in rows:
        if not minting:
            burnt = -by_interval.pop(("used", party, start), 0)
            yield max(burnt - amount * top // bottom, -burnt, 0), f"{party} at {start}"
            continue
        over, under = offset.get(party, (0, 1))
        before = sums.get(party, 0)
        sums[party] = before + amount
        old = (before * top * under + over * bottom) // (bottom * under)
        new = (sums[party] * top * under + over * bottom) // (bottom * under)
        yield by_interval.pop(("minted", party, start), 0) - new + old, f"{party} at {start}"
        total[party] = Fraction(sums[party] * top, bottom) + carried.get(party, Fraction(0))
    yield sum(map(abs, by_interval.values())), "intervals without evidence"
    for party, all_of_it in total.items():
        rest = [part for (token, name), part in after.carried.items() if name == party and token in tokens]
        should = all_of_it - all_of_it.numerator // all_of_it.denominator
        if len(tokens) == 1 and sum(rest, Fraction(0)) != should:
            yield 1, f"what is carried of {party}"
