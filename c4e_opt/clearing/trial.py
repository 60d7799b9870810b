"""Choices of orders: the answer and the prices of one, and a legal one near one that is not.

Orders that lose leave one by one, the rest is chosen again among orders close to the money, and then orders that are
rejected in the money are tried again (reinsertion).

Source: as every auction of blocks repairs its answers; own composition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

import c4e_solvers
from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.case import Case
from c4e_opt.clearing import no_loss, price_groups
from c4e_opt.clearing.limits import limited
from c4e_opt.clearing.search import Found, convex_solution
from c4e_opt.clearing.tangents import beside_binaries
from c4e_opt.formulate import Formulation
from c4e_opt.market import complex_order
from c4e_opt.market.order_book import OrderBook
from c4e_solvers import Matrices, Reason, Solution, SolverOptions, Warm

#: An answer is better by more than this, in the currency.
BETTER = 1e-7
#: Blocks of variables that choose orders.
_CHOICES = ("order_taken", "complex_order_active")
#: Rejected orders in the money that are tried again after each answer, at most.
_TRIES = 30
#: Divisible orders of each bus and step, and indivisible ones of all, that are still open when a choice is made again,
#: and the gap of that.
_NEAR_ORDERS, _NEAR_BLOCKS, _NEAR_GAP = 60, 100, 5e-5
#: A choice that is relaxed counts as made from here on.
_WHOLE = 0.999


@dataclass(frozen=True, slots=True)
class Legal:
    """A legal answer."""

    found: Found
    objective: float
    prices: no_loss.Uniform


class Trial:
    """Choices of orders in the problem of one answer, everything else that is discrete as it is there."""

    def __init__(self, case: Case, found: Found, options: Callable[[], SolverOptions], solver: str, warm: Warm) -> None:
        """Begin at an answer.

        Args:
            case: The case.
            found: An answer, legal or not.
            options: Gap, threads, and what is left of the time limit whenever it is asked.
            solver: Name of the engine, or "auto".
            warm: Solves from where it ended the last time.
        """
        self.case, self.found, self.formulation = case, found, found.formulation
        self.matrices, self._options = found.matrices, options
        self.columns = choices_of(self.formulation)
        self.proven = True  # whether what price groups took the last time is the best of its choice
        engine = limited(beside_binaries(warm.solve), self.formulation)
        self._ask = partial(convex_solution, engine, options(), solver)
        self._own = beside_binaries(Warm().solve)

    @property
    def grouped(self) -> bool:
        """Whether there are price groups, whose prices may want another answer than that of most welfare."""
        return "price_group" in self._book.said()

    @property
    def _book(self) -> OrderBook:
        assert self.formulation.lineup is not None
        return self.formulation.lineup.book

    def choices(self, primal: FloatArray) -> BoolArray:
        """Which orders are chosen at a point, (choice,)."""
        return primal[self.columns] > 0.5

    def fixed(self, primal: FloatArray, chosen: BoolArray | None = None) -> Matrices:
        """The problem with everything discrete as at a point, and orders as chosen."""
        point = primal.copy()
        if chosen is not None:
            point[self.columns] = chosen
        matrices = self.formulation.program.extended(self.matrices)
        return matrices.with_fixed(matrices.integral, point[: matrices.columns]) if matrices.integers else matrices

    def legal(self, answer: Solution, fixed: Matrices) -> Legal | None:
        """The answer with its prices; None where nobody-loses has none.

        What price groups take is another where their prices want it.
        """
        assert answer.primal is not None
        plain = replace(self._options(), time_limit_s=np.inf)
        fixed = self.formulation.program.extended(fixed)
        engine = self._own if fixed.rows < no_loss.MANY else c4e_solvers.solve  # a large one is simplified each time

        def ask(each: Matrices) -> Solution:
            return engine(each, plain, "auto")

        matrices = self.matrices
        if self.grouped:
            fitting, self.proven = price_groups.fitting(self.case, self.formulation, fixed, answer, self._ask, ask)
            if fitting is None:
                return None
            answer, prices = fitting.answer, fitting.prices
            matrices = fitting.held(matrices)
        else:
            prices = no_loss.uniform(self.case, self.formulation, fixed, answer.primal, ask, answer.row_dual)
        if prices is None or answer.objective is None:
            return None
        found = replace(
            self.found, matrices=self.formulation.program.extended(matrices),
            answer=replace(answer, row_dual=prices.middle),
            discrete=self.found.discrete or bool(self.matrices.integers),
        )  # fmt: skip
        return Legal(found, answer.objective, prices)

    def solved(self, chosen: BoolArray) -> Legal | None:
        """The legal answer of a choice, if it has one."""
        fixed, answer = self._answered(chosen)
        return None if answer is None else self.legal(answer, fixed)

    def _answered(self, chosen: BoolArray) -> tuple[Matrices, Solution | None]:
        point = np.zeros(self.matrices.columns)
        if self.found.answer is not None and self.found.answer.primal is not None:
            point = self.found.answer.primal
        fixed = self.fixed(point, chosen)
        answer = self._ask(fixed)
        return fixed, answer if answer.termination.reason is Reason.OPTIMAL and answer.primal is not None else None

    def repaired(self, answer: Solution) -> Legal | None:
        """A legal answer near one that is not: who loses leaves, and the rest is chosen again among what is close.

        Then whoever was left out in the money is tried again.
        """
        assert answer.primal is not None
        quick = self._without_losers(answer, None)
        if quick is None or self._options().time_limit_s <= 0:
            return quick
        slow = self._without_losers(answer, self._near(answer))
        best = quick if slow is None or quick.objective < slow.objective else slow
        assert best.found.answer is not None
        assert best.found.answer.primal is not None
        return self._reinserted(self.choices(best.found.answer.primal), best)

    def near_rounded(self, relaxed: Solution) -> Legal | None:
        """The legal answer of the orders that a relaxed problem accepts wholly, without those that lose."""
        assert relaxed.primal is not None
        chosen = self._with_parents(relaxed.primal[self.columns] > _WHOLE)
        fixed, answer = self._answered(chosen)
        if answer is None:
            return None
        legal = self.legal(answer, fixed)
        return self._without_losers(answer, None) if legal is None else legal

    def _without_losers(self, answer: Solution, near: Matrices | None) -> Legal | None:
        """Leave out who loses most until nobody does; whoever is left is chosen again each time, where `near` is."""
        assert answer.primal is not None
        banned = np.zeros(self.columns.size, dtype=np.bool_)
        chosen, now, legal = self.choices(answer.primal), answer, None
        while legal is None and (near is None or self._options().time_limit_s > 0):
            worth = np.where(chosen, self._worth(now), np.inf)
            banned |= worth == worth.min(initial=np.inf)
            if not (chosen & banned).any():
                return None
            chosen = self._with_parents(chosen & ~banned)
            if near is not None:
                chosen = self._chosen_again(near, banned, chosen)
            fixed, solved = self._answered(chosen)
            if solved is None:
                return None
            now, legal = solved, self.legal(solved, fixed)
        return legal

    def _near(self, answer: Solution) -> Matrices:
        """The problem in which only orders close to the money at an answer are still open, the rest as it is there."""
        assert answer.primal is not None
        assert answer.row_dual is not None
        matrices = self.formulation.program.extended(self.matrices)
        block = self.formulation.program.variables["order_accepted_mwh"]
        per_mwh = np.abs(no_loss.earnings(self.formulation, matrices, answer.row_dual))
        whole = self._book.indivisible
        cell = np.where(whole, -1, self._book.bus * np.int64(self.case.horizon.steps) + self._book.step)
        sort = np.lexsort((per_mwh, cell))
        place = np.empty(sort.size, dtype=np.int64)  # among those of the same bus and step, or among the indivisible
        place[sort] = np.arange(sort.size) - np.searchsorted(cell[sort], cell[sort], "left")
        far = place >= np.where(whole, _NEAR_BLOCKS, _NEAR_ORDERS)
        far &= ~np.isin(self._book.parent, np.flatnonzero(~far))
        held = np.zeros(matrices.columns, dtype=np.bool_)
        held[block.start + np.flatnonzero(far)] = True
        taken = self.formulation.program.variables.get("order_taken")
        if taken is not None:
            held[taken.start + np.flatnonzero(far[taken.cells])] = True
        inside = np.clip(answer.primal[: matrices.columns], matrices.column_lower, matrices.column_upper)
        return matrices.with_fixed(held, inside)  # a solver leaves columns a little outside their bounds

    def _chosen_again(self, near: Matrices, banned: BoolArray, fallback: BoolArray) -> BoolArray:
        """The best choice among orders close to the money, without those that are banned."""
        upper, lower = near.column_upper.copy(), near.column_lower.copy()
        upper[self.columns[banned]] = lower[self.columns[banned]] = 0.0
        part = near.with_bounds(column_lower=lower, column_upper=upper)
        if "order_taken" in self.formulation.program.variables:
            book, taken = self._book, self.formulation.program.variables["order_taken"]
            energy = self.formulation.program.variables["order_accepted_mwh"]
            out = energy.start + taken.cells[banned[: taken.cells.size]]
            lower[out] = upper[out] = 0.0
            children = energy.start + np.flatnonzero(np.isin(book.parent, taken.cells[banned[: taken.cells.size]]))
            lower[children] = 0.0
            part = near.with_bounds(column_lower=lower, column_upper=upper)
        answer = self._own(part, replace(self._options(), relative_gap=_NEAR_GAP), "auto")
        return fallback if answer.primal is None else self._with_parents(answer.primal[self.columns] > 0.5)

    def _worth(self, answer: Solution) -> FloatArray:
        """What every choice earns at the duals of an answer, an order with all that need it, (choice,)."""
        assert answer.primal is not None
        assert answer.row_dual is not None
        book, program = self._book, self.formulation.program
        gain = no_loss.gains(self.formulation, self.formulation.program.extended(self.matrices), answer.primal,
                             answer.row_dual)  # fmt: skip
        family = gain.copy()
        for child in np.flatnonzero((book.parent >= 0) & (answer.primal[_accepted(self.formulation)] > 0)).tolist():
            seen, parent = {child}, int(book.parent[child])
            while parent >= 0 and parent not in seen:
                family[parent] += gain[child]
                seen.add(parent)
                parent = int(book.parent[parent])
        parts: list[FloatArray] = []
        if "order_taken" in program.variables:
            parts.append(family[program.variables["order_taken"].cells])
        if "complex_order_active" in program.variables:
            parts.append(self._incomes(gain, answer))
        return np.concatenate(parts)

    def _incomes(self, gain: FloatArray, answer: Solution) -> FloatArray:
        """What every complex order earns beyond what it asks for."""
        assert answer.primal is not None
        records, book = self.case.of(complex_order.ComplexOrder), self._book
        inside, of = complex_order.members(records, book)
        energy = answer.primal[_accepted(self.formulation)]
        found = np.zeros(len(records))
        for place, record in enumerate(records):
            mine = inside[of == place]
            found[place] = gain[mine].sum() - record.fixed_eur
            if record.condition == "minimum_income":
                asked = record.variable_eur_per_mwh - book.price_eur_per_mwh[mine]
                found[place] -= float((book.side[mine] * energy[mine] * asked).sum())
        return found[self.formulation.program.variables["complex_order_active"].cells]

    def _with_parents(self, chosen: BoolArray) -> BoolArray:
        """A choice without orders whose parent is not chosen."""
        taken = self.formulation.program.variables.get("order_taken")
        if taken is None:
            return chosen
        book = self._book
        state = np.ones(book.orders, dtype=np.bool_)
        state[taken.cells] = chosen[: taken.cells.size]
        linked = np.flatnonzero(book.parent >= 0)
        for _ in range(book.orders):
            alone = linked[state[linked] & ~state[book.parent[linked]]]
            if not alone.size:
                break
            state[alone] = False
        return np.concatenate([state[taken.cells], chosen[taken.cells.size :]])

    def _reinserted(self, chosen: BoolArray, legal: Legal) -> Legal:
        """Try rejected orders that are in the money again, the most worthy first."""
        answer = legal.found.answer
        assert answer is not None
        offered = self._missed(answer)
        missed = np.flatnonzero((offered > BETTER) & ~chosen)
        for place in missed[np.argsort(-offered[missed], kind="stable")][:_TRIES].tolist():
            if self._options().time_limit_s <= 0:
                break
            more = chosen.copy()
            more[place] = True
            if (self._with_parents(more) != more).any():
                continue
            found = self.solved(more)
            if found is not None and found.objective < legal.objective - BETTER:
                chosen, legal = more, found
        return legal

    def _missed(self, answer: Solution) -> FloatArray:
        """What every choice would earn if it were accepted wholly at the prices of an answer, (choice,)."""
        assert answer.primal is not None
        whole = answer.primal.copy()
        whole[_accepted(self.formulation)] = self._book.energy_mwh
        return self._worth(replace(answer, primal=whole))


def choices_of(formulation: Formulation) -> IntArray:
    """The columns that choose orders and complex orders."""
    blocks = [block for name, block in formulation.program.variables.items() if name in _CHOICES]
    return np.concatenate([np.zeros(0, dtype=np.int64), *(np.arange(each.start, each.stop) for each in blocks)])


def _accepted(formulation: Formulation) -> slice:
    block = formulation.program.variables["order_accepted_mwh"]
    return slice(block.start, block.stop)
