"""Charging sessions of vehicles: a hold before, a bill by the meter, the rest back; rewards for energy given back.

    hold    driver -> escrow      so much, until a moment
    end     escrow -> site        energy by the price of each step, and the idle fee, as far as the hold reaches
            driver -> site        what the hold does not cover
            escrow -> driver      what is left of it
            site   -> driver      the reward for energy that the vehicle gave back

The hold ends once the meter confirms the session; where no reading comes until it expires, `Batch.given_back` is all
that a ledger takes. Energy of a step costs taken_wh * price[step]; the sum up to each step is rounded half up, so that
the bill is the exact bill rounded once. The idle fee is for whole minutes, begun ones not counted, that the vehicle
stays after it is done and the grace is over.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from c4e_opt.errors import CertificateFailed, InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.settlement.charging.sessions_check import audit_charging
from c4e_opt.settlement.claims import Claims, Subject, statement_of
from c4e_opt.settlement.community.member_readings import MemberReadings
from c4e_opt.settlement.postings import Batch, batch_of
from c4e_opt.settlement.rounding import READ_DECIMALS, read
from c4e_opt.settlement.statement import Asset, Purpose, Statement

_WH_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSession:
    """Who charges where, and what is set aside for it.

    Attributes:
        id: Its name.
        driver: Party that pays.
        site: Party that is paid.
        begin: When it begins, seconds since 1970-01-01T00:00Z.
        expires: From when on what is held can only be given back.
        held: What is set aside, minor units of the currency.
        currency: The currency.
        decimals: Its decimals on the books.
    """

    id: str
    driver: str
    site: str
    begin: int
    expires: int
    held: int
    currency: str = "EUR"
    decimals: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingTariff:
    """What a site asks and pays.

    Attributes:
        price_eur_per_mwh: Of energy, a number or one for every step of the readings.
        idle_eur_per_minute: For every minute that a vehicle stays when it is done and the grace is over.
        grace_minutes: How long it may stay without a fee.
        reward_eur_per_mwh: For energy that a vehicle gives back, a number or one for every step.
    """

    price_eur_per_mwh: ArrayLike
    idle_eur_per_minute: Fraction = Fraction(0)
    grace_minutes: int = 0
    reward_eur_per_mwh: ArrayLike = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingEnd:
    """How a session ended: when charging was done, and when the vehicle left; seconds since 1970-01-01T00:00Z."""

    done: int
    left: int


def hold_charging(session: ChargingSession) -> tuple[Statement, Batch]:
    """Set aside what a session may cost.

    Args:
        session: The session.

    Returns:
        The statement, and its batch: a hold.

    Raises:
        InvalidInput: Nothing is held, it expires before it begins, or nobody pays; all findings at once.
    """
    issues = [
        Issue(f"session.{path}", rule, told)
        for path, wrong, rule, told in (
            ("held", session.held < 1, "range", f"is {session.held} minor units; set aside at least one"),
            ("expires", session.expires <= session.begin, "order", "is not after the begin; hold for some time"),
            ("driver", not session.driver or not session.site, "missing", "or site is empty; name both"),
            ("site", session.driver == session.site, "duplicate_id", "is the driver; nobody pays itself"),
            ("decimals", not 0 <= session.decimals <= 18, "range", "must lie within [0, 18]"),
        )
        if wrong
    ]
    if issues:
        raise InvalidInput(issues)
    rows = [(session.driver, session.driver, Purpose.HOLD, Purpose.ESCROW, 0, session.held, 0, 0)]
    steps = np.array([session.begin]), np.ones(1, dtype=np.int64)
    statement = _statement(session, "charging hold", {}, steps, rows)
    return statement, batch_of(statement, expires=session.expires)


def end_charging(
    session: ChargingSession, hold: Batch, readings: MemberReadings, end: ChargingEnd, tariff: ChargingTariff
) -> tuple[Statement, Batch]:
    """Bill a session that the meter confirms.

    Args:
        session: The session.
        hold: Its hold.
        readings: What the meter says; the member is the session.
        end: When it was done, and when the vehicle left.
        tariff: What the site asks and pays.

    Returns:
        The statement, audited, and its batch, which ends the hold.

    Raises:
        InvalidInput: The hold or the readings are of another session, or the tariff does not fit; all findings at once.
        CertificateFailed: The statement does not pass its own audit.
    """
    issues = _misfits(session, hold, readings, end, tariff)
    if issues:
        raise InvalidInput(issues)
    row, steps = readings.members.index(session.id), readings.starts.size
    taken, given = readings.taken_wh[row].tolist(), readings.given_wh[row].tolist()
    price, reward = (
        read(np.broadcast_to(np.asarray(each, np.float64), (steps,))).tolist()
        for each in (tariff.price_eur_per_mwh, tariff.reward_eur_per_mwh)
    )
    unit = Fraction(10**session.decimals, 10 ** (READ_DECIMALS + _WH_DECIMALS))
    bills, rewards = _rounded(taken, price, unit), _rounded(given, reward, unit)
    over = max(end.left - end.done - 60 * tariff.grace_minutes, 0) // 60
    idle = _half_up(over * tariff.idle_eur_per_minute * 10**session.decimals)
    rows, left = list[_Row](), session.held
    charges = [(Purpose.CHARGING, step, bill, taken[step], price[step]) for step, bill in enumerate(bills)]
    for purpose, step, bill, wh, at in [*charges, (Purpose.IDLE_FEE, steps, idle, 0, 0)]:
        from_hold = min(bill, left)
        left -= from_hold
        whole = from_hold == bill
        if from_hold:
            rows.append(
                (session.driver, session.site, Purpose.ESCROW, purpose, step, from_hold, wh * whole, at * whole)
            )
        if bill != from_hold:
            rows.append((session.driver, session.site, purpose, purpose, step, bill - from_hold, 0, 0))
    for step, amount in enumerate(rewards):
        why = Purpose.DISCHARGE_REWARD
        rows.append((session.site, session.driver, why, why, step, amount, given[step], reward[step]))
    if left:
        rows.append((session.driver, session.driver, Purpose.ESCROW, Purpose.HOLD, steps, left, 0, 0))
    basis = {
        "hold": hold.digest,
        "readings": readings.digest,
        "tariff": _digest([price, reward, str(tariff.idle_eur_per_minute), tariff.grace_minutes, end.done, end.left]),
    }
    last = max(end.left, int(readings.starts[-1] + readings.step_seconds[-1]) if steps else end.left)
    times = np.append(readings.starts, last), np.append(readings.step_seconds, 1)
    statement = _statement(session, "charging", basis, times, rows)
    certificate = audit_charging(session, hold, readings, end, tariff, statement)
    if not certificate.holds:
        said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
        raise CertificateFailed(f"session {session.id!r}: the statement breaks its laws and was refused: {said}")
    return statement, batch_of(statement, ends=hold.id)


_Row = tuple[str, str, Purpose, Purpose, int, int, int, int]  # giver, receiver, both purposes, step, amount, Wh, price


def _misfits(
    session: ChargingSession, hold: Batch, readings: MemberReadings, end: ChargingEnd, tariff: ChargingTariff
) -> list[Issue]:
    issues: list[Issue] = []
    kept = hold.totals().get(f"escrow:session/{session.id}", {}).get(session.currency, 0)
    if kept != session.held or hold.expires != session.expires:
        issues.append(Issue("hold", "unknown_reference", f"is not that of session {session.id!r}; end its own hold"))
    if session.id not in readings.members:
        issues.append(Issue("readings", "missing", f"do not name session {session.id!r}; give what its meter says"))
    if end.left < end.done or end.done < session.begin:
        issues.append(Issue("end", "order", "must be done after the begin, and left no sooner than done"))
    if readings.starts.size and int(readings.starts[0]) < session.begin:
        issues.append(Issue("readings.starts[0]", "order", "is before the session begins; give its own readings"))
    if tariff.idle_eur_per_minute < 0 or tariff.grace_minutes < 0:
        issues.append(Issue("tariff", "range", "has an idle fee or a grace below 0"))
    for name in ("price_eur_per_mwh", "reward_eur_per_mwh"):
        array = np.asarray(getattr(tariff, name), dtype=np.float64)
        if array.shape not in ((), readings.starts.shape):
            told = f"has shape {array.shape}; give one number, or one for each of {readings.starts.size} steps"
            issues.append(Issue(f"tariff.{name}", "length", told))
        elif not np.isfinite(array).all() or (array < 0).any():
            issues.append(Issue(f"tariff.{name}", "range", "must be made of numbers of 0 or more"))
    return issues


def _rounded(energy: list[int], price: list[int], unit: Fraction) -> list[int]:
    """Minor units of every step; their sum up to any step is the exact one rounded half up."""
    exact, before, found = 0, 0, list[int]()
    for wh, each in zip(energy, price, strict=True):
        exact += wh * each
        until = _half_up(exact * unit)
        found.append(until - before)
        before = until
    return found


def _half_up(number: Fraction) -> int:
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def _statement(session: ChargingSession, act: str, basis: dict[str, str], steps: Any, rows: list[_Row]) -> Statement:
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(8)]
    texts = [np.array(column, dtype=np.str_) for column in columns[:4]]
    numbers = [np.array(column, dtype=object if n else np.int64) for n, column in enumerate(columns[4:])]
    count = len(rows)
    claims = Claims(
        giver=texts[0],
        receiver=texts[1],
        component=np.full(count, f"session/{session.id}"),
        bus=np.full(count, ""),
        gives=texts[2],
        receives=texts[3],
        asset=np.zeros(count, dtype=np.int64),
        step=numbers[0],
        exact=numbers[1],
        energy=numbers[2],
        price=numbers[3],
    )
    told = [session.id, session.driver, session.site, session.begin, session.expires, session.held]
    subject = Subject(
        act=act,
        basis=tuple(sorted({**basis, "session": _digest([*told, session.currency, session.decimals])}.items())),
        assets=(
            Asset(id=session.currency, kind="money", decimals=session.decimals),
            Asset(id="electricity", kind="energy", decimals=_WH_DECIMALS),
        ),
        divisors=(1, 1),
        starts=steps[0],
        step_seconds=steps[1],
        operator=session.site,
    )
    return statement_of(subject, claims)


def _digest(content: list[Any]) -> str:
    return hashlib.sha256(json.dumps(["c4e-opt charging 1", content]).encode()).hexdigest()
