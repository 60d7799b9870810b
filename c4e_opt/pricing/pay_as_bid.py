"""Pay as bid: everybody is settled at what the own part costs by its bid; the price that is told is the marginal one.

Definition: prices are marginal; every participant that may stand aside gives back what it earned above its cost, or
gets what it lacks, in one payment. A seller gets what it asked for, a buyer of an order pays what it bid, for what is
accepted. Who has no bid, such as demand that cannot be shed, pays the price.

Properties: no participant has a surplus by its bid, and none a loss; the operator keeps the difference, which is the
welfare of the bids. Nobody has a reason to bid its true cost: what is welfare by the bids need not be so in truth.

Source: own definition, of what discriminatory auctions do.
"""

from __future__ import annotations

from c4e_opt.arrays import FloatArray
from c4e_opt.pricing.cleared import Cleared
from c4e_opt.pricing.uplift import Uplift


def duals(cleared: Cleared) -> FloatArray:
    """Duals of the rows of the programme: the marginal ones (row,)."""
    return cleared.marginal


def payments(losses: Uplift) -> FloatArray:
    """What every participant gets besides the price (participant,)."""
    return -losses.profit
