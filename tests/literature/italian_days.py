"""Ten days of the Italian day-ahead market as cases: seven zones, their curves, block orders and borders.

What is beyond a border is known by what was published of it, in one of two ways:
    at prices      every border zone buys and sells at its published price, as far as the transfer capacities let it:
                   prices of the zones are the question
    at exchanges   what was exchanged over the borders is bought or sold at any price: flows between the zones are
                   the question, and prices are those that fit, an interval where exchanges are all that is at the money

Blocks are either fixed, as the published curves have them with the decisions of the exchange, or free.

Source: GME public data, by way of rebase-energy/OpenEUPHEMIA, data/italy.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from c4e_opt import Case, Outcome
from c4e_opt.arrays import FloatArray
from c4e_opt.case.build import Builder

ORACLES = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "market"
FOLDER = ORACLES / "italy_2025_04_01_to_10"
DAYS = tuple(f"2025-04-{day:02}" for day in range(1, 11))
ZONES = ("CALA", "CNOR", "CSUD", "NORD", "SARD", "SICI", "SUD")
#: Prices of orders that take any price, and the power of a border at its price.
_LEAST, _MOST, _WIDE_MW = -500.0, 4000.0, 1e5


def italian_day(day: str, *, blocks_free: bool = False, at_exchanges: bool = False) -> Case:
    """One day in hours.

    Args:
        day: One of `DAYS`.
        blocks_free: Whether blocks are orders to be decided.
        at_exchanges: Whether borders are known by their exchanges, and not by their prices.
    """
    book = _of(day, "simple-bid-curves" if blocks_free else "bid-curves")
    steps = int(book.period.max())
    orders = _curves(book)
    if blocks_free:
        orders = _joined(orders, _blocks(day, len(orders["id"])))
    ties, components = _inner_ties(day), {}
    if at_exchanges:
        orders = _joined(orders, _exchanges(day))
        zones = list(ZONES)
    else:
        ties, outside = _outer_ties(day, steps), published_prices(day)
        zones = sorted({*ZONES, *(tie[end] for tie in ties for end in ("from_bus", "to_bus"))})
        components["grid_connection"] = [
            {"id": f"border {zone}", "bus": zone, "import_max_mw": _WIDE_MW, "export_max_mw": _WIDE_MW,
             "import_price_eur_per_mwh": outside[zone], "export_price_eur_per_mwh": outside[zone]}
            for zone in zones if zone not in ZONES
        ]  # fmt: skip
    document = {
        "name": f"Italy, {day}",
        "horizon": {"start": f"{day}T00:00+02:00", "step_seconds": 3600, "steps": steps},
        "parties": [{"id": "all"}],
        "buses": [{"id": zone} for zone in zones],
        "components": {"tie": ties, **components},
        "orders": orders,
        "policy": {"pricing": "european"},
    }
    return Builder(document, {}).case()


def published_prices(day: str) -> dict[str, FloatArray]:
    """Prices of every zone, Italian or not, (time,) each."""
    prices = _of(day, "published-prices").pivot(index="zone", columns="period", values="price_eur_per_mwh")
    return {str(zone): prices.loc[zone].to_numpy() for zone in prices.index}


def published_flows(day: str) -> dict[str, FloatArray]:
    """Energy that flowed from the first zone to the second of every inner tie, by its name, (time,) each."""
    flows = _of(day, "published-flows").sort_values("period")
    return {f"{a}_{b}": own.flow_mwh.to_numpy() for (a, b), own in flows.groupby(["from_zone", "to_zone"])}


def published_acceptance(day: str) -> dict[str, bool]:
    """Whether every block was accepted."""
    blocks = _of(day, "block-orders").drop_duplicates("block_id")
    return {str(name): status == "ACC" for name, status in zip(blocks.block_id, blocks.published_status, strict=True)}


def of_zones(outcome: Outcome, name: str) -> FloatArray:
    """A price of the Italian zones, (zone, time)."""
    table = outcome.price_table
    where = [table.labels["bus"].tolist().index(zone) for zone in ZONES]
    return table.values(name)[where]


def published(day: str) -> FloatArray:
    """Published prices of the Italian zones, (zone, time)."""
    prices = published_prices(day)
    return np.array([prices[zone] for zone in ZONES])


def flow_errors(day: str, outcome: Outcome) -> FloatArray:
    """How far every flow between two zones is off what was published."""
    table = outcome.schedule_table
    net = table.values("tie_forward_mw") - table.values("tie_backward_mw")
    known = published_flows(day)
    return np.array([np.abs(net[place] - known[name]) for place, name in enumerate(table.labels["tie"].tolist())])


def rightly_decided(day: str, outcome: Outcome) -> tuple[int, int]:
    """Blocks decided as the exchange did, and all of them."""
    orders = outcome.order_table
    got = dict(zip(orders.labels["order"].tolist(), orders.values("accepted_mwh").tolist(), strict=True))
    known = published_acceptance(day)
    return sum((got[name] > 1e-6) == accepted for name, accepted in known.items()), len(known)


@cache
def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv.gz")


def _of(day: str, name: str) -> pd.DataFrame:
    whole = _table(name)
    return whole[whole.delivery_day == day]


def _curves(book: pd.DataFrame) -> dict[str, Any]:
    """The steps of all curves, as simple orders."""
    return {
        "id": [f"s{place}" for place in range(len(book))],
        "party": ["all"] * len(book),
        "bus": book.zone.tolist(),
        "side": np.where(book.side == "demand", "buy", "sell").tolist(),
        "step": (book.period - 1).tolist(),
        "price_eur_per_mwh": book.price_eur_per_mwh.tolist(),
        "energy_mwh": book.quantity_mwh.tolist(),
    }


def _blocks(day: str, before: int) -> dict[str, Any]:
    """Blocks, accepted wholly or not at all; they stand after so many orders, all of which are divisible."""
    rows = _of(day, "block-orders").sort_values(["block_id", "period"])
    first = rows.drop_duplicates("block_id")
    begin = dict(zip(first.block_id, first.period, strict=True))
    place = {name: before + number for number, name in enumerate(first.block_id)}
    return {
        **_curves(first),
        "id": first.block_id.tolist(),
        "energy_mwh": rows.groupby("block_id").quantity_mwh.sum().loc[first.block_id].tolist(),
        "ratio_min": [0.0] * before + [1.0] * len(first),
        "profile_order": rows.block_id.map(place).to_numpy(),
        "profile_step": (rows.period - rows.block_id.map(begin)).to_numpy(),
        "profile_mwh": rows.quantity_mwh.to_numpy(),
    }


def _exchanges(day: str) -> dict[str, Any]:
    """What left Italy over its borders, or came in, at any price."""
    net = _of(day, "published-exchanges").groupby(["zone", "period"], as_index=False).exchange_mwh.sum()
    net = net[net.exchange_mwh != 0]
    leaves = net.exchange_mwh > 0
    return {
        "id": [f"border {zone} {period}" for zone, period in zip(net.zone, net.period, strict=True)],
        "party": ["all"] * len(net),
        "bus": net.zone.tolist(),
        "side": np.where(leaves, "buy", "sell").tolist(),
        "step": (net.period - 1).tolist(),
        "price_eur_per_mwh": np.where(leaves, _MOST, _LEAST).tolist(),
        "energy_mwh": net.exchange_mwh.abs().tolist(),
    }


def _joined(orders: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Two sets of columns as one; profiles and least parts are those of the one that has any."""
    columns = ("id", "party", "bus", "side", "step", "price_eur_per_mwh", "energy_mwh")
    found = {**orders, **more} | {name: orders[name] + more[name] for name in columns}
    if "ratio_min" in found:
        found["ratio_min"] = found["ratio_min"] + [0.0] * (len(found["id"]) - len(found["ratio_min"]))
    return found


def _inner_ties(day: str) -> list[dict[str, Any]]:
    """Ties between the zones."""
    capacity = _of(day, "internal-transfer-capacities").sort_values("period")
    return [
        {"id": f"{a}_{b}", "from_bus": a, "to_bus": b, "forward_max_mw": own.forward_capacity_mwh.to_numpy(),
         "backward_max_mw": own.reverse_capacity_mwh.to_numpy()}
        for (a, b), own in capacity.groupby(["from_zone", "to_zone"])
    ]  # fmt: skip


def _outer_ties(day: str, steps: int) -> list[dict[str, Any]]:
    """Ties between the zones and over the borders; none carries anything in an hour of which nothing is said."""
    ties: list[dict[str, Any]] = []
    for (name, a, b), own in _of(day, "transfer-capacities").groupby(["id", "from_zone", "to_zone"]):
        limits = own.set_index("period").reindex(range(1, steps + 1)).fillna(0.0)
        ties.append(
            {"id": name, "from_bus": a, "to_bus": b, "forward_max_mw": limits.max_flow_mwh.clip(lower=0).to_numpy(),
             "backward_max_mw": (-limits.min_flow_mwh).clip(lower=0).to_numpy()}
        )  # fmt: skip
    return ties
