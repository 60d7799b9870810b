"""Windows: the spans of time over which a law counts, and the account that counts in them.

A window is the whole horizon, a day, a week (from Monday) or a month of the local calendar, or any span of
window_hours that rolls from step to step. A step belongs to the window in which it starts. A window of the calendar
that the horizon cuts holds with what lies within the horizon; a rolling one binds only where it is whole.

Variables, for every law b and step t:
    account[b, t]   what is counted from the start of the horizon to the END of step t

Constraints:
    account_balance[b, t]   account[t] = account[t-1] + rate[t] * hours[t], 0 before the first step
What is counted in the window that closes with step t is account[t] - account[first - 1], first its first step.
A law over a long window so needs few nonzeros, however many components it counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import scalars
from c4e_opt.fields import choice, number, record
from c4e_opt.issues import Issue
from c4e_opt.local_time import local_time
from c4e_opt.program import Linear, Room


@record
class Windowed:
    """A law that counts over windows of time."""

    window: str = choice(
        "horizon", "day", "week", "month", "rolling", default="horizon",
        doc="What it counts over: the horizon, every local day, week or month, or any window_hours.",
    )  # fmt: skip
    window_hours: Any = number(unit="h", minimum=0, default=None, doc="Length of a rolling window.")


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of laws, each known by the step with which it closes; arrays (law, time)."""

    first: IntArray  # the first step of the window that a step belongs to, or that closes with it
    closes: BoolArray  # whether a window closes with the step
    hours: FloatArray  # what a step counts for, (law, time)


def check(path: str, law: Windowed, context: Context) -> Iterator[Issue]:
    """What is wrong with the windows of one law."""
    horizon = context.horizon
    if law.window == "rolling":
        span = (horizon.end - horizon.start) / 3600.0
        if law.window_hours is None:
            yield Issue(f"{path}.window_hours", "missing_field", "is missing; a rolling window needs its length, in h")
        elif not 0 < law.window_hours <= span:
            message = f"is {law.window_hours:g} h; it must lie within (0, {span:g}] h, the length of the horizon"
            yield Issue(f"{path}.window_hours", "range", message)
    elif law.window_hours is not None:
        yield Issue(f"{path}.window_hours", "window", f"is given although the window is {law.window!r}; drop one")
    if horizon.weights is not None and law.window != "horizon":
        message = f"is {law.window!r}; where steps are weighted only the whole horizon can be counted"
        yield Issue(f"{path}.window", "weights", message)


def check_limits(path: str, law: Any, least: str, most: str, unit: str, context: Context) -> Iterator[Issue]:
    """Find a law without limits, or with limits that exclude one another.

    Args:
        path: The law.
        law: Its record.
        least: Its field for the least that is allowed.
        most: Its field for the most.
        unit: The unit of both.
        context: The case.
    """
    lower, upper = getattr(law, least), getattr(law, most)
    if lower is None and upper is None:
        yield Issue(f"{path}.{context.units.name(most, unit)}", "missing_field", f"is missing, and {least} as well")
    elif lower is not None and upper is not None and lower > upper:
        yield from context.units.within(path, least, lower, -np.inf, upper, unit)


def of(laws: Sequence[Windowed], horizon: Horizon) -> Windows:
    """The windows of laws.

    Args:
        laws: Checked records.
        horizon: The steps.
    """
    local, step = local_time(horizon), np.arange(horizon.steps)
    days = local.date.astype(np.int64)
    spans = {
        "horizon": np.zeros(horizon.steps, dtype=np.int64),
        "day": days,
        "week": days - local.weekday,
        "month": local.month.astype(np.int64),
    }
    first = np.zeros((len(laws), horizon.steps), dtype=np.int64)
    closes = np.zeros(first.shape, dtype=np.bool_)
    for kind, span in spans.items():
        opens = np.concatenate([[True], span[1:] != span[:-1]])
        mine = np.array([law.window == kind for law in laws])
        first[mine] = np.maximum.accumulate(np.where(opens, step, 0))
        closes[mine] = np.append(opens[1:], True)
    rolling = np.array([law.window == "rolling" for law in laws])
    if rolling.any():
        hours = scalars(laws, "window_hours")[rolling]
        first[rolling] = horizon.since(hours[:, 0])
        closes[rolling] = (horizon.ends - horizon.start) / 3600.0 >= hours - 1e-9
    return Windows(first, closes, np.broadcast_to(horizon.cost_hours, first.shape))


def account(room: Room, name: str, over: tuple[Axis, Axis], rate: Linear, windows: Windows, *, doc: str) -> Linear:
    """Add an account; what it grows by within the window that closes with each step, (law, time).

    Args:
        room: The room of the laws.
        name: Name of the account.
        over: The axes of the laws and of time.
        rate: What it grows by per hour.
        windows: The windows of the laws.
        doc: What it counts.
    """
    counted = room.variable(name, over, -np.inf, np.inf, doc=doc)
    room.equal("account_balance", counted, counted.previous(0.0) + rate * windows.hours)
    law = np.arange(counted.shape[0])[:, None]
    before = counted.previous(0.0).at(law * counted.shape[1] + windows.first, over)
    return counted - before
