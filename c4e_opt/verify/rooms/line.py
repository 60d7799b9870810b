"""What an answer must hold for lines, by the network model that the policy names.

Laws, where they apply:
    line_in_service          a line out of service carries nothing
    line_flow_limit          |flow| <= limit + overload; overload is 0 where the limit is hard
    line_loss                loss = resistance * flow^2 where losses are wanted, none elsewhere (dc, dcp)
    line_kirchhoff           flow = susceptance * (difference of angles - shift), of lines that are not opened (dc, dcp)
    line_opened              a line that is opened carries nothing
    line_shift_limit         a chosen phase shift lies within its limits
    line_angle_limit         the difference of angles lies within its limits (dc, dcp)
    line_outage_hard_limit   no overload after outages where their limits are hard, and never a negative one (dc, dcp)
    line_outage_limit        |flow after every outage| <= emergency limit + overload + overload after outages
    line_price               transport: nobody would pay for one more MW than it carries
                             dc, dcp: no angle could move so that the grid earned more, given the prices and the shadow
                             prices of limits; see `verify.grid_prices`
    line_shift_price         no chosen phase shift could move so that the grid earned more (dc)
    line_shadow_price        limits with a shadow price bind
    line_overload_price, line_outage_overload_price, interface_overload_price
                             soft limits are worth no more than what exceeding them costs, and as much where they are
                             exceeded
    line_price_parts         energy + congestion + loss + voltage = price, where the answer tells parts
Models with voltage have their laws in `verify.feeders`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.verify import feeders, grid, grid_prices
from c4e_opt.verify.bill import Bill
from c4e_opt.verify.findings import SAME
from c4e_opt.verify.fleet import Axes, Fleet, Room


def _optional(_: Sequence[Any]) -> Axes:
    return {
        "angle_rad": ("line_bus", "time"),
        "shift_rad": ("line", "time"),
        "closed": ("line", "time"),
        "overload_mw": ("line", "time"),
        "outage_overload_mw": ("line", "time"),
        "loss_mw": ("line", "time"),
        "reactive_mvar": ("line", "time"),
        "voltage_pu": ("line_bus", "time"),
        "current_pu": ("line", "time"),
        "cone_slack_pu": ("line", "time"),
        "tap_ratio": ("line", "time"),
        "tap_set": ("line_tap", "time"),
    }


def _labels(records: Sequence[Any], _: Horizon) -> Mapping[str, Sequence[str]]:
    return {
        "line_bus": sorted({record.from_bus for record in records} | {record.to_bus for record in records}),
        "line_tap": [
            f"{each.id}/{k}"
            for each in records
            if each.tap_positions and each.in_service
            for k in range(each.tap_positions)
        ],
    }


def _flows(fleet: Fleet) -> tuple[FloatArray, ...]:
    flow = fleet.answer("flow_mw")
    return -flow, flow - grid.given(fleet, "loss_mw")


def _limits(fleet: Fleet) -> None:
    flow = fleet.answer("flow_mw")
    fleet.hold("in_service", np.where(fleet.flag("in_service"), 0.0, np.abs(flow)), "MW")
    over = grid.given(fleet, "overload_mw")
    hard = ~fleet.given("overload_price_eur_per_mwh")
    fleet.hold("hard_limit", np.where(hard, np.abs(over), -over), "MW")
    limit = grid.limit_of(fleet, "limit_mw")
    carried = grid.middle(fleet) if grid.is_linear(fleet) else flow
    fleet.hold("flow_limit", np.abs(carried) - limit - over, "MW", flow)
    if grid.is_linear(fleet):
        after, soft = grid.given(fleet, "outage_overload_mw"), fleet.case.policy.outage_limits == "soft"
        fleet.hold("outage_hard_limit", -after if soft else np.abs(after), "MW")
        grid.check_losses(fleet)
        grid.check_angles(fleet)
        grid.check_outages(fleet)
    if feeders.has_voltage(fleet):
        feeders.check(fleet)


def _costs(fleet: Fleet, bill: Bill) -> None:
    policy, hours = fleet.case.policy, fleet.horizon.cost_hours
    if fleet.has("overload_mw"):
        prices = np.nan_to_num(fleet.number("overload_price_eur_per_mwh"))
        bill.add_energy("overload", fleet.answer("overload_mw"), prices, hours)
    if fleet.has("outage_overload_mw"):
        price = np.array([[policy.outage_overload_price_eur_per_mwh]])
        bill.add_energy("overload", fleet.answer("outage_overload_mw"), price, hours)


def _prices(fleet: Fleet) -> None:
    if grid.is_linear(fleet):
        grid_prices.check(fleet, _shadow(fleet))
    elif fleet.case.policy.network == "transport":
        grid_prices.check_transport(fleet, _shadow(fleet))
    _price_parts(fleet)


def _price_parts(fleet: Fleet) -> None:
    """The parts of a price add up to it."""
    if fleet.price_parts:
        total, sizes = np.sum(list(fleet.price_parts.values()), axis=0), tuple(fleet.price_parts.values())
        names = [bus.id for bus in fleet.case.buses]
        fleet.hold(
            "price_parts", np.abs(total - fleet.prices), "EUR/MWh", *sizes,
            tolerance=SAME, name=lambda row: f"bus {names[row]!r}",
        )  # fmt: skip


def _shadow(fleet: Fleet) -> grid_prices.Shadow:
    """The limits that are worth something, as the answer says."""
    said = fleet.limits
    step = said["limit_step"].astype(np.int64)
    return grid_prices.Shadow(
        said["limit_law"], said["limit_element"], said["limit_outage"], step, said["limit_sign"],
        said["shadow_price_eur_per_mwh"],
    )  # fmt: skip


ROOM = Room(
    quantities=("flow_mw",),
    optional=_optional,
    labels=_labels,
    ports=("from_bus", "to_bus"),
    binaries=("closed", "tap_set"),
    flows=_flows,
    limits=_limits,
    costs=_costs,
    prices=_prices,
)
