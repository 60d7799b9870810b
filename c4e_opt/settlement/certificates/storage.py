"""Certificates through a store: charging takes them out of use, discharging issues new ones, losses carried.

What charges a store is a queue, first in first out, by the interval of charging. With charged(k) the Wh in the queue
up to its k-th slice, and the efficiency of the store, certificates number floor(efficiency * charged(k - 1)) up to
floor(efficiency * charged(k)) of what it gives back carry the source of slice k, and name its issue. Hence a store
never gives back more certificates than efficiency times what charged it, and parts of a Wh are carried, not lost.

What is given back beyond that has no certificate: nobody can tell where it came from. Nothing is given back with
certificates that were charged in the same interval or later.

Source: EnergyTag, Granular Certificate Scheme Standard, version 2 (2024), storage: charge and discharge records, first
in first out, losses by the efficiency that the store declares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.certificates.certificate_book import HELD, STORED, CertificateBook, Device, Issues, Slices
from c4e_opt.settlement.certificates.certificates import Cut, Moves, booked, new_issues, once, parted
from c4e_opt.settlement.evidence_of_energy import WH_DECIMALS, EnergyEvidence, whole_wh
from c4e_opt.settlement.statement import Purpose, Statement


def charge(book: CertificateBook, charging: EnergyEvidence, moment: int) -> tuple[CertificateBook, Statement]:
    """Take certificates of the stores' owners out of use, for energy that charges in the same interval.

    Args:
        book: The book before.
        charging: What stores take, by store (its `party`) and interval, behind everything that charged them before.
        moment: When this is booked, seconds since 1970-01-01T00:00Z; not before the charging ended.

    Returns:
        The book after, and the statement, audited; energy without certificates charges without leaving a trace here.

    Raises:
        InvalidInput: A store is unknown, or an interval was given before or out of order; all findings at once.
        CertificateFailed: The statement does not pass its own audit.
    """
    stores, issues = _stores(book, charging)
    for name in stores:
        done = book.spans.end[(book.spans.token == "charged") & (book.spans.party == name)]
        new = charging.start[charging.party == name]
        if done.size and new.size and int(new.min()) < int(done.max()):
            issues.append(Issue(f"charging.{name}", "order", "begins before what charged it last; charge in order"))
    spans = once(book, "charged", charging, moment, issues)
    shift = charging.decimals - WH_DECIMALS
    whole = (charging.amount // 10**shift if shift >= 0 else charging.amount * 10**-shift).astype(np.int64)
    held = np.flatnonzero(book.slices.fate == HELD)
    of = book.slices.issue[held]
    longest = int(max(book.issues.seconds.max(initial=0), charging.seconds.max(initial=0))) + 1
    rows: dict[tuple[str, int], list[int]] = {}
    keys = book.issues.start[of] * longest + book.issues.seconds[of]
    owners = {device.owner for device in stores.values()}
    for owner, key, place in zip(book.slices.owner[held].tolist(), keys.tolist(), held.tolist(), strict=True):
        if owner in owners:
            rows.setdefault((owner, key), []).append(place)
    size = book.slices.size.copy()
    parts: list[tuple[int, int, int, str]] = []
    labels = (charging.party.tolist(), (charging.start * longest + charging.seconds).tolist(), whole.tolist())
    offset = np.zeros(len(book.slices), dtype=np.int64)
    for store, key, wanted in zip(*labels, strict=True):
        for place in rows.get((stores[store].owner, key), ()):
            taken = min(wanted, int(size[place]))
            if taken:
                parts.append((place, int(offset[place]), taken, store))
                offset[place] += taken
                size[place] -= taken
                wanted -= taken
    columns = [np.array([part[n] for part in parts], dtype=np.int64) for n in range(3)]
    to: TextArray = np.array([part[3] for part in parts], dtype=np.str_)
    cut = Cut(columns[0], columns[1], columns[2], np.zeros(len(parts), dtype=np.int64), to)
    old = book.slices.where(cut.place)
    after = replace(book, slices=parted(book.slices, cut, fate=STORED, user=to), spans=spans, moment=moment)
    moves = Moves(book.issuer, old.owner, "store", to, Purpose.STORED, old.issue, -cut.size)
    return booked(book, after, "charge", {"charging": charging.digest}, [moves], charging)


def discharge(book: CertificateBook, discharging: EnergyEvidence, moment: int) -> tuple[CertificateBook, Statement]:
    """Issue certificates for what stores give back, as far as certificates charged them.

    Args:
        book: The book before.
        discharging: What stores give back, by store (its `party`) and interval.
        moment: When this is booked, seconds since 1970-01-01T00:00Z; not before the discharging ended.

    Returns:
        The book after, and the statement, audited.

    Raises:
        InvalidInput: A store is unknown, or an interval was given before; all findings at once.
        CertificateFailed: The statement does not pass its own audit.
    """
    stores, issues = _stores(book, discharging)
    spans = once(book, "discharged", discharging, moment, issues)
    whole, carried = whole_wh(discharging, book.carried)
    some, origin, amount = list[int](), list[int](), list[int]()
    given_back = dict(book.given_back)
    for name, device in sorted(stores.items()):
        mine = np.flatnonzero(discharging.party == name)
        mine = mine[np.argsort(discharging.start[mine], kind="stable")]
        queue = queue_of(book, name)
        for at, issue, size in _given_back(book, device, queue, discharging.start[mine], whole[mine]):
            some.append(int(mine[at]))
            origin.append(issue)
            amount.append(size)
            given_back[name] = given_back.get(name, 0) + size
    of, sizes = np.array(origin, dtype=np.int64), np.array(amount, dtype=np.int64)
    at = np.array(some, dtype=np.int64)
    source = book.issues.source[of]
    new = new_issues(stores, discharging, at, sizes, source=source, origin=of)
    owner = np.array([stores[name].owner for name in new.device.tolist()], dtype=np.str_)
    slices = Slices.rows(len(new), issue=len(book.issues) + np.arange(len(new)), end=new.amount, owner=owner, fate=HELD)
    after = replace(
        book,
        issues=Issues.joined([book.issues, new]),
        slices=Slices.joined([book.slices, slices]).sorted(),
        spans=spans,
        carried=carried,
        given_back=given_back,
        moment=moment,
    )
    moves = Moves(book.issuer, owner, "store", new.device, Purpose.ISSUED, slices.issue, new.amount)
    return booked(book, after, "discharge", {"discharging": discharging.digest}, [moves], discharging)


def queue_of(book: CertificateBook, store: str) -> Slices:
    """What charged a store, first in first."""
    mine = book.slices.where((book.slices.fate == STORED) & (book.slices.user == store))
    return mine.where(np.lexsort((mine.first, mine.issue, book.issues.start[mine.issue])))


def _stores(book: CertificateBook, evidence: EnergyEvidence) -> tuple[dict[str, Device], list[Issue]]:
    """The stores of the evidence, and what is wrong with their names."""
    known = {each.id: each for each in book.devices if each.efficiency is not None}
    names = np.unique(evidence.party).tolist()
    issues = [unknown("store", "unknown_reference", "store", name, known) for name in names if name not in known]
    return {name: known[name] for name in names if name in known}, issues


def _given_back(
    book: CertificateBook, device: Device, queue: Slices, starts: IntArray, whole: IntArray
) -> Iterator[tuple[int, int, int]]:
    """Which interval, which issue charged it, and how many Wh."""
    kept = device.efficiency or Fraction(0)
    charged = np.cumsum(queue.size).tolist()
    until = [each * kept.numerator // kept.denominator for each in charged]
    over = (book.issues.start + book.issues.seconds)[queue.issue].tolist()
    record, done = 0, book.given_back.get(device.id, 0)
    for at, (start, wanted) in enumerate(zip(starts.tolist(), whole.tolist(), strict=True)):
        left = wanted
        while left and record < len(until):
            if until[record] <= done:
                record += 1
                continue
            if over[record] > start:
                break
            size = min(left, until[record] - done)
            yield at, int(queue.issue[record]), size
            done, left = done + size, left - size
