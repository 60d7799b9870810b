"""The statement: who receives and gives how much of which asset in which step, in whole minor units.

Signs: an amount is positive when the party receives the asset. Who puts energy into a bus receives money and gives
energy; who takes energy gives money and receives energy. `energy` is what the party puts INTO the bus, as everywhere.

A line belongs to a position: one party's part, at one bus, through one component, for one purpose. A line of money says
price * energy; a line of a carrier says -energy and has no price; a line of a due (see `dues`) has neither energy nor
price. Every asset sums to zero in every step, and every
carrier at every bus.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from c4e_opt.arrays import IntArray, TextArray
from c4e_opt.digest import Digest
from c4e_opt.settlement.rounding import READ_DECIMALS, Integers, sums

#: The act that settles the outcome itself.
CLEARING_ACT = "clearing"


class Purpose(StrEnum):
    """By which rule a position is priced."""

    ENERGY = "energy"
    """A component's energy at the price of its bus."""
    TARIFF = "tariff"
    """A supplier's energy through a grid connection, at the tariff."""
    ORDER = "order"
    """Accepted energy of an order at the price that it clears at."""
    RENT = "rent"
    """What a scarce limit earns: local price minus tariff at a grid connection, both ends of a tie."""
    ROUNDING = "rounding"
    """What the tolerance of the solver leaves over at a bus."""
    DEMAND_CHARGE = "demand_charge"
    """What is billed for the power of a grid connection."""
    TAKE_OR_PAY = "take_or_pay"
    """Energy that a contract wants and does not get."""
    DEMAND_RESPONSE = "demand_response"
    """Rewards of events, less penalties."""
    COVER = "cover"
    """The operator's side of demand charges, missing energy, events and reserve."""
    UPLIFT = "uplift"
    """What a participant is paid besides prices: for what it loses at them, or by the price rule itself."""
    UPLIFT_SHARE = "uplift_share"
    """What somebody who takes energy gives for the uplift of others."""
    RESERVE = "reserve"
    """Reserve that is kept, at the price of its product: what providers get, and what buyers give."""
    CONTRACT = "contract"
    """The price of a contract, of financial ones less the price of the bus: from the buyer to the seller."""
    BROKER_FEE = "broker_fee"
    """What a broker gets from both sides of a contract."""
    PRICE_GROUP = "price_group"
    """What the price of a bus and the one price of a group of buyers there differ by, times their energy."""
    ISSUER = "issuer"
    """The issuing side of tokens and certificates: gives what is minted, takes what is burnt."""
    ESCROW = "escrow"
    """What a hold keeps until it ends; the component names the escrow."""
    IMBALANCE = "imbalance"
    """Energy that was metered and not scheduled, or scheduled and not metered, at the price of imbalances."""
    ACTIVATION = "activation"
    """Reserve that was called, at the price of its activation."""
    TAX = "tax"
    """A part of what somebody pays, to whom it is owed by law."""
    NETWORK_FEE = "network_fee"
    """What the use of the network costs, kept apart from the price of energy."""
    COMMUNITY_FEE = "community_fee"
    """What a community charges its members by their energy, or by what they share."""
    TRANSMISSION_RIGHT = "transmission_right"
    """What a financial transmission right is worth: its power times what prices differ by between its ends."""
    RIGHT_SHORTFALL = "right_shortfall"
    """The part of it that rents did not cover, which the holder does not get."""
    RENT_SHARE = "rent_share"
    """Rents on their way from who earned them to holders of rights and to those who have a share in what is left."""
    PRICE_CAP = "price_cap"
    """What consumers need not pay above a cap, from the account that bears it: the shortfall of the cap."""
    SHARED = "shared"
    """Energy that members of a community give one another, at its local price."""
    SUPPLIED = "supplied"
    """What a member's supplier delivers or buys besides what is shared."""
    CHARGING = "charging"
    """Energy of a charging session, by its tariff."""
    IDLE_FEE = "idle_fee"
    """What a vehicle gives that stays at a charging point when it is done."""
    DISCHARGE_REWARD = "discharge_reward"
    """What a vehicle gets for energy that it gives back."""
    HOLD = "hold"
    """What is set aside until a hold ends."""
    MINTED = "minted"
    """Energy tokens for production that is verified."""
    TRANSFER = "transfer"
    """Tokens or certificates that change hands."""
    USED = "used"
    """Energy tokens that are burnt for consumption."""
    DECAYED = "decayed"
    """What energy tokens lose in time."""
    ISSUED = "issued"
    """Certificates of origin for energy that a device produced, or that a store gave back."""
    CANCELLED = "cancelled"
    """Certificates of origin that stand for somebody's consumption."""
    STORED = "stored"
    """Certificates of origin of energy that charges a store."""
    EXPIRED = "expired"
    """Certificates of origin that nobody used in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Something counted in whole minor units: the currency, the energy of a carrier, energy tokens, certificates."""

    id: str
    kind: Literal["money", "energy", "token", "certificate"]
    decimals: int  # minor units per unit of money, or per MWh of anything else: 10**decimals


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Positions:
    """Parts of parties, shape (position,), sorted by party, component, bus, purpose: the tie order of all rounding."""

    party: TextArray
    component: TextArray  # "<kind>/<id>", "order/<id>", or empty for rounding
    bus: TextArray
    purpose: TextArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a statement."""

    party: str
    step: int
    asset: str
    purpose: Purpose
    bus: str
    component: str
    energy: int  # into the bus, minor units of the carrier
    price: Decimal  # currency per MWh; zero on lines of a carrier
    amount: int  # minor units of the asset, positive when the party receives them


@dataclass(frozen=True, kw_only=True, eq=False)
class Statement:
    """All lines of a settled outcome as columns, sorted by step, asset and position; shapes (line,) unless said."""

    case_name: str
    case_digest: str
    outcome_digest: str
    operator: str
    assets: tuple[Asset, ...]  # the currency first, then the carriers by name
    starts: IntArray  # (step,), seconds since 1970-01-01T00:00Z
    step_seconds: IntArray  # (step,)
    positions: Positions
    position: IntArray  # place among the positions
    step: IntArray
    asset: IntArray  # place among the assets
    energy: Integers  # into the bus, minor units of the carrier
    price: Integers  # 1e-9 of the currency per MWh
    amount: Integers  # minor units of the asset
    act: str = CLEARING_ACT  # what was settled: the clearing itself, imbalances after metering, …
    basis: tuple[tuple[str, str], ...] = ()  # name and SHA-256 of what counted besides case and outcome, by name

    def __len__(self) -> int:
        """How many lines there are."""
        return self.position.size

    def __eq__(self, other: object) -> bool:
        """Statements are equal when their digests are."""
        return self is other or (isinstance(other, Statement) and self.digest == other.digest)

    def __hash__(self) -> int:
        """By what was settled and the number of lines; equality is decided by the digest."""
        return hash((self.outcome_digest, len(self)))

    def lines(self) -> Iterator[Line]:
        """Every line as an object, in order; the columns are the way to large statements."""
        names = [asset.id for asset in self.assets]
        where = self.positions
        parts = (where.party, where.component, where.bus, where.purpose)
        labels: list[Any] = list(zip(*(part.tolist() for part in parts), strict=True))
        columns = (self.position, self.step, self.asset, self.energy, self.price, self.amount)
        rows: Any = zip(*(column.tolist() for column in columns), strict=True)
        for position, step, asset, energy, price, amount in rows:
            party, component, bus, purpose = labels[position]
            yield Line(
                party=party,
                step=step,
                asset=names[int(asset)],
                purpose=Purpose(purpose),
                bus=bus,
                component=component,
                energy=energy,
                price=Decimal(price).scaleb(-READ_DECIMALS),
                amount=amount,
            )

    def balances(self) -> dict[str, dict[str, int]]:
        """What every party receives on balance, rents and rounding included: party -> asset -> minor units."""
        return self._totals(self.positions.party)

    def by_purpose(self) -> dict[str, dict[str, int]]:
        """The same by purpose: purpose -> asset -> minor units."""
        return self._totals(self.positions.purpose)

    def _totals(self, of: TextArray) -> dict[str, dict[str, int]]:
        names, place = np.unique(of, return_inverse=True)
        count = len(self.assets)
        group = place[self.position] * count + self.asset
        total = sums(self.amount, group, names.size * count).tolist()
        met = np.bincount(group, minlength=names.size * count).tolist()
        found: dict[str, dict[str, int]] = {}
        for n, name in enumerate(names.tolist()):
            for a, asset in enumerate(self.assets):
                if met[n * count + a]:
                    found.setdefault(name, {})[asset.id] = total[n * count + a]
        return found

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole statement."""
        digest = Digest(b"c4e-opt statement 1")
        for word in (self.case_name, self.case_digest, self.outcome_digest, self.operator):
            digest.word(word)
        if self.act != CLEARING_ACT or self.basis:
            digest.word(json.dumps([self.act, self.basis]))
        for asset in self.assets:
            digest.word(f"{asset.id} {asset.kind} {asset.decimals}")
        where = self.positions
        for labels in (where.party, where.component, where.bus, where.purpose):
            digest.array(labels)
        columns = (self.position, self.step, self.asset, self.energy, self.price, self.amount)
        for column in (self.starts, self.step_seconds, *columns):
            digest.word(" ".join(map(str, column.tolist())))  # digits: the same for 64-bit and for Python integers
        return digest.hex()

    def to_json(self) -> dict[str, Any]:
        """The statement as JSON: lines as columns, every amount a string of digits in minor units, never a float."""
        where = self.positions
        at, names = self.position, np.array([asset.id for asset in self.assets], dtype=np.str_)
        return {
            "case": self.case_name,
            "act": self.act,
            "basis": dict(self.basis),
            "operator": self.operator,
            "digest": {"case": self.case_digest, "outcome": self.outcome_digest, "statement": self.digest},
            "assets": [{"id": a.id, "kind": a.kind, "decimals": a.decimals} for a in self.assets],
            "steps": {"start": _moments(self.starts), "seconds": self.step_seconds.tolist()},
            "balances": {
                party: {asset: str(amount) for asset, amount in amounts.items()}
                for party, amounts in self.balances().items()
            },
            "lines": {
                "party": where.party[at].tolist(),
                "step": self.step.tolist(),
                "asset": names[self.asset].tolist(),
                "purpose": where.purpose[at].tolist(),
                "bus": where.bus[at].tolist(),
                "component": where.component[at].tolist(),
                "energy": [str(each) for each in self.energy.tolist()],
                "price": [decimal_text(each, READ_DECIMALS) for each in self.price.tolist()],
                "amount": [str(each) for each in self.amount.tolist()],
            },
        }

    def to_csv(self, path: str | Path) -> Path:
        """Write one row per line, amounts as exact decimals of the asset's unit (of a MWh for energy).

        Args:
            path: The file; its folder must exist.
        """
        decimals = {asset.id: asset.decimals for asset in self.assets}
        mwh = next((asset.decimals for asset in self.assets if asset.kind == "energy"), 0)
        starts = _moments(self.starts)
        columns = ("start", "party", "asset", "purpose", "bus", "component", "energy_mwh", "price_per_mwh", "amount")
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(columns)
            for line in self.lines():
                priced = "" if line.asset != self.assets[0].id else format(line.price.normalize(), "f")
                energy, amount = decimal_text(line.energy, mwh), decimal_text(line.amount, decimals[line.asset])
                where = (starts[line.step], line.party, line.asset, str(line.purpose), line.bus, line.component)
                rows.writerow((*where, energy, priced, amount))
        return Path(path)


def decimal_text(minor: int, decimals: int) -> str:
    """Whole minor units as an exact decimal text of the unit: -1234 with 2 decimals is "-12.34"."""
    digits = str(abs(minor)).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return f"-{text}" if minor < 0 else text


def _moments(seconds: IntArray) -> list[str]:
    return [f"{each}Z" for each in seconds.astype("datetime64[s]").astype(np.str_).tolist()]
