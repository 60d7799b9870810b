"""The audit of an act on certificates: every Wh has one fate, and only what the act may do was done.

It shares no step with the acts: it walks slices, issues and lines one by one, in plain whole numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from c4e_opt.outcome import Certificate
from c4e_opt.settlement.certificates.certificate_book import CertificateBook, MatchRule
from c4e_opt.settlement.evidence_of_energy import EnergyEvidence
from c4e_opt.settlement.law import Law
from c4e_opt.settlement.statement import Statement

_Found = Iterator[tuple[int, str]]
_Slice = tuple[int, int, int, str, str, str, str]  # issue, first, end, owner, fate, user, way
_Cell = tuple[str, int, int]  # party or device, start, seconds
_When = tuple[str, int]  # party, number of an interval
_Zoned = tuple[str, int, str]  # owner, number of an interval, zone
_FATES = {"match": "cancelled", "charge": "stored", "expire": "expired"}


def audit_certificates(
    book: CertificateBook,
    after: CertificateBook,
    statement: Statement,
    evidence: EnergyEvidence | None = None,
    rule: MatchRule | None = None,
) -> Certificate:
    """Check what an act did to the book of certificates.

    Laws: `follows` (the statement names the book before and the evidence), `one_fate` (slices cover every issue without
    gap or overlap), `nothing_undone` (issues stay, and so does what is no longer held), `fates` (only those of the
    act), `wallets` and `issuer` (changed by the lines), `balance` (sums to zero per asset and step), `issued` (whole Wh
    of the evidence with what was carried), `charged` (what the evidence says, as far as the owner held it), `storage`
    (first in first out, never more than efficiency times what charged before), `matched` (nobody more than it consumed,
    by the ways of the rule to the Wh), `expired` (only what is over).

    Args:
        book: The book before.
        after: The book after.
        statement: What the act says that moved.
        evidence: What was produced, consumed, charged or given back.
        rule: How certificates are matched, of the act that matches.

    Returns:
        The certificate; what is wrong is a finding, not an exception.
    """
    act = statement.act.split()[-1]
    old, new = _slices(book), _slices(after)
    gone, made = _apart(old, new)
    rows = _issues(after)
    found: dict[str, _Found] = {
        "follows": _follows(book, after, statement, evidence),
        "one_fate": _one_fate(new, rows),
        "nothing_undone": _nothing_undone(_issues(book), rows, gone),
        "fates": _fates(act, gone, made, rows),
        **_lines(book, gone, made, rows, statement),
        "issued": _issued(act, book, after, made, rows, evidence),
        "charged": _charged(book, old, made, rows, evidence if act == "charge" else None),
        "storage": _storage(after, new, rows),
        "matched": _matched(old, made, rows, evidence, rule if act == "match" else None),
        "expired": _expired(book, after, made, rows),
    }
    return Certificate(residuals=tuple(Law.of(name, "Wh", each).residual() for name, each in found.items()))


def _slices(book: CertificateBook) -> list[_Slice]:
    of = book.slices
    columns: Any = (of.issue, of.first, of.end, of.owner, of.fate, of.user, of.way)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _apart(old: list[_Slice], new: list[_Slice]) -> tuple[list[_Slice], list[_Slice]]:
    """Slices of before that are no more, and slices that were not."""
    was = {each[0] << 64 | each[1]: each for each in old}
    made: list[_Slice] = []
    for each in new:
        place = each[0] << 64 | each[1]
        if was.get(place) == each:
            del was[place]
        else:
            made.append(each)
    return list(was.values()), made


def _issues(book: CertificateBook) -> list[Any]:
    """Device, source, zone, start, seconds, amount and origin of every issue."""
    of = book.issues
    columns = (of.device, of.source, of.zone, of.start, of.seconds, of.amount, of.origin)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _follows(
    book: CertificateBook, after: CertificateBook, statement: Statement, evidence: EnergyEvidence | None
) -> _Found:
    basis = dict(statement.basis)
    yield int(basis.get("book") != book.digest), "book"
    yield int(evidence is not None and evidence.digest not in basis.values()), "evidence"
    yield int((after.devices, after.issuer) != (book.devices, book.issuer)), "devices"
    yield int(after.moment < book.moment), "moment"


def _one_fate(slices: list[_Slice], rows: list[Any]) -> _Found:
    ends = [0] * len(rows)
    for issue, first, end, *_ in sorted(slices):
        if first != ends[issue] or end <= first:
            yield abs(first - ends[issue]) or 1, f"issue {issue} at Wh {first}"
        ends[issue] = end
    for issue, (end, row) in enumerate(zip(ends, rows, strict=True)):
        if end != row[5]:
            yield end - row[5], f"issue {issue} at its end"


def _nothing_undone(before: list[Any], rows: list[Any], gone: list[_Slice]) -> _Found:
    for issue, first, end, _, fate, _, _ in gone:
        if fate != "held":
            yield end - first, f"issue {issue} at Wh {first}"
    yield int(rows[: len(before)] != before), "issues"


def _fates(act: str, gone: list[_Slice], made: list[_Slice], rows: list[Any]) -> _Found:
    """What is new was held by the same owner, and has the fate that the act may give."""
    holders = {(each[0], each[3]) for each in gone}
    fates = ("held", _FATES.get(act, "held"))
    for issue, first, end, owner, fate, user, way in made:
        fresh = act in ("issue", "discharge") and first == 0 and end == rows[issue][5]
        plain = bool(user) == (fate in ("cancelled", "stored")) and bool(way) == (fate == "cancelled")
        if fate not in fates or not plain or not (act == "transfer" or fresh or (issue, owner) in holders):
            yield end - first, f"issue {issue} at Wh {first}"


def _lines(
    book: CertificateBook, gone: list[_Slice], made: list[_Slice], rows: list[Any], statement: Statement
) -> dict[str, _Found]:
    """Wallets, issuer and sums against the lines, by the interval of the certificates."""
    kinds: dict[tuple[str, int, int], int] = {}  # number of every source and interval
    of = [kinds.setdefault((row[1], row[3], row[4]), len(kinds)) for row in rows]
    change: dict[tuple[str, int], int] = defaultdict(int)
    supply: dict[str, int] = defaultdict(int)
    for sign, slices in ((-1, gone), (1, made)):
        for issue, first, end, owner, fate, _, _ in slices:
            if fate == "held":
                change[owner, of[issue]] += sign * (end - first)
                supply[rows[issue][1]] += sign * (end - first)
    issued: dict[str, int] = defaultdict(int)
    names = [asset.id.removeprefix("certificate/") for asset in statement.assets]
    steps: Any = list(zip(statement.starts.tolist(), statement.step_seconds.tolist(), strict=True))
    told = [[kinds.setdefault((name, *step), len(kinds)) for step in steps] for name in names]
    sums: list[list[int]] = [[0] * len(steps) for _ in names]
    where = statement.positions
    labels: list[Any] = list(zip(where.party.tolist(), where.purpose.tolist(), strict=True))
    columns = (statement.position, statement.step, statement.asset, statement.amount)
    strangers = 0
    for position, step, asset, amount in zip(*(column.tolist() for column in columns), strict=True):
        party, purpose = labels[position]
        sums[asset][step] += amount
        if purpose == "issuer":
            issued[names[asset]] += amount
            strangers += abs(amount) * int(party != book.issuer)
        else:
            change[party, told[asset][step]] -= amount
    things = list(kinds)
    both = [(supply[name] + issued[name], name) for name in {*supply, *issued}]
    return {
        "wallets": ((n, f"{key[0]} {' at '.join(map(str, things[key[1]][:2]))}") for key, n in change.items() if n),
        "issuer": iter([*both, (strangers, "another issuer")]),
        "balance": _unbalanced(names, sums),
    }


def _unbalanced(names: list[str], sums: list[list[int]]) -> _Found:
    for asset, totals in zip(names, sums, strict=True):
        for step, total in enumerate(totals):
            if total:
                yield total, f"{asset} step {step}"


def _by_cell(evidence: EnergyEvidence) -> list[tuple[_Cell, int]]:
    columns = (evidence.party, evidence.start, evidence.seconds, evidence.amount)
    rows: Any = sorted(zip(*(column.tolist() for column in columns), strict=True))
    return [((party, start, seconds), amount) for party, start, seconds, amount in rows]


def _issued(
    act: str,
    book: CertificateBook,
    after: CertificateBook,
    slices: list[_Slice],
    every: list[Any],
    evidence: EnergyEvidence | None,
) -> _Found:
    """New issues against whole Wh of the evidence; of stores at most that."""
    made: dict[_Cell, int] = defaultdict(int)
    fresh = len(book.issues)
    devices = {device.id: device for device in book.devices}
    for device, source, zone, start, seconds, amount, origin in every[fresh:]:
        made[device, start, seconds] += amount
        known = devices[device]
        stored = known.efficiency is not None
        if stored != (origin >= 0) or zone != known.zone or (source != known.source and not stored):
            yield 1, f"origin, source or zone of {device}"
    for issue, _, _, owner, _, _, _ in slices:
        if issue >= fresh and owner != devices[every[issue][0]].owner:
            yield 1, f"owner of issue {issue}"
    if act not in ("issue", "discharge") or evidence is None:
        yield sum(made.values()), "issued without evidence"
        return
    finer, coarser = 10 ** max(evidence.decimals - 6, 0), 10 ** max(6 - evidence.decimals, 0)
    before: dict[str, Fraction] = dict(book.carried)
    for cell, amount in _by_cell(evidence):
        if cell[0] in before or finer > 1:
            exact = before.get(cell[0], Fraction(0)) + Fraction(amount * coarser, finer)
            whole = exact.numerator // exact.denominator
            before[cell[0]] = exact - whole
        else:
            whole = amount * coarser
        told = made.pop(cell, 0)
        if told > whole or (told < whole and act == "issue"):
            yield told - whole, f"{cell[0]} at {cell[1]}"
    yield sum(made.values()), "intervals without evidence"
    if {name: part for name, part in before.items() if part} != dict(after.carried):
        yield 1, "what is carried"


def _charged(
    book: CertificateBook, old: list[_Slice], made: list[_Slice], rows: list[Any], evidence: EnergyEvidence | None
) -> _Found:
    """What charged stores: what owners held in the interval, up to what the evidence says of all their stores."""
    if evidence is None:
        return
    finer, coarser = 10 ** max(evidence.decimals - 6, 0), 10 ** max(6 - evidence.decimals, 0)
    owners = {device.id: device.owner for device in book.devices if device.efficiency is not None}
    allowed = {cell: amount * coarser // finer for cell, amount in _by_cell(evidence)}
    wanted: dict[_Cell, int] = defaultdict(int)
    for (store, start, seconds), amount in allowed.items():
        wanted[owners[store], start, seconds] += amount
    charged: dict[_Cell, int] = defaultdict(int)
    by_owner: dict[_Cell, int] = defaultdict(int)
    held: dict[_Cell, int] = defaultdict(int)
    for issue, first, end, owner, fate, user, _ in made:
        if fate == "stored":
            charged[user, rows[issue][3], rows[issue][4]] += end - first
            by_owner[owner, rows[issue][3], rows[issue][4]] += end - first
    for issue, first, end, owner, fate, _, _ in old:
        if fate == "held":
            held[owner, rows[issue][3], rows[issue][4]] += end - first
    for cell, amount in charged.items():
        yield max(amount - allowed.get(cell, 0), 0), f"{cell[0]} at {cell[1]}"
    for cell in {*wanted, *by_owner}:
        yield min(wanted.get(cell, 0), held.get(cell, 0)) - by_owner.get(cell, 0), f"{cell[0]} at {cell[1]}"


def _storage(after: CertificateBook, new: list[_Slice], rows: list[Any]) -> _Found:
    """What stores gave back, Wh for Wh, against what charged them: in order, after it, and with the losses."""
    charged: dict[str, list[_Slice]] = defaultdict(list)
    for each in new:
        if each[4] == "stored":
            charged[each[5]].append(each)
    back: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if row[6] >= 0:
            back[row[0]].append(row)
    for device in after.devices:
        if device.efficiency is None:
            yield len(charged.get(device.id, ())), f"{device.id} is no store"
            continue
        queue = sorted(charged.get(device.id, ()), key=lambda each: (rows[each[0]][3], each[0], each[1]))
        top, bottom = device.efficiency.numerator, device.efficiency.denominator
        total, ranges = 0, list[tuple[int, int, int]]()
        for issue, first, end, owner, *_ in queue:
            total += end - first
            ranges.append((total * top // bottom, issue, rows[issue][3] + rows[issue][4]))
            if owner != device.owner:
                yield end - first, f"owner of what charges {device.id}"
        done, at = 0, 0
        for row in back.get(device.id, ()):
            while at < len(ranges) and ranges[at][0] <= done:
                at += 1
            fits = at < len(ranges) and done + row[5] <= ranges[at][0]
            right = fits and ranges[at][1] == row[6] and ranges[at][2] <= row[3] and rows[row[6]][1] == row[1]
            if not right:
                yield row[5], f"{device.id} gives back at {row[3]}"
            done += row[5]
        yield done - after.given_back.get(device.id, 0), f"what {device.id} gave back"


def _matched(
    old: list[_Slice],
    made: list[_Slice],
    rows: list[Any],
    evidence: EnergyEvidence | None,
    rule: MatchRule | None,
) -> _Found:
    """Cancelled Wh against consumption: way after way, from what was held and what was left."""
    if rule is None or evidence is None:
        return
    whens: dict[tuple[int, int], int] = {}  # number of every interval, by start and seconds
    at = [whens.setdefault((row[3], row[4]), len(whens)) for row in rows]
    finer, coarser = 10 ** max(evidence.decimals - 6, 0), 10 ** max(6 - evidence.decimals, 0)
    columns: Any = (evidence.party, evidence.start, evidence.seconds, evidence.amount)
    left: dict[_When, int] = {
        (party, whens.setdefault((start, seconds), len(whens))): amount * coarser // finer
        for party, start, seconds, amount in zip(*(column.tolist() for column in columns), strict=True)
    }
    begins = [start for start, _ in whens]
    has: dict[_Zoned, int] = defaultdict(int)
    for issue, first, end, owner, fate, user, _ in old:
        when = at[issue]
        if fate == "held":
            has[owner, when, rows[issue][2]] += end - first
        elif fate == "cancelled" and (user, when) in left:
            left[user, when] = max(left[user, when] - end + first, 0)
    ways = {way: (defaultdict[_Zoned, int](int), defaultdict[_When, int](int)) for way in rule.ways}
    for issue, first, end, owner, fate, user, way in made:
        if fate == "cancelled":
            when, zone, cell = at[issue], rows[issue][2], (user, at[issue])
            if way == "own":
                wrong = owner != user
            else:
                wrong = rule.offers is not None and owner not in rule.offers
                wrong |= way == "local" and rule.zones.get(user, "") != zone
            if wrong or way not in ways or cell not in left:
                yield end - first, f"{user} at {begins[when]}"
            else:
                gave, got = ways[way]
                gave[owner, when, zone] += end - first
                got[cell] += end - first
    for way, (gave, got) in ways.items():
        for size, who, when in _by_way(way, rule, has, left, gave, got):
            yield size, f"{who} at {begins[when]}"
        for owner, when, zone in gave:
            has[owner, when, zone] = has.get((owner, when, zone), 0) - gave[owner, when, zone]
            if has[owner, when, zone] < 0:
                yield has[owner, when, zone], f"{owner} at {begins[when]}"
        for user, when in got:
            left[user, when] -= got[user, when]
            if left[user, when] < 0:
                yield left[user, when], f"{user} at {begins[when]}"
        has = {key: size for key, size in has.items() if size > 0}
        left = {cell: max(wanted, 0) for cell, wanted in left.items()}


def _by_way(
    way: str,
    rule: MatchRule,
    has: Mapping[_Zoned, int],
    left: Mapping[_When, int],
    gave: Mapping[_Zoned, int],
    got: Mapping[_When, int],
) -> Iterator[tuple[int, str, int]]:
    """Everybody's part of one way, to less than one Wh: how much it is off, who, and in which interval."""
    if way == "own":
        mine: dict[_When, int] = defaultdict(int)
        for (owner, when, _), size in has.items():
            mine[owner, when] += size
        for cell, wanted in left.items():
            off = min(wanted, mine.get(cell, 0)) - got.get(cell, 0)
            if off:
                yield off, *cell
        return
    local = way == "local"
    supply: dict[Any, dict[str, int]] = defaultdict(dict)
    given: dict[Any, dict[str, int]] = defaultdict(dict)
    for table, into in ((has, supply), (gave, given)):
        for (owner, when, zone), size in table.items():
            if size and (rule.offers is None or owner in rule.offers):
                group = into[when, zone if local else ""]
                group[owner] = group.get(owner, 0) + size
    demand: dict[Any, dict[str, int]] = defaultdict(dict)
    for (party, when), wanted in left.items():
        if wanted:
            demand[when, rule.zones.get(party, "") if local else ""][party] = wanted
    for group, wanting in demand.items():
        when, offered, gives = group[0], supply.get(group, {}), given.get(group, {})
        there, wanted = sum(offered.values()), sum(wanting.values())
        total, both = min(there, wanted), 0
        for party, size in wanting.items():
            taken = got.get((party, when), 0)
            both += taken
            off = abs(taken * wanted - total * size)
            if off >= wanted:
                yield -(-off // wanted), party, when
        yield both - total, way, when
        for owner, size in offered.items():
            off = abs(gives.get(owner, 0) * there - total * size)
            if off and off >= there:
                yield -(-off // max(there, 1)), owner, when


def _expired(book: CertificateBook, after: CertificateBook, made: list[_Slice], rows: list[Any]) -> _Found:
    for issue, first, end, _, fate, _, _ in made:
        if fate == "expired":
            over = rows[issue][3] + rows[issue][4] + book.valid_seconds
            if not book.valid_seconds or over > after.moment:
                yield end - first, f"issue {issue}"
