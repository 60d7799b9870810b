"""Moments at the border: ISO 8601 in UTC, with an offset, or in the local time of a declared zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from c4e_opt.arrays import IntArray
from c4e_opt.case.contents import shown

#: The last moment that a case may reach, 9999-12-31T00:00Z.
LAST = 253_402_214_400


class NotAMoment(ValueError):
    """A text that names no single moment; the message says why and what to write."""


def zone(name: object) -> ZoneInfo:
    """The time zone of this name.

    Raises:
        NotAMoment: There is no such zone.
    """
    try:
        return ZoneInfo(name if isinstance(name, str) else "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NotAMoment(f"{shown(name)} is no time zone of the IANA list; write one like 'Europe/Warsaw'") from None


def seconds(text: object, local: ZoneInfo) -> int:
    """The moment that a text names, in whole seconds since 1970-01-01T00:00Z.

    Args:
        text: ISO 8601; without an offset it is read in the local zone.
        local: The zone of texts without an offset.

    Raises:
        NotAMoment: It is no moment, falls between two, or names two (clocks going back or forward).
    """
    try:
        moment = datetime.fromisoformat(text.strip() if isinstance(text, str) else "")
    except ValueError:
        raise NotAMoment(f"{shown(text)} is no moment; write ISO 8601 like '2025-04-03T07:15' or '…T05:15Z'") from None
    if moment.tzinfo is None:
        early, late = moment.replace(tzinfo=local, fold=0), moment.replace(tzinfo=local, fold=1)
        if early.utcoffset() != late.utcoffset():
            exists = early.astimezone(UTC).astimezone(local).replace(tzinfo=None) == moment
            if exists:
                raise NotAMoment(
                    f"{text!r} happens twice in {local.key} (clocks go back); add the offset: {early.isoformat()}"
                )
            raise NotAMoment(f"{text!r} does not happen in {local.key} (clocks go forward); add an offset or move it")
        moment = early
    stamp = moment.timestamp()
    if stamp != int(stamp):
        raise NotAMoment(f"{text!r} is not a whole second; round it")
    return int(stamp)


def many_seconds(texts: Sequence[str], local: ZoneInfo) -> IntArray:
    """The moments that many texts name; fast where all are written in UTC.

    Raises:
        NotAMoment: For the first text that is none.
    """
    if texts and all(text.endswith("Z") for text in texts):
        try:
            return np.array([text[:-1] for text in texts], dtype="datetime64[s]").astype(np.int64)
        except ValueError:
            pass
    return np.array([seconds(text, local) for text in texts], dtype=np.int64)


def iso(moment: int) -> str:
    """A moment as text in UTC: 2025-04-03T05:15:00Z."""
    return (datetime(1970, 1, 1) + timedelta(seconds=int(moment))).isoformat() + "Z"


def local_day_seconds(start: int, days: int, local: ZoneInfo) -> int:
    """How many seconds `days` whole local days last from `start` on; a day may have 23 or 25 hours."""
    first = datetime.fromtimestamp(start, local)
    after = (first.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=local)
    return int(after.timestamp()) - start
