"""What an answer must hold for every kind of component, a room each; no room shares a word with its formulation."""

from __future__ import annotations

from collections.abc import Mapping

from c4e_opt.verify.fleet import Room
from c4e_opt.verify.rooms import (
    battery,
    boiler,
    chp,
    demand,
    ev_session,
    flexible_demand,
    grid_connection,
    heat_pump,
    heat_store,
    renewable,
    tie,
)

#: By kind, in any order.
ROOMS: Mapping[str, Room] = {
    "grid_connection": grid_connection.ROOM,
    "renewable": renewable.ROOM,
    "demand": demand.ROOM,
    "flexible_demand": flexible_demand.ROOM,
    "chp": chp.ROOM,
    "boiler": boiler.ROOM,
    "heat_pump": heat_pump.ROOM,
    "battery": battery.ROOM,
    "heat_store": heat_store.ROOM,
    "ev_session": ev_session.ROOM,
    "tie": tie.ROOM,
}
