"""The Iberian day by iberian-day-ahead-market-simulator with HiGHS in one process, from its files, as its users do."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd
from iberian_day_ahead_market_simulator import run_iberian_day_ahead_market_simulator

from _market.books import Shape
from tests.literature.iberian_day import FOLDER, published_prices


def pose(shape: Shape) -> Path:
    """Its files, as they were published."""
    folder = Path(mkdtemp())
    for name in ("DET_20250621.1", "CAB_20250621.1"):
        (folder / name).write_bytes(gzip.decompress((FOLDER / f"{name}.gz").read_bytes()))
    return folder


def run(posed: Path) -> dict[str, Any]:
    """Files to prices."""
    france = pd.read_csv(FOLDER / "france_day_ahead_price_20250621.csv", parse_dates=["date_sesion"])
    found = run_iberian_day_ahead_market_simulator(
        det=str(posed / "DET_20250621.1"),
        cab=str(posed / "CAB_20250621.1"),
        capacidad_inter_pbc=str(FOLDER / "capacidad_inter_pbc_20250621.1"),
        france_day_ahead_prices=france,
        participants_bidding_zones=pd.read_csv(FOLDER / "participants_bidding_zones.csv.gz"),
        n_jobs=1,
        solver_factory_type="highs",
    )
    prices = found["clearing_prices"]
    zone = next(name for name in prices.columns if "zone" in name)
    price = next(name for name in prices.columns if "price" in name)
    both = prices.pivot(index=zone, columns="int_period", values=price).loc[["ES", "PT"]].to_numpy(dtype=float)
    return {"right": int(np.count_nonzero(np.abs(both - published_prices()) <= 0.005))}
