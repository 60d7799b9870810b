"""Marginal prices: what one more MWh of demand would cost, at every bus and step.

Definition: price[n, t] = d(objective) / d(demand of bus n in step t), in currency per MWh. It is the dual of
power_balance[n, t] divided by the length of the step, and by how often the step counts in costs. The dual is that of
the problem itself where it is convex, and of the problem with its binaries fixed at their solution otherwise ("of the
fixed commitment").

Properties: an order in the money is accepted, one out of the money is not; at fixed commitment start-up costs are not
in the price and may leave a unit with a loss (uplift is a matter of settlement).

Source: Schweppe, Caramanis, Tabors, Bohn (1988), Spot Pricing of Electricity, doi:10.1007/978-1-4613-1683-1; with
binaries fixed, O'Neill et al. (2005), doi:10.1016/j.ejor.2003.12.011.
"""

from __future__ import annotations

from c4e_opt.arrays import FloatArray
from c4e_opt.program import Program


def prices(program: Program, row_dual: FloatArray, hours: FloatArray) -> FloatArray:
    """Prices of all buses and steps.

    Args:
        program: The programme with its power_balance.
        row_dual: d(objective) / d(right-hand side) of every row, shape (row,).
        hours: Length of every step times how often it counts in costs, shape (time,).

    Returns:
        Currency per MWh, shape (bus, time).
    """
    return program.constraints["power_balance"].unpack(row_dual) / hours
