"""The act of solving: check, formulate, solve, price, verify; a case in, an Outcome out."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import c4e_solvers
from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.case import Case, check
from c4e_opt.case.reach import UNREACHABLE
from c4e_opt.clearing import second
from c4e_opt.clearing.european import european
from c4e_opt.clearing.no_loss import Uniform
from c4e_opt.clearing.search import Found, search
from c4e_opt.errors import CertificateFailed, InvalidInput, SolverFailed, SolverUnavailable, UnsupportedProgram
from c4e_opt.formulate import Formulation
from c4e_opt.market.price_group import Ladder
from c4e_opt.network.line import Line
from c4e_opt.network.radial import RADIAL
from c4e_opt.outcome import EMPTY, Outcome, Quantity, Table, quantity
from c4e_opt.pricing import feeder_parts, marginal, reserve_prices, rules
from c4e_opt.pricing.cleared import clear
from c4e_opt.pricing.uplift_table import repriced, uplift_table
from c4e_opt.replay import wanted, with_replay
from c4e_opt.verify import verify
from c4e_solvers import Interrupted, Solution, SolverOptions, Warm

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
    """Wall seconds by phase; a phase lasts until the next one begins, and may come again."""

    begun: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    phase: str = ""
    since: float = 0.0

    def enter(self, phase: str) -> None:
        """End the running phase and begin another."""
        now = time.perf_counter()
        if self.phase:
            self.seconds[self.phase] = self.seconds.get(self.phase, 0.0) + now - self.since
        self.phase, self.since = phase, now

    def left(self, limit: float) -> float:
        """Seconds left of a limit that began with the clock."""
        return max(limit - (time.perf_counter() - self.begun), 0.0)


def solve(
    case: Case,
    options: SolveOptions | None = None,
    *,
    progress: Progress | None = None,
    interrupt: Interrupted | None = None,
    warm: Warm | None = None,
    start: Outcome | None = None,
) -> Outcome:
    """Solve a case to a verified answer.

    Args:
        case: The case.
        options: Solver, limits, gap.
        progress: Called at the begin of each phase with its name, and with incumbents and bounds while a mixed-integer
            solve runs.
        interrupt: Polled while the solver runs (its `is_set`); when set, the solver stops at its best answer so far.
        warm: A solver that begins where it ended the last time, for cases that are alike.
        start: An answer to this case, or to one that shares steps and components with it, where the search begins.

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
    clock = _Clock()

    def tell(phase: str, report: c4e_solvers.Progress | None) -> None:
        if report is None:
            clock.enter(phase)
        if progress is not None:
            progress(phase, report)

    def left() -> SolverOptions:
        limit = clock.left(chosen.time_limit_s)
        return SolverOptions(time_limit_s=limit, relative_gap=chosen.gap, threads=chosen.threads, ray=False)

    tell("check", None)
    issues = [issue for issue in check(case) if issue.rule != UNREACHABLE]  # infeasible is an answer
    if issues:
        raise InvalidInput(issues)
    with _solver_errors():
        second.check(case)
        uniform: Uniform | None = None
        if case.policy.pricing == "european":
            found, uniform = european(case, left, chosen.solver, tell, interrupt, warm, start)
        else:
            found = search(case, left, chosen.solver, tell, interrupt, warm, start)
        answered = second.Second(found, None)
        if case.policy.second_objective and found.answer is not None:
            answered = second.refine(case, found, left, chosen.solver, tell, interrupt)
    tell("price", None)
    outcome = _outcome(case, answered, found, uniform)
    if outcome.has_schedule and repriced(case):
        outcome = _by_rule(case, outcome, found, chosen.solver)
    if outcome.has_schedule:
        tell("verify", None)
        outcome = _proven(case, outcome)
        if wanted(case):
            tell("replay", None)
            outcome = with_replay(case, outcome)
    clock.enter("")
    return replace(outcome, seconds={**clock.seconds, "total": time.perf_counter() - clock.begun})


def _proven(case: Case, outcome: Outcome) -> Outcome:
    """The outcome with its certificate, which must hold."""
    certificate = verify(case, outcome, case_digest=outcome.case_digest)
    if not certificate.holds:
        said = "; ".join(f"{r.law} at {r.where} is off by {r.largest:.3g} {r.unit}" for r in certificate.broken)
        raise CertificateFailed(f"case {case.name!r}: the answer breaks its laws and was refused: {said}")
    return replace(outcome, certificate=certificate)


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


