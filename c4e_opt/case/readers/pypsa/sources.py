"""Loads, generators, links and processes of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case.readers.network_file import Row
from c4e_opt.case.readers.pypsa import curves, delays, laws
from c4e_opt.case.readers.pypsa.curves import Curve
from c4e_opt.case.readers.pypsa.plants import plant
from c4e_opt.case.readers.pypsa.reading import Reading
from c4e_opt.components.converter import ConverterOutput, EfficiencySegment, InputCostSegment
from c4e_opt.components.generator import CostSegment


def load(reading: Reading, row: Row) -> None:
    """A load, or what it gives where its power is negative."""
    power = np.nan_to_num(row.series("p_set", 0.0, reading.steps)) * row.number("sign", -1.0) * reading.active(row)
    if np.all(power <= 0):
        reading.add("demand", id=row.name, bus=row.text("bus"), demand_mw=-power + 0.0)
        return
    reading.add(
        "generator",
        id=f"load {row.name}",
        bus=row.text("bus"),
        power_min_mw=np.minimum(power, 0.0),
        power_max_mw=np.maximum(power, 0.0),
        power_fixed_mw=power,
    )


def generator(reading: Reading, row: Row) -> None:
    """A generator; one whose efficiency depends on its load and matters is a converter that burns a fuel."""
    sign = row.number("sign", 1.0)
    if not sign:
        reading.refuse(row, "sign", "is 0")
        return
    factor = reading.emissions.get(row.text("carrier"), 0.0)
    cost = curves.cost_curve(reading, row, sign)
    fuel = curves.fuel_curve(reading, row, sign) if reading.limits_emissions else None
    if fuel is not None and factor:
        _burner(reading, row, sign, cost, fuel)
        return
    said = plant(reading, row, "power", sign, (cost, fuel)) | _energies(reading, row, sign)
    if factor and fuel is None:
        efficiency = row.series("efficiency", 1.0, reading.steps)
        if np.ptp(efficiency) > 0 and reading.limits_emissions:
            reading.refuse(row, "efficiency", "varies, and its carrier lets out CO2; one number must hold for all")
        said["emissions_t_per_mwh"] = factor / float(efficiency[0]) / sign
        reading.emitters.append(f"generator/{row.name}")
    if cost is not None:
        pairs = zip(cost.widths, cost.slopes, strict=True)
        said["cost_segments"] = tuple(CostSegment(power_mw=width, cost_eur_per_mwh=slope) for width, slope in pairs)
    reading.add("generator", id=row.name, bus=row.text("bus"), cost_eur_per_mwh=_cost(reading, row, sign, cost), **said)
    laws.maintenance(reading, row, f"generator/{row.name}", abs(sign))


def _cost(reading: Reading, row: Row, scale: float, curve: Curve | None) -> FloatArray:
    """Cost of every MWh that we steer; a curve stands in place of it."""
    return np.zeros(reading.steps) if curve is not None else row.series("marginal_cost", 0.0, reading.steps) / scale


def _energies(reading: Reading, row: Row, sign: float) -> dict[str, Any]:
    """Limits of the energy over the horizon."""
    said: dict[str, Any] = {}
    for name, ours in (("e_sum_min", "min"), ("e_sum_max", "max")):
        limit = row.number(name, np.inf)
        if np.isfinite(limit):
            way = ours if sign > 0 else {"min": "max", "max": "min"}[ours]
            said[f"energy_{way}_mwh"] = limit * sign / reading.counted(row, name)
    return said


def _burner(reading: Reading, row: Row, sign: float, cost: Curve | None, fuel: Curve) -> None:
    """A generator that takes its fuel from a bus of its own, to which a source gives it that lets out the emissions."""
    ident, tank = f"generator {row.name}", reading.add_bus(f"fuel of {row.name}")
    segments = tuple(
        EfficiencySegment(input_mw=width, efficiency=-slope)
        for width, slope in zip(fuel.widths, fuel.slopes, strict=True)
    )
    outputs = (_output(bus=row.text("bus"), efficiency=np.ones(reading.steps)), _output(bus=tank, segments=segments))
    _converter(reading, row, ident, outputs, sign, (cost, fuel), **_energies(reading, row, sign))
    most = sum(width * max(slope, 0.0) for width, slope in zip(fuel.widths, fuel.slopes, strict=True))
    factor = reading.emissions[row.text("carrier")]
    reading.add(
        "generator", id=f"fuel of {row.name}", bus=tank, power_max_mw=most * 2.0 + 1.0, emissions_t_per_mwh=factor
    )
    reading.emitters.append(f"generator/fuel of {row.name}")


def link(reading: Reading, row: Row) -> None:
    """A link: what it takes at bus0 is given, changed, at the others."""
    found: list[Curve | None] = [curves.cost_curve(reading, row, 1.0)]
    outputs: list[ConverterOutput] = []
    for port in _ports(row):
        suffix = "" if port == 1 else str(port)
        made, curve = _port(reading, row, f"bus{port}", f"efficiency{suffix}", suffix, 1.0)
        outputs += made
        found.append(curve)
    _converter(reading, row, row.name, outputs, 1.0, found, input_bus=row.text("bus0"))


def process(reading: Reading, row: Row) -> None:
    """A process; where it does more at bus0 than to take in proportion, its power comes from a bus of its own."""
    rate = row.series("rate0", -1.0, reading.steps)
    curved = curves.points_of(reading, row, "rate0") is not None
    simple = np.ptp(rate) == 0 and rate[0] < 0 and int(row.number("delay0")) <= 0 and not curved
    scale = -float(rate[0]) if simple else 1.0
    found: list[Curve | None] = [curves.cost_curve(reading, row, scale)]
    outputs: list[ConverterOutput] = []
    for port in _ports(row) if simple else [0, *_ports(row)]:
        made, curve = _port(reading, row, f"bus{port}", f"rate{port}", str(port), scale)
        outputs += made
        found.append(curve)
    common = {"input_bus": row.text("bus0") if simple else reading.add_bus(f"power of {row.name}")}
    _converter(reading, row, f"process {row.name}", outputs, scale, found, **common)


def _ports(row: Row) -> list[int]:
    """The numbers of the ports with a bus, bus0 aside."""
    ports = (int(name[3:]) for name in row.fixed if name.startswith("bus") and name[3:].isdigit())
    return sorted(port for port in ports if port > 0 and row.text(f"bus{port}"))


def _port(
    reading: Reading, row: Row, bus: str, attribute: str, suffix: str, scale: float
) -> tuple[list[ConverterOutput], Curve | None]:
    """What a port gives, an output for every delay that it has."""
    curve = curves.efficiency_curve(reading, row, attribute, scale)
    arriving = delays.arrivals(reading, row, f"delay{suffix}", f"cyclic_delay{suffix}")
    said = {"bus": row.text(bus)}
    if curve is not None:
        if len(arriving) != 1 or arriving[0].sent is not None:
            reading.refuse(row, attribute, "is piecewise, and its delay differs between snapshots")
        pairs = zip(curve.widths, curve.slopes, strict=True)
        segments = tuple(EfficiencySegment(input_mw=width, efficiency=slope) for width, slope in pairs)
        if not arriving:
            return [], curve
        return [_output(**said, segments=segments, delay_hours=arriving[0].hours, cyclic=arriving[0].cyclic)], curve
    rate = row.series(attribute, -1.0 if attribute == "rate0" else 1.0, reading.steps) / scale
    return [
        _output(
            **said,
            efficiency=each.of_sending(rate),
            delay_hours=each.hours,
            cyclic=each.cyclic,
        )
        for each in arriving
    ], None


def _output(**said: Any) -> ConverterOutput:
    made: Any = ConverterOutput
    return made(**said)


def _converter(
    reading: Reading,
    row: Row,
    ident: str,
    outputs: Sequence[ConverterOutput],
    scale: float,
    found: Sequence[Curve | None],
    **more: Any,
) -> None:
    """A converter, the first of its curves being that of its cost; without an input bus it has one of its own."""
    said = plant(reading, row, "input", scale, found) | more
    own = said.setdefault("input_bus", f"power of {row.name}")
    if own == f"power of {row.name}":
        if not any(bus.id == own for bus in reading.buses):
            reading.add_bus(own)
        _supply(reading, own, said)
    cost = found[0]
    if cost is not None:
        pairs = zip(cost.widths, cost.slopes, strict=True)
        said["cost_segments"] = tuple(
            InputCostSegment(input_mw=width, cost_eur_per_mwh=slope) for width, slope in pairs
        )
    price = _cost(reading, row, scale, cost)
    reading.add("converter", id=ident, outputs=tuple(outputs), cost_eur_per_mwh=price, **said)
    laws.maintenance(reading, row, f"converter/{ident}", abs(scale))


def _supply(reading: Reading, bus: str, said: dict[str, Any]) -> None:
    """What gives and takes the power of a converter with a bus of its own, for nothing."""
    if "input_max_mw" in said:
        most, least = float(np.max(said["input_max_mw"])), float(np.min(said["input_min_mw"]))
    else:
        size = said.get("capacity_max_mw", reading.plenty_mw())
        most, least = size * float(np.max(said["input_max_ratio"])), size * float(np.min(said["input_min_ratio"]))
    reading.add("generator", id=bus, bus=bus, power_min_mw=min(least, 0.0), power_max_mw=max(most, 0.0))
