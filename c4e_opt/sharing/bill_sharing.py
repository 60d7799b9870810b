"""Bill sharing: the community's bill of the grid is split among its members.

Two keys, in every step:

`savings` (the default): what the community saves against everybody trading alone is split by the energy that members
give or take, so that a seller and a buyer of a MWh gain the same:

    gain = (import - export) * min(supply, demand) / (supply + demand)
    buy  = import - gain,  sell = export + gain

`energy`, as published: takers split what is imported, givers what is exported; energy within the community is free.

    buy = import * shortage / demand,  sell = export * excess / supply

Properties: bills sum to the bill of the grid. `savings`: prices lie within [export, import] and nobody pays more than
alone. `energy`: sellers may lose against trading alone, and prices may leave the band; `individually_rational` tells.
Source: of `energy`, Long, Wu, Zhang, Thomas, Cheng, Jenkins (2017), Peer-to-peer energy trading in a community
microgrid, doi:10.1109/PESGM.2017.8274546; `savings` is the same split of what is gained instead of what is paid.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from c4e_opt.sharing.local_prices import LocalPrices, bills, exchange, ratio


def bill_sharing(
    energy_mwh: ArrayLike,
    import_eur_per_mwh: ArrayLike,
    export_eur_per_mwh: ArrayLike,
    *,
    key: Literal["savings", "energy"] = "savings",
    local_fee_eur_per_mwh: ArrayLike = 0.0,
) -> LocalPrices:
    """Split the bill of a community.

    Args:
        energy_mwh: Energy of every member into the community's bus (member, time); negative when it takes.
        import_eur_per_mwh: Price of energy from the grid, a number or (time,).
        export_eur_per_mwh: Price that the grid pays, a number or (time,); not above the import price.
        key: What is split: savings, or the bill itself.
        local_fee_eur_per_mwh: Fee for energy taken from other members, a number or (time,); no part of the prices.

    Raises:
        InvalidInput: Numbers are missing or cross each other.
    """
    given = exchange(energy_mwh, import_eur_per_mwh, export_eur_per_mwh, local_fee_eur_per_mwh)
    dear, cheap, supply, demand = (
        given.import_eur_per_mwh,
        given.export_eur_per_mwh,
        given.supply_mwh,
        given.demand_mwh,
    )
    if key == "energy":
        short, excess = np.maximum(demand - supply, 0.0), np.maximum(supply - demand, 0.0)
        return bills(given, dear * ratio(short, demand), cheap * ratio(excess, supply))
    gain = (dear - cheap) * ratio(given.shared_mwh, supply + demand)
    return bills(given, dear - gain, cheap + gain)
