"""The audit of a charging session's bill: recomputed from meter, tariff and hold alone, in fractions."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

from c4e_opt.outcome import Certificate
from c4e_opt.settlement.community.member_readings import MemberReadings
from c4e_opt.settlement.law import Law
from c4e_opt.settlement.postings import Batch
from c4e_opt.settlement.statement import Statement


def audit_charging(
    session: Any, hold: Batch, readings: MemberReadings, end: Any, tariff: Any, statement: Statement
) -> Certificate:
    """Check the bill of a session.

    Laws: `energy_charge`, `idle_fee` and `reward` (the exact ones rounded to the nearest), `by_step` (no step of energy
    is off by a minor unit or more), `escrow` (all of the hold leaves it), `paid` (by the hold first), `given_back`
    (what the bill leaves of it), `parties` (driver and site only), `money_balance` (zero in every step), `basis`.

    Args:
        session: The session (`charging.ChargingSession`).
        hold: Its hold.
        readings: What the meter says.
        end: When it was done and left (`charging.ChargingEnd`).
        tariff: What the site asks and pays (`charging.ChargingTariff`).
        statement: What `end_charging` made of it, or somebody else.

    Returns:
        The certificate.
    """
    row = readings.members.index(session.id)
    unit = Fraction(10**session.decimals)
    bill = _exact(readings.taken_wh[row].tolist(), tariff.price_eur_per_mwh, unit)
    reward = _exact(readings.given_wh[row].tolist(), tariff.reward_eur_per_mwh, unit)
    minutes = max((end.left - end.done) // 60 - tariff.grace_minutes, 0)
    idle = minutes * tariff.idle_eur_per_minute * unit
    got: dict[str, int] = defaultdict(int)  # by purpose, of the site where it is paid, of the driver else
    steps: dict[int, int] = defaultdict(int)
    sums: dict[int, int] = defaultdict(int)
    strangers = 0
    for line in statement.lines():
        sums[line.step] += line.amount
        purpose = line.purpose.value
        if line.party == session.site:
            got[purpose] += line.amount
            if purpose == "charging":
                steps[line.step] += line.amount
        elif line.party == session.driver:
            got[f"driver {purpose}"] += line.amount
        else:
            strangers += abs(line.amount)
    by_step = max((abs(steps[step] - exact) for step, exact in enumerate(bill)), default=Fraction(0))
    owed = got["charging"] + got["idle_fee"]
    direct = -got["driver charging"] - got["driver idle_fee"]
    basis = dict(statement.basis)
    half = Fraction(1, 2)
    found: dict[str, tuple[Fraction | int, Fraction | int]] = {  # how far off, and how far it may be
        "energy_charge": (got["charging"] - sum(bill), half),
        "by_step": (by_step, 1),
        "idle_fee": (got["idle_fee"] - idle, half),
        "reward": (got["driver discharge_reward"] - sum(reward), half),
        "escrow": (got["driver escrow"] + session.held, 0),
        "paid": (direct - max(owed - session.held, 0), 0),
        "given_back": (got["driver hold"] - max(session.held - owed, 0), 0),
        "parties": (strangers, 0),
        "money_balance": (max(map(abs, sums.values()), default=0), 0),
        "basis": (int(basis.get("hold") != hold.digest) + int(basis.get("readings") != readings.digest), 0),
    }
    laws = (Law.of(name, "minor units", [(off, "")], float(most)) for name, (off, most) in found.items())
    return Certificate(residuals=tuple(law.residual() for law in laws))


def _exact(energy: list[int], price: Any, unit: Fraction) -> list[Fraction]:
    """Price times energy of every step, in minor units; prices as the books read them."""
    series = price if hasattr(price, "__len__") else [price] * len(energy)
    read = [Fraction(round(float(each) * 10**9), 10**9) for each in series]
    return [each * wh / 10**6 * unit for wh, each in zip(energy, read, strict=True)]
