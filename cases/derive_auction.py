"""Writes the orders of day_ahead_auction: two zones, 24 hours, every kind of order; numpy only.

python cases/derive_auction.py            write cases/day_ahead_auction/orders.csv
python cases/derive_auction.py --check    compare with what is there
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

TARGET = Path(__file__).parent / "day_ahead_auction" / "orders.csv"
COLUMNS = ("id", "party", "bus", "side", "step", "steps", "price_eur_per_mwh", "price_full_eur_per_mwh", "energy_mwh",
           "profile_mwh", "ratio_min", "step_last", "parent", "group", "complex_order")  # fmt: skip
HOURS = np.arange(24)


def orders() -> list[dict[str, Any]]:
    """All orders, as rows of the table."""
    rows: list[dict[str, Any]] = []

    def add(
        name: str, party: str, bus: str, side: str, step: int, price: float, energy: float | str, **more: Any
    ) -> None:
        rows.append({"id": name, "party": party, "bus": bus, "side": side, "step": step,
                     "price_eur_per_mwh": price, "energy_mwh": energy, **more})  # fmt: skip

    demand = 620 + 160 * np.sin((HOURS - 8) * np.pi / 12) + 60 * np.cos((HOURS - 19) * np.pi / 4)
    wind = 260 + 120 * np.cos((HOURS - 3) * np.pi / 12)
    sun = np.maximum(0.0, 330 * np.sin((HOURS - 6) * np.pi / 12))
    for hour in HOURS.tolist():
        for bus, part, party in (("north", 0.45, "northern_retail"), ("south", 0.55, "southern_retail")):
            need = demand[hour] * part
            add(f"{bus}_firm_{hour:02d}", party, bus, "buy", hour, 400.0, round(float(0.8 * need), 1))
            add(f"{bus}_flexible_{hour:02d}", party, bus, "buy", hour, 140.0, round(float(0.25 * need), 1),
                price_full_eur_per_mwh=35.0)  # fmt: skip
        add(f"wind_{hour:02d}", "wind_farms", "north", "sell", hour, -5.0, round(float(wind[hour]), 1))
        if sun[hour] > 1:
            add(f"sun_{hour:02d}", "sun_farms", "south", "sell", hour, 0.0, round(float(sun[hour]), 1))
        for bus, power in (("north", 90.0), ("south", 170.0)):
            add(f"{bus}_gas_{hour:02d}", "gas_plants", bus, "sell", hour, 78.0, power, price_full_eur_per_mwh=118.0)
        add(f"north_turbine_{hour:02d}", "gas_plants", "north", "sell", hour, 165.0, 120.0)
        add(f"south_turbine_{hour:02d}", "gas_plants", "south", "sell", hour, 172.0, 160.0)
        add(f"coal_{hour:02d}", "coal_plant", "south", "sell", hour, 52.0, 150.0, complex_order="coal_plant")
        add(f"hydro_{hour:02d}", "hydro_plant", "north", "sell", hour, 61.0, 80.0, complex_order="hydro_ramps")
        add(f"peaker_{hour:02d}", "peaker", "south", "sell", hour, 88.0, 60.0, complex_order="peaker")
    add("lignite_night", "coal_plant", "south", "sell", 0, 44.0, 960.0, steps=8, ratio_min=0.5)
    add("lignite_day", "coal_plant", "south", "sell", 8, 58.0, 1200.0, steps=10, ratio_min=1.0, parent="lignite_night")
    add("lignite_evening", "coal_plant", "south", "sell", 18, 55.0, 600.0, steps=5, ratio_min=1.0, parent="lignite_day")
    add("paper_mill_early", "paper_mill", "north", "buy", 0, 88.0, 240.0, steps=6, ratio_min=1.0, group="paper_mill")
    add("paper_mill_noon", "paper_mill", "north", "buy", 9, 90.0, 240.0, steps=6, ratio_min=1.0, group="paper_mill")
    shape = json.dumps([20.0, 35.0, 50.0, 50.0, 35.0, 20.0])
    add("biogas_shape", "biogas", "north", "sell", 16, 84.0, "", profile_mwh=shape, ratio_min=1.0)
    add("cold_store", "cold_stores", "south", "buy", 8, 82.0, 90.0, steps=3, ratio_min=1.0, step_last=18)
    add("swap_in", "storage_trader", "south", "buy", 11, 95.0, 120.0, steps=3, ratio_min=1.0, parent="swap_out")
    add("swap_out", "storage_trader", "south", "sell", 18, 70.0, 105.0, steps=3, ratio_min=1.0, parent="swap_in")
    return rows


def main() -> int:
    """Write the table, or compare it."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(orders())
    if "--check" in sys.argv[1:]:
        same = TARGET.read_text(encoding="utf-8") == text.getvalue()
        print(f"{TARGET.name}: {'same' if same else 'differs'}")
        return 0 if same else 1
    TARGET.write_text(text.getvalue(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
