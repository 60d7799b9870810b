"""Lines, transformers, boundary lines and HVDC lines of a file.

Every branch of pypowsybl is an ideal transformer at its first side, an admittance to earth behind it, a series
impedance, and an admittance to earth at the second side, all at the voltage of the second side. For a line the ideal
transformer is none; its two sides may have different nominal voltages all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from c4e_opt.case.readers.draft import mva_of
from c4e_opt.case.readers.powsybl.tables import Tables

_SIDES = ("ONE", "TWO", "THREE")
#: From here on a limit is none.
_ENDLESS = 1e9

Limits = dict[tuple[str, str], tuple[float | None, float | None]]


def read(tables: Tables) -> None:
    """Everything that joins buses."""
    limits = _limits(tables)
    for row in tables.rows("lines"):
        _line(tables, row, limits)
    for row in tables.rows("2_windings_transformers"):
        _transformer(tables, row, limits)
    for row in tables.rows("3_windings_transformers"):
        _star(tables, row, limits)
    _boundaries(tables, limits)
    _regulated(tables)
    resistive = [name for row in tables.rows("hvdc_lines") for name in _hvdc(tables, row)]
    message = "lines lose power in their resistance, which no tie knows: their loss is that of their stations"
    tables.draft.pass_over("hvdc_lines", message, resistive)
    commutated = [tables.name("lcc_converter_stations", row["id"]) for row in tables.rows("lcc_converter_stations")]
    message = "stations take reactive power with the power they convert, which no record here can say"
    tables.draft.pass_over("lcc_converter_stations", message, commutated)


def _line(tables: Tables, row: dict[str, Any], limits: Limits) -> None:
    name = tables.name("lines", row["id"])
    path = f"lines.{name}"
    ends = tables.bus(row, "bus1_id"), tables.bus(row, "bus2_id")
    if ends[0] is None or ends[1] is None:
        tables.open.append(name)
        return
    r, x, g1, b1, g2, b2 = (tables.number(path, row, column) for column in ("r", "x", "g1", "b1", "g2", "b2"))
    limit, emergency = _limit(tables, row, limits, row["id"], ("ONE", "TWO"))
    tables.draft.branch(
        name, (ends[0], ends[1]), (tables.kv[ends[0]], tables.kv[ends[1]]), complex(r, x),
        siemens=(complex(g1, b1), complex(g2, b2)), limit_mva=limit, emergency_mva=emergency,
    )  # fmt: skip


def _transformer(tables: Tables, row: dict[str, Any], limits: Limits) -> None:
    name = tables.name("2_windings_transformers", row["id"])
    path = f"2_windings_transformers.{name}"
    ends = tables.bus(row, "bus1_id"), tables.bus(row, "bus2_id")
    if ends[0] is None or ends[1] is None:
        tables.open.append(name)
        return
    columns = ("rho", "alpha", "r_at_current_tap", "x_at_current_tap", "g_at_current_tap", "b_at_current_tap")
    rho, alpha, r, x, g, b = (tables.number(path, row, column) for column in columns)
    if rho <= 0:
        tables.draft.refuse(f"{path}.rho", f"is {rho:g}; a ratio must be above 0", "range")
        return
    limit, emergency = _limit(tables, row, limits, row["id"], ("ONE", "TWO"))
    tables.draft.branch(
        name, (ends[0], ends[1]), (tables.kv[ends[0]], tables.kv[ends[1]]), complex(r, x), ratio=rho, shift_deg=-alpha,
        siemens=(complex(g, b), 0j), limit_mva=limit, emergency_mva=emergency,
    )  # fmt: skip


def _star(tables: Tables, row: dict[str, Any], limits: Limits) -> None:
    """A transformer of three windings: three lines to a bus of its own at its rated voltage."""
    name = tables.name("3_windings_transformers", row["id"])
    path = f"3_windings_transformers.{name}"
    kv = tables.number(path, row, "rated_u0")
    if kv <= 0:
        tables.draft.refuse(f"{path}.rated_u0", f"is {kv:g} kV; it must be above 0", "range")
        return
    inner = tables.inner_bus(f"{name} star", kv)
    for leg, side in enumerate(_SIDES, start=1):
        bus = tables.bus(row, f"bus{leg}_id")
        if bus is None:
            tables.open.append(f"{name} leg {leg}")
            continue
        words = ("rho", "alpha", "r", "x", "g", "b")
        columns = [f"{word}{leg}" if place < 2 else f"{word}{leg}_at_current_tap" for place, word in enumerate(words)]
        rho, alpha, r, x, g, b = (tables.number(path, row, column) for column in columns)
        if rho <= 0:
            tables.draft.refuse(f"{path}.rho{leg}", f"is {rho:g}; a ratio must be above 0", "range")
            continue
        limit, emergency = _limit(tables, row, limits, row["id"], (side,))
        tables.draft.branch(
            f"{name} leg {leg}", (bus, inner), (tables.kv[bus], kv), complex(r, x), ratio=rho, shift_deg=-alpha,
            siemens=(complex(g, b), 0j), limit_mva=limit, emergency_mva=emergency,
        )  # fmt: skip


def _boundaries(tables: Tables, limits: Limits) -> None:
    """Boundary lines, each to a bus of its own; the two of a tie line share it and nothing is given or taken there."""
    rows = {row["id"]: row for row in tables.rows("boundary_lines")}
    shared: dict[str, str] = {}
    for tie in tables.rows("tie_lines"):
        first, second = (rows.get(tie[f"boundary_line{side}_id"]) for side in (1, 2))
        if first is not None and second is not None and None not in (tables.bus(first), tables.bus(second)):
            inner = tables.inner_bus(f"{tables.name('tie_lines', tie['id'])} middle", tables.level_kv(first))
            shared[first["id"]] = shared[second["id"]] = inner
    given = {row["id"]: row for row in tables.rows("boundary_lines_generation")}
    for row in rows.values():
        name = tables.name("boundary_lines", row["id"])
        path, bus, kv = f"boundary_lines.{name}", tables.bus(row), tables.level_kv(row)
        if bus is None or (row.get("paired") and row["id"] not in shared):
            tables.open.append(name)
            continue
        inner = shared.get(row["id"])
        if inner is None:
            inner = tables.inner_bus(f"{row.get('pairing_key') or name} boundary", kv)
            _beyond(tables, path, name, inner, row, given.get(row["id"]))
        r, x, g, b = (tables.number(path, row, column) for column in ("r", "x", "g", "b"))
        half = complex(g, b) / 2.0
        limit, emergency = _limit(tables, row, limits, row["id"], ("NONE", "ONE"))
        tables.draft.branch(
            name, (bus, inner), (tables.kv[bus], tables.kv[inner]), complex(r, x), siemens=(half, half),
            limit_mva=limit, emergency_mva=emergency,
        )  # fmt: skip


def _beyond(
    tables: Tables, path: str, name: str, inner: str, row: dict[str, Any], source: dict[str, Any] | None
) -> None:
    """What lies beyond a boundary: a load, and a source that keeps what the file says."""
    power, reactive = (tables.number(path, row, column) for column in ("p0", "q0"))
    if source is not None:
        power -= tables.number(path, source, "target_p")
        reactive -= tables.number(path, source, "target_q")
    if power or reactive:
        tables.draft.load(f"{name} beyond", inner, power, reactive)


def _regulated(tables: Tables) -> None:
    """Note that tap changers which regulate stay where they are."""
    for table in ("phase_tap_changers", "ratio_tap_changers"):
        ids = [str(row["id"]) for row in tables.rows(table) if row.get("regulating")]
        names = [tables.name("2_windings_transformers", tables.name("3_windings_transformers", each)) for each in ids]
        tables.draft.pass_over(table, "tap changers regulate in the file and stay at their present tap here", names)


def _hvdc(tables: Tables, row: dict[str, Any]) -> Iterator[str]:
    """A tie; its name, where it loses what a tie cannot lose."""
    name = tables.name("hvdc_lines", row["id"])
    path = f"hvdc_lines.{name}"
    stations = {each["id"]: each for kind in ("vsc", "lcc") for each in tables.rows(f"{kind}_converter_stations")}
    one_way = {each["id"] for each in tables.rows("lcc_converter_stations")}
    ends = [stations[row[f"converter_station{side}_id"]] for side in (1, 2)]
    buses = [tables.bus(end) for end in ends]
    if buses[0] is None or buses[1] is None:
        tables.open.append(name)
        return
    kept = 1.0
    for end in ends:
        kept *= 1.0 - tables.number(path, end, "loss_factor") / 100.0
    most = tables.number(path, row, "max_p")
    forward = row.get("converters_mode") != "SIDE_1_INVERTER_SIDE_2_RECTIFIER"
    turns = ends[0]["id"] not in one_way
    tables.draft.add(
        "tie", name, from_bus=buses[0], to_bus=buses[1], loss_ratio=1.0 - kept,
        forward_max_mw=most if forward or turns else 0.0, backward_max_mw=most if turns or not forward else 0.0,
    )  # fmt: skip
    if tables.number(path, row, "r"):
        yield name


def _limits(tables: Tables) -> Limits:
    """Permanent and temporary limit of every element and side, in MVA or, of currents, in A below 0."""
    found: Limits = {}
    for row in tables.rows("operational_limits"):
        value = row.get("value")
        if row.get("selected") is False or value is None or not 0 < float(value) < _ENDLESS:
            continue
        signed = -float(value) if row.get("type") == "CURRENT" else float(value)
        key = str(row.get("element_id")), str(row.get("side"))
        permanent, temporary = found.get(key, (None, None))
        if row.get("acceptable_duration", -1) == -1:
            permanent = signed if permanent is None or abs(signed) < abs(permanent) else permanent
        else:
            temporary = signed if temporary is None or abs(signed) < abs(temporary) else temporary
        found[key] = permanent, temporary
    return found


def _limit(
    tables: Tables, row: dict[str, Any], limits: Limits, ident: str, sides: tuple[str, ...]
) -> tuple[float | None, float | None]:
    """The tightest limit of all sides at all times and after an outage, in MVA."""
    permanent: list[float] = []
    temporary: list[float] = []
    for side in sides:
        told = limits.get((ident, side))
        if told is None:
            continue
        column = f"voltage_level{_SIDES.index(side) + 1}_id" if side in _SIDES else "voltage_level_id"
        kv = tables.level_kv(row, column if column in row else "voltage_level_id")
        for one, found in zip(told, (permanent, temporary), strict=True):
            if one is not None:
                found.append(mva_of(-one, kv) if one < 0 else one)
    if not permanent:
        return None, None
    limit = min(permanent)
    emergency = min(temporary, default=limit)
    return limit, emergency if emergency > limit else None
