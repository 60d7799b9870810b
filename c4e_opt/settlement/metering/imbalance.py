"""Imbalances after metering: what was metered against what was scheduled, settled with the operator.

For every party that is responsible for balances, area (`ImbalanceRules.areas`) and step:

    imbalance = (metered + nominated) - (position + activated)

    metered     what meters of the party and of those in its balance group put into the buses of the area
    nominated   the sides of its physical contracts, which no meter sees
    position    what its lines of the clearing put into these buses: components, accepted orders, contracts
    activated   what the operator called of their reserve

What no meter measures counts as it was scheduled. A surplus is positive: it is paid the long price. What is missing
pays the short price. The energy goes to or comes from the operator, who is left with the residual of the area; what the
operator owes itself is not booked. Energy that was activated is paid at its own price to the party that gave it.

`restate` is how readings that came later get on the books: the old batch is taken back, and the new one is booked.

Source: see `measurement`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import IntArray
from c4e_opt.case import Case
from c4e_opt.errors import CertificateFailed, InvalidInput, UnsupportedProgram
from c4e_opt.issues import Issue
from c4e_opt.outcome import Outcome
from c4e_opt.settlement.claims import Claims, Subject, statement_of
from c4e_opt.settlement.metering.imbalance_check import audit_imbalance
from c4e_opt.settlement.metering.measurement import Activation, ImbalanceRules, Measurement, check, owners_of
from c4e_opt.settlement.metering.readings import Meter, Metered, metered
from c4e_opt.settlement.postings import Batch, batch_of
from c4e_opt.settlement.rounding import READ_DECIMALS, Integers, read
from c4e_opt.settlement.statement import CLEARING_ACT, Asset, Purpose, Statement

ACT = "imbalance"
#: Decimals of a MWh on the books: below, no Wh; above, beyond 64 bits.
_WH_DECIMALS, _MOST_DECIMALS = 6, 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Nets:
    """Imbalances of groups, shapes (net,), and prices of areas, 1e-9 of the currency per MWh, (area, time)."""

    names: tuple[tuple[str, str], ...]  # party that is responsible, and area
    energy: IntArray  # (net, time)
    area: IntArray
    short: Integers
    long: Integers


def imbalance(case: Case, outcome: Outcome, cleared: Statement, measurement: Measurement) -> Statement:
    """Settle what was metered against what was cleared.

    Args:
        case: The case.
        outcome: Its answer, for the prices.
        cleared: The statement of its clearing, for the positions.
        measurement: Meters, readings, rules, activations and which run this is.

    Returns:
        The statement of the act "imbalance", checked; its basis names the clearing, the readings that count, the
        rules, the activations and the run.

    Raises:
        InvalidInput: With everything that is wrong with the measurement.
        CertificateFailed: Statement, outcome and case do not belong together, or the result breaks its own laws.
        UnsupportedProgram: The books of the case count less than whole Wh, or more than 12 decimals of a MWh.
    """
    seen = measured(case, outcome, cleared, measurement)
    nets = _nets(case, outcome, cleared, measurement, seen)
    parts = [_imbalances(case, nets), *_called(case, measurement.activations)]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Claims.__slots__}
    finer = case.policy.money_decimals - READ_DECIMALS - case.policy.energy_decimals
    columns["exact"] = np.where(columns["asset"] == 0, columns["exact"] * 10 ** max(finer, 0), columns["exact"])
    basis = {
        "activations": measurement.activations_digest,
        "clearing": cleared.digest,
        "readings": seen.digest,
        "rules": measurement.rules.digest,
        "run": measurement.run.digest,
    }
    assets = _assets(case)
    subject = Subject(
        act=ACT,
        basis=tuple(sorted(basis.items())),
        assets=assets,
        divisors=(10 ** max(-finer, 0), *(1 for _ in assets[1:])),
        starts=case.horizon.starts,
        step_seconds=case.horizon.step_seconds,
        operator=case.policy.operator,
        case_name=case.name,
        case_digest=cleared.case_digest,
        outcome_digest=outcome.digest,
    )
    statement = statement_of(subject, Claims(**columns))
    certificate = audit_imbalance(case, outcome, cleared, measurement, statement)
    if not certificate.holds:
        said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
        raise CertificateFailed(f"case {case.name!r}: the imbalances break their laws and were refused: {said}")
    return statement


def measured(case: Case, outcome: Outcome, cleared: Statement, measurement: Measurement) -> Metered:
    """What every meter saw in every step, with flags and substitutions; see `imbalance` for arguments and errors."""
    found = check(case, measurement)
    if found:
        raise InvalidInput(found)
    pairs = {
        "case": (case.digest() == outcome.case_digest == cleared.case_digest),
        "outcome": outcome.digest == cleared.outcome_digest,
        "act": cleared.act == CLEARING_ACT,
    }
    wrong = [name for name, agrees in pairs.items() if not agrees]
    if wrong:
        told = f"the statement of the clearing is one of another {' and '.join(wrong)}"
        raise CertificateFailed(f"case {case.name!r}: {told}; settle this outcome of this case")
    decimals = case.policy.energy_decimals
    if not _WH_DECIMALS <= decimals <= _MOST_DECIMALS:
        told = f"policy.energy_decimals is {decimals}; meters need 6 (whole Wh) to 12"
        raise UnsupportedProgram(f"case {case.name!r}: {told}")
    return metered(
        case.horizon,
        measurement.meters,
        measurement.readings,
        scheduled(case, cleared, measurement.meters),
        unit=_unit(case),
        until=measurement.run.until,
    )


def scheduled(case: Case, cleared: Statement, meters: Sequence[Meter]) -> IntArray:
    """What every meter should have seen, minor units of the books, (meter, time): components and accepted orders."""
    whole = {(meter.party, meter.bus): n for n, meter in enumerate(meters) if not meter.component}
    alone = {(meter.component, meter.bus): n for n, meter in enumerate(meters) if meter.component}
    where = cleared.positions
    rows: Any = zip(where.party.tolist(), where.component.tolist(), where.bus.tolist(), strict=True)
    of = np.array(
        [
            -1 if not component or component.startswith("contract/") else
            alone.get((component, bus), whole.get((party, bus), -1))
            for party, component, bus in rows
        ],
        dtype=np.int64,
    )  # fmt: skip
    total = np.zeros((len(meters), case.horizon.steps), dtype=np.int64)
    carriers = np.array([asset.kind == "energy" for asset in cleared.assets], dtype=np.bool_)
    these = np.flatnonzero(carriers[cleared.asset])
    these = these[of[cleared.position[these]] >= 0]
    np.add.at(total, (of[cleared.position[these]], cleared.step[these]), cleared.energy[these].astype(np.int64))
    return total


def _unit(case: Case) -> int:
    """Minor units of the books in a Wh."""
    return 10 ** (case.policy.energy_decimals - _WH_DECIMALS)


def _assets(case: Case) -> tuple[Asset, ...]:
    policy = case.policy
    carriers = sorted({bus.carrier for bus in case.buses})
    energies = [Asset(id=each, kind="energy", decimals=policy.energy_decimals) for each in carriers]
    return (Asset(id=case.currency, kind="money", decimals=policy.money_decimals), *energies)


def _nets(case: Case, outcome: Outcome, cleared: Statement, measurement: Measurement, seen: Metered) -> _Nets:
    """Imbalances by group and area, and the prices of areas."""
    rules, owners = measurement.rules, owners_of(case)
    steps = {start: step for step, start in enumerate(case.horizon.starts.tolist())}

    def net(party: str, bus: str) -> tuple[str, str]:
        return rules.balance_groups.get(party, party), rules.areas.get(bus, bus)

    of_meter = [net(meter.party, meter.bus) for meter in seen.meters]
    of_call = [net(owners[call.component], call.bus) for call in measurement.activations]
    names = tuple(sorted({*of_meter, *of_call}))
    place = {name: n for n, name in enumerate(names)}
    energy = np.zeros((len(names), case.horizon.steps), dtype=np.int64)
    deviation = seen.energy - scheduled(case, cleared, seen.meters)
    np.add.at(energy, np.array([place[name] for name in of_meter], dtype=np.int64), deviation)
    for name, call in zip(of_call, measurement.activations, strict=True):
        energy[place[name], steps[call.start]] -= call.energy_wh * _unit(case)
    areas = sorted({area for _, area in names})
    area = np.array([areas.index(each) for _, each in names], dtype=np.int64)
    whole = np.zeros((len(areas), case.horizon.steps), dtype=np.int64)
    np.add.at(whole, area, energy)
    short, long = _prices(case, outcome, rules, areas, whole)
    return _Nets(names=names, energy=energy, area=area, short=short, long=long)


def _prices(
    case: Case, outcome: Outcome, rules: ImbalanceRules, areas: Sequence[str], whole: IntArray
) -> tuple[Integers, Integers]:
    """Short and long prices of every area and step, 1e-9 of the currency per MWh, (area, time)."""
    if rules.price == "given":
        columns = [
            (rules.short_per_mwh[area], rules.long_per_mwh.get(area, rules.short_per_mwh[area])) for area in areas
        ]
        both = np.array(columns, dtype=np.float64).reshape(len(areas), 2, case.horizon.steps)
        return read(both[:, 0]), read(both[:, 1])
    rows = {bus.id: n for n, bus in enumerate(case.buses)}
    values = outcome.price_table.values("price_eur_per_mwh")
    spot = read(values[[rows[area] for area in areas]].reshape(len(areas), case.horizon.steps))
    component = int(read(np.array([rules.component_per_mwh], dtype=np.float64))[0])
    if rules.price == "dual":
        return spot + component, spot - component
    single = spot - np.sign(whole) * component
    return single, single


def _imbalances(case: Case, nets: _Nets) -> Claims:
    """Money and energy of every imbalance: the operator pays, and gets the energy."""
    net, step = np.nonzero(nets.energy)
    energy, area = nets.energy[net, step].astype(object), nets.area[net]
    price = np.where(energy > 0, nets.long[area, step], nets.short[area, step])
    parties = np.array([party for party, _ in nets.names], dtype=np.str_)[net] if net.size else _texts([])
    buses = np.array([bus for _, bus in nets.names], dtype=np.str_)[net] if net.size else _texts([])
    return _claims(case, parties, _texts([""] * net.size), buses, step, energy, price, Purpose.IMBALANCE)


def _called(case: Case, activations: Sequence[Activation]) -> list[Claims]:
    """Money and energy of everything that was activated."""
    if not activations:
        return []
    owners = owners_of(case)
    price = read(np.array([float(call.price_per_mwh) for call in activations], dtype=np.float64))
    energy = np.array([call.energy_wh * _unit(case) for call in activations], dtype=object)
    return [
        _claims(
            case,
            _texts([owners[call.component] for call in activations]),
            _texts([call.component for call in activations]),
            _texts([call.bus for call in activations]),
            np.searchsorted(case.horizon.starts, [call.start for call in activations]),
            energy,
            price,
            Purpose.ACTIVATION,
        )
    ]


def _claims(
    case: Case, party: Any, component: Any, bus: Any, step: IntArray, energy: Integers, price: Integers, what: Purpose
) -> Claims:
    """The operator gives price * energy and receives the energy; what it owes itself is nothing."""
    others = np.flatnonzero(party != case.policy.operator)
    party, component, bus, step, energy, price = (each[others] for each in (party, component, bus, step, energy, price))
    carriers = {each.id: each.carrier for each in case.buses}
    assets = {each.id: n for n, each in enumerate(_assets(case))}
    carrier = np.array([assets[carriers[name]] for name in bus.tolist()], dtype=np.int64)
    count = step.size
    return Claims(
        giver=np.full(2 * count, case.policy.operator),
        receiver=np.tile(party, 2),
        component=np.tile(component, 2),
        bus=np.tile(bus, 2),
        gives=np.full(2 * count, what.value),
        receives=np.full(2 * count, what.value),
        asset=np.concatenate([np.zeros(count, dtype=np.int64), carrier]),
        step=np.tile(step, 2),
        exact=np.concatenate([energy * price.astype(object), -energy]),
        energy=np.concatenate([energy, 0 * energy]),
        price=np.concatenate([price.astype(object), 0 * energy]),
    )


def _texts(words: Sequence[str]) -> Any:
    return np.array(words, dtype=np.str_) if words else np.zeros(0, dtype=np.str_)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Restatement:
    """How a later run gets on the books: take back one batch, book another."""

    reversal: Batch
    batch: Batch
    differences: Mapping[str, Mapping[str, int]]  # party -> asset -> minor units that it receives more


def restate(old: Statement, new: Statement) -> Restatement:
    """Replace a statement that is on the books by one of a later run.

    Args:
        old: What was booked.
        new: What should have been.

    Raises:
        InvalidInput: They settle different things, or are one run, whose batch can be booked once only.
    """
    found: list[Issue] = []
    for name in ("act", "case_digest", "operator", "assets"):
        if getattr(old, name) != getattr(new, name):
            told = f"is {getattr(new, name)}, that of the old statement {getattr(old, name)}"
            found.append(Issue(f"new.{name}", "other_settlement", f"{told}; a run restates one of its own kind"))
    batch, before = batch_of(new), batch_of(old)
    if not found and batch.id == before.id:
        told = "the old and the new statement are one run; give the new run another kind or number"
        found.append(Issue("new.basis", "same_run", told))
    if found:
        raise InvalidInput(found)
    was, now = old.balances(), new.balances()
    names = [asset.id for asset in new.assets]
    change = {
        party: {
            name: now.get(party, {}).get(name, 0) - was.get(party, {}).get(name, 0)
            for name in names
            if now.get(party, {}).get(name, 0) != was.get(party, {}).get(name, 0)
        }
        for party in sorted({*was, *now})
    }
    return Restatement(
        reversal=before.reversed(),
        batch=batch,
        differences={party: amounts for party, amounts in change.items() if amounts},
    )
