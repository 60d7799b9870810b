"""Grid connection: a bus of the site trades with the network above, at prices given for every step.

The same room serves every carrier: a gas meter is a grid connection at a gas bus that only imports.

Variables, for every grid connection g and step t: see `components.demand_charge` for what is billed, and
    import_mw[g, t]   power taken from the network, 0 <= . <= import_max_mw
    export_mw[g, t]   power given to the network, 0 <= . <= export_max_mw
    importing[g, t]   1 while import_mw may flow, binary; only where the laws below need it
    shortfall_mwh[g]   energy less than a contract wants, 0 <= . <= energy_min_mwh; only with such a contract

Constraints: see `components.demand_charge`, and
    ramp_up_limit[g, t], ramp_down_limit[g, t]
        -ramp <= exchange[t] - exchange[t-1] <= ramp, where exchange is import_mw - export_mw and
        ramp = ramp_max_mw_per_hour * (hours[t-1] + hours[t]) / 2:
        power is the mean over a step, so it may change by what the ramp allows between the middles of two steps;
        before the first step the exchange is exchange_before_mw, over a step as long as the first, else that is free
    energy_minimum[g]   sum of import_mw * hours + shortfall_mwh >= energy_min_mwh
    energy_maximum[g]   sum of import_mw * hours <= energy_max_mwh
    only in steps where doing both could pay (found by `solve`):
    importing_limit[g, t]      import_mw <= import_max_mw * importing
    not_importing_limit[g, t]  export_mw <= export_max_mw * (1 - importing)

Hours in contracts on energy count as often as their step does in costs.

Objective, term `energy`: (import_price * import_mw - export_price * export_mw) * hours; term `demand_charge`: see
there; term `take_or_pay`: shortfall_price * shortfall_mwh.

Not modelled: export limits as a part of installed power (give export_max_mw), connection fees that no schedule changes.
Source: definition of a tariff; no literature needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components import demand_charge
from c4e_opt.components.context import Context
from c4e_opt.components.demand_charge import DemandCharge
from c4e_opt.components.terms import Exclusive, Injection, Terms, buses, fleet, never_both, profiles, scalars
from c4e_opt.fields import bus, identity, number, parts, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Linear, Room


@record
class GridConnection:
    """A connection to the network above, with its tariff."""

    id: str = identity(doc="Name of the connection.")
    bus: str = bus(doc="Bus behind the meter.")
    owner: str = party(doc="Party that sells the imports and buys the exports: the supplier.")
    import_max_mw: FloatArray = series(unit="MW", minimum=0, doc="Largest power taken from the network.")
    export_max_mw: FloatArray = series(unit="MW", minimum=0, default=0.0, doc="Largest power given to the network.")
    import_price_eur_per_mwh: FloatArray = series(unit="EUR/MWh", doc="Paid for every MWh imported.")
    export_price_eur_per_mwh: FloatArray = series(unit="EUR/MWh", default=0.0, doc="Received for every MWh exported.")
    demand_charges: tuple[DemandCharge, ...] = parts(
        DemandCharge, doc="Prices on the highest power of billing periods."
    )
    ramp_max_mw_per_hour: Any = number(
        unit="MW/h", minimum=0, default=None, doc="Fastest change of import less export; free when absent."
    )
    exchange_before_mw: Any = number(
        unit="MW", default=None,
        doc="Import less export in the step before the first, for the ramp; the first step is free of it when absent.",
    )  # fmt: skip
    energy_min_mwh: Any = number(
        unit="MWh", minimum=0, default=0.0, doc="Energy of the horizon that is paid for in any case (take or pay)."
    )
    shortfall_price_eur_per_mwh: Any = number(
        unit="EUR/MWh", minimum=0, default=None, doc="Paid for every MWh that is missing of energy_min_mwh."
    )
    energy_max_mwh: Any = number(
        unit="MWh", minimum=0, default=None, doc="Most energy imported within the horizon; any amount when absent."
    )
    emissions_t_per_mwh: FloatArray = series(
        unit="t/MWh", default=0.0, doc="CO2 that every MWh imported stands for; counted by laws of a site."
    )


def check(path: str, connection: GridConnection, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one connection; nothing, when it may be formulated."""
    units = context.units
    least, most = connection.energy_min_mwh, connection.energy_max_mwh
    if least > 0 and connection.shortfall_price_eur_per_mwh is None:
        name = units.name("shortfall_price_eur_per_mwh", "EUR/MWh")
        yield Issue(f"{path}.{name}", "missing_field", "is missing; say what a missing MWh of the contract costs")
    if most is not None and most < least:
        message = f"is {units.say(most, 'MWh')}, less than the least energy of {units.say(least, 'MWh')}"
        yield Issue(f"{path}.{units.name('energy_max_mwh', 'MWh')}", "range", message)
    for place, charge in enumerate(connection.demand_charges):
        yield from demand_charge.check(f"{path}.demand_charges[{place}]", charge, context)
    labels = demand_charge.labels(connection)
    for place, label in enumerate(labels):
        if label in labels[:place]:
            message = f"{label!r} is already what another charge is called in results; name this one otherwise"
            yield Issue(f"{path}.demand_charges[{place}].name", "duplicate_id", message)


