"""Approximate extended locational marginal prices (ELMP): prices of a relaxed problem in which units need not be whole.

Definition: marginal prices of a pricing run, in which every generator that starts and stops
    gives any power from 0 to its largest; the first part, up to its least power while on, costs on average what running
    at that power costs, the other parts cost what they cost; the cheapest parts come first
    pays its start-up cost per MWh, spread over its largest power (policy: elmp_start_costs), or not at all
    has no minimum up and down times, no start and stop ramps, and no state before the first step
and everything else that is whole in the problem may be a part. Generators that are off in all steps take part or do
not (policy: elmp_offline_units).

Properties: one linear problem; fast units and their start-up costs may set the price, which marginal prices exclude;
near the convex hull price as a rule, and no bound for it. Where nothing is discrete these are marginal prices.

Not modelled: losses, and limits after outages, which are found by rows of their own in every problem; the start-up cost
counts in every MWh, as in the approximation named below, and not per start.

Source: AELMP of UnitCommitment.jl (src/lmp/aelmp.jl, https://github.com/ANL-CEEESA/UnitCommitment.jl), which follows
the first phase of MISO's extended prices; its two parameters are those of the policy.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case import Case
from c4e_opt.commitment import unit
from c4e_opt.components.generator import CostSegment, Generator
from c4e_opt.errors import SolverFailed, UnsupportedProgram
from c4e_opt.formulate import Formulation, formulate
from c4e_opt.network.contingency import Contingency
from c4e_opt.network.line import Line
from c4e_opt.pricing.cleared import Cleared, solved
from c4e_solvers import Reason


def duals(cleared: Cleared) -> FloatArray:
    """Duals of the rows of the programme, zero but for those that are in the pricing run (row,).

    Raises:
        UnsupportedProgram: The case has losses or outages.
        SolverFailed: The pricing run has no answer.
    """
    if not cleared.discrete:
        return cleared.marginal
    case = cleared.case
    if case.of(Line) and (case.policy.losses != "none" or case.of(Contingency) or case.policy.security != "none"):
        message = "the price rule elmp does not go with losses and outages of lines; choose another"
        raise UnsupportedProgram(f"case {case.name!r}: {message}")
    run = formulate(pricing_run(cleared))
    _, answer = solved(run, run.program.matrices().relaxed(), cleared.solver)
    if answer.termination.reason is not Reason.OPTIMAL or answer.row_dual is None:
        raise SolverFailed(f"case {case.name!r}: the pricing run has no answer: {answer.termination.reason}")
    return _placed(run, answer.row_dual, cleared.formulation)


def pricing_run(cleared: Cleared) -> Case:
    """The case with generators that need not be whole."""
    case = cleared.case
    generators = case.of(Generator)
    if not generators:
        return case
    off = [False] * len(generators)
    table = cleared.outcome.schedule_table.quantities
    if not case.policy.elmp_offline_units and "generator_on" in table:
        off = [not any(states) for states in (table["generator_on"].values > 0.5).tolist()]
    relaxed = tuple(
        _relaxed(record, starts=case.policy.elmp_start_costs, off=never) if unit.has_state(record) else record
        for record, never in zip(generators, off, strict=True)
    )
    return replace(case, components={**case.components, "generator": relaxed})


def _relaxed(record: Generator, *, starts: bool, off: bool) -> Generator:
    """A generator that may be anything between off and its largest power, in parts that cost the same per MWh."""
    if record.capacity_cost_eur_per_mw is not None or record.power_max_mw is None:
        return record
    largest, least = float(np.max(record.power_max_mw)), float(np.max(record.power_min_mw))
    rated = largest if record.rated_mw is None else record.rated_mw
    least = max(least, record.minimum_load_ratio * rated, 0.0)
    start = record.start_cost_eur / largest if starts and largest > 0 else 0.0
    return replace(
        record,
        power_min_mw=np.minimum(record.power_min_mw, 0.0),
        power_max_mw=np.zeros(1) if off else record.power_max_mw,
        power_fixed_mw=None,
        rated_mw=rated if not off else None,
        cost_eur_per_mwh=record.cost_eur_per_mwh + start,
        cost_segments=() if off else _parts(record, least, largest),
        segments_above_minimum=False,
        switchable=True,
        minimum_load_ratio=0.0,
        running_cost_eur_per_hour=0.0,
        start_cost_eur=0.0,
        start_costs=(),
        stop_cost_eur=0.0,
        minimum_up_hours=0.0,
        minimum_down_hours=0.0,
        on_initially=False,
        hours_in_state_initially=8760.0,
        load_initially_ratio=None,
        start_ramp_ratio=None,
        stop_ramp_ratio=None,
        ramps_bind_starts=False,
        always_on=False,
        start_load_min_ratio=None,
        stop_load_min_ratio=None,
    )


def _parts(record: Generator, least: float, largest: float) -> tuple[Any, ...]:
    """The power in parts, each with its average cost, the cheapest first; besides cost_eur_per_mwh."""
    parts: list[CostSegment] = []
    running = record.running_cost_eur_per_hour
    slopes, place = list(record.cost_segments), 0.0
    if not record.segments_above_minimum:
        while slopes and place + slopes[0].power_mw <= least + 1e-9 * largest:
            running += slopes[0].power_mw * slopes[0].cost_eur_per_mwh
            place += slopes.pop(0).power_mw
        if slopes and place < least:
            running += (least - place) * slopes[0].cost_eur_per_mwh
            rest = slopes[0].power_mw - (least - place)
            slopes[0] = replace(slopes[0], power_mw=rest)
    if least > 0:
        parts.append(CostSegment(power_mw=least, cost_eur_per_mwh=running / least))
    else:
        slopes = [replace(each, cost_eur_per_mwh=each.cost_eur_per_mwh + running / largest) for each in slopes]
    above = largest - least
    if not slopes and above > 0:
        extra = running / largest if least == 0 else 0.0
        slopes = [CostSegment(power_mw=above, cost_eur_per_mwh=extra)]
    return tuple(sorted([*parts, *slopes], key=lambda each: each.cost_eur_per_mwh))


def _placed(run: Formulation, dual: FloatArray, whole: Formulation) -> FloatArray:
    """Duals of a pricing run at the rows of the same name of the programme."""
    found = np.zeros(whole.program.rows)
    for name, block in whole.program.constraints.items():
        other = run.program.constraints.get(name)
        if other is not None and [axis.labels.size for axis in other.axes] == [axis.labels.size for axis in block.axes]:
            found[block.start : block.stop] = other.unpack(dual).ravel()[block.cells]
    return found
