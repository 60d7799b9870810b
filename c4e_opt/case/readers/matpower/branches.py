"""Branches as lines, DC lines as ties.

Under PowerModels' convention (network `dcp`) taps do not count, so a parallel line with a tap that is listed in reverse
is turned round as PowerModels turns it (`correct_branch_directions!`): impedance times tap^2, charging divided by it,
the inverse tap, angles changed in sign. Under MATPOWER's, nothing needs turning.

A limit of an angle of 0 is none for MATPOWER, even where the other one is given; for PowerModels only where both are 0.

A DC line takes P at its first bus and gives P - LOSS0 - LOSS1 * P at its second, whichever way P flows.

Source: MATPOWER 8.0, makeAang.m and toggle_dcline.m; PowerModels.jl, src/core/data.jl.
"""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case.notes import some
from c4e_opt.case.readers.matpower.costs import cost_of
from c4e_opt.case.readers.matpower.generators import read_costs
from c4e_opt.case.readers.matpower.reading import Reading, Table
from c4e_opt.network.line import Line

#: From this angle on a limit is none.
_ANY_ANGLE = 360.0


def read(reading: Reading) -> None:
    """All branches, those out of service too."""
    table = reading.table("branch")
    names = ("F_BUS", "T_BUS", "BR_R", "BR_X", "BR_B", "TAP", "SHIFT", "BR_STATUS", "ANGMIN", "ANGMAX")
    if not reading.finite(table, *names) or not table.rows:
        return
    rows = reading.at_live_buses(table, "F_BUS", "T_BUS")
    limit, emergency = _ratings(reading, table)
    low, high = _angles(reading, table)
    columns = {name: table.column(name).tolist() for name in names}
    turned = _turned(columns, rows) if reading.dcp else set[int]()
    live, make = reading.live, reading.made["line"]
    for row in rows:
        sending, receiving = live[columns["F_BUS"][row]], live[columns["T_BUS"][row]]
        resistance, reactance, charging = (columns[name][row] for name in ("BR_R", "BR_X", "BR_B"))
        tap, shift, least, largest = columns["TAP"][row] or 1.0, columns["SHIFT"][row], low[row], high[row]
        if row in turned:
            sending, receiving, square = receiving, sending, tap * tap
            resistance, reactance, charging = resistance * square, reactance * square, charging / tap / tap
            tap, shift = 1.0 / tap, -shift
            least, largest = (None if each is None else -each for each in (largest, least))
        make.append(
            Line(
                id=f"branch{row + 1}",
                from_bus=sending,
                to_bus=receiving,
                owner="",
                resistance_pu=resistance,
                reactance_pu=reactance,
                susceptance_pu=charging,
                tap_ratio=tap,
                phase_shift_deg=shift,
                limit_mw=limit[row],
                emergency_limit_mw=emergency[row],
                angle_min_deg=least,
                angle_max_deg=largest,
                in_service=columns["BR_STATUS"][row] > 0,
            )
        )
    if turned:
        message = f"rows {some([row + 1 for row in sorted(turned)])} run against a parallel line and are turned round"
        reading.assume("mpc.branch", f"{message}, as PowerModels does")


def _ratings(reading: Reading, table: Table) -> tuple[list[FloatArray | None], list[FloatArray | None]]:
    """Limits always and after an outage, (1,) each; None where there is none.

    Only a limit after an outage that is wider than the other one says something: RATE_C, else RATE_B.
    """
    always, short, outage = (_rating(reading, table, name) for name in ("RATE_A", "RATE_B", "RATE_C"))
    after = np.where(outage > 0, outage, short)
    tight = np.flatnonzero((after > 0) & (after < always))
    if tight.size:
        message = f"RATE_C, or RATE_B, of rows {some((tight + 1).tolist())} is below RATE_A, which holds in its place"
        reading.pass_over("mpc.branch", message)
    return (
        [always[row : row + 1] if given else None for row, given in enumerate((always > 0).tolist())],
        [after[row : row + 1] if given else None for row, given in enumerate((after > always).tolist())],
    )


def _rating(reading: Reading, table: Table, name: str) -> FloatArray:
    """A column of ratings; 0, for none, where it is infinite."""
    values = table.column(name)
    wrong = np.flatnonzero(np.isnan(values) | (values < 0))
    if wrong.size:
        row = int(wrong[0])
        reading.refuse(table.place(row, name), f"is {values[row]:g}; it must be 0 MVA or more, 0 for no limit", "range")
    return np.where(np.isinf(values), 0.0, values)


def _angles(reading: Reading, table: Table) -> tuple[list[float | None], list[float | None]]:
    """Limits of the angles, in degrees; None where there is none."""
    low, high = table.column("ANGMIN"), table.column("ANGMAX")
    none = (low == 0) & (high == 0) if reading.dcp else np.zeros(table.rows, dtype=np.bool_)
    no_low, no_high = none | (low <= -_ANY_ANGLE), none | (high >= _ANY_ANGLE)
    if not reading.dcp:
        single = np.flatnonzero(((low == 0) & (high != 0) & ~no_high) | ((high == 0) & (low != 0) & ~no_low))
        if single.size:
            message = f"rows {some((single + 1).tolist())} have one angle limit of 0, which MATPOWER reads as none"
            reading.assume("mpc.branch", message)
        no_low, no_high = no_low | (low == 0), no_high | (high == 0)
    return (
        [None if free else each for each, free in zip(low.tolist(), no_low.tolist(), strict=True)],
        [None if free else each for each, free in zip(high.tolist(), no_high.tolist(), strict=True)],
    )


