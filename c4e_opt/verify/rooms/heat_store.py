"""What an answer must hold for heat stores: see `verify.reservoirs` and `verify.stored_value`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from c4e_opt.verify import reservoirs, stored_value
from c4e_opt.verify.fleet import Fleet, Room


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return reservoirs.final_value("heat_store", records)


def _limits(fleet: Fleet) -> None:
    reservoirs.check_stores(fleet)
    reservoirs.check(reservoirs.of_stores(fleet, one_way=False))


def _prices(fleet: Fleet) -> None:
    floor, ceiling = stored_value.of_ends(fleet)
    terms = stored_value.Terms(final_floor=floor, final_ceiling=ceiling)
    stored_value.check(reservoirs.of_stores(fleet, one_way=False), terms)


ROOM = Room(
    quantities=("charge_mw", "discharge_mw", "energy_mwh"),
    more=_more,
    flows=reservoirs.flows,
    limits=_limits,
    costs=reservoirs.wear,
    prices=_prices,
)
