"""Rules of congestion rents: financial transmission rights, and who has which share in what they leave."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np

from c4e_opt.case import Case
from c4e_opt.issues import Issue, duplicates, unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class TransmissionRight:
    """A financial right to what prices differ by between two buses."""

    id: str
    holder: str
    source: str
    sink: str
    power_mw: float | Sequence[float]
    kind: str = "obligation"  # or "option"


@dataclass(frozen=True, slots=True, kw_only=True)
class RentRules:
    """Rights, and who has which share in what they leave of the rents.

    Attributes:
        version: Which version of the rules this is.
        rights: Financial transmission rights.
        shares_percent: Party -> its share in what is left; the rest stays with the owners.
    """

    version: str = ""
    rights: tuple[TransmissionRight, ...] = ()
    shares_percent: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def digest(self) -> str:
        """SHA-256 of the rules, whatever their order."""
        rights = [
            [r.id, r.holder, r.source, r.sink, np.atleast_1d(np.asarray(r.power_mw, dtype=np.float64)).tolist(), r.kind]
            for r in sorted(self.rights, key=lambda right: right.id)
        ]
        shares = {party: float(share) for party, share in sorted(self.shares_percent.items())}
        return sha256(json.dumps(["c4e-opt rent rules 1", self.version, rights, shares]).encode()).hexdigest()


def check_rights(case: Case, rules: RentRules) -> Iterator[Issue]:
    """Everything that is wrong with rules for a case."""
    parties = [*(party.id for party in case.parties), case.policy.operator]
    carriers = {bus.id: bus.carrier for bus in case.buses}
    yield from duplicates("rights", [right.id for right in rules.rights])
    for place, right in enumerate(rules.rights):
        where = f"rights[{place}]"
        if right.holder not in parties:
            yield unknown(f"{where}.holder", "unknown_reference", "party", right.holder, parties)
        ends = [(name, getattr(right, name)) for name in ("source", "sink")]
        missing = [(name, bus) for name, bus in ends if bus not in carriers]
        for name, bus in missing:
            yield unknown(f"{where}.{name}", "unknown_reference", "bus", bus, carriers)
        if not missing and carriers[right.source] != carriers[right.sink]:
            told = f"is of {carriers[right.sink]}, the source of {carriers[right.source]}; a right has one carrier"
            yield Issue(f"{where}.sink", "conflict", told)
        if right.kind not in ("obligation", "option"):
            yield unknown(f"{where}.kind", "unknown_rule", "kind of right", right.kind, ["obligation", "option"])
        powers = np.atleast_1d(np.asarray(right.power_mw, dtype=np.float64))
        if powers.size not in (1, case.horizon.steps) or not np.isfinite(powers).all() or (powers < 0).any():
            told = f"one number of 0 MW or more is needed, or {case.horizon.steps}, one for every step"
            yield Issue(f"{where}.power_mw", "range", told)
    for party, share in rules.shares_percent.items():
        if party not in parties:
            yield unknown(f"shares_percent[{party}]", "unknown_reference", "party", party, parties)
        if not 0 <= share <= 100:
            yield Issue(f"shares_percent[{party}]", "range", f"is {share:g} %; it must lie within [0, 100] %")
    whole = math.fsum(rules.shares_percent.values())
    if whole > 100 * (1 + 1e-12):
        yield Issue("shares_percent", "range", f"sums to {whole:g} %; all shares together are 100 % at most")