def _turned(columns: dict[str, list[float]], rows: list[int]) -> set[int]:
    """Rows with a tap or a shift that run against a line before them."""
    seen: set[tuple[float, float]] = set()
    turned: set[int] = set()
    for row in rows:
        sending, receiving = columns["F_BUS"][row], columns["T_BUS"][row]
        if (receiving, sending) not in seen:
            seen.add((sending, receiving))
        elif columns["TAP"][row] not in (0.0, 1.0) or columns["SHIFT"][row]:
            turned.add(row)
    return turned


def read_dc(reading: Reading) -> None:
    """All DC lines in service."""
    table = reading.table("dcline")
    names = ("F_BUS", "T_BUS", "BR_STATUS", "LOSS0", "LOSS1")
    if not reading.finite(table, *names) or not table.rows:
        read_costs(reading, "dclinecost", 0)
        return
    costs = read_costs(reading, "dclinecost", table.rows)
    least, largest = reading.limits(table, "PMIN").tolist(), reading.limits(table, "PMAX").tolist()
    rows = reading.in_service(table, "BR_STATUS", reading.at_live_buses(table, "F_BUS", "T_BUS"), "DC lines")
    fixed, ratio = table.column("LOSS0").tolist(), table.column("LOSS1").tolist()
    for row in rows:
        if _sound(reading, table, row, least[row], largest[row]):
            fee = _fee(reading, costs, row, least[row], largest[row])
            _tie(reading, table, row, (least[row], largest[row]), (fixed[row], ratio[row]), fee)
    _reactive(reading, table, rows)


def _sound(reading: Reading, table: Table, row: int, least: float, largest: float) -> bool:
    """Whether the limits and losses of a DC line make sense."""
    fixed, ratio = float(table.column("LOSS0")[row]), float(table.column("LOSS1")[row])
    if least > largest:
        message = f"is {least:g} MW; it must be at most PMAX, {largest:g} MW"
        reading.refuse(table.place(row, "PMIN"), message, "range")
    elif fixed < 0:
        reading.refuse(table.place(row, "LOSS0"), f"is {fixed:g} MW; a loss must be at least 0 MW", "range")
    elif ratio >= 1 or (ratio < 0 and largest > 0):
        message = f"is {ratio:g}; it must be below 1, and at least 0 where PMAX is positive"
        reading.refuse(table.place(row, "LOSS1"), message, "range")
    else:
        return True
    return False


def _tie(
    reading: Reading, table: Table, row: int, limits: tuple[float, float], loss: tuple[float, float], fee: float
) -> None:
    """A DC line; of what flows back, what is sent and what arrives change places."""
    (least, largest), (fixed, ratio) = limits, loss
    back = 1.0 - ratio  # MW sent from the second bus for every MW that arrives at the first
    losses = {"loss_ratio": ratio} if ratio >= 0 else {"backward_loss_ratio": 1.0 - 1.0 / back}
    if ratio > 0 and least < 0:
        losses["backward_loss_ratio"] = -ratio / back
        message = f"is {ratio:g} while PMIN is negative: MATPOWER takes the loss of reverse flow for negative; so do we"
        reading.assume(table.place(row, "LOSS1"), message)
    fees = {"fee_eur_per_mwh": fee} if fee >= 0 else {"backward_fee_eur_per_mwh": -fee / back}
    reading.add(
        "tie",
        id=f"dcline{row + 1}",
        from_bus=reading.live[float(table.column("F_BUS")[row])],
        to_bus=reading.live[float(table.column("T_BUS")[row])],
        forward_min_mw=max(least, 0.0),
        forward_max_mw=max(largest, 0.0),
        backward_min_mw=max(-largest, 0.0) * back,
        backward_max_mw=max(-least, 0.0) * back,
        loss_fixed_mw=fixed,
        **losses,
        **fees,
    )


def _fee(reading: Reading, costs: FloatArray | None, row: int, least: float, largest: float) -> float:
    """The cost of a MWh, of forward flow when positive, of reverse flow when negative; findings for other costs."""
    cost = cost_of(costs[row], least, largest) if costs is not None else None
    place = f"mpc.dclinecost({row + 1}, :)"
    if cost is None:
        return 0.0
    if isinstance(cost, str):
        reading.refuse(place, cost)
        return 0.0
    if cost.fixed or cost.square or cost.segments:
        reading.refuse(place, "has a cost that is not in proportion to the power; ties have none")
    elif (cost.linear > 0 and least < 0) or (cost.linear < 0 and largest > 0):
        reading.refuse(place, "earns from the power of one direction; ties have no such cost")
    return cost.linear


def _reactive(reading: Reading, table: Table, rows: list[int]) -> None:
    """The converters at both ends, as devices at their buses."""
    for end, bus in (("F", "F_BUS"), ("T", "T_BUS")):
        low, high = reading.limits(table, f"QMIN{end}").tolist(), reading.limits(table, f"QMAX{end}").tolist()
        for row in rows:
            if low[row] > high[row]:
                message = f"is {low[row]:g} Mvar; it must be at most QMAX{end}, {high[row]:g} Mvar"
                reading.refuse(table.place(row, f"QMIN{end}"), message, "range")
            elif low[row] or high[row]:
                reading.add(
                    "reactive",
                    id=f"dcline{row + 1}.{'from' if end == 'F' else 'to'}",
                    bus=reading.live[float(table.column(bus)[row])],
                    reactive_min_mvar=low[row],
                    reactive_max_mvar=high[row],
                )
