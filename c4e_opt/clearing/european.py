"""The best acceptance of orders at which nobody loses: welfare first, then prices, and cuts where there are none.

    1. the problem without price conditions, and with the cuts so far: its bound bounds every legal answer
    2. prices at which nobody loses (`clearing.no_loss`): where they exist, its answer is the best legal one
    3. else the choice of orders is cut off, and a legal answer is made of it (`clearing.trial`); go on at 1 until bound
       and answer meet

A cut takes away one choice and no other, so that the best legal answer is never lost. Beside price groups, whose prices
may want another answer than that of most welfare (`clearing.price_groups`), legal choices are cut off as well, until
all are or bound and answer meet.

Source: decomposition as in EUPHEMIA's public description (NEMO committee); cuts of choices that have no prices:
Madani, Van Vyve (2015), doi:10.1016/j.ejor.2014.10.005. Own composition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.axes import Axis
from c4e_opt.case import Case
from c4e_opt.clearing import no_loss, volumes
from c4e_opt.clearing.limits import limited
from c4e_opt.clearing.search import FLOWS_MW, Found, Tell, search
from c4e_opt.clearing.tangents import beside_binaries
from c4e_opt.clearing.trial import BETTER, Legal, Trial, choices_of
from c4e_opt.formulate import Formulation, formulate
from c4e_opt.outcome import Outcome
from c4e_opt.program import Linear
from c4e_solvers import Interrupted, Limit, Matrices, Progress, Reason, Solution, SolverOptions, Termination, Warm

#: Choices of orders whose price groups are searched.
_CHOICES = 100
#: Part of the time that is left that a search may take.
_SEARCH = 0.6
#: Columns from which on squares are for an interior point: of 17,600 HiGHS took 21 s to give up, Clarabel 0.4 s.
_MANY_SQUARES = 2_000
#: What that may let pass: a little in every row is much in all of them.
_EXACT = 1e-9


@dataclass(slots=True)
class _Cuts:
    """Choices of orders that have no prices, (choice,) each."""

    chosen: list[BoolArray] = field(default_factory=list[BoolArray])

    def add(self, formulation: Formulation) -> None:
        """Write the cuts: in every one at least one choice is another."""
        if not self.chosen:
            return
        columns = choices_of(formulation).astype(np.int32)
        cut = np.repeat(np.arange(len(self.chosen), dtype=np.int32), columns.size)
        one = np.concatenate(self.chosen)
        axis = (Axis("order_cut", np.arange(len(self.chosen))),)
        change = (cut, np.tile(columns, len(self.chosen)), np.where(one, -1.0, 1.0))
        ones = np.bincount(cut, one, len(self.chosen)).astype(np.float64)
        formulation.program.at_least("order_choice", Linear(axis, (change,), ones), 1.0)


def european(
    case: Case,
    options: Callable[[], SolverOptions],
    solver: str,
    tell: Tell,
    interrupt: Interrupted | None,
    warm: Warm | None = None,
    start: Outcome | None = None,
) -> tuple[Found, no_loss.Uniform | None]:
    """Find the best legal answer of a checked case, and its lowest and highest prices.

    Args:
        case: The case.
        options: Gap, threads, and what is left of the time limit whenever it is asked.
        solver: Name of the engine, or "auto".
        tell: Told each phase.
        interrupt: Stops at the best legal answer so far.
        warm: Solves from where it ended the last time.
        start: An answer where the search begins.

    Returns:
        What was found, its duals those of the prices; and these. A limit that comes first leaves the best legal answer.
    """
    engine, bounding = warm or Warm(), partial(_bounding, tell)
    cuts, best, bound = _Cuts(), None, -np.inf
    grouped, proven = "price_group" in case.orders.said(), True
    if np.isfinite(options().time_limit_s):
        best, bound = _rounded(case, options, solver, engine)
    while True:
        found = search(case, partial(_share, options), solver, bounding, interrupt, engine, start, cuts.add)
        if found.bound is not None:
            bound = max(bound, found.bound)
        if found.answer is None or found.answer.primal is None:
            cut_off = found.termination.reason is Reason.INFEASIBLE  # all choices are
            if grouped and best is not None and cut_off:
                return _told(best, *_grouped(best, best.objective if proven else bound, options()), options())
            return _ended(case, found, best, bound, options, engine)
        tell("price", None)
        trial = Trial(case, found, options, solver, engine)
        legal = trial.legal(found.answer, trial.fixed(found.answer.primal))
        proven = proven and trial.proven
        if legal is not None and (best is None or legal.objective < best.objective):
            best = legal
        stopped = found.termination.reason is not Reason.OPTIMAL
        if legal is None:
            repaired = trial.repaired(found.answer) if trial.columns.size else None
            if repaired is not None and (best is None or repaired.objective < best.objective - BETTER):
                best = repaired
            cuts.chosen.append(trial.choices(found.answer.primal))
        elif grouped:  # another choice may have more welfare
            cuts.chosen.append(trial.choices(found.answer.primal))
        if grouped and (not trial.columns.size or len(cuts.chosen) >= _CHOICES):
            if best is None:
                return _ended(case, _unpriced(found), None, bound, options, engine)
            only = proven and not trial.columns.size
            return _told(best, *_grouped(best, best.objective if only else bound, options()), options())
        if best is not None and ((legal is not None and not grouped) or stopped or close_to(best, bound, options())):
            return _told(best, bound, found.termination, options())
        if stopped or options().time_limit_s <= 0:
            return _ended(case, found if stopped else _late(found), best, bound, options, engine)


def _bounding(tell: Tell, phase: str, report: Progress | None) -> None:
    """Tell of a search without price conditions: its bound counts, its schedules may be illegal."""
    if report is None or report.bound is not None:
        tell(phase, report and replace(report, objective=None))


def _grouped(best: Legal, bound: float, options: SolverOptions) -> tuple[float, Termination]:
    """A bound, and how a search ends whose prices of groups cost welfare: at its best, or with a gap."""
    if close_to(best, bound, options):
        return bound, Termination(reason=Reason.OPTIMAL)
    detail = "prices of groups cost welfare; another choice of orders may cost less"
    return bound, Termination(reason=Reason.FEASIBLE, limit=Limit.ITERATION, detail=detail)


def _unpriced(found: Found) -> Found:
    """What a search has found of which no price group has a price that fits."""
    detail, reason = "no energies of price groups were found whose prices fit", Reason.NO_SOLUTION_FOUND
    return replace(found, termination=Termination(reason=reason, limit=Limit.ITERATION, detail=detail))


def _late(found: Found) -> Found:
    """What a search that came to its end has found, where a deadline came before its answer was legal."""
    detail = "the time did not suffice to make the best answer legal"
    return replace(found, termination=Termination(reason=Reason.FEASIBLE, limit=Limit.TIME, detail=detail))


def _rounded(case: Case, options: Callable[[], SolverOptions], solver: str, warm: Warm) -> tuple[Legal | None, float]:
    """A legal answer and a bound that are there early: what the relaxed problem accepts wholly, without losers."""
    formulation = formulate(case, early=True)
    matrices, choices = formulation.program.matrices(), choices_of(formulation)
    if not choices.size or matrices.integers > choices.size or formulation.exclusive:
        return None, -np.inf
    relaxed = limited(beside_binaries(warm.solve), formulation)(matrices.relaxed(), options(), solver)
    if relaxed.termination.reason is not Reason.OPTIMAL or relaxed.primal is None or relaxed.objective is None:
        return None, -np.inf
    found = Found(
        formulation=formulation, matrices=matrices, termination=relaxed.termination, bound=relaxed.objective,
        answer=relaxed, discrete=True, directions={}, solver=relaxed.solver,
    )  # fmt: skip
    trial = Trial(case, found, options, solver, warm)
    return trial.near_rounded(relaxed), relaxed.objective


def _share(options: Callable[[], SolverOptions]) -> SolverOptions:
    """Options of a search that leaves time for making its answer legal."""
    left = options()
    return replace(left, time_limit_s=_SEARCH * left.time_limit_s)


def close_to(best: Legal, bound: float, options: SolverOptions) -> bool:
    """Whether an answer is within the gap of a bound."""
    distance = best.objective - bound
    return distance <= max(options.absolute_gap, options.relative_gap * abs(best.objective))


def _told(best: Legal, bound: float, termination: Termination, options: SolverOptions) -> tuple[Found, no_loss.Uniform]:
    limit = min(bound, best.objective)
    met = close_to(best, bound, options)
    reason = Reason.OPTIMAL if met else Reason.FEASIBLE
    best = _decided(best, options)
    ended = replace(termination, reason=reason) if met or termination.reason is not Reason.OPTIMAL else termination
    return replace(best.found, termination=ended, bound=limit if np.isfinite(limit) else None), best.prices


def _decided(best: Legal, options: SolverOptions) -> Legal:
    """The same welfare and prices with the volumes and flows of the rules, as far as time goes."""
    found = best.found
    answer, formulation = found.answer, found.formulation
    watched = formulation.lazy or formulation.losses
    if answer is None or answer.primal is None or answer.row_dual is None or options.time_limit_s <= 0:
        return best
    fixed = found.matrices
    if fixed.integers:
        fixed = fixed.with_fixed(fixed.integral, answer.primal)
    engine = Warm().solve

    def ask(each: Matrices) -> Solution:
        if each.quadratic is None or each.columns <= _MANY_SQUARES:
            return engine(each, options, "auto")
        return engine(each, replace(options, feasibility_tolerance=_EXACT, dual_tolerance=_EXACT), "clarabel")

    primal = volumes.decided(formulation, fixed, answer.primal, answer.row_dual, ask)
    if watched is not None and watched.tighten(primal):  # limits that are no rows yet would be broken
        return best
    directions = _directions(found, primal)
    return replace(best, found=replace(found, answer=replace(answer, primal=primal), directions=directions))


def _directions(found: Found, primal: FloatArray) -> dict[str, FloatArray]:
    """The directions that an answer tells, in other columns of it: where something flows, as it flows."""
    told, variables = dict(found.directions), found.formulation.program.variables
    for pair in found.formulation.exclusive.values():
        if pair.binary in told:
            first, second = variables[pair.first].unpack(primal), variables[pair.second].unpack(primal)
            runs = np.maximum(first, second) > FLOWS_MW
            told[pair.binary] = np.where(runs, first > second, told[pair.binary]).astype(np.float64)
    return told


def _ended(
    case: Case, found: Found, best: Legal | None, bound: float, options: Callable[[], SolverOptions], warm: Warm
) -> tuple[Found, no_loss.Uniform | None]:
    """The best legal answer, or that without any order that is indivisible, where the time did not suffice for more."""
    if best is None and found.termination.reason in (Reason.FEASIBLE, Reason.NO_SOLUTION_FOUND):
        plain = replace(options(), time_limit_s=np.inf)
        nothing = _without_blocks(case, found, plain, warm)
        best = nothing
    if best is None:
        return replace(found, answer=None), None
    return _told(best, bound, found.termination, options())


def _without_blocks(case: Case, found: Found, options: SolverOptions, warm: Warm) -> Legal | None:
    """The legal answer that is always there in a market of orders: no indivisible one is accepted."""
    trial = Trial(case, found, lambda: options, "auto", warm)
    return trial.solved(np.zeros(trial.columns.size, dtype=np.bool_))
