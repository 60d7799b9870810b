"""What a community's members pay each other and the grid at local prices; shared by all rules that set such prices.

Every rule gets the energy that each member gives to the community's bus in every step, positive for a surplus, and the
two prices of the grid. It hands back what a member pays for energy it takes and gets for energy it gives:

    bill_eur[m, t]   = buy_eur_per_mwh[t] * taken_mwh[m, t] - sell_eur_per_mwh[t] * given_mwh[m, t]
    alone_eur[m, t]  = import_eur_per_mwh[t] * taken_mwh[m, t] - export_eur_per_mwh[t] * given_mwh[m, t]
    grid_bill_eur[t] = import_eur_per_mwh[t] * shortage_mwh[t] - export_eur_per_mwh[t] * excess_mwh[t]

Bills sum to the bill of the grid in every step, whatever the rule. Fees for using the local grid are kept apart: they
are no part of prices and bills, `fee_eur` tells them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from c4e_opt.arrays import FloatArray
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What members give to a community's bus and what the grid asks and pays.

    Attributes:
        given_mwh: Surplus of every member (member, time), not negative.
        taken_mwh: Deficit of every member (member, time), not negative.
        import_eur_per_mwh: What energy from the grid costs (time,).
        export_eur_per_mwh: What the grid pays (time,).
        local_fee_eur_per_mwh: Fee for energy that one member takes from another (time,).
    """

    given_mwh: FloatArray
    taken_mwh: FloatArray
    import_eur_per_mwh: FloatArray
    export_eur_per_mwh: FloatArray
    local_fee_eur_per_mwh: FloatArray

    @property
    def supply_mwh(self) -> FloatArray:
        """Surplus of all members (time,)."""
        return self.given_mwh.sum(axis=0)

    @property
    def demand_mwh(self) -> FloatArray:
        """Deficit of all members (time,)."""
        return self.taken_mwh.sum(axis=0)

    @property
    def shared_mwh(self) -> FloatArray:
        """What members take from one another (time,)."""
        return np.minimum(self.supply_mwh, self.demand_mwh)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPrices:
    """Prices of a community and the bills that follow.

    Attributes:
        buy_eur_per_mwh: What a member pays for energy it takes (time,).
        sell_eur_per_mwh: What a member gets for energy it gives (time,).
        bill_eur: What every member pays, negative when it earns (member, time); without fees.
        alone_eur: What it would pay if it traded with the grid alone (member, time); without fees.
        grid_bill_eur: What the community pays to the grid (time,); the sum of all bills.
        fee_eur: Fee for energy taken from other members (member, time), by everybody's part of the energy taken.
    """

    buy_eur_per_mwh: FloatArray
    sell_eur_per_mwh: FloatArray
    bill_eur: FloatArray
    alone_eur: FloatArray
    grid_bill_eur: FloatArray
    fee_eur: FloatArray

    @property
    def saving_eur(self) -> FloatArray:
        """What every member gains by the community over the horizon, before fees (member,)."""
        return (self.alone_eur - self.bill_eur).sum(axis=1)

    @property
    def individually_rational(self) -> bool:
        """Whether nobody pays more in any step than alone, before fees."""
        return bool(np.all(self.bill_eur <= self.alone_eur + 1e-9 * (1.0 + np.abs(self.alone_eur))))


def exchange(
    energy_mwh: ArrayLike, import_eur_per_mwh: ArrayLike, export_eur_per_mwh: ArrayLike, local_fee: ArrayLike
) -> Exchange:
    """Read what a rule is given.

    Args:
        energy_mwh: Energy of every member into the community's bus (member, time); negative when it takes.
        import_eur_per_mwh: Price of energy from the grid, a number or (time,).
        export_eur_per_mwh: Price that the grid pays, a number or (time,); not above the import price.
        local_fee: Fee in EUR/MWh for energy taken from other members, a number or (time,); not negative.

    Raises:
        InvalidInput: Numbers are missing or cross each other; all findings at once.
    """
    energy = np.asarray(energy_mwh, dtype=np.float64)
    if energy.ndim != 2:
        raise InvalidInput([Issue("energy_mwh", "length", f"has {energy.ndim} axes; give one row per member")])
    series: dict[str, FloatArray] = {}
    named = {
        "import_eur_per_mwh": import_eur_per_mwh,
        "export_eur_per_mwh": export_eur_per_mwh,
        "local_fee_eur_per_mwh": local_fee,
    }
    for name, given in named.items():
        array = np.asarray(given, dtype=np.float64)
        if array.shape not in ((), (1,), energy.shape[1:]):
            told = f"has shape {array.shape}; give one number, or one for each of {energy.shape[1]} steps"
            raise InvalidInput([Issue(name, "length", told)])
        series[name] = np.broadcast_to(array, energy.shape[1:])
    issues = list(_issues(energy, series))
    if issues:
        raise InvalidInput(issues)
    return Exchange(given_mwh=np.maximum(energy, 0.0), taken_mwh=np.maximum(-energy, 0.0), **series)


def _issues(energy: FloatArray, series: dict[str, FloatArray]) -> Iterator[Issue]:
    for name, array in {"energy_mwh": energy, **series}.items():
        wrong = np.argwhere(~np.isfinite(array))
        if wrong.size:
            yield Issue(f"{name}{wrong[0].tolist()}", "finite", "is no number; give one for every step")
    crossed = np.flatnonzero(series["export_eur_per_mwh"] > series["import_eur_per_mwh"])
    if crossed.size:
        step = int(crossed[0])
        dear, cheap = (float(series[name][step]) for name in ("export_eur_per_mwh", "import_eur_per_mwh"))
        told = f"is {dear:g} EUR/MWh, above the import price {cheap:g} EUR/MWh; there is nothing between to share"
        yield Issue(f"export_eur_per_mwh[{step}]", "range", told)
    fee = np.flatnonzero(series["local_fee_eur_per_mwh"] < 0)
    if fee.size:
        yield Issue(f"local_fee_eur_per_mwh[{int(fee[0])}]", "range", "is negative; a fee is 0 or more")


def bills(given: Exchange, buy: FloatArray, sell: FloatArray) -> LocalPrices:
    """The bills that follow from prices.

    Args:
        given: What members give and take.
        buy: What a member pays for energy it takes (time,).
        sell: What a member gets for energy it gives (time,).
    """
    short = np.maximum(given.demand_mwh - given.supply_mwh, 0.0)
    excess = np.maximum(given.supply_mwh - given.demand_mwh, 0.0)
    local = ratio(given.shared_mwh, given.demand_mwh)
    return LocalPrices(
        buy_eur_per_mwh=buy,
        sell_eur_per_mwh=sell,
        bill_eur=buy * given.taken_mwh - sell * given.given_mwh,
        alone_eur=given.import_eur_per_mwh * given.taken_mwh - given.export_eur_per_mwh * given.given_mwh,
        grid_bill_eur=given.import_eur_per_mwh * short - given.export_eur_per_mwh * excess,
        fee_eur=given.local_fee_eur_per_mwh * local * given.taken_mwh,
    )


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Part by whole, 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
