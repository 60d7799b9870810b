"""What an answer must hold for heat stores: see `verify.reservoirs` and `verify.stored_value`."""

from __future__ import annotations

from c4e_opt.verify import reservoirs, stored_value
from c4e_opt.verify.fleet import Fleet, Room


def _limits(fleet: Fleet) -> None:
    held = reservoirs.of_stores(fleet)
    reservoirs.check_stores(held)
    reservoirs.check(held)


def _prices(fleet: Fleet) -> None:
    stored_value.check(reservoirs.of_stores(fleet))


ROOM = Room(
    quantities=("charge_mw", "discharge_mw", "energy_mwh"),
    flows=reservoirs.flows,
    limits=_limits,
    costs=reservoirs.wear,
    prices=_prices,
)
