"""Instances of UnitCommitment.jl (JSON, packed by gzip or not) as cases, formats 0.2 to 0.4.

    power that is not served costs the power balance penalty, 1000 a MW when absent, up to the load of each bus
    ramps count above the least power, and bind starts and stops too, but for a start in the first hour
    reserve is within the ramp up and the start limit of a unit, and not within its shut-down limit
    flow is susceptance times the difference of angles; what is beyond the limit of a line, or beyond that after an
        outage, costs the penalty of the line, 5000 when absent
    a price-sensitive load is a sink that earns its revenue
    what the tool repairs is repaired as it does: costs of starts and slopes that fall are lifted to the one before, a
        start limit below the least power to that power

What the instance does not say is chosen: hours begin on 2000-01-01, and costs are in USD. Hours off count for start
delays.

What has no counterpart is refused by name: scenarios, steps other than an hour, curves, penalties and must-run that
vary in time, given commitment, contingencies of generators, flexiramp, what of efficiencies and costs of storage units
varies in time, buses that no lines join.

Where a line is overloaded both before and after outages the tool pays once for the larger, a case for each.

Source: UnitCommitment.jl 0.4, Data Format, https://anl-ceeesa.github.io/UnitCommitment.jl/; Xavier, Kazachkov,
Yurdakul, Qiu (2022), https://doi.org/10.5281/zenodo.4269874.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from c4e_opt.case.case import KINDS, Case
from c4e_opt.case.readers import instance
from c4e_opt.case.readers.json_document import Entry
from c4e_opt.case.readers.unit_commitment_jl import generators, network
from c4e_opt.case.readers.unit_commitment_jl.reading import Reading, constant
from c4e_opt.issues import Issue


def read_unit_commitment_jl(path: str | Path) -> Case:
    """Read an instance from a file, packed by gzip or not.

    Raises:
        InvalidInput: It cannot be read, or uses what has no counterpart; everything of that is named.
    """
    return case_of(*instance.document_of(path))


def case_of(document: Any, name: str) -> Case:
    """The case of an instance.

    Args:
        document: What its file says.
        name: Name of the case.

    Raises:
        InvalidInput: With everything that is wrong.
    """
    issues: list[Issue] = []
    top = Entry("", document, issues)
    reading = _parameters(top.entry("Parameters", required=True))
    _buses(reading, top)
    _reserves(reading, top)
    for each, entry in top.entries("Generators", required=True):
        profiled = entry.text("Type", "Thermal")
        if profiled not in ("Thermal", "Profiled"):
            entry.refuse("Type", f"is {profiled!r}; it must be 'Thermal' or 'Profiled'")
        (generators.profiled if profiled == "Profiled" else generators.thermal)(reading, each, entry)
    for each, entry in top.entries("Price-sensitive loads"):
        _sensitive(reading, each, entry)
    for each, entry in top.entries("Storage units"):
        _storage(reading, each, entry)
    network.read(reading, top)
    top.done(("LICENSE", "SOURCE"))
    _keep(reading)
    return instance.case_of(
        name,
        reading.steps,
        reading.buses,
        reading.made,
        issues,
        base_mva=network.BASE_MVA,
        outage_overload_price_eur_per_mwh=5000.0 if reading.line_penalty is None else reading.line_penalty,
    )


def _parameters(entry: Entry) -> Reading:
    hours = "Time (h)" if entry.says("Time (h)") else "Time horizon (h)"
    steps = entry.whole(hours, minimum=1, maximum=100_000)
    minutes = entry.number("Time step (min)", 60.0)
    if minutes != 60:
        entry.refuse("Time step (min)", f"is {minutes:g}; only steps of an hour are supported")
    penalty = constant(entry, "Power balance penalty ($/MW)", 1000.0, minimum=0.0)
    if entry.number("Scenario weight", 1.0) != 1:
        entry.refuse("Scenario weight", "differs from 1; scenarios are not supported")
    entry.done(("Version", "Scenario name"))
    return Reading(steps, penalty)


def _buses(reading: Reading, top: Entry) -> None:
    for name, entry in top.entries("Buses", required=True):
        reading.buses[name] = None
        load = entry.series("Load (MW)", reading.steps, minimum=0.0)
        entry.done()
        if load.any():
            reading.add("flexible_demand", id=name, bus=name, demand_mw=load, shed_value_eur_per_mwh=reading.penalty)


def _reserves(reading: Reading, top: Entry) -> None:
    """Reserves by name; those of format 0.2 have one, without a name, that every unit may give."""
    group = top.entry("Reserves")
    said = [("Spinning (MW)", group)] if group.says("Spinning (MW)") else list(group.entries())
    for name, entry in said:
        key, price = ("Spinning (MW)" if entry is group else "Amount (MW)"), None
        amount = entry.series(key, reading.steps, minimum=0.0)
        if entry is not group:
            kind = entry.text("Type", "Spinning")
            if kind.lower() != "spinning":
                entry.refuse("Type", f"is {kind!r}; only spinning reserve is supported")
            price = constant(entry, "Shortfall penalty ($/MW)", -1.0)
        entry.done()
        ident = "spinning" if entry is group else name
        reading.reserves[ident] = []
        reading.add(
            "reserve",
            id=ident,
            up_mw=amount,
            within_ramps=True,
            stop_ramp_binds=False,
            missing_price_eur_per_mw_hour=None if price is None or price < 0 else price,
        )


def _keep(reading: Reading) -> None:
    """Give every reserve its providers, and drop those that nobody wants."""
    kept: list[Any] = []
    for reserve in reading.made["reserve"]:
        members = tuple(f"generator/{name}" for name in reading.reserves[reserve.id]) or ("generator/",)
        said = {name: getattr(reserve, name) for name in reserve.__dataclass_fields__}
        if np.any(reserve.up_mw > 0):
            kept.append(KINDS["reserve"](**said | {"members": members}))
    reading.made["reserve"] = kept


def _sensitive(reading: Reading, name: str, entry: Entry) -> None:
    bus = reading.bus(entry)
    demand = entry.series("Demand (MW)", reading.steps, minimum=0.0)
    revenue = entry.series("Revenue ($/MW)", reading.steps)
    entry.done()
    reading.add("generator", id=name, bus=bus, power_max_mw=0.0, power_min_mw=-demand, cost_eur_per_mwh=revenue)


def _storage(reading: Reading, name: str, entry: Entry) -> None:
    bus = reading.bus(entry)
    both = entry.raw("Allow simultaneous charging and discharging")
    if both is not None and both is not True and both is not False:
        entry.refuse("Allow simultaneous charging and discharging", "varies from hour to hour")
    most = entry.series("Maximum level (MWh)", reading.steps, minimum=0.0)
    least = entry.series("Minimum level (MWh)", reading.steps, 0.0, minimum=0.0)
    least[-1] = max(least[-1], entry.number("Last period minimum level (MWh)", 0.0, minimum=0.0))
    most[-1] = min(most[-1], entry.number("Last period maximum level (MWh)", math.inf, minimum=0.0))
    reading.add(
        "store",
        id=name,
        bus=bus,
        energy_max_mwh=most,
        energy_min_mwh=least,
        energy_start_mwh=entry.number("Initial level (MWh)", 0.0, minimum=0.0),
        charge_max_mw=entry.series("Maximum charge rate (MW)", reading.steps, minimum=0.0),
        discharge_max_mw=entry.series("Maximum discharge rate (MW)", reading.steps, minimum=0.0),
        charge_min_mw=entry.series("Minimum charge rate (MW)", reading.steps, 0.0, minimum=0.0),
        discharge_min_mw=entry.series("Minimum discharge rate (MW)", reading.steps, 0.0, minimum=0.0),
        charge_cost_eur_per_mwh=constant(entry, "Charge cost ($/MW)"),
        discharge_cost_eur_per_mwh=constant(entry, "Discharge cost ($/MW)"),
        charge_efficiency=constant(entry, "Charge efficiency", 1.0, minimum=0.0),
        discharge_efficiency=constant(entry, "Discharge efficiency", 1.0, minimum=0.0),
        standing_loss_per_hour=constant(entry, "Loss factor", 0.0, minimum=0.0),
        allow_both=both is not False,
    )
    entry.done()
