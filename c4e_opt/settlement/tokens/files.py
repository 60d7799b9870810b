"""The file of a book of energy tokens: classes, and everything that was done, in its order.

    time_zone: Europe/Warsaw           # of moments without an offset; UTC where it is left out
    classes:
      - id: sun token
        issuer: volt
        rates: [{until_days: 10, lost_per_day: 1/100}, {lost_per_day: 1/50}]   # by the age; the last for ever
      - {id: wind token, issuer: volt, half_life: {period_minutes: 1440, periods: 30}}
    acts:
      - {act: mint, moment: "2030-01-02T00:00Z", token: sun token, readings: day.csv}     # what members gave
      - {act: transfer, moment: "2030-01-02T08:00Z", token: sun token,
         transfers: [{giver: ann, receiver: bob, amount_wh: 600}]}
      - {act: use, moment: "2030-01-03T00:00Z", token: sun token, readings: day.csv}      # what members took
      - {act: decay, moment: "2030-02-01T00:00Z"}

Acts are only ever added at the end: what is booked stays. Readings are those of `community.files`; a missing row is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from c4e_opt.case.document import read_document
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.settlement.documents import fraction, known, number, records, whole, within, word, zone_of
from c4e_opt.settlement.evidence_of_energy import metered_consumption, metered_production
from c4e_opt.settlement.history import Act, read_acts, replay
from c4e_opt.settlement.statement import Statement
from c4e_opt.settlement.tokens.token_book import TokenBook, TokenClass, token_book
from c4e_opt.settlement.tokens.token_decay import Decay, HalfLife, Rates
from c4e_opt.settlement.tokens.tokens import TokenTransfer, decay, mint, transfer, use

_CLASS = ("id", "issuer", "rates", "half_life")
_ACTS = {
    "mint": ("token", "readings"),
    "use": ("token", "readings"),
    "transfer": ("token", "transfers"),
    "decay": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFile:
    """The empty book, and what is done to it."""

    book: TokenBook
    acts: tuple[Act, ...]

    def replay(self) -> tuple[TokenBook, list[Statement]]:
        """The book after all acts, and the statement of each; see `history.replay`."""
        return replay(self.book, self.acts, _done)


def read_tokens(path: str | Path) -> TokenFile:
    """Read the file of a book of tokens, and the readings that it names.

    Args:
        path: The YAML file.

    Raises:
        InvalidInput: With everything that is wrong with the form.
    """
    where, found = Path(path), list[Issue]()
    document = read_document(where)
    known(where.name, document, ("time_zone", "classes", "acts"), found)
    local = zone_of(where, document, found)
    classes = [
        TokenClass(
            id=word(at, record, "id", found),
            issuer=word(at, record, "issuer", found),
            decay=_decay(where, at, record, found),
        )
        for at, record in records(where, document.get("classes"), _CLASS, found, "classes")
    ]
    acts = read_acts(where, document, _ACTS, local, found)
    for each in acts:
        if "token" in _ACTS[each.name]:
            word(each.at, each.record, "token", found)
    if found:
        raise InvalidInput(found)
    with within(where.name):
        return TokenFile(book=token_book(classes), acts=tuple(acts))


def _decay(file: Path, at: str, record: Mapping[str, Any], found: list[Issue]) -> Decay | None:
    rates, half = record.get("rates"), record.get("half_life")
    if rates is not None and half is not None:
        found.append(Issue(f"{at}.half_life", "conflict", "stands beside rates; a class decays in one way, drop one"))
    if rates is not None:
        name = f"{at.removeprefix(file.name + '.')}.rates"
        spans: list[tuple[int, Fraction]] = []
        for place, each in records(file, rates, ("until_days", "lost_per_day"), found, name):
            lost = fraction(f"{place}.lost_per_day", each.get("lost_per_day"), found)
            days = number(
                f"{place}.until_days", each.get("until_days", spans[-1][0] // 86_400 + 1 if spans else 1), found
            )
            spans.append((round(days * 86_400), lost))
        told = Rates(spans=tuple(spans))
        found += told.issues(f"{at}.rates")
        return told
    if half is None:
        return None
    if not isinstance(half, dict):
        found.append(Issue(f"{at}.half_life", "type", "must be a mapping: {period_minutes: 1440, periods: 30}"))
        return None
    of = cast("dict[str, Any]", half)
    known(f"{at}.half_life", of, ("period_minutes", "periods"), found)
    minutes, periods = (
        whole(f"{at}.half_life.{name}", of.get(name), found, least=1) for name in ("period_minutes", "periods")
    )
    decay_by_half = HalfLife(period_seconds=minutes * 60, periods=periods)
    found += decay_by_half.issues(f"{at}.half_life")
    return decay_by_half


def _done(book: TokenBook, act: Act) -> tuple[TokenBook, Statement]:
    token, readings = str(act.record.get("token", "")), act.readings
    if act.name == "mint" and readings is not None:
        return mint(book, token, metered_production(readings), act.moment)
    if act.name == "use" and readings is not None:
        return use(book, token, metered_consumption(readings), act.moment)
    if act.name == "transfer":
        given = [TokenTransfer(giver=giver, receiver=to, amount=wh) for giver, to, wh, _ in act.transfers]
        return transfer(book, token, given, act.moment)
    return decay(book, act.moment)
