"""Why there is no answer: the laws that give way, the smallest amount that is missing, and what they clash with."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from c4e_opt.case import Bus, Case
from c4e_opt.clearing.limits import limited
from c4e_opt.formulate import Formulation, everywhere, formulate
from c4e_opt.nearby import nearby, steps_of
from c4e_opt.outcome import Clash, Outcome, Participant
from c4e_opt.program import Program, words
from c4e_opt.program.blocks import Constraint, Variable
from c4e_opt.units import unit_of
from c4e_solvers import (
    Conflict,
    Matrices,
    Member,
    Reason,
    Relaxation,
    SolverOptions,
    UnsupportedProgram,
    irreducible,
    relax,
    solve,
)

_MOST = 20
_LEAST = 1e-6
#: Part of the time that may go into the amounts; the rest is for what they clash with.
_AMOUNTS = 0.7
#: Rows from which on, and with whole numbers always, a clash is first looked for in few steps.
_LARGE = 10_000
#: Seconds for what the largest clash of a large case clashes with, and for the lesser ones together.
_LARGEST_S, _LESSER_S = 3.0, 0.3
#: Seconds for what budgets clash with, which is nearly everything.
_BUDGETS_S = 0.3
#: Steps around a clash within which its participants are looked for, at first; four times as many until some are found.
_NEAR = 2
#: Of so many places of one kind at most each is a participant of its own, and each is said in the sentence.
_PLACES, _PLACES_SAID = 100, 3
#: So many components are said in a sentence at most.
_SAID = 8


@dataclass(slots=True)
class _Run:
    """Neighbouring steps at one place in which one law gives way."""

    constraint: Constraint
    place: Mapping[str, str]  # axis -> label, time left out
    cell: int  # of the last step so far
    first: str
    last: str
    worst: float  # signed: positive when the law's left side stays too small
    rows: list[int]
    worst_row: int


@dataclass(slots=True, eq=False)
class _Piece:
    """Neighbouring steps at one place in which one law or limit takes part in a clash."""

    block: Constraint | Variable
    place: Mapping[str, str]  # axis -> label, time left out
    cell: int  # of the last step so far
    first: str
    last: str
    side: str
    least: float
    most: float
    where: str = ""  # in words, where it stands for many places


class _Clock:
    """The seconds that are left."""

    def __init__(self, limit_s: float) -> None:
        self._end = time.perf_counter() + limit_s

    def left(self, part: float) -> float:
        """A part of them."""
        return max(self._end - time.perf_counter(), 0.0) * part


def explain(case: Case, outcome: Outcome, *, time_limit_s: float = 60.0, threads: int = 1) -> Outcome:
    """Add to an infeasible outcome the smallest amounts by which laws would have to be broken, and what forbids less.

    First only the balances of the buses may be broken, which says how much power is missing or left over and where;
    when that is not enough, every law may. Flows both ways in one step are forbidden only when nothing else clashes.
    The participants of a clash are an irreducible set of laws and limits, from as few steps around its worst one as
    hold such a set.

    Of a large case, or one with whole numbers, the clashes of a few neighbouring steps are told where there are such,
    with the amounts by which these steps alone have to give way: there may be others elsewhere. Then come budgets, laws
    that add up many steps; and only where all this tells nothing, the whole is relaxed.

    Args:
        case: The case.
        outcome: Its outcome.
        time_limit_s: Seconds of wall clock for all of it; a clash for which none are left has no participants.
        threads: Threads of the solver.

    Returns:
        The outcome with its clashes, largest first; unchanged when it is not infeasible.
    """
    if outcome.termination.reason not in (Reason.INFEASIBLE, Reason.INFEASIBLE_OR_UNBOUNDED):
        return outcome
    clock = _Clock(time_limit_s)
    for formulation in _formulations(case, clock, threads):
        matrices = formulation.program.matrices()
        clashes = _nearby(case, formulation, matrices, clock, threads)
        if clashes:
            return replace(outcome, clashes=clashes)
        part = _AMOUNTS / 2 if matrices.integers else _AMOUNTS  # then an LP and a MILP take as long each
        for laws in (("power_balance",), tuple(formulation.program.constraints)):
            options = SolverOptions(time_limit_s=clock.left(part), threads=threads, ray=False)
            relaxation = relax(matrices, rows=laws, options=options)
            if relaxation.termination.has_solution and not relaxation.feasible:
                return replace(outcome, clashes=_clashes(case, formulation, matrices, relaxation, clock, threads))
    return outcome


def _formulations(case: Case, clock: _Clock, threads: int) -> Iterator[Formulation]:
    """The programme without a rule against flows both ways in one step, then with it everywhere.

    Lines are written with angles, so that every bus has its balance and every limit its row. Where outages are
    survived, which angles do not know, the programme with the rows that make it infeasible comes last.
    """
    whole = replace(case, policy=replace(case.policy, dc_formulation="angles"))
    relaxed = formulate(whole)
    yield relaxed
    yield formulate(whole, everywhere(relaxed))
    outages = formulate(case)
    if outages.lazy is not None:
        options = SolverOptions(time_limit_s=clock.left(1 - _AMOUNTS), threads=threads, ray=False)
        limited(solve, outages)(outages.program.matrices(), options)
        yield outages


def _nearby(case: Case, formulation: Formulation, matrices: Matrices, clock: _Clock, threads: int) -> tuple[Clash, ...]:
    """The clashes of a few neighbouring steps of a large case, or its budgets that cannot be kept; else none."""
    program = formulation.program
    if matrices.rows < _LARGE and not matrices.integers:
        return ()
    try:
        near = nearby(program, matrices, clock.left(_AMOUNTS / 2), threads)
    except UnsupportedProgram:
        return ()
    if isinstance(near, Relaxation):
        return _clashes(case, formulation, matrices, near, _Clock(min(clock.left(1.0), _BUDGETS_S)), threads)
    if near is None:
        return ()
    for laws in (("power_balance",), tuple(program.constraints)):
        options = SolverOptions(time_limit_s=clock.left(_AMOUNTS), threads=threads, ray=False)
        relaxation = relax(matrices, rows=laws, within=near.rows, options=options)
        if relaxation.termination.has_solution and not relaxation.feasible:
            return _clashes(case, formulation, matrices, relaxation, clock, threads, near.conflict)
    return ()


def _clashes(
    case: Case,
    formulation: Formulation,
    matrices: Matrices,
    relaxation: Relaxation,
    clock: _Clock,
    threads: int,
    conflict: Conflict | None = None,
) -> tuple[Clash, ...]:
    """The largest clashes, each with its participants; one set of these may be known."""
    program = formulation.program
    buses = {bus.id: bus for bus in case.buses}
    around = _Surroundings(program, matrices, relaxation, conflict)
    runs = sorted(_runs(program, relaxation), key=lambda run: -abs(run.worst))[:_MOST]
    clashes: list[Clash] = []
    known: dict[int, list[_Piece]] = {}
    for place, run in enumerate(runs):
        if matrices.rows >= _LARGE and place < 2:
            clock = _Clock(min(clock.left(1.0), _LESSER_S if place else _LARGEST_S))
        options = SolverOptions(time_limit_s=clock.left(1 / (len(runs) - place)), threads=threads)
        conflict = around.conflict(run, options)
        pieces = [] if conflict is None else known.setdefault(id(conflict), [])
        if conflict is not None and not pieces:
            pieces += _pieces(program, conflict.members)
        clashes.append(_clash(run, pieces, buses, proven=conflict is not None and conflict.proven))
    return tuple(clashes)


def _runs(program: Program, relaxation: Relaxation) -> list[_Run]:
    """The rows that give way, neighbouring steps of one law at one place taken together."""
    runs: list[_Run] = []
    for row in sorted(relaxation.violated, key=lambda violated: violated.row):
        if row.amount <= _LEAST:
            continue
        constraint = program.constraints[row.block]
        moment, place = _where(constraint, row.offset)
        amount = row.amount if row.side == "lower" else -row.amount
        cell = int(constraint.cells[row.offset])
        run = runs[-1] if runs else None
        near = run is not None and run.constraint is constraint and run.place == place and cell == run.cell + 1
        if run is not None and near and amount * run.worst > 0:
            run.cell, run.last = cell, moment
            run.rows.append(row.row)
            if abs(amount) > abs(run.worst):
                run.worst, run.worst_row = amount, row.row
        else:
            runs.append(_Run(constraint, place, cell, moment, moment, amount, [row.row], row.row))
    return runs


def _where(block: Constraint | Variable, offset: int) -> tuple[str, dict[str, str]]:
    """Start of the step of a cell, empty without one, and its other labels."""
    labels = block.labels(offset)
    moment = f"{labels.pop('time')}Z" if "time" in labels else ""
    return moment, {axis: str(label) for axis, label in labels.items()}


class _Surroundings:
    """The neighbourhoods of clashes, in which their participants are looked for."""

    def __init__(
        self, program: Program, matrices: Matrices, relaxation: Relaxation, conflict: Conflict | None = None
    ) -> None:
        self._matrices = matrices.relaxed() if relaxation.linear else matrices
        self._violated = np.array([row.row for row in relaxation.violated], dtype=np.int64)
        self._known: list[tuple[Conflict, NDArray[np.int64]]] = []  # sets found, and their rows
        if conflict is not None:
            self._known.append((conflict, _rows(conflict)))
        self._step = steps_of(program, matrices)
        self._lower, self._upper = matrices.row_lower.copy(), matrices.row_upper.copy()  # as far as rows give way
        for row in relaxation.violated:
            bounds, sign = (self._lower, -1.0) if row.side == "lower" else (self._upper, 1.0)
            bounds[row.row] += sign * (row.amount + _LEAST)

    def conflict(self, run: _Run, options: SolverOptions) -> Conflict | None:
        """A set of rows and bounds that clash, with a row of the run among them; None where the time ends before.

        Where every set with such a row has one without it, so that the run is at fault only because others give way no
        further, the set holds such others too and is not proven irreducible.
        """
        known = [found for found, rows in self._known if np.isin(rows, run.rows).any()]
        if known:
            return min(known, key=lambda found: len(found.members))
        clock, eased = _Clock(options.time_limit_s), self._eased(run)
        for rows in self._neighbourhoods(run.worst_row):
            found = self._strict(run, rows, clock, options)
            if found is not None and found.feasible:
                found = self._irreducible(eased, rows, clock, options)
                found = None if found is None else replace(found, proven=False)
            if found is None or found.feasible is None:
                return None
            if not found.feasible:
                return found if np.isin(_rows(found), run.rows).any() else None
        return None

    def _strict(self, run: _Run, rows: NDArray[np.int64], clock: _Clock, options: SolverOptions) -> Conflict | None:
        """An irreducible set of the case as it stands.

        A set without a row of the run is about another run, which will take it: without the rows of it that give way,
        the search goes on.
        """
        while True:
            found = self._irreducible(self._matrices, rows, clock, options)
            if found is None or found.feasible is not False:
                return found
            self._known.append((found, _rows(found)))
            others = np.intersect1d(_rows(found), self._violated)
            if np.isin(_rows(found), run.rows).any() or not others.size:
                return found
            rows = np.setdiff1d(rows, others)

    def _eased(self, run: _Run) -> Matrices:
        """The programme in which all other rows give way by their amounts, so that the run alone is at fault."""
        others = np.setdiff1d(self._violated, run.rows)
        lower, upper = self._matrices.row_lower.copy(), self._matrices.row_upper.copy()
        lower[others], upper[others] = self._lower[others], self._upper[others]
        return self._matrices.with_bounds(row_lower=lower, row_upper=upper)

    def _irreducible(
        self, matrices: Matrices, rows: NDArray[np.int64], clock: _Clock, options: SolverOptions
    ) -> Conflict | None:
        try:
            return irreducible(matrices, rows=rows, options=replace(options, time_limit_s=clock.left(1.0)))
        except UnsupportedProgram:
            return None

    def _neighbourhoods(self, row: int) -> Iterator[NDArray[np.int64]]:
        """The rows of ever more steps around that of a row, those without a step always among them; at last all."""
        step, most = int(self._step[row]), int(self._step.max(initial=0))
        reach = 0
        while step >= 0 and reach < max(step, most - step):
            yield np.flatnonzero((self._step < 0) | (np.abs(self._step - step) <= reach))
            reach = reach * 4 or _NEAR
        yield np.arange(self._matrices.rows)


def _rows(conflict: Conflict) -> NDArray[np.int64]:
    return np.array([member.index for member in conflict.members if member.kind == "row"], dtype=np.int64)


def _pieces(program: Program, members: Sequence[Member]) -> list[_Piece]:
    """The members of a set, neighbouring steps of one law or limit at one place taken together."""
    laws = [member for member in members if member.kind == "row"]
    limits = sorted((member for member in members if member.kind == "column"), key=lambda each: (each.side, each.index))
    pieces: list[_Piece] = []
    for member in [*laws, *limits]:
        block = (program.constraints if member.kind == "row" else program.variables)[member.block]
        moment, place = _where(block, member.offset)
        cell, bound = int(block.cells[member.offset]), member.bound or 0.0
        last = pieces[-1] if pieces else None
        near = last is not None and last.block is block and last.place == place and cell - last.cell in (0, 1)
        if last is not None and near and (member.kind == "row" or member.side == last.side):
            last.cell, last.last = cell, moment
            last.side = last.side if last.side == member.side else "both"
            last.least, last.most = min(last.least, bound), max(last.most, bound)
        else:
            pieces.append(_Piece(block, place, cell, moment, moment, member.side, bound, bound))
    return pieces


def _together(pieces: Iterable[_Piece], most: int) -> list[_Piece]:
    """The same, but one piece for a law or limit of a kind of which more than so many places take part."""
    same: dict[tuple[str, str], list[_Piece]] = {}
    for piece in pieces:
        same.setdefault((piece.block.name, piece.side), []).append(piece)
    found: list[_Piece] = []
    for each in same.values():
        kinds = {axis for piece in each for axis in piece.place}
        places = {tuple(piece.place.values()) for piece in each}
        crowded = len(places) > most and len(kinds) == 1
        found += [_joined(each, words.many(kinds.pop(), len(places)))] if crowded else each
    return found


def _joined(pieces: Sequence[_Piece], where: str = "") -> _Piece:
    """One piece over all steps, places and bounds of some."""
    first, last = min(piece.first for piece in pieces), max(piece.last for piece in pieces)
    least, most = min(piece.least for piece in pieces), max(piece.most for piece in pieces)
    return replace(pieces[0], first=first, last=last, least=least, most=most, where=where)


def _clash(run: _Run, pieces: Sequence[_Piece], buses: Mapping[str, Bus], *, proven: bool) -> Clash:
    """What to tell the user about one run of steps."""
    when = f", {run.first}" + (f" to {run.last}" if run.last != run.first else "") if run.first else ""
    place, law, unit = _place(run.place), run.constraint.name, words.law_unit(run.constraint)
    message = f"{words.law(run.constraint)} of {words.place(run.place)}{when}"
    message += f" cannot be kept; it is off by up to {words.amount(abs(run.worst), unit=unit)}"
    if law == "power_balance":
        bus, unit = buses[run.place["bus"]], "MW"
        law = f"{bus.carrier} balance of bus {bus.id!r}" + (f" (site {bus.site!r})" if bus.site else "")
        said = "missing" if run.worst > 0 else "left over"
        message = f"{law}{when}: up to {words.amount(abs(run.worst), unit=unit)} are {said}"
    return Clash(
        law=law,
        place=place,
        first=run.first,
        last=run.last,
        largest=run.worst,
        unit=unit,
        message=message + _reason(run, pieces, buses),
        participants=tuple(_participant(piece, buses) for piece in _together(pieces, _PLACES)),
        proven=proven,
    )


def _reason(run: _Run, pieces: Sequence[_Piece], buses: Mapping[str, Bus]) -> str:
    """What the law of a run clashes with, as the end of a sentence; nothing where that is not known."""
    if not pieces:
        return ""
    own = [piece for piece in pieces if piece.block is run.constraint and piece.place == run.place]
    first, last = min(piece.first for piece in own), max(piece.last for piece in own)
    others = [piece for piece in pieces if piece not in own and not _goes_without_saying(piece)]
    told: dict[str, dict[tuple[str, str], list[_Piece]]] = {}
    for piece in sorted(_together(others, _PLACES_SAID), key=lambda each: isinstance(each.block, Constraint)):
        where = told.setdefault(piece.where or words.place(piece.place), {})
        if not (where and words.is_bookkeeping(piece.block)):
            where.setdefault((piece.block.name, piece.side), []).append(piece)
    parts = [_part(where, said.values(), (first, last), buses) for where, said in told.items()]
    if not parts:
        return ""
    parts[_SAID:] = [f"{len(parts) - _SAID} more"] if len(parts) > _SAID else []
    when = "" if (first, last) == (run.first, run.last) else _when(first, last)
    return f"; it clashes{when} with {words.listed(parts)}"


def _part(where: str, said: Iterable[Sequence[_Piece]], usual: tuple[str, str], buses: Mapping[str, Bus]) -> str:
    """What takes part at one place; steps are named where they are not the usual ones."""
    phrases: list[str] = []
    for pieces in said:
        whole = _joined(pieces, pieces[0].where)
        steps = "" if (whole.first, whole.last) == usual else _when(whole.first, whole.last)
        phrases.append(_said(whole, buses) + (steps if len(pieces) == 1 else steps.replace("from", "within")))
    return f"{where} ({'; '.join(phrases)})" if where else "; ".join(phrases)


def _participant(piece: _Piece, buses: Mapping[str, Bus]) -> Participant:
    """One piece as data, with a sentence of its own."""
    is_law = isinstance(piece.block, Constraint)
    where = piece.where or words.place(piece.place)
    said = f"{where}: {_said(piece, buses)}" if where else _said(piece, buses)
    balance = "MW" if piece.block.name == "power_balance" else ""
    return Participant(
        kind="law" if is_law else "limit",
        name=piece.block.name,
        place=piece.where or _place(piece.place),
        first=piece.first,
        last=piece.last,
        side=piece.side,
        least=piece.least,
        most=piece.most,
        unit=balance if is_law else unit_of(piece.block.name),
        message=said + _when(piece.first, piece.last),
    )


def _place(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{axis} {label!r}" for axis, label in labels.items())


def _said(piece: _Piece, buses: Mapping[str, Bus]) -> str:
    """A law or limit in words, without its place and steps."""
    if isinstance(piece.block, Variable):
        return words.limit(piece.block, piece.side, piece.least, piece.most)
    if piece.block.name == "power_balance" and not piece.where:
        return f"{buses[piece.place['bus']].carrier} balance"
    return words.law(piece.block)


def _goes_without_saying(piece: _Piece) -> bool:
    return isinstance(piece.block, Variable) and words.is_natural(piece.block, piece.side, piece.least, piece.most)


def _when(first: str, last: str) -> str:
    if not first:
        return ""
    return f" at {first}" if first == last else f" from {first} to {last}"
