"""Tie: a line or pipe between two buses, with a limit each way and a loss in proportion to the flow.

Variables, for every tie l and step t:
    forward_mw[l, t]    power sent from from_bus, 0 <= . <= forward_max_mw
    backward_mw[l, t]   power sent from to_bus, 0 <= . <= backward_max_mw
    sending_forward[l, t]   1 while forward_mw may flow, binary; only where the laws below need it

Constraints, only in steps where doing both could pay (found by `solve`):
    sending_forward_limit[l, t]       forward_mw <= forward_max_mw * sending_forward
    not_sending_forward_limit[l, t]   backward_mw <= backward_max_mw * (1 - sending_forward)

Power into from_bus: (1 - loss_ratio) * backward_mw - forward_mw;
into to_bus: (1 - loss_ratio) * forward_mw - backward_mw.

Objective, term `transport`: fee * (forward_mw + backward_mw) * hours.

Not modelled: voltages, delay, fixed losses.
Source: the transport model; no literature needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Exclusive, Injection, Terms, buses, fleet, never_both, profiles, scalars
from c4e_opt.fields import bus, identity, number, party, record, series
from c4e_opt.issues import Issue
from c4e_opt.program import Room


@record
class Tie:
    """A connection between two buses of one carrier."""

    id: str = identity(doc="Name of the tie.")
    from_bus: str = bus(doc="Bus at which forward flow leaves.")
    to_bus: str = bus(doc="Bus at which forward flow arrives, of the same carrier.")
    owner: str = party(doc="Party that earns the difference in price between the two ends.")
    forward_max_mw: FloatArray = series(unit="MW", minimum=0, doc="Largest power sent from from_bus.")
    backward_max_mw: FloatArray = series(unit="MW", minimum=0, doc="Largest power sent from to_bus.")
    loss_ratio: Any = number(unit="", minimum=0, maximum=1, default=0.0, doc="Part of the power sent that is lost.")
    fee_eur_per_mwh: Any = number(unit="EUR/MWh", minimum=0, default=0.0, doc="Cost of every MWh sent.")


def check(path: str, tie: Tie, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one tie."""
    if tie.from_bus == tie.to_bus:
        yield Issue(f"{path}.to_bus", "reference", f"is {tie.to_bus!r} as is from_bus; a tie joins two buses")
    ends = context.carriers[tie.from_bus], context.carriers[tie.to_bus]
    if ends[0] != ends[1]:
        message = f"carries {ends[1]} while from_bus carries {ends[0]}; a tie joins one carrier"
        yield Issue(f"{path}.to_bus", "carrier", message)


def formulate(room: Room, ties: Sequence[Tie], horizon: Horizon, exclusive: BoolArray | None = None) -> Terms:
    """Add the variables and laws of all ties at once.

    Args:
        room: The room to write into.
        ties: Checked records; their order is the order of the axis.
        horizon: The steps.
        exclusive: Cells (tie, time) that need a binary against flows both ways.

    Returns:
        Injections at both buses of each tie.
    """
    over = (fleet("tie", ties), horizon.axis)
    forward_max, backward_max = (
        profiles(ties, "forward_max_mw", horizon.steps),
        profiles(ties, "backward_max_mw", horizon.steps),
    )
    forward = room.variable("forward_mw", over, 0.0, forward_max, doc="power sent from from_bus")
    backward = room.variable("backward_mw", over, 0.0, backward_max, doc="power sent from to_bus")
    never_both(room, "sending_forward", (forward, forward_max), (backward, backward_max), exclusive)
    arrives = 1.0 - scalars(ties, "loss_ratio")
    fee = scalars(ties, "fee_eur_per_mwh")
    if fee.any():
        room.minimise("transport", (forward + backward) * (fee * horizon.cost_hours))
    return Terms(
        injections=(
            Injection(buses(ties, "from_bus"), backward * arrives - forward),
            Injection(buses(ties, "to_bus"), forward * arrives - backward),
        ),
        exclusive=Exclusive("tie_forward_mw", "tie_backward_mw", "tie_sending_forward"),
    )
