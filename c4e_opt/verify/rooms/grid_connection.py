"""What an answer must hold for grid connections.

Laws:
    grid_connection_import_limit, _export_limit   0 <= power <= the limit of the step
    grid_connection_exclusivity                   at most one of import and export in a step
    grid_connection_import_price, _export_price   price of the bus against the tariff
"""

from __future__ import annotations

from c4e_opt.arrays import FloatArray
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.fleet import Fleet, Room
from c4e_opt.verify.regret import port_prices, regret


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    return (fleet.answer("import_mw") - fleet.answer("export_mw"),)


def _limits(fleet: Fleet) -> None:
    fleet.within("import_limit", "import_mw", fleet.series("import_max_mw"))
    fleet.within("export_limit", "export_mw", fleet.series("export_max_mw"))
    fleet.exclusive("import_mw", "export_mw")


def _costs(fleet: Fleet, bill: Bill) -> None:
    hours = fleet.horizon.cost_hours
    bill.add_energy("energy", fleet.answer("import_mw"), fleet.series("import_price_eur_per_mwh"), hours)
    bill.add_energy("energy", -fleet.answer("export_mw"), fleet.series("export_price_eur_per_mwh"), hours)


def _prices(fleet: Fleet) -> None:
    (price,) = port_prices(fleet)
    imported, exported = fleet.series("import_price_eur_per_mwh"), fleet.series("export_price_eur_per_mwh")
    regret(fleet, "import_price", "import_mw", imported - price, fleet.series("import_max_mw"))
    regret(fleet, "export_price", "export_mw", price - exported, fleet.series("export_max_mw"))


ROOM = Room(
    quantities=("import_mw", "export_mw"),
    direction="importing",
    binaries=("importing",),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
