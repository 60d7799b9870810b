"""The act of solving: check, formulate, solve, price, verify; a case in, an Outcome out."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import c4e_solvers
from c4e_opt.arrays import BoolArray, FloatArray
from c4e_opt.case import Case, check
from c4e_opt.errors import CertificateFailed, InvalidInput, SolverFailed, SolverUnavailable, UnsupportedProgram
from c4e_opt.formulate import Formulation, formulate
from c4e_opt.outcome import EMPTY, Outcome, Quantity, Table, quantity
from c4e_opt.pricing import marginal
from c4e_opt.verify import verify
from c4e_solvers import Interrupted, Matrices, Reason, Solution, SolverOptions

#: Below this, in MW, a flow counts as none when flows both ways are looked for.
_FLOWS_MW = 1e-7
#: Rounds of adding binaries step by step before they are added for whole components.
_ROUNDS = 6

Progress = Callable[[str, c4e_solvers.Progress | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveOptions:
    """What the caller may choose; part of the replay of an outcome.

    Attributes:
        solver: Name of an engine of `c4e_solvers`, or "auto".
        time_limit_s: Seconds of wall clock for the whole act.
        gap: A mixed-integer solve may stop at this relative gap.
        threads: Threads of the solver; the answer does not depend on it.
    """

    solver: str = "auto"
    time_limit_s: float = float("inf")
    gap: float = 1e-4
    threads: int = 1


@dataclass(slots=True)
class _Clock:
    """Wall seconds by phase, summed over repeated phases."""

    begun: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def phase(self, name: str) -> Generator[None]:
        """Time what happens inside."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begin

    def left(self, limit: float) -> float:
        return max(limit - (time.perf_counter() - self.begun), 0.0)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One formulation with its solution, and the solution with its binaries fixed, which carries the prices."""

    formulation: Formulation
    matrices: Matrices
    solution: Solution
    priced: Solution | None


def solve(
    case: Case,
    options: SolveOptions | None = None,
    *,
    progress: Progress | None = None,
    interrupt: Interrupted | None = None,
) -> Outcome:
    """Solve a case to a verified answer.

    Args:
        case: The case.
        options: Solver, limits, gap.
        progress: Called at the begin of each phase with its name, and with incumbents and bounds while a mixed-integer
            solve runs.
        interrupt: Polled while the solver runs (its `is_set`); when set, the solver stops at its best answer so far.

    Returns:
        The outcome; an infeasible case, or a limit that came first, is an answer too and says so in `termination`;
        `explain` adds what clashes.

    Raises:
        InvalidInput: The case is wrong; every issue is listed.
        UnsupportedProgram: The chosen solver cannot take the problem.
        SolverUnavailable: The chosen solver is not installed.
        SolverFailed: The solver broke down.
        CertificateFailed: The answer does not fulfil its laws; it is not returned.
    """
    chosen = options or SolveOptions()
    tell = progress or _silent
    clock = _Clock()
    tell("check", None)
    with clock.phase("check"):
        issues = check(case)
        digest = case.digest()
    if issues:
        raise InvalidInput(issues)
    with _solver_errors():
        attempt = _without_flows_both_ways(case, chosen, clock, tell, interrupt)
    outcome = replace(_outcome(case, attempt, clock), case_digest=digest)
    if outcome.has_schedule:
        tell("verify", None)
        with clock.phase("verify"):
            certificate = verify(case, outcome)
        if not certificate.holds:
            said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
            raise CertificateFailed(f"case {case.name!r}: the answer breaks its laws and was refused: {said}")
        outcome = replace(outcome, certificate=certificate)
    clock.seconds["total"] = time.perf_counter() - clock.begun
    return replace(outcome, seconds=dict(clock.seconds))


def _silent(phase: str, report: c4e_solvers.Progress | None) -> None:
    """Tell nobody."""


@contextmanager
def _solver_errors() -> Generator[None]:
    """Errors of the solvers' package as errors of this one."""
    try:
        yield
    except c4e_solvers.UnsupportedProgram as error:
        raise UnsupportedProgram(str(error)) from error
    except c4e_solvers.SolverUnavailable as error:
        raise SolverUnavailable(str(error)) from error
    except c4e_solvers.SolverError as error:
        raise SolverFailed(str(error)) from error


def _without_flows_both_ways(
    case: Case, chosen: SolveOptions, clock: _Clock, tell: Progress, interrupt: Interrupted | None
) -> _Attempt:
    """Solve without exclusivity, add binaries where flows run both ways, repeat until none does.

    The relaxed problem has no worse optimum than the full one; once its solution is exclusive everywhere it is optimal
    for the full problem too.
    """
    cells: dict[str, BoolArray] = {}
    for round_ in range(1_000):
        attempt = _attempt(case, cells, chosen, clock, tell, interrupt)
        best = attempt.priced or attempt.solution
        if best.primal is None:
            return attempt
        found = _flows_both_ways(attempt.formulation, best.primal)
        new = {kind: cell & ~cells.get(kind, np.False_) for kind, cell in found.items()}
        if not any(cell.any() for cell in new.values()):
            return attempt
        for kind, cell in new.items():
            whole = np.broadcast_to(cell.any(axis=1, keepdims=True), cell.shape) if round_ >= _ROUNDS else cell
            cells[kind] = cells.get(kind, np.zeros_like(cell)) | whole
    raise SolverFailed(f"case {case.name!r}: flows both ways remain in one step although binaries forbid them")


def _flows_both_ways(formulation: Formulation, primal: FloatArray) -> dict[str, BoolArray]:
    variables = formulation.program.variables
    return {
        kind: (variables[pair.first].unpack(primal) > _FLOWS_MW) & (variables[pair.second].unpack(primal) > _FLOWS_MW)
        for kind, pair in formulation.exclusive.items()
    }