def formulate(
    room: Room, connections: Sequence[GridConnection], horizon: Horizon, exclusive: BoolArray | None = None
) -> Terms:
    """Add the variables and laws of all grid connections at once.

    Args:
        room: The room to write into.
        connections: Checked records; their order is the order of the axis.
        horizon: The steps.
        exclusive: Cells (connection, time) that need a binary against importing and exporting together.

    Returns:
        Injections at the buses, positive into the bus.
    """
    over = (fleet("grid_connection", connections), horizon.axis)
    import_max, export_max = (
        profiles(connections, "import_max_mw", horizon.steps),
        profiles(connections, "export_max_mw", horizon.steps),
    )
    imported = room.variable("import_mw", over, 0.0, import_max, doc="power taken from the network")
    exported = room.variable("export_mw", over, 0.0, export_max, doc="power given to the network")
    never_both(room, "importing", (imported, import_max), (exported, export_max), exclusive)
    _ramps(room, connections, imported - exported, horizon)
    _contracts(room, connections, imported, horizon)
    demand_charge.formulate(room, connections, imported, exported, horizon)
    paid = imported * profiles(connections, "import_price_eur_per_mwh", horizon.steps)
    earned = exported * profiles(connections, "export_price_eur_per_mwh", horizon.steps)
    room.minimise("energy", (paid - earned) * horizon.cost_hours)
    emissions = profiles(connections, "emissions_t_per_mwh", horizon.steps)
    return Terms(
        injections=(Injection(buses(connections), imported - exported),),
        exclusive=Exclusive("grid_connection_import_mw", "grid_connection_export_mw", "grid_connection_importing"),
        emissions_t_per_hour=imported * emissions if emissions.any() else None,
    )


def _ramps(room: Room, connections: Sequence[GridConnection], exchange: Linear, horizon: Horizon) -> None:
    ramp = scalars(connections, "ramp_max_mw_per_hour")
    if np.isnan(ramp).all():
        return
    apart = 0.5 * (horizon.hours + np.concatenate([horizon.hours[:1], horizon.hours[:-1]]))
    before = scalars(connections, "exchange_before_mw")
    change = exchange - exchange.previous(np.nan_to_num(before))
    present = np.broadcast_to(~np.isnan(ramp), exchange.shape).copy()
    present[:, :1] &= ~np.isnan(before)
    limit = np.nan_to_num(ramp) * apart
    room.at_most("ramp_up_limit", change, limit, present=present)
    room.at_least("ramp_down_limit", change, -limit, present=present)


def _contracts(room: Room, connections: Sequence[GridConnection], imported: Linear, horizon: Horizon) -> None:
    least = scalars(connections, "energy_min_mwh")[:, 0]
    most = scalars(connections, "energy_max_mwh")[:, 0]
    over: tuple[Axis, ...] = imported.axes[:1]
    row = np.repeat(np.arange(len(connections)), horizon.steps)
    energy = (imported * horizon.cost_hours).gather(over, row)
    if least.any():
        wanted = least > 0
        shortfall = room.variable(
            "shortfall_mwh", over, 0.0, least, doc="energy less than the contract wants", present=wanted
        )
        room.at_least("energy_minimum", energy + shortfall, least, present=wanted)
        price = np.nan_to_num(scalars(connections, "shortfall_price_eur_per_mwh")[:, 0])
        room.minimise("take_or_pay", shortfall * price)
    if not np.isnan(most).all():
        room.at_most("energy_maximum", energy, np.nan_to_num(most), present=~np.isnan(most))
