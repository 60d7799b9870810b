"""The network model of a case: which laws its lines obey, by the word that its policy says.

transport        limits only
dc, dcp          linear power flow, `network.lazy`, or `network.angles` with dc_formulation angles
lindistflow      `network.lindistflow`
socp             `network.socp`
soc              `network.soc`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.terms import Terms
from c4e_opt.network import angles, limits, transport, voltage
from c4e_opt.network.contingency import Contingency
from c4e_opt.network.factors import Factors
from c4e_opt.network.grid import Bus, Told, grid_of
from c4e_opt.network.interface import Interface
from c4e_opt.network.lazy import Lazy
from c4e_opt.network.line import Line
from c4e_opt.network.losses import Losses
from c4e_opt.network.reactive import Reactive
from c4e_opt.network.shunt import Shunt
from c4e_opt.program import Linear, Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What lines bring into a programme.

    Attributes:
        terms: Their injections, where flows are variables.
        area: Area of every bus within which power balances (n,); None where every bus balances by itself.
        reference: The bus after which each area is named; None likewise.
        lazy: Limits that are looked at after a solve; None where all are in the programme.
        losses: Losses that are; None where the model knows none, or their laws are in the programme.
        shunt: What shunts inject, in models with voltage.
        told: What answers tell of lines besides the variables, from a primal point; None where nothing.
    """

    terms: Terms
    area: IntArray | None = None
    reference: IntArray | None = None
    lazy: Lazy | None = None
    losses: Losses | None = None
    shunt: Terms = field(default_factory=lambda: Terms(injections=()))
    told: Callable[[FloatArray], Told] | None = None


def formulate(
    program: Program,
    policy: Any,
    buses: Sequence[Bus],
    lines: Sequence[Line],
    contingencies: Sequence[Contingency],
    interfaces: Sequence[Interface],
    power: Sequence[Linear],
    horizon: Horizon,
) -> Part:
    """Add the lines of a case by its network model.

    Args:
        program: The programme.
        policy: The policy of the case.
        buses: All buses of the case.
        lines: Checked records.
        contingencies: Outages that the grid survives.
        interfaces: Limits of sums of flows.
        power: What everything else puts into the buses, (bus, time) each.
        horizon: The steps.
    """
    grid = grid_of(buses, lines, policy.network, policy.base_mva)
    if policy.network == "transport":
        return Part(terms=transport.formulate(program, grid, interfaces, horizon))
    if policy.losses == "iterated":
        terms, losses = angles.formulate_with_losses(program, grid, interfaces, policy.base_mva, horizon)
        return Part(terms=terms, losses=losses)
    if policy.dc_formulation == "angles":
        return Part(terms=angles.formulate(program, grid, interfaces, horizon))
    factors = Factors(grid)
    watched = limits.of_lines(program, grid, horizon)
    over = watched[0].over
    watched += limits.of_interfaces(program, grid, interfaces, horizon)
    outages = limits.of_outages(program, factors, contingencies, policy, over, horizon)
    bus = Axis("bus", np.array([each.id for each in buses], dtype=np.str_))
    lazy = Lazy(program, factors, watched, outages, power, bus, horizon)
    return Part(terms=Terms(injections=()), area=grid.area, reference=grid.reference, lazy=lazy, told=lazy.told)


def formulate_with_voltage(
    program: Program,
    policy: Any,
    buses: Sequence[voltage.Bus],
    lines: Sequence[Line],
    shunts: Sequence[Shunt],
    records: Sequence[Reactive],
    interfaces: Sequence[Interface],
    terms: Mapping[str, Terms],
    power: Sequence[Linear],
    horizon: Horizon,
) -> Part:
    """Add the lines and shunts of a case by a model with voltage; see `voltage.formulate` for the arguments."""
    written = voltage.formulate(program, policy, buses, lines, shunts, records, interfaces, terms, power, horizon)
    return Part(terms=written.line, shunt=written.shunt, told=written.told)
