"""One day of the Iberian day-ahead market as a case: every offer as OMIE published it, two zones, and France.

Offers become orders, each of the unit that made it:
    simple              a step order per line
    C01, C04            blocks with a profile and a least part; the blocks of a group of C04 exclude each other
    C02                 a scalable complex order: step orders of one offer with a fixed term and least powers
France buys and sells at its published price as far as the interconnection lets it. Andorra and Morocco are no zones:
what crosses those borders is offered by units of the Spanish zone.

Source: OMIE and ENTSO-E public data, by way of EloyID/iberian-day-ahead-market-simulator; COLUMNS.md of the oracle.
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from c4e_opt import Case
from c4e_opt.arrays import FloatArray
from c4e_opt.case.build import Builder

ORACLES = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "market"
FOLDER = ORACLES / "omie_2025_06_21"
ZONES = ("ES", "PT")
_DAY = "20250621"
_HOURS = 24
_PORTUGAL, _FRANCE = 2, 3

#: Columns of the file of offers and of that of their lines: name, begin, end.
_OFFERS = (("offer", 0, 10), ("unit", 15, 22), ("side", 52, 53), ("fixed_eur", 54, 71))
_LINES = (
    ("offer", 0, 10), ("period", 15, 18), ("block", 18, 20), ("part", 20, 22), ("group", 22, 24), ("price", 24, 41),
    ("energy", 41, 48), ("least_mwh", 48, 55), ("least_ratio", 55, 60),
)  # fmt: skip


def iberian_day() -> Case:
    """The day, 21 June 2025, in hours."""
    lines = _lines()
    block = lines.block > 0
    scalable = lines.groupby("offer")[["fixed_eur", "least_mwh"]].transform("max").max(axis=1) > 0
    steps = _columns(lines[~block], scalable)
    document = {
        "name": "Iberia, 2025-06-21",
        "horizon": {"start": "2025-06-21T00:00+02:00", "step_seconds": 3600, "steps": _HOURS},
        "parties": [{"id": unit} for unit in sorted(set(lines.unit))],
        "buses": [{"id": zone} for zone in (*ZONES, "FR")],
        "components": {
            "tie": [_tie("ES", "PT", _PORTUGAL), _tie("ES", "FR", _FRANCE)],
            "grid_connection": [_france()],
            "complex_order": _complex_orders(lines[scalable]),
        },
        "orders": _with_blocks(steps, lines[block]),
        "policy": {"pricing": "european"},
    }
    return Builder(document, {}).case()


def published_prices() -> FloatArray:
    """Prices of Spain and Portugal, (zone, time)."""
    text = (FOLDER / f"marginalpdbc_{_DAY}.1").read_text(encoding="latin-1").splitlines()
    rows = [line.split(";") for line in text[1:] if line.count(";") > 4]
    return np.array([[float(row[place]) for row in rows] for place in (5, 4)])


def published_flow_to_portugal() -> FloatArray:
    """Energy from Spain to Portugal, negative the other way, (time,)."""
    own = _frontier(_PORTUGAL)
    return own.left.to_numpy(dtype=float) + own.came.to_numpy(dtype=float)


def _fixed_width(name: str, columns: tuple[tuple[str, int, int], ...]) -> pd.DataFrame:
    with gzip.open(FOLDER / f"{name}_{_DAY}.1.gz", "rt", encoding="latin-1") as file:
        lines = file.read().splitlines()
    return pd.DataFrame({column: [line[begin:end].strip() for line in lines] for column, begin, end in columns})


def _lines() -> pd.DataFrame:
    """The lines of all offers, with what is said of the offer and its unit; standing offers name an hour 25 as well."""
    lines, offers = _fixed_width("DET", _LINES), _fixed_width("CAB", _OFFERS)
    lines = lines.astype({column: int for column in ("period", "block", "part", "group")})
    lines = lines.astype({column: float for column in ("price", "energy", "least_mwh", "least_ratio")})
    lines = lines[lines.period <= _HOURS]
    zones = pd.read_csv(FOLDER / "participants_bidding_zones.csv.gz")
    offers = offers.astype({"fixed_eur": float}).merge(zones, left_on="unit", right_on="id_unidad", how="left")
    return lines.merge(offers, on="offer", how="left")


def _columns(lines: pd.DataFrame, scalable: pd.Series) -> dict[str, Any]:
    """Step orders, those of scalable offers under the name of the offer."""
    return {
        "id": (lines.offer + "/" + lines.part.astype(str) + "@" + lines.period.astype(str)).tolist(),
        **_said(lines),
        "step": (lines.period - 1).tolist(),
        "energy_mwh": lines.energy.tolist(),
        "ratio_min": [0.0] * len(lines),
        "group": [""] * len(lines),
        "complex_order": lines.offer.where(scalable[lines.index], "").tolist(),
    }


def _said(lines: pd.DataFrame) -> dict[str, Any]:
    return {
        "party": lines.unit.tolist(),
        "bus": lines.cat_bidding_zone.tolist(),
        "side": lines.side.map({"C": "buy", "V": "sell"}).tolist(),
        "price_eur_per_mwh": lines.price.tolist(),
    }


def _with_blocks(steps: dict[str, Any], lines: pd.DataFrame) -> dict[str, Any]:
    """Step orders and, after them, blocks."""
    name = lines.offer + "/" + lines.block.astype(str)
    lines = lines.assign(name=name, exclusive=lines.offer + "/" + lines.group.astype(str)).sort_values(
        ["name", "period"]
    )
    first = lines.drop_duplicates("name")
    place = {each: len(steps["id"]) + number for number, each in enumerate(first.name)}
    begin = dict(zip(first.name, first.period, strict=True))
    more = {
        "id": ("block " + first.name).tolist(),
        **_said(first),
        "step": (first.period - 1).tolist(),
        "energy_mwh": lines.groupby("name").energy.sum().loc[first.name].tolist(),
        "ratio_min": first.least_ratio.tolist(),
        "group": first.exclusive.where(first.group > 0, "").tolist(),
        "complex_order": [""] * len(first),
    }
    return {column: steps[column] + more[column] for column in steps} | {
        "profile_order": lines.name.map(place).to_numpy(),
        "profile_step": (lines.period - lines.name.map(begin)).to_numpy(),
        "profile_mwh": lines.energy.to_numpy(),
    }


def _complex_orders(lines: pd.DataFrame) -> list[dict[str, Any]]:
    """Scalable complex orders with what each must give in every hour, if it is active."""
    least = lines.groupby(["offer", "period"]).least_mwh.sum().unstack(fill_value=0.0)
    least = least.reindex(columns=range(1, _HOURS + 1), fill_value=0.0)
    fixed = lines.groupby("offer").fixed_eur.max()
    return [
        {"id": offer, "condition": "scalable", "fixed_eur": fixed[offer], "power_min_mw": least.loc[offer].to_numpy()}
        for offer in least.index
    ]


def _frontier(number: int) -> pd.DataFrame:
    """What may come in over a border of Spain and leave, and what did; all that comes in is negative."""
    names = ["period", "frontier", "comes", "came", "leaves", "left"]
    path = FOLDER / f"capacidad_inter_pbc_{_DAY}.1"
    shape = {"sep": ";", "skiprows": 2, "header": 0, "decimal": ",", "thousands": ".", "encoding": "latin-1"}
    table = pd.read_csv(path, usecols=[0, 2, 3, 4, 6, 7], names=names, **shape).dropna()
    return table[table.frontier == number].sort_values("period")


def _tie(zone: str, other: str, frontier: int) -> dict[str, Any]:
    own = _frontier(frontier)
    leaves, comes = own.leaves.to_numpy(dtype=float), -own.comes.to_numpy(dtype=float)
    return {
        "id": f"{zone}_{other}",
        "from_bus": zone,
        "to_bus": other,
        "forward_max_mw": leaves,
        "backward_max_mw": comes,
    }


def _france() -> dict[str, Any]:
    """France, at its price."""
    price = pd.read_csv(FOLDER / "france_day_ahead_price_20250621.csv").sort_values("int_period").float_price_fr
    wide = {"import_max_mw": 1e5, "export_max_mw": 1e5}
    return {"id": "France", "bus": "FR", **wide, "import_price_eur_per_mwh": price.to_numpy(),
            "export_price_eur_per_mwh": price.to_numpy()}  # fmt: skip