def _attempt(
    case: Case,
    cells: dict[str, BoolArray],
    chosen: SolveOptions,
    clock: _Clock,
    tell: Progress,
    interrupt: Interrupted | None,
) -> _Attempt:
    tell("formulate", None)
    with clock.phase("formulate"):
        formulation = formulate(case, cells)
        matrices = formulation.program.matrices()
    options = SolverOptions(
        time_limit_s=clock.left(chosen.time_limit_s), relative_gap=chosen.gap, threads=chosen.threads
    )
    tell("solve", None)

    def report(state: c4e_solvers.Progress) -> None:
        tell("solve", state)

    with clock.phase("solve"):
        solution = c4e_solvers.solve(
            matrices, options, chosen.solver, interrupt=interrupt, progress=report if matrices.integers else None
        )
    if solution.primal is None or not matrices.integers:
        return _Attempt(formulation, matrices, solution, None)
    tell("price", None)
    with clock.phase("price"):
        fixed = matrices.with_fixed(matrices.integral, np.rint(solution.primal))
        priced = c4e_solvers.solve(fixed, SolverOptions(threads=chosen.threads), chosen.solver)
    if priced.termination.reason is not Reason.OPTIMAL:
        raise SolverFailed(f"case {case.name!r}: no prices at the fixed commitment: {priced.termination.reason}")
    return _Attempt(formulation, matrices, solution, priced)


def _outcome(case: Case, attempt: _Attempt, clock: _Clock) -> Outcome:
    matrices, solution = attempt.matrices, attempt.solution
    outcome = Outcome(
        case_name=case.name,
        case_digest="",
        currency=case.currency,
        termination=solution.termination,
        bound=solution.bound,
        price_rule=case.policy.pricing,
        solver=solution.solver,
        size={
            "variables": matrices.columns,
            "integers": matrices.integers,
            "constraints": matrices.rows,
            "nonzeros": matrices.nonzeros,
        },
    )
    best = attempt.priced or solution
    if best.primal is None or best.row_dual is None or best.objective is None:
        return outcome
    with clock.phase("price"):
        prices = marginal.prices(attempt.formulation.program, best.row_dual, case.horizon.hours)
    terms = dict(attempt.formulation.program.evaluate(best.primal))
    # The fixed problem may beat the incumbent by the solver's tolerance; its own objective is what the schedule costs.
    objective = best.objective
    return replace(
        outcome,
        objective=objective,
        bound=objective if matrices.integers == 0 else min(solution.bound or -np.inf, objective),
        welfare=-terms["orders"] if case.orders.orders else None,
        terms=terms,
        price_basis="of the fixed commitment" if matrices.integers else "of the convex problem",
        schedule_table=_schedule(attempt.formulation, case, best.primal),
        flow_table=_flows(attempt.formulation, case, best.primal),
        price_table=_prices(attempt.formulation, case, prices),
        order_table=_orders(attempt.formulation, case, best.primal, prices),
    )


def _schedule(formulation: Formulation, case: Case, primal: FloatArray) -> Table:
    labels: dict[str, Any] = {"time": case.horizon.axis.labels}
    found: dict[str, Quantity] = {}
    for name, variable in formulation.program.variables.items():
        if name == "order_accepted_mwh":
            continue
        labels.update({axis.name: axis.labels for axis in variable.axes})
        values = np.rint(variable.unpack(primal)) if variable.integral else variable.unpack(primal)
        found[name] = quantity(name, [axis.name for axis in variable.axes], values, variable.doc)
    return Table(labels, found)


def _flows(formulation: Formulation, case: Case, primal: FloatArray) -> Table:
    """Power of every port into its bus; a component has one port per bus that it is tied to."""
    kinds: list[str] = []
    components: list[str] = []
    buses: list[str] = []
    power: list[FloatArray] = [np.zeros((0, case.horizon.steps))]
    for kind, injections in formulation.injections.items():
        for injection in injections:
            kinds += [kind] * len(injection.bus)
            components += [str(label) for label in injection.power_mw.axes[0].labels]
            buses += injection.bus
            power.append(injection.power_mw.value(primal))
    port = np.array([f"{k}/{c}@{b}" for k, c, b in zip(kinds, components, buses, strict=True)], dtype=np.str_)
    texts = {
        name: ("port", np.array(words, dtype=np.str_))
        for name, words in (("port_kind", kinds), ("port_component", components), ("port_bus", buses))
    }
    values = quantity("flow_mw", ("port", "time"), np.concatenate(power), "power into the bus")
    return Table({"port": port, "time": case.horizon.axis.labels}, {"flow_mw": values}, texts)


def _prices(formulation: Formulation, case: Case, prices: FloatArray) -> Table:
    labels = {"bus": formulation.bus.labels, "time": case.horizon.axis.labels}
    carriers = ("bus", np.array([bus.carrier for bus in case.buses], dtype=np.str_))
    doc = "cost of one more MWh of demand"
    return Table(
        labels,
        {"price_eur_per_mwh": quantity("price_eur_per_mwh", ("bus", "time"), prices, doc)},
        {"carrier": carriers},
    )


def _orders(formulation: Formulation, case: Case, primal: FloatArray, prices: FloatArray) -> Table:
    book = case.orders
    if not book.orders:
        return EMPTY
    accepted = formulation.program.variables["order_accepted_mwh"].unpack(primal)
    cleared = prices[book.bus, book.step]
    quantities = {
        "accepted_mwh": quantity("accepted_mwh", ("order",), accepted, "energy accepted"),
        "cleared_eur_per_mwh": quantity(
            "cleared_eur_per_mwh", ("order",), cleared, "price of the order's bus and step"
        ),
    }
    return Table({"order": book.id}, quantities)
