"""The file of charging sessions: what is held, what meters said, and what sites ask and pay.

    time_zone: Europe/Warsaw           # of moments without an offset; UTC where it is left out
    currency: EUR
    decimals: 2                        # of the currency, on the books
    tariffs:                           # prices are a number, or one for every reading of a session
      park: {price_eur_per_mwh: 300, idle_eur_per_minute: 0.10, grace_minutes: 15, reward_eur_per_mwh: 250}
    sessions:
      - {id: ev1, driver: ann, site: lot, tariff: park, begin: "2033-05-18T08:00", expires: "2033-05-19T08:00",
         held_eur: 10, readings: ev1.csv, done: "2033-05-18T08:30", left: "2033-05-18T08:40"}
      - {id: ev2, driver: bob, site: lot, tariff: park, begin: "2033-05-18T09:00", expires: "2033-05-19T09:00",
         held_eur: 10}                 # still charging: held, and nothing else
      - {id: ev3, driver: cid, site: lot, tariff: park, begin: "2033-05-17T09:00", expires: "2033-05-18T09:00",
         held_eur: 10, given_back: true}       # no reading came until it expired

Readings are those of `community.files`, with the session as member.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from c4e_opt.case.document import read_document
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, duplicates, unknown
from c4e_opt.settlement.charging.sessions import (
    ChargingEnd,
    ChargingSession,
    ChargingTariff,
    end_charging,
    hold_charging,
)
from c4e_opt.settlement.community.files import readings_beside
from c4e_opt.settlement.community.member_readings import MemberReadings
from c4e_opt.settlement.documents import (
    fraction,
    known,
    mapping,
    moment,
    numbers,
    records,
    whole,
    within,
    word,
    zone_of,
)
from c4e_opt.settlement.postings import Batch
from c4e_opt.settlement.statement import Statement

_FIELDS = ("time_zone", "currency", "decimals", "tariffs", "sessions")
_TARIFF = ("price_eur_per_mwh", "idle_eur_per_minute", "grace_minutes", "reward_eur_per_mwh")
_SESSION = (
    "id", "driver", "site", "tariff", "begin", "expires", "held_eur", "readings", "done", "left", "given_back",
)  # fmt: skip
_ENDED = ("readings", "done", "left")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEntry:
    """A session of a file: what it is, and how it ended where it did."""

    at: str
    session: ChargingSession
    tariff: ChargingTariff
    readings: MemberReadings | None
    end: ChargingEnd | None
    given_back: bool

    def settle(self) -> list[tuple[str, Statement | None, Batch]]:
        """Name, statement and batch of the hold and, where the session ended, of its end.

        Raises:
            InvalidInput: Session, readings and tariff do not fit together.
        """
        with within(self.at):
            held, hold = hold_charging(self.session)
            made: list[tuple[str, Statement | None, Batch]] = [(f"{self.session.id}: hold", held, hold)]
            if self.given_back:
                made.append((f"{self.session.id}: end", None, hold.given_back()))
            elif self.readings is not None and self.end is not None:
                bill, batch = end_charging(self.session, hold, self.readings, self.end, self.tariff)
                made.append((f"{self.session.id}: end", bill, batch))
        return made


def read_sessions(path: str | Path) -> list[SessionEntry]:
    """Read the file of charging sessions, and the readings that it names.

    Args:
        path: The YAML file.

    Raises:
        InvalidInput: With everything that is wrong with the form.
    """
    where, found = Path(path), list[Issue]()
    document = read_document(where)
    known(where.name, document, _FIELDS, found)
    local = zone_of(where, document, found)
    currency = str(document.get("currency", "EUR"))
    decimals = min(whole(f"{where.name}.decimals", document.get("decimals", 2), found), 18)
    tariffs = {
        name: _tariff(f"{where.name}.tariffs.{name}", content, found)
        for name, content in mapping(where, document, "tariffs", found).items()
    }
    listed = [*records(where, document.get("sessions"), _SESSION, found, "sessions")]
    found += duplicates(f"{where.name}.sessions", [str(record.get("id")) for _, record in listed])
    entries = [_entry(where, at, record, (local, currency, decimals), tariffs, found) for at, record in listed]
    if found:
        raise InvalidInput(found)
    return entries


def _tariff(at: str, content: Any, found: list[Issue]) -> ChargingTariff:
    if not isinstance(content, dict):
        found.append(Issue(at, "type", "must be a mapping: {price_eur_per_mwh: 300}"))
        return ChargingTariff(price_eur_per_mwh=0.0)
    told = cast("dict[str, Any]", content)
    known(at, told, _TARIFF, found)
    return ChargingTariff(
        price_eur_per_mwh=numbers(f"{at}.price_eur_per_mwh", told.get("price_eur_per_mwh"), found),
        idle_eur_per_minute=fraction(f"{at}.idle_eur_per_minute", told.get("idle_eur_per_minute", 0), found),
        grace_minutes=whole(f"{at}.grace_minutes", told.get("grace_minutes", 0), found, unit=" minutes"),
        reward_eur_per_mwh=numbers(f"{at}.reward_eur_per_mwh", told.get("reward_eur_per_mwh", 0), found),
    )


def _entry(
    file: Path,
    at: str,
    record: Mapping[str, Any],
    usual: tuple[ZoneInfo, str, int],
    tariffs: Mapping[str, ChargingTariff],
    found: list[Issue],
) -> SessionEntry:
    local, currency, decimals = usual
    tariff = word(at, record, "tariff", found)
    if tariff and tariff not in tariffs:
        found.append(unknown(f"{at}.tariff", "unknown_reference", "tariff", tariff, list(tariffs)))
    held = fraction(f"{at}.held_eur", record.get("held_eur"), found) * 10**decimals
    if held.denominator != 1:
        told = f"is {record.get('held_eur')} {currency}; the books have {decimals} decimals, write no more"
        found.append(Issue(f"{at}.held_eur", "digits", told))
    begin, expires = (moment(f"{at}.{name}", record.get(name), local, found) for name in ("begin", "expires"))
    given_back = record.get("given_back", False)
    if not isinstance(given_back, bool):
        found.append(Issue(f"{at}.given_back", "type", f"is {given_back!r}; write true or false"))
    said = [name for name in _ENDED if record.get(name) is not None]
    if given_back and said:
        found.append(
            Issue(f"{at}.given_back", "conflict", f"stands beside {said[0]}; a session ends in one way, drop one")
        )
    if said and len(said) < len(_ENDED):
        missing = ", ".join(name for name in _ENDED if name not in said)
        found.append(Issue(at, "missing_field", f"has no {missing}; a session that ended says {', '.join(_ENDED)}"))
    readings, end = None, None
    if len(said) == len(_ENDED):
        readings = readings_beside(file, at, record, local, found, complete=False)
        done, left = (moment(f"{at}.{name}", record.get(name), local, found) for name in ("done", "left"))
        end = ChargingEnd(done=done, left=left)
    return SessionEntry(
        at=at,
        session=ChargingSession(
            id=word(at, record, "id", found),
            driver=word(at, record, "driver", found),
            site=word(at, record, "site", found),
            begin=begin,
            expires=expires,
            held=int(held),
            currency=currency,
            decimals=decimals,
        ),
        tariff=tariffs.get(tariff, ChargingTariff(price_eur_per_mwh=0.0)),
        readings=readings,
        end=end,
        given_back=given_back is True,
    )
