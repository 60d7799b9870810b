"""Buses, the loads and the shunts at them.

A load that is negative gives power: it is a generator with a schedule. Reactive power of a load follows its power.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.case.case import Bus
from c4e_opt.case.notes import some
from c4e_opt.case.readers.matpower.reading import Reading, Table

_PQ, _PV, _REFERENCE, _ISOLATED = 1, 2, 3, 4


def read(reading: Reading) -> None:
    """Buses first: everything else stands at one."""
    table = reading.table("bus")
    if not table.rows:
        reading.refuse("mpc.bus", "is missing; a case needs buses", "missing_field")
        return
    if not reading.finite(table, "BUS_I", "BUS_TYPE", "PD", "QD", "GS", "BS", "BASE_KV", "VMAX", "VMIN"):
        return
    if not _check_numbers(reading, table):
        return
    types = table.column("BUS_TYPE")
    numbers = table.column("BUS_I")
    isolated = numbers[types == _ISOLATED]
    if isolated.size:
        names = some([f"{number:g}" for number in isolated])
        reading.pass_over(
            "mpc.bus", f"{isolated.size} buses are isolated (type 4) and left out with their loads: {names}"
        )
    reading.known = set(numbers.tolist())
    reading.live = {number: str(int(number)) for number in numbers[types != _ISOLATED].tolist()}
    if not reading.live:
        reading.refuse("mpc.bus", "has isolated buses (type 4) only", "empty")
        return
    _make(reading, table, types)


def _check_numbers(reading: Reading, table: Table) -> bool:
    """Whether numbers of buses name one bus each, and their types are known."""
    numbers, types = table.column("BUS_I"), table.column("BUS_TYPE")
    wrong = np.flatnonzero((numbers != np.rint(numbers)) | (numbers < 0) | (numbers > 2**53))
    for row in wrong[:5].tolist():
        reading.refuse(table.place(row, "BUS_I"), f"is {numbers[row]:g}; it must be a whole number", "id")
    _, first, count = np.unique(numbers, return_index=True, return_counts=True)
    for row in first[count > 1][:5].tolist():
        reading.refuse(table.place(row, "BUS_I"), f"{numbers[row]:g} is the number of two buses", "duplicate_id")
    unknown = np.flatnonzero(~np.isin(types, (_PQ, _PV, _REFERENCE, _ISOLATED)))
    for row in unknown[:5].tolist():
        reading.refuse(table.place(row, "BUS_TYPE"), f"is {types[row]:g}; 1 to 4 are known", "choice")
    return not (wrong.size or unknown.size or np.any(count > 1))


def _make(reading: Reading, table: Table, types: np.ndarray) -> None:
    slack, held = _slack(reading, table), _held(reading)
    names = ("BUS_I", "PD", "QD", "GS", "BS", "BASE_KV", "VMAX", "VMIN")
    rows = zip(*(table.column(name).tolist() for name in names), strict=True)
    for (number, real, reactive, conductance, susceptance, kilovolts, highest, lowest), kind in zip(
        rows, types.tolist(), strict=True
    ):
        if kind == _ISOLATED:
            continue
        bus = reading.live[number]
        reading.buses.append(
            Bus(
                id=bus,
                site="",
                voltage_kv=kilovolts if kilovolts > 0 else None,
                voltage_min_pu=lowest,
                voltage_max_pu=highest,
                voltage_set_pu=held.get(number, 1.0),
                slack=kind == _REFERENCE or number == slack,
            )
        )
        _load(reading, bus, real, reactive)
        if conductance or susceptance:
            reading.add("shunt", id=f"shunt{bus}", bus=bus, conductance_mw=conductance, susceptance_mvar=susceptance)


def _load(reading: Reading, bus: str, real: float, reactive: float) -> None:
    """The load of a bus, or what it gives, and its reactive power."""
    name = f"load{bus}"
    if real > 0:
        reading.add("demand", id=name, bus=bus, demand_mw=real)
    elif real < 0:
        reading.add("generator", id=name, bus=bus, power_max_mw=-real, power_fixed_mw=-real)
    if not reactive:
        return
    if real:
        member = f"{'demand' if real > 0 else 'generator'}/{name}"
        reading.add("reactive", id=name, member=member, ratio=reactive / real)
    else:
        reading.add("reactive", id=name, bus=bus, reactive_min_mvar=-reactive, reactive_max_mvar=-reactive)


def _slack(reading: Reading, table: Table) -> float | None:
    """The bus that must serve as a reference because none is one: the first with a generator, else the first."""
    if np.any(table.column("BUS_TYPE") == _REFERENCE):
        return None
    generators = reading.table("gen")
    on = generators.column("GEN_BUS")[generators.column("GEN_STATUS") > 0].tolist()
    chosen = next((number for number in on if number in reading.live), next(iter(reading.live)))
    reading.assume("mpc.bus", f"no bus is a reference (type 3); bus {chosen:g} is taken for it")
    return chosen


def _held(reading: Reading) -> dict[float, float]:
    """The voltage that the first generator in service of a bus holds, by number."""
    generators = reading.table("gen")
    held: dict[float, float] = {}
    columns = (generators.column(name).tolist() for name in ("GEN_BUS", "VG", "GEN_STATUS"))
    for number, voltage, status in zip(*columns, strict=True):
        if status > 0 and 0 < voltage < np.inf:
            held.setdefault(number, voltage)
    return held
