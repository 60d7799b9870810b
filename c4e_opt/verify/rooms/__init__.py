"""What an answer must hold for every kind of component, a room each; no room shares a word with its formulation."""

from __future__ import annotations

from collections.abc import Mapping

from c4e_opt.verify.fleet import Room
from c4e_opt.verify.rooms import (
    battery,
    boiler,
    building,
    chp,
    converter,
    deferrable_load,
    demand,
    emission_budget,
    energy_budget,
    ev_session,
    exclusion,
    flexible_demand,
    generator,
    grid_connection,
    heat_pump,
    heat_store,
    interruptible_load,
    islanding,
    maintenance,
    must_run,
    renewable,
    reserve,
    self_consumption,
    shiftable_load,
    store,
    stratified_store,
    tie,
)

#: By kind, in any order.
ROOMS: Mapping[str, Room] = {
    "grid_connection": grid_connection.ROOM,
    "renewable": renewable.ROOM,
    "generator": generator.ROOM,
    "demand": demand.ROOM,
    "flexible_demand": flexible_demand.ROOM,
    "shiftable_load": shiftable_load.ROOM,
    "deferrable_load": deferrable_load.ROOM,
    "interruptible_load": interruptible_load.ROOM,
    "chp": chp.ROOM,
    "boiler": boiler.ROOM,
    "heat_pump": heat_pump.ROOM,
    "converter": converter.ROOM,
    "battery": battery.ROOM,
    "heat_store": heat_store.ROOM,
    "store": store.ROOM,
    "stratified_store": stratified_store.ROOM,
    "building": building.ROOM,
    "ev_session": ev_session.ROOM,
    "tie": tie.ROOM,
    "energy_budget": energy_budget.ROOM,
    "emission_budget": emission_budget.ROOM,
    "self_consumption": self_consumption.ROOM,
    "reserve": reserve.ROOM,
    "islanding": islanding.ROOM,
    "exclusion": exclusion.ROOM,
    "maintenance": maintenance.ROOM,
    "must_run": must_run.ROOM,
}
