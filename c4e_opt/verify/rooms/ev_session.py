"""What an answer must hold for EV sessions: see `verify.reservoirs` and `verify.stored_value`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from c4e_opt.verify import reservoirs, stored_value
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room


def _more(records: Sequence[Any]) -> Mapping[str, tuple[str, ...]]:
    return {"unserved_mwh": ("ev_session",)}


def _limits(fleet: Fleet) -> None:
    held = reservoirs.of_sessions(fleet)
    reservoirs.check_sessions(held)
    reservoirs.check(held)


def _costs(fleet: Fleet, bill: Bill) -> None:
    reservoirs.wear(fleet, bill)
    bill.add("unserved", fleet.number("unserved_value_eur_per_mwh")[:, 0] * fleet.answer("unserved_mwh"))


def _prices(fleet: Fleet) -> None:
    held = reservoirs.of_sessions(fleet)
    floor, ceiling = stored_value.final_of_sessions(held)
    stored_value.check(held, stored_value.Terms(final_floor=floor, final_ceiling=ceiling))


ROOM = Room(
    quantities=("charge_mw", "discharge_mw", "energy_mwh"),
    more=_more,
    direction="charging",
    binaries=("charging",),
    flows=reservoirs.flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