def _outcome(case: Case, answered: second.Second, priced: Found, uniform: Uniform | None) -> Outcome:
    """The tables of an answer; its prices are those of the schedule of least cost."""
    found = answered.found
    matrices, answer = found.matrices, found.answer
    outcome = Outcome(
        case_name=case.name,
        case_digest=case.digest(),
        currency=case.currency,
        termination=found.termination,
        bound=found.bound,
        price_rule=case.policy.pricing,
        solver=found.solver,
        size={
            "variables": matrices.columns,
            "integers": matrices.integers,
            "constraints": matrices.rows,
            "nonzeros": matrices.nonzeros,
        },
    )
    if answer is None or answer.primal is None or priced.answer is None or priced.answer.row_dual is None:
        return outcome
    prices = marginal.prices(priced.formulation, priced.answer.row_dual, case.horizon.cost_hours)
    cleared, duals = priced.answer.primal, priced.answer.row_dual
    assert cleared is not None
    limits = marginal.binding(priced.formulation, cleared, duals, case.horizon.cost_hours)
    basis = "of the fixed commitment" if found.discrete else "of the convex problem"
    terms = dict(found.formulation.program.evaluate(answer.primal))
    orders = _orders(found.formulation, case, answer.primal, prices)
    return replace(
        outcome,
        objective=answer.objective,
        welfare=-terms["orders"] - terms.get("complex_order_fixed", 0.0) if case.orders.orders else None,
        terms=terms,
        price_basis=basis if answered.told is None else "of the least cost",
        second=answered.told,
        schedule_table=_schedule(found, case, answer.primal),
        flow_table=_flows(found.formulation, case, answer.primal),
        price_table=_with_groups(case, _prices(priced, case, prices, priced.answer, uniform), orders),
        order_table=orders,
        limit_table=_limits(case, list(limits)),
    )


def _by_rule(case: Case, outcome: Outcome, found: Found, solver: str) -> Outcome:
    """The same answer with the prices of another rule, and what is paid besides them."""
    cleared = clear(case, outcome, solver)
    priced = rules.price(cleared, case.policy.pricing)
    formulation, hours = cleared.formulation, case.horizon.cost_hours
    answer = replace(cleared.answer, row_dual=priced.dual)
    other = replace(found, formulation=formulation, matrices=formulation.program.matrices(), answer=answer)
    limits = marginal.binding(formulation, cleared.schedule, priced.dual, hours)
    assert found.answer is not None
    assert found.answer.primal is not None
    return replace(
        outcome,
        price_table=_prices(other, case, priced.price, answer, None),
        order_table=_orders(found.formulation, case, found.answer.primal, priced.price),
        limit_table=_limits(case, list(limits)),
        uplift_table=uplift_table(cleared, priced),
    )


def _schedule(found: Found, case: Case, primal: FloatArray) -> Table:
    program = found.formulation.program
    labels: dict[str, Any] = {"time": case.horizon.axis.labels}
    quantities: dict[str, Quantity] = {}
    for name, variable in program.variables.items():
        if not variable.told or name in ("order_accepted_mwh", "order_taken") or name in found.directions:
            continue
        labels.update({axis.name: axis.labels for axis in variable.axes})
        values = np.rint(variable.unpack(primal)) if variable.integral else variable.unpack(primal)
        quantities[name] = quantity(name, [axis.name for axis in variable.axes], values, variable.doc)
    for kind, pair in found.formulation.exclusive.items():
        if pair.binary in found.directions:
            doc = f"1 while {pair.binary.removeprefix(f'{kind}_').replace('_', ' ')}, 0 otherwise"
            axes = [axis.name for axis in program.variables[pair.first].axes]
            quantities[pair.binary] = quantity(pair.binary, axes, found.directions[pair.binary], doc)
    if found.formulation.told is not None:
        for name, (axes, values, doc) in found.formulation.told(primal).items():
            labels.update({axis.name: axis.labels for axis in axes})
            quantities[name] = quantity(name, [axis.name for axis in axes], values, doc)
    used = {axis for each in quantities.values() for axis in each.axes}
    return Table({axis: names for axis, names in labels.items() if axis in used}, quantities)


def _flows(formulation: Formulation, case: Case, primal: FloatArray) -> Table:
    """Power of every port into its bus; a component has one port per bus that it is tied to."""
    kinds: list[str] = []
    components: list[str] = []
    buses: list[str] = []
    power: list[FloatArray] = [np.zeros((0, case.horizon.steps))]
    for kind, injections in formulation.injections.items():
        if kind == "line" and formulation.lazy is not None:
            lines, (flow, _) = case.of(Line), formulation.lazy.flows(primal)
            kinds += [kind] * (2 * len(lines))
            components += [line.id for line in lines] * 2
            buses += [*(line.from_bus for line in lines), *(line.to_bus for line in lines)]
            power += [-flow, flow]
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


