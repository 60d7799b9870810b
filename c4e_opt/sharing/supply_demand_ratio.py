"""Supply-demand ratio: local prices fall from the import price to the export price as supply catches up with demand.

    ratio = supply / demand
    ratio < 1:   sell = import * export / ((import - export) * ratio + export)
                 buy  = sell * ratio + import * (1 - ratio)
    ratio >= 1:  sell = buy = export

Properties: bills sum to the bill of the grid; prices lie within [export, import], so nobody pays more than alone.
Prices of the grid must not be negative: the rule interpolates their reciprocals. At an export price of 0 sellers get
nothing as soon as there is any supply, as the formula says.
Source: Liu, Yu, Wang, Li, Ma, Lei (2017), Energy-sharing model with price-based demand response for microgrids of
peer-to-peer prosumers, doi:10.1109/TPWRS.2017.2649558.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.sharing.local_prices import LocalPrices, bills, exchange


def supply_demand_ratio(
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
        export_eur_per_mwh: Price that the grid pays, a number or (time,); neither negative nor above the import price.
        local_fee_eur_per_mwh: Fee for energy taken from other members, a number or (time,); no part of the prices.

    Raises:
        InvalidInput: Numbers are missing, negative or cross each other.
    """
    given = exchange(energy_mwh, import_eur_per_mwh, export_eur_per_mwh, local_fee_eur_per_mwh)
    dear, cheap = given.import_eur_per_mwh, given.export_eur_per_mwh
    below = np.flatnonzero(cheap < 0)
    if below.size:
        told = f"is {cheap[below[0]]:g} EUR/MWh; this rule needs prices of 0 or more, mid_market_rate takes any"
        raise InvalidInput([Issue(f"export_eur_per_mwh[{int(below[0])}]", "range", told)])
    supply, demand = given.supply_mwh, given.demand_mwh
    part = np.ones_like(supply)
    np.divide(supply, demand, out=part, where=demand > supply)
    below_line = (dear - cheap) * part + cheap
    sell = np.divide(dear * cheap, below_line, out=np.zeros_like(supply), where=below_line > 0)
    sell = np.clip(np.where(supply > 0, sell, dear), cheap, dear)
    return bills(given, sell * part + dear * (1.0 - part), sell)
