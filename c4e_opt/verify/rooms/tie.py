"""What an answer must hold for ties.

Laws:
    tie_forward_limit, tie_backward_limit   0 <= power <= the limit of the step
    tie_exclusivity                         flow one way at most in a step
    tie_forward_price, tie_backward_price   price that arrives, less the loss, against price sent and fee
"""

from __future__ import annotations

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices, regret


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    forward, backward = fleet.answer("forward_mw"), fleet.answer("backward_mw")
    kept = 1.0 - fleet.number("loss_ratio")
    return kept * backward - forward, kept * forward - backward


def _limits(fleet: Fleet) -> None:
    fleet.within("forward_limit", "forward_mw", fleet.series("forward_max_mw"))
    fleet.within("backward_limit", "backward_mw", fleet.series("backward_max_mw"))
    fleet.exclusive("forward_mw", "backward_mw")


def _costs(fleet: Fleet, bill: Bill) -> None:
    for way in ("forward_mw", "backward_mw"):
        bill.add_energy("transport", fleet.answer(way), fleet.number("fee_eur_per_mwh"), fleet.horizon.cost_hours)


def _prices(fleet: Fleet) -> None:
    start, end = port_prices(fleet)
    arrives, fee = 1.0 - fleet.number("loss_ratio"), fleet.number("fee_eur_per_mwh")
    regret(fleet, "forward_price", "forward_mw", start + fee - arrives * end, fleet.series("forward_max_mw"))
    regret(fleet, "backward_price", "backward_mw", end + fee - arrives * start, fleet.series("backward_max_mw"))


ROOM = Room(
    quantities=("forward_mw", "backward_mw"),
    ports=("from_bus", "to_bus"),
    direction="sending_forward",
    binaries=("sending_forward",),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