def _prices(priced: Found, case: Case, prices: FloatArray, answer: Solution, uniform: Uniform | None) -> Table:
    formulation = priced.formulation
    labels = {"bus": formulation.bus.labels, "time": case.horizon.axis.labels}
    carriers = ("bus", np.array([bus.carrier for bus in case.buses], dtype=np.str_))
    doc = "cost of one more MWh of demand"
    quantities = {"price_eur_per_mwh": quantity("price_eur_per_mwh", ("bus", "time"), prices, doc)}
    assert answer.row_dual is not None
    if case.policy.network in RADIAL and case.of(Line):
        parts = feeder_parts.parts(formulation, case, prices, priced.matrices, answer)
    else:
        parts = marginal.parts(formulation, case, prices, answer.row_dual)
    for part, worth in parts.items():
        name = f"{part}_eur_per_mwh"
        quantities[name] = quantity(name, ("bus", "time"), worth, f"part of the price: {part}")
    if uniform is not None:
        ends = [marginal.prices(formulation, dual, case.horizon.cost_hours) for dual in (uniform.low, uniform.high)]
        for word, worth in (("low", np.minimum(*ends)), ("high", np.maximum(*ends))):
            name = f"price_{word}_eur_per_mwh"
            quantities[name] = quantity(name, ("bus", "time"), worth, f"{word} end of the prices that fit the answer")
    axes, kept = reserve_prices.prices(formulation, case, priced.matrices, answer.row_dual)
    return Table({**labels, **axes}, {**quantities, **kept}, {"carrier": carriers})


def _limits(case: Case, limits: list[marginal.Limit]) -> Table:
    """The limits of lines and interfaces that bind, with their shadow prices."""
    if not limits:
        return EMPTY
    times = np.datetime_as_string(case.horizon.axis.labels[[each.step for each in limits]])
    ends = ["<" if each.sign > 0 else ">" for each in limits]
    labels = [
        f"{each.law} {each.element} {end} {time}{f' after {each.outage}' if each.outage else ''}"
        for each, end, time in zip(limits, ends, times, strict=True)
    ]
    texts = {
        "limit_law": [each.law for each in limits],
        "limit_element": [each.element for each in limits],
        "limit_outage": [each.outage for each in limits],
    }
    worth = np.array([each.shadow_price_eur_per_mwh for each in limits])
    doc = "what one more MW of the limit would save in an hour"
    quantities = {
        "limit_step": quantity(
            "limit_step", ("limit",), np.array([float(e.step) for e in limits]), "place of the step"
        ),
        "limit_sign": quantity("limit_sign", ("limit",), np.array([e.sign for e in limits]), "1 upper, -1 lower limit"),
        "shadow_price_eur_per_mwh": quantity("shadow_price_eur_per_mwh", ("limit",), worth, doc),
    }
    words = {name: ("limit", np.array(content, dtype=np.str_)) for name, content in texts.items()}
    return Table({"limit": np.array(labels, dtype=np.str_)}, quantities, words)


def _orders(formulation: Formulation, case: Case, primal: FloatArray, prices: FloatArray) -> Table:
    book = case.orders
    if not book.orders:
        return EMPTY
    assert formulation.lineup is not None
    accepted, first = formulation.lineup.handed(formulation.program.variables["order_accepted_mwh"].unpack(primal))
    cleared = _cleared(case, prices, first, accepted)
    quantities = {
        "accepted_mwh": quantity("accepted_mwh", ("order",), accepted, "energy accepted"),
        "cleared_eur_per_mwh": quantity(
            "cleared_eur_per_mwh", ("order",), cleared, "price of the order's bus and step, or of its group"
        ),
    }
    if book.movable.any():
        first_step = quantity("first_step", ("order",), first.astype(np.float64), "step at which the order begins")
        quantities["first_step"] = first_step
    return Table({"order": book.id}, quantities)


def _cleared(case: Case, prices: FloatArray, first: IntArray, accepted: FloatArray) -> FloatArray:
    """The mean of the prices at the bus of every order, weighted by its energies; in a price group, that of all."""
    ladder = Ladder.of(case.orders)
    cleared = _at_bus(case, prices, first)
    if ladder is not None:
        means = ladder.means(accepted[ladder.order], cleared[ladder.order])
        cleared[ladder.order] = means[ladder.cell[ladder.level]]
    return cleared


def _with_groups(case: Case, table: Table, orders: Table) -> Table:
    """The table of prices with those of price groups; 0 in steps in which a group has no orders."""
    ladder = Ladder.of(case.orders)
    if ladder is None:
        return table
    names, row = np.unique(ladder.group, return_inverse=True)
    price = np.zeros((names.size, case.horizon.steps))
    of = ladder.cell[ladder.level]
    price[row[of], ladder.step[of]] = orders.values("cleared_eur_per_mwh")[ladder.order]
    doc = "price that all buyers of a group pay"
    group = quantity("group_price_eur_per_mwh", ("price_group", "time"), price, doc)
    return replace(table, labels={**table.labels, "price_group": names},
                   quantities={**table.quantities, "group_price_eur_per_mwh": group})  # fmt: skip


def _at_bus(case: Case, prices: FloatArray, first: IntArray) -> FloatArray:
    """The mean of the prices at the bus of every order, weighted by its energies."""
    book = case.orders
    spread = book.spread(case.horizon.hours, first)
    if spread.order.size == book.orders:
        return prices[book.bus, first]
    worth = prices[book.bus[spread.order], spread.step] * spread.energy_mwh
    return np.bincount(spread.order, worth, book.orders) / book.energy_mwh
