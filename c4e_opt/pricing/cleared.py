"""A cleared case: its programme, the schedule of an answer in its columns, and the prices of the fixed commitment.

Everything that a price rule needs, found again from the case and the answer alone. Where something discrete was chosen,
components that could run flows both ways have their binaries in every step, so that what they could do by themselves is
what they may do; where nothing was, marginal prices support the schedule as they are, and need no such care. Marginal
prices fix such binaries of those kinds only in which the answer has chosen a direction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.case import Case
from c4e_opt.errors import NoSolution, SolverFailed, UnsupportedProgram
from c4e_opt.formulate import Formulation, everywhere, formulate
from c4e_opt.market.lineup import Lineup
from c4e_opt.network.contingency import Contingency
from c4e_opt.network.line import Line
from c4e_opt.outcome import Outcome
from c4e_opt.pricing.ask import ask
from c4e_solvers import Matrices, Reason, Solution, SolverOptions

#: Below this, in MW or MWh, a flow or an accepted energy counts as none.
_NOTHING = 1e-7
#: For finding discrete choices again: rows must hold much closer than accepted energies may move, or none fits.
_EXACT = SolverOptions(relative_gap=1e-9, integrality_tolerance=1e-8, ray=False)


@dataclass(frozen=True, slots=True, eq=False)
class Cleared:
    """An answer, ready to be priced.

    Attributes:
        case: The case.
        outcome: Its answer.
        formulation: Its programme.
        matrices: The same in standard form, with all rows.
        schedule: The answer in the columns (column,).
        answer: The convex problem with everything discrete that was chosen fixed; its duals are marginal prices.
        discrete: Whether anything discrete is fixed in it.
        solver: Name of the engine that answers what prices ask.
    """

    case: Case
    outcome: Outcome
    formulation: Formulation
    matrices: Matrices
    schedule: FloatArray
    answer: Solution
    discrete: bool
    solver: str

    @property
    def marginal(self) -> FloatArray:
        """Duals of the rows at the fixed commitment (row,)."""
        assert self.answer.row_dual is not None
        return self.answer.row_dual


def clear(case: Case, outcome: Outcome, solver: str = "auto") -> Cleared:
    """Put an answer back into the programme of its case.

    Args:
        case: A checked case.
        outcome: An answer to it.
        solver: Name of the engine.

    Raises:
        NoSolution: The outcome has no schedule.
        UnsupportedProgram: A second objective moved the answer away from the least cost, which no price supports.
        SolverFailed: The answer is not one of this case.
    """
    if not outcome.has_schedule:
        raise NoSolution(f"case {case.name!r}: {outcome.termination.reason}; there is no schedule to price")
    if outcome.second is not None:
        raise UnsupportedProgram(f"case {case.name!r}: no price rule but marginal goes with a second objective")
    case = _with_all_limits(case)
    formulation = formulate(case)
    discrete = outcome.price_basis != "of the convex problem"
    if discrete and formulation.exclusive:
        formulation = formulate(case, everywhere(formulation))
    matrices = formulation.program.matrices()
    told = _told(formulation, outcome, matrices.columns)
    fixed = matrices
    if matrices.integers:
        told = _directions(formulation, told)
        if np.isnan(told[matrices.integral]).any():
            told = _filled(formulation, matrices, told, solver)
        chosen = matrices.integral & ~_of_no_choice(formulation, outcome, matrices.columns)
        fixed = replace(matrices.with_fixed(chosen, told), integral=np.zeros_like(chosen))
    matrices, answer = solved(formulation, fixed, solver)
    if answer.termination.reason is not Reason.OPTIMAL or answer.primal is None or answer.row_dual is None:
        raise SolverFailed(f"case {case.name!r}: no prices at the fixed commitment: {answer.termination.reason}")
    whole = formulation.program.matrices()
    schedule = np.where(np.isnan(told), answer.primal, told)
    return Cleared(case, outcome, formulation, whole, schedule, answer, discrete, solver)


def _with_all_limits(case: Case) -> Case:
    """The same with every limit of its lines as a row from the start, so that rows of alike cases are alike."""
    outages = case.of(Contingency) or case.policy.security != "none"
    if not case.of(Line) or outages or case.policy.network not in ("dc", "dcp"):
        return case
    return replace(case, policy=replace(case.policy, dc_formulation="angles"))


def solved(formulation: Formulation, matrices: Matrices, solver: str) -> tuple[Matrices, Solution]:
    """The answer of a convex problem that keeps all limits of lines, and the problem with the rows that it took."""
    watched, program = formulation.lazy or formulation.losses, formulation.program
    while True:
        matrices = program.extended(matrices)
        answer = ask(matrices, solver)
        if answer.primal is None or watched is None or not watched.tighten(answer.primal):
            return matrices, answer


def _told(formulation: Formulation, outcome: Outcome, columns: int) -> FloatArray:
    """What the answer says of every column; NaN where it says nothing."""
    told = np.full(columns, np.nan)
    table = outcome.schedule_table.quantities
    for name, variable in formulation.program.variables.items():
        axes = tuple(axis.name for axis in variable.axes)
        if name in table and table[name].axes == axes:
            told[variable.start : variable.stop] = table[name].values.ravel()[variable.cells]
    if formulation.lineup is not None:
        accepted = formulation.program.variables["order_accepted_mwh"]
        told[accepted.start : accepted.stop] = _lined_up(formulation.lineup, outcome)[accepted.cells]
    return told


def _lined_up(lineup: Lineup, outcome: Outcome) -> FloatArray:
    """What the answer says of the orders as the programme has them (order,)."""
    table = outcome.order_table
    got, book = table.values("accepted_mwh")[lineup.entry], lineup.book
    if "first_step" in table.quantities:
        elsewhere = lineup.origin.movable[lineup.entry]
        elsewhere &= book.step[lineup.line] != table.values("first_step")[lineup.entry]
        got = np.where(elsewhere, 0.0, got)
    return np.bincount(lineup.line, got, book.orders).astype(np.float64)


def _directions(formulation: Formulation, told: FloatArray) -> FloatArray:
    """What flows say of binaries against flows both ways, and what is accepted of those that choose orders."""
    found, variables = told.copy(), formulation.program.variables
    for pair in formulation.exclusive.values():
        binary = variables.get(pair.binary)
        if binary is not None:
            runs = (variables[pair.first].unpack(told) > _NOTHING).astype(np.float64)
            found[binary.start : binary.stop] = runs.ravel()[binary.cells]
    return found


def _of_no_choice(formulation: Formulation, outcome: Outcome, columns: int) -> BoolArray:
    """The binaries against flows both ways of kinds that needed none: which of its flows runs, no such kind has chosen.

    Fixed at what flows say, that of an idle tie would forbid one way, and the prices at its ends would not meet.
    """
    found = np.zeros(columns, dtype=np.bool_)
    for pair in formulation.exclusive.values():
        binary = formulation.program.variables.get(pair.binary)
        if binary is not None and pair.binary not in outcome.schedule_table.quantities:
            found[binary.start : binary.stop] = True
    return found


def _filled(formulation: Formulation, matrices: Matrices, told: FloatArray, solver: str) -> FloatArray:
    """The same with the discrete choices that the answer does not tell, which follow from those that it does."""
    known = matrices.integral & ~np.isnan(told)
    lower, upper = matrices.column_lower.copy(), matrices.column_upper.copy()
    accepted = formulation.program.variables.get("order_accepted_mwh")
    if accepted is not None:
        here = slice(accepted.start, accepted.stop)
        lower[here] = np.maximum(told[here] - _NOTHING, lower[here])
        upper[here] = np.where(told[here] > _NOTHING, np.minimum(told[here] + _NOTHING, upper[here]), 0.0)
    lower[known] = upper[known] = np.rint(told[known])
    fixed = matrices.with_bounds(column_lower=lower, column_upper=upper)
    answer = ask(fixed, solver, _EXACT)
    if answer.primal is None:
        raise SolverFailed(f"the answer is not one of this case: {answer.termination.reason}")
    return np.where(matrices.integral, np.rint(answer.primal), told)
