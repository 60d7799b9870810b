"""The file of a book of certificates of origin: devices, and everything that was done, in its order.

    time_zone: Europe/Warsaw           # of moments without an offset; UTC where it is left out
    issuer: registry
    valid_days: 365                    # after its interval; for ever where it is left out
    devices:                           # or a CSV file beside it: devices.csv
      - {id: roof, owner: ann, source: solar, zone: north}
      - {id: cell, owner: ann, zone: north, efficiency: 9/10}      # a store
    acts:
      - {act: issue, moment: "2030-01-01T02:00Z", readings: made.csv}             # what devices gave
      - {act: charge, moment: "2030-01-01T02:00Z", readings: stored.csv}          # what stores took
      - {act: discharge, moment: "2030-01-01T02:00Z", readings: stored.csv}       # what stores gave
      - {act: transfer, moment: "2030-01-01T03:00Z",
         transfers: [{giver: ann, receiver: bob, source: solar, amount_wh: 100}]}
      - {act: match, moment: "2030-01-01T04:00Z", readings: used.csv,             # what parties took
         ways: [own, local, others], zones: {ann: north}, offers: [ann]}
      - {act: expire, moment: "2031-02-01T00:00Z"}

Acts are only ever added at the end: what is booked stays. Readings are those of `community.files`, with devices or
parties as members; a missing row is 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from c4e_opt.case.document import read_document
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.certificates.certificate_book import CertificateBook, Device, MatchRule, certificate_book
from c4e_opt.settlement.certificates.certificates import CertificateTransfer, expire, issue, transfer
from c4e_opt.settlement.certificates.matching import WAYS, Score, match, scores
from c4e_opt.settlement.certificates.storage import charge, discharge
from c4e_opt.settlement.documents import fraction, known, records, whole, within, word, zone_of
from c4e_opt.settlement.evidence_of_energy import metered_consumption, metered_production
from c4e_opt.settlement.history import Act, read_acts, replay
from c4e_opt.settlement.statement import Statement

_DEVICE = ("id", "owner", "source", "zone", "efficiency")
_ACTS = {
    "issue": ("readings",),
    "charge": ("readings",),
    "discharge": ("readings",),
    "transfer": ("transfers",),
    "match": ("readings", "ways", "zones", "offers"),
    "expire": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFile:
    """The empty book, and what is done to it."""

    book: CertificateBook
    acts: tuple[Act, ...]

    def replay(self) -> tuple[CertificateBook, list[Statement]]:
        """The book after all acts, and the statement of each; see `history.replay`."""
        return replay(self.book, self.acts, _done)

    def scores(self, after: CertificateBook) -> dict[str, Score]:
        """How much of everybody's consumption is matched, of the last act that matches; nothing where none does."""
        last = next((each for each in reversed(self.acts) if each.name == "match"), None)
        return {} if last is None or last.readings is None else scores(after, metered_consumption(last.readings))


def read_certificates(path: str | Path) -> CertificateFile:
    """Read the file of a book of certificates, and the readings that it names.

    Args:
        path: The YAML file.

    Raises:
        InvalidInput: With everything that is wrong with the form.
    """
    where, found = Path(path), list[Issue]()
    document = read_document(where)
    known(where.name, document, ("time_zone", "issuer", "valid_days", "devices", "acts"), found)
    local = zone_of(where, document, found)
    issuer = word(where.name, document, "issuer", found)
    days = whole(f"{where.name}.valid_days", document.get("valid_days", 0), found, unit=" days")
    devices = [
        Device(
            id=word(at, record, "id", found),
            owner=word(at, record, "owner", found),
            source=str(record.get("source") or ""),
            zone=str(record.get("zone") or ""),
            efficiency=_efficiency(at, record, found),
        )
        for at, record in records(where, document.get("devices"), _DEVICE, found, "devices")
    ]
    acts = read_acts(where, document, _ACTS, local, found)
    for each in acts:
        if each.name == "match":
            _rule(each, found)
        missing = [n for n, (*_, source) in enumerate(each.transfers) if not source]
        found += [Issue(f"{each.at}.transfers[{n}].source", "missing_field", "is missing") for n in missing]
    if found:
        raise InvalidInput(found)
    with within(where.name):
        book = certificate_book(issuer, devices, valid_seconds=days * 86_400)
    return CertificateFile(book=book, acts=tuple(acts))


def _efficiency(at: str, record: Mapping[str, Any], found: list[Issue]) -> Fraction | None:
    content = record.get("efficiency")
    return None if content is None else fraction(f"{at}.efficiency", content, found)


def _rule(act: Act, found: list[Issue]) -> MatchRule:
    """How certificates are matched."""
    ways = _words(f"{act.at}.ways", act.record.get("ways", list(WAYS)), found)
    found += [unknown(f"{act.at}.ways", "unknown_name", "way", way, WAYS) for way in ways if way not in WAYS]
    if len(set(ways)) != len(ways):
        found.append(Issue(f"{act.at}.ways", "duplicate_id", "names a way twice; name each once, in its order"))
    zones: Any = act.record.get("zones") or {}
    if not isinstance(zones, dict):
        found.append(Issue(f"{act.at}.zones", "type", "must be a mapping of parties to zones"))
        zones = {}
    offers = act.record.get("offers")
    return MatchRule(
        ways=tuple(ways),
        zones={str(name): str(each) for name, each in cast("dict[Any, Any]", zones).items()},
        offers=None if offers is None else frozenset(_words(f"{act.at}.offers", offers, found)),
    )


def _words(at: str, content: Any, found: list[Issue]) -> Sequence[str]:
    if isinstance(content, list):
        return [str(each) for each in cast("list[Any]", content)]
    found.append(Issue(at, "type", "must be a list of words"))
    return []


def _done(book: CertificateBook, act: Act) -> tuple[CertificateBook, Statement]:
    if act.readings is not None:
        taken, given = metered_consumption(act.readings), metered_production(act.readings)
        if act.name == "match":
            return match(book, taken, act.moment, _rule(act, []))
        if act.name == "charge":
            return charge(book, taken, act.moment)
        return (issue if act.name == "issue" else discharge)(book, given, act.moment)
    if act.name == "transfer":
        given = [
            CertificateTransfer(giver=giver, receiver=to, source=source, amount=wh)
            for giver, to, wh, source in act.transfers
        ]
        return transfer(book, given, act.moment)
    return expire(book, act.moment)
