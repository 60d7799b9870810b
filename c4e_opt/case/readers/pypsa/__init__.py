"""PyPSA networks as cases: the operational model of PyPSA 1.x as `n.optimize()` reads it, snapshot by snapshot.

What a network says means here what it means to PyPSA, where it differs from our own habits:
    a snapshot is a step as long as its weighting of stores; its weighting of the objective says how often it counts
    the standing loss does not act on the energy that a store begins with
    a unit runs before the first snapshot unless it is said to be down, and minimum times count snapshots
    ramp limits hold per snapshot, in parts of p_nom, and not from one investment period to the next
    with ramps a unit starts and stops at no less than the limit of a stop or start exceeds that of a fall or rise
    a storage unit may charge and discharge in one snapshot
    costs of starts and stops are not weighed
    a delay is counted in weightings of generators, within an investment period, and keeps the power, not the energy
    investment periods are snapshots one after another: their weights count only with multi_investment_periods
    the cost is the whole one: PyPSA's objective and its objective_constant together
    lines are linear power flow without losses, see `branches`; shunt impedances are left out, which a note says

Buses without one of our carriers, such as CO2, have the carrier `other`. Parties are not part of a network: everything
belongs to the operator. A process that does more at bus0 than to take in proportion draws its power from a bus of its
own; so does a generator whose efficiency depends on its load, where emissions are limited. Every module of a
committable plant is a plant, and every scenario a copy of the network.

What has no counterpart is refused by name:
    marginal_cost_quadratic, and marginal costs or efficiencies of stores and storage units that vary in time: our
        stores have one number
    piecewise costs of investments, of stores, of powers that may be negative: our segments begin at zero
    modules of stores and storage units; of committable plants with ramps, minimum down times, set or summed energies
    maintenance of an extendable plant with a least power or of which a part is left; of snapshots that differ in weight
    what counts snapshots (minimum times, delays), where snapshots differ in length
    costs of starts where the weights of snapshots differ; sums by weightings of generators where these differ from
        those of the objective by more than a factor
    extendable lines and transformers, phase shifts that are given snapshot by snapshot
    circles of lines of other carriers than electricity, or in which a line has no impedance
    global constraints other than primary energy, of one store or of generators with a constant efficiency, and
        operational limits on generators
    set powers of storage units, and set powers of some snapshots only of what is extendable or committable
    scenarios together with sizes to choose; weights of investment periods; a linearised unit commitment

Source: PyPSA 1.4, documentation of components and of optimisation, https://docs.pypsa.org; Brown, Hörsch,
Schlachtberger (2018), J. Open Research Software 6, https://doi.org/10.5334/jors.188.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from c4e_opt.case.case import KINDS, Bus, Case, Policy
from c4e_opt.case.notes import passed_over, some
from c4e_opt.case.readers.network_file import NetworkFile, read_network_file
from c4e_opt.case.readers.pypsa import branches, laws, modules, scenarios, sources, stores
from c4e_opt.case.readers.pypsa.reading import Reading
from c4e_opt.case.readers.pypsa.refusals import refusals
from c4e_opt.case.readers.sound import sound
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.market.order_book import OrderBook

_CARRIERS = {
    "": "electricity",
    "ac": "electricity",
    "dc": "electricity",
    "electricity": "electricity",
    "low voltage": "electricity",
    "heat": "heat",
    "gas": "gas",
    "h2": "hydrogen",
    "hydrogen": "hydrogen",
    "cooling": "cooling",
}


def read_pypsa(path: str | Path) -> Case:
    """Read a network that PyPSA has written with `export_to_netcdf`.

    Args:
        path: The file.

    Returns:
        The case, checked. Only inputs are read; what a file says of a solution is not.

    Raises:
        InvalidInput: It cannot be read, or uses what has no counterpart; everything of that is named.
    """
    files = read_network_file(Path(path))
    readings = [_read(file) for file in files]
    issues = [issue for reading in readings for issue in reading.issues]
    if len(files) > 1:
        chosen = [word for reading in readings for word in scenarios.builds(reading.made)]
        if chosen:
            message = f"a network with scenarios chooses the size of {chosen[0]}, which would link them; not supported"
            issues.append(Issue("scenarios", "unsupported", message))
    if issues:
        raise InvalidInput(list(dict.fromkeys(issues)))
    case = _case(Path(path).stem, files, readings)
    return sound(case)


def _read(file: NetworkFile) -> Reading:
    """Everything of one network, or of one scenario."""
    reading = Reading(file)
    reading.issues += refusals(file)
    for row in file.rows.get("buses", ()):
        carrier = _CARRIERS.get(row.text("carrier", "AC").lower(), "other")
        reading.buses.append(Bus(id=row.name, site="", carrier=carrier))
    for name, read in (
        ("loads", sources.load),
        ("generators", sources.generator),
        ("links", sources.link),
        ("processes", sources.process),
        ("stores", stores.store),
        ("storage_units", stores.storage_unit),
    ):
        for row in file.of(name):
            for each in modules.single(reading, row):
                read(reading, each)
    branches.branches(reading)
    shunts = [row.name for row in file.of("shunt_impedances")]
    if shunts:
        message = "take part in no optimisation of PyPSA, which is of linear power flow, and are left out"
        reading.notes.append(passed_over("shunt_impedances", f"{some(shunts)} {message}"))
    for row in file.of("global_constraints"):
        laws.global_constraint(reading, row)
    return reading


def _case(name: str, files: tuple[NetworkFile, ...], readings: list[Reading]) -> Case:
    """The case of all scenarios."""
    buses: list[Bus] = []
    made: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    if len(files) == 1:
        buses, made = readings[0].buses, readings[0].made
    else:
        for file, reading in zip(files, readings, strict=True):
            buses += [Bus(id=f"{file.scenario}: {bus.id}", site="", carrier=bus.carrier) for bus in reading.buses]
            for kind, records in reading.made.items():
                made[kind] += [scenarios.of_scenario(record, file.scenario, file.probability) for record in records]
    components: Mapping[str, tuple[Any, ...]] = {kind: tuple(records) for kind, records in made.items() if records}
    return Case(
        name=name,
        horizon=readings[0].horizon,
        buses=tuple(buses),
        components=components,
        orders=OrderBook.empty(),
        policy=_policy(made),
        notes=tuple(dict.fromkeys(note for reading in readings for note in reading.notes)),
    )


def _policy(made: Mapping[str, list[Any]]) -> Policy:
    """Linear power flow as PyPSA writes it, where there are lines."""
    if not made["line"]:
        return Policy()
    chosen = any(line.phase_shift_min_deg is not None for line in made["line"])
    return Policy(network="dc", base_mva=1.0, dc_formulation="angles" if chosen else "lazy")
