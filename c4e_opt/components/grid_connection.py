"""Grid connection: a bus of the site trades with the network above, at prices given for every step.

The same room serves every carrier: a gas meter is a grid connection at a gas bus that only imports.

Variables, for every grid connection g and step t:
    import_mw[g, t]   power taken from the network, 0 <= . <= import_max_mw
    export_mw[g, t]   power given to the network, 0 <= . <= export_max_mw
    importing[g, t]   1 while import_mw may flow, binary; only where the laws below need it

Constraints, only in steps where doing both could pay (found by `solve`):
    importing_limit[g, t]      import_mw <= import_max_mw * importing
    not_importing_limit[g, t]  export_mw <= export_max_mw * (1 - importing)

Objective, term `energy`: (import_price * import_mw - export_price * export_mw) * hours.

Not modelled: demand charges, ramp limits on exchange.
Source: definition of a tariff; no literature needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components.terms import Exclusive, Injection, Terms, buses, fleet, never_both, profiles
from c4e_opt.fields import bus, identity, party, record, series
from c4e_opt.program import Room


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
    paid = imported * profiles(connections, "import_price_eur_per_mwh", horizon.steps)
    earned = exported * profiles(connections, "export_price_eur_per_mwh", horizon.steps)
    room.minimise("energy", (paid - earned) * horizon.cost_hours)
    return Terms(
        injections=(Injection(buses(connections), imported - exported),),
        exclusive=Exclusive("grid_connection_import_mw", "grid_connection_export_mw", "grid_connection_importing"),
    )
