"""Mid-market rate: members trade half-way between the prices of the grid; the rest is shared by its cost.

    mid = (import + export) / 2
    supply = demand:  buy = sell = mid
    supply < demand:  sell = mid, buy  = (mid * supply + import * (demand - supply)) / demand
    supply > demand:  buy  = mid, sell = (mid * demand + export * (supply - demand)) / supply

Properties: bills sum to the bill of the grid; prices lie within [export, import], so nobody pays more than alone.
Source: Tushar, Saha, Yuen, Liddell, Bean, Poor (2018), Peer-to-peer energy trading with sustainable user participation,
doi:10.1109/ACCESS.2018.2875405; the rule is that of Long, Wu, Zhang, Thomas, Cheng, Jenkins (2017), Peer-to-peer energy
trading in a community microgrid, doi:10.1109/PESGM.2017.8274546.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from c4e_opt.sharing.local_prices import LocalPrices, bills, exchange, ratio


def mid_market_rate(
    energy_mwh: ArrayLike,
    import_eur_per_mwh: ArrayLike,
    export_eur_per_mwh: ArrayLike,
    *,
    local_fee_eur_per_mwh: ArrayLike = 0.0,
) -> LocalPrices:
    """Price the energy that members of a community share.

    Args:
        energy_mwh: Energy of every member into the community's bus (member, time); negative when it takes.
        import_eur_per_mwh: Price of energy from the grid, a number or (time,).
        export_eur_per_mwh: Price that the grid pays, a number or (time,); not above the import price.
        local_fee_eur_per_mwh: Fee for energy taken from other members, a number or (time,); no part of the prices.

    Raises:
        InvalidInput: Numbers are missing or cross each other.
    """
    given = exchange(energy_mwh, import_eur_per_mwh, export_eur_per_mwh, local_fee_eur_per_mwh)
    dear, cheap = given.import_eur_per_mwh, given.export_eur_per_mwh
    mid = (dear + cheap) / 2
    bought_in = np.where(given.demand_mwh > 0, 1.0 - ratio(given.shared_mwh, given.demand_mwh), 0.0)
    sold_out = np.where(given.supply_mwh > 0, 1.0 - ratio(given.shared_mwh, given.supply_mwh), 0.0)
    return bills(given, mid + (dear - mid) * bought_in, mid - (mid - cheap) * sold_out)
