"""Mistakes with lines: impedances and limits in another unit, lines that are missing, limits that hold supply back."""

from __future__ import annotations

import numpy as np

from tests.input.mistakes import Document, Draw, Names, mistake, names, one_of, record, some_step

_RING = ("station-east", "east-town", "town-west", "west-station")
_ROW = ("town-farm", "farm-barn")


@mistake("meshed")
def a_reactance_in_ohm(document: Document, draw: Draw) -> Names:
    ident = one_of(draw, (*_RING, *_ROW))
    record(document, "line", ident)["reactance_pu"] = float(draw.uniform(15.0, 60.0))
    return names(document, "line", ident, "reactance_pu")


@mistake("meshed")
def a_limit_in_megawatts_of_a_case_in_kilowatts(document: Document, draw: Draw) -> Names:
    ident = one_of(draw, (*_RING, *_ROW))
    record(document, "line", ident)["limit_kw"] /= 1000.0
    return names(document, "line", ident, "limit_kw", "limit_mw", "flow_limit")


@mistake("meshed")
def a_limit_in_watts_of_a_case_in_kilowatts(document: Document, draw: Draw) -> Names:
    ident = one_of(draw, (*_RING, *_ROW))
    record(document, "line", ident)["limit_kw"] *= 1000.0
    return names(document, "line", ident, "limit_kw")


@mistake("meshed")
def a_line_that_is_too_small_for_what_hangs_on_it(document: Document, draw: Draw) -> Names:
    ident = one_of(draw, _ROW)
    record(document, "line", ident)["limit_kw"] = float(draw.uniform(1.0, 20.0))
    return names(document, "line", ident, "limit_kw")


@mistake("meshed")
def a_limit_that_is_zero_for_an_hour(document: Document, draw: Draw) -> Names:
    step, line = some_step(draw, document), record(document, "line", "town-farm")
    limit = np.full(document["horizon"]["steps"], line["limit_kw"])
    limit[step] = 0.0
    line["limit_kw"] = limit
    return names(document, "line", "town-farm", "limit_kw", steps=range(step, step + 1))


@mistake("meshed")
def a_line_that_was_never_put_back_into_service(document: Document, draw: Draw) -> Names:
    record(document, "line", "farm-barn")["in_service"] = False
    return names(document, "bus", "barn", "alone")


@mistake("meshed")
def lines_that_hold_back_all_supply(document: Document, draw: Draw) -> list[Names]:
    for ident in ("east-town", "town-west"):
        record(document, "line", ident)["limit_kw"] = float(draw.uniform(20.0, 60.0))
    return [names(document, "line", ident, "flow_limit") for ident in ("east-town", "town-west")]


@mistake("meshed")
def a_line_to_a_bus_that_is_not_there(document: Document, draw: Draw) -> Names:
    ident, side = one_of(draw, (*_RING, *_ROW)), one_of(draw, ("from_bus", "to_bus"))
    record(document, "line", ident)[side] += "s"
    return names(document, "line", ident, side)


@mistake("meshed")
def an_outage_of_a_line_that_is_not_there(document: Document, draw: Draw) -> Names:
    record(document, "contingency", "storm")["lines"] = [one_of(draw, _RING).replace("-", "_")]
    return names(document, "contingency", "storm", "lines")


@mistake("meshed")
def an_emergency_limit_below_the_normal_one(document: Document, draw: Draw) -> Names:
    ident = one_of(draw, _RING)
    record(document, "line", ident)["emergency_limit_kw"] = 500.0
    return names(document, "line", ident, "emergency_limit")
