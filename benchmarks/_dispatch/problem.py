"""The problems of the dispatch benchmark as plain arrays, from which every tool builds its own model.

One site of the kind in `cases/site_week`, for any number of steps, or many such sites behind one connection with the
network. Powers in kW, energies in kWh, prices and costs in EUR/MWh and EUR; numpy alone is needed.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A battery or a heat store of a site of size 1."""

    energy_kwh: float
    power_kw: float
    efficiency: float  # of charging, and again of discharging
    loss_per_hour: float
    cost_eur_per_mwh: float  # of discharging
    filling: float  # at the beginning and at the end, of the energy


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What every site of size 1 has; `cases/site_week/case.yaml` says the same."""

    import_kw: float = 1000.0
    export_kw: float = 500.0
    pv_kw: float = 600.0
    gas_eur_per_mwh: float = 49.07
    chp_gas_kw: float = 860.0
    chp_electric: float = 0.35
    chp_heat: float = 0.50
    chp_cost_eur_per_mwh: float = 3.0
    chp_least_load: float = 0.5
    chp_start_eur: float = 25.0
    chp_up_hours: int = 4
    chp_down_hours: int = 3
    boiler_heat_kw: float = 900.0
    boiler_efficiency: float = 0.92
    pump_kw: float = 250.0
    battery: Store = Store(
        energy_kwh=1000.0, power_kw=300.0, efficiency=0.95, loss_per_hour=1e-4, cost_eur_per_mwh=5.0, filling=0.5
    )
    tank: Store = Store(
        energy_kwh=3000.0, power_kw=500.0, efficiency=0.98, loss_per_hour=5e-3, cost_eur_per_mwh=0.0, filling=0.5
    )


SITE = Site()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Sites over steps; arrays (time,), (site,) or (site, time).

    Attributes:
        name: What the tables call it.
        hours: Length of a step.
        first_hour: Hour of 2025 at which the first step starts.
        discrete: Whether CHPs start and stop (MILP) or run anywhere between zero and their largest power (LP).
        import_price: EUR/MWh, (time,).
        export_price: EUR/MWh, (time,).
        pv_ratio: Power of PV per installed power, (time,).
        cop: Heat per electric power of the heat pumps, (time,).
        demand_kw: Electricity, (site, time).
        heat_kw: Heat, (site, time).
        size: Factor of every capacity of a site, (site,).
        pv_size: A further factor of its PV, (site,).
        has_chp: (site,).
        has_pump: (site,).
        tie_kw: Largest power between a site and the common bus, (site,); None for one site with its own connection.
        import_kw: Largest power from the network.
        export_kw: Largest power to the network.
    """

    name: str
    hours: float
    first_hour: float
    discrete: bool
    import_price: Floats
    export_price: Floats
    pv_ratio: Floats
    cop: Floats
    demand_kw: Floats
    heat_kw: Floats
    size: Floats
    pv_size: Floats
    has_chp: Flags
    has_pump: Flags
    tie_kw: Floats | None
    import_kw: float
    export_kw: float

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self.import_price)

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self.size)

    @property
    def start(self) -> np.datetime64:
        """Start of the first step, UTC."""
        return np.datetime64("2025-01-01T00:00:00") + np.timedelta64(round(self.first_hour * 3600), "s")

    def keep(self, store: Store) -> float:
        """What a store keeps of its energy over a step."""
        return (1.0 - store.loss_per_hour) ** self.hours


def single(steps: int, *, discrete: bool = False, first_hour: float = 0.0, name: str = "") -> Problem:
    """One site with its own connection, in hours.

    Args:
        steps: How many hours.
        discrete: Whether the CHP starts and stops.
        first_hour: Hour of 2025 at which the first step starts.
        name: What the tables call it.
    """
    series = formulas().profiles(steps, 1.0, first_hour)
    one, yes = np.ones(1), np.ones(1, dtype=np.bool_)
    return Problem(
        name=name,
        hours=1.0,
        first_hour=first_hour,
        discrete=discrete,
        **_shared(series),
        demand_kw=series["demand_kw"][None],
        heat_kw=series["heat_demand_kw"][None],
        size=one,
        pv_size=one,
        has_chp=yes,
        has_pump=yes,
        tie_kw=None,
        import_kw=SITE.import_kw,
        export_kw=SITE.export_kw,
    )


def many(sites: int, *, discrete: bool = False, name: str = "") -> Problem:
    """Sites of different size, equipment and habits behind one connection, on 21 January 2025 in quarter-hours.

    Args:
        sites: How many.
        discrete: Whether their CHPs start and stop.
        name: What the tables call it.
    """
    closed = formulas()
    first_hour = 480.0
    series = closed.profiles(96, 0.25, first_hour)
    number = np.arange(sites)
    size = 0.6 + 0.8 * closed.noise(number, 40503)
    later = np.floor(closed.noise(number, 51749) * 17).astype(int) - 8
    draw = 400.0 * size.sum()

    def shifted(demand: Floats) -> Floats:
        return np.stack([size[site] * np.roll(demand, later[site]) for site in range(sites)])

    return Problem(
        name=name,
        hours=0.25,
        first_hour=first_hour,
        discrete=discrete,
        **_shared(series),
        demand_kw=shifted(series["demand_kw"]),
        heat_kw=shifted(series["heat_demand_kw"]),
        size=size,
        pv_size=0.5 + closed.noise(number, 30011),
        has_chp=number % 3 != 2,
        has_pump=number % 4 != 3,
        tie_kw=600.0 * size,
        import_kw=0.55 * draw,
        export_kw=0.20 * draw,
    )


def _shared(series: dict[str, Floats]) -> dict[str, Floats]:
    prices = {"import_price": "import_price_eur_per_mwh", "export_price": "export_price_eur_per_mwh"}
    return {ours: series[column] for ours, column in (prices | {"pv_ratio": "pv_ratio", "cop": "cop"}).items()}


def formulas() -> ModuleType:
    """The closed formulas of the series, which `cases/derive_site.py` keeps."""
    file = Path(__file__).resolve().parents[2] / "cases" / "derive_site.py"
    spec = importlib.util.spec_from_file_location("derive_site", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
