"""Participants: a programme taken apart into those who decide for themselves and the rows that tie them together.

Rows of a component, or of orders that are linked, bind nobody else; whoever is tied by such rows is one participant.
What is left are the coupling rows: power balances, limits of the grid, and laws of a site that bind several. At duals y
of the coupling rows every participant faces the cost c - A'y of its own columns and nothing else, so the best it can do
is a problem of its own. Columns of the grid and of laws that belong to no participant are the rest; nothing but their
bounds and the coupling rows binds them.

Source: Lagrangian relaxation of the coupling rows, as in Gribik, Hogan, Pope (2007), Market-clearing electricity prices
and energy uplift.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from c4e_opt.arrays import BoolArray, FloatArray, IntArray, TextArray
from c4e_opt.case import KINDS
from c4e_opt.formulate import Formulation
from c4e_solvers import Matrices

_PARTICIPANT, _GRID, _LAW = 0, 1, 2
#: Kinds of laws whose duals are prices that somebody is paid, as those of energy are.
_PAID_LAWS = ("reserve",)
#: What moves energy by laws of its own is a participant, although it is a kind of the network.
_CARRYING = ("heat_pipe", "gas_pipe")


@dataclass(frozen=True, slots=True, eq=False)
class Participants:
    """A programme in standard form, taken apart.

    Attributes:
        matrices: The programme.
        rows: Its rows as a sparse array (row, column).
        coupling: Rows that tie participants together (row,).
        paid: Those of them whose duals are prices of energy or reserve (row,).
        member: The participant of every column (column,), -1 for the rest.
        names: What every participant is called, kind/id; of several that are tied the first (participant,).
        discrete: Participants that choose something whole (participant,).
    """

    matrices: Matrices
    rows: csr_array[Any]
    coupling: BoolArray
    paid: BoolArray
    member: IntArray
    names: TextArray
    discrete: BoolArray

    @property
    def count(self) -> int:
        """How many participants there are."""
        return self.names.size

    def reduced(self, dual: FloatArray) -> FloatArray:
        """What every column costs at duals of the coupling rows, (column,); duals of other rows count for nothing."""
        return self.matrices.cost - self.earned(np.where(self.coupling, dual, 0.0))

    def touched(self, rows: BoolArray) -> BoolArray:
        """Columns that stand in some of these rows (column,)."""
        found = np.zeros(self.member.size, dtype=np.bool_)
        found[self.rows.indices[np.repeat(rows, np.diff(self.rows.indptr))]] = True
        return found

    def touching(self, columns: BoolArray) -> BoolArray:
        """Rows in which some of these columns stand (row,)."""
        found = np.zeros(self.coupling.size, dtype=np.bool_)
        found[np.repeat(np.arange(found.size), np.diff(self.rows.indptr))[columns[self.rows.indices]]] = True
        return found

    def reached(self, at: FloatArray) -> FloatArray:
        """What every row comes to at values of all columns (row,)."""
        return np.asarray(self.rows @ at, dtype=np.float64)

    def earned(self, dual: FloatArray) -> FloatArray:
        """What every column earns at duals of rows (column,)."""
        return np.asarray(self.rows.T @ dual, dtype=np.float64)

    def by_participant(self, amount: FloatArray) -> FloatArray:
        """Sums over the columns of every participant."""
        inside = self.member >= 0
        return np.bincount(self.member[inside], amount[inside], self.count).astype(np.float64)


def take_apart(formulation: Formulation, matrices: Matrices) -> Participants:
    """Find the participants of a programme.

    Args:
        formulation: The programme.
        matrices: The same in standard form, with all rows that it has.
    """
    rows = matrices.csr()
    roles = _roles(formulation)
    column_role = np.full(matrices.columns, _PARTICIPANT)
    for block in matrices.column_blocks:
        column_role[block.start : block.stop] = roles.get(block.name, (_GRID, ""))[0]
    row_role, paid = np.full(matrices.rows, _GRID), np.ones(matrices.rows, dtype=np.bool_)
    for block in matrices.row_blocks:
        role, kind = roles.get(block.name, (_GRID, ""))
        row_role[block.start : block.stop] = role
        paid[block.start : block.stop] = role == _GRID or kind in _PAID_LAWS
    label = _tied(rows, row_role == _PARTICIPANT)
    private = (row_role == _PARTICIPANT) | _of_one(rows, row_role == _LAW, column_role == _PARTICIPANT, label)
    label = _tied(rows, private)
    decides = np.zeros(matrices.columns, dtype=np.bool_)
    decides[label[column_role == _PARTICIPANT]] = True  # by label
    member, names = _members(formulation, label, decides[label])
    discrete = np.zeros(names.size, dtype=np.bool_)
    discrete[member[(member >= 0) & matrices.integral]] = True
    return Participants(
        matrices=matrices,
        rows=rows,
        coupling=~private,
        paid=paid & ~private,
        member=member,
        names=names,
        discrete=discrete,
    )


def kind_of(name: str) -> str:
    """The kind to whose room a block of the programme belongs; empty where it belongs to none."""
    kinds = (kind for kind in (*KINDS, "order") if name.startswith(f"{kind}_"))
    return max(kinds, key=len, default="")


def _roles(formulation: Formulation) -> Mapping[str, tuple[int, str]]:
    """Whose every block of columns or rows is, and the kind."""
    program = formulation.program
    found: dict[str, tuple[int, str]] = {}
    for name in (*program.variables, *program.constraints):
        kind = kind_of(name)
        home = KINDS[kind].__module__ if kind in KINDS else "c4e_opt.market." if kind else "c4e_opt.network."
        role = _PARTICIPANT
        if home.startswith("c4e_opt.laws."):
            role = _LAW
        elif home.startswith("c4e_opt.network.") and kind not in _CARRYING:
            role = _GRID
        found[name] = role, kind
    return found


def _tied(rows: csr_array[Any], private: BoolArray) -> IntArray:
    """A label for every column; columns that share a private row have the same one."""
    count, columns = rows.shape
    at = np.repeat(np.arange(count), np.diff(rows.indptr))
    kept = private[at]
    pairs = (np.ones(int(kept.sum())), (at[kept] + columns, rows.indices[kept]))
    _, label = connected_components(csr_array(pairs, shape=(columns + count, columns + count)), directed=False)
    return np.asarray(label[:columns], dtype=np.int64)


def _of_one(rows: csr_array[Any], law: BoolArray, decides: BoolArray, label: IntArray) -> BoolArray:
    """Rows of laws that touch columns of one participant at most."""
    at = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    kept = law[at] & decides[rows.indices]
    most, least = np.full(rows.shape[0], -1), np.full(rows.shape[0], np.iinfo(np.int64).max)
    np.maximum.at(most, at[kept], label[rows.indices[kept]])
    np.minimum.at(least, at[kept], label[rows.indices[kept]])
    return law & (most == least)


def _members(formulation: Formulation, label: IntArray, inside: BoolArray) -> tuple[IntArray, TextArray]:
    """The participant of every column, and their names: what is tied, and whatever belongs to one component."""
    member = np.full(label.size, -1)
    columns = np.flatnonzero(inside)
    _, first, group = np.unique(label[columns], return_index=True, return_inverse=True)
    found = _names(formulation, columns[first])
    _, place, same = np.unique(found, return_index=True, return_inverse=True)
    order = np.argsort(columns[first][place], kind="stable")  # by their first columns
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.arange(order.size)
    member[columns] = rank[same[group]]
    return member, found[place[order]]


def _names(formulation: Formulation, columns: IntArray) -> TextArray:
    """What participants are called, by the first column of each."""
    variables = [each for each in formulation.program.variables.values() if each.stop > each.start]
    starts = np.array([each.start for each in variables])
    names: list[str] = []
    places: list[int] = columns.tolist()
    for column in places:
        variable = variables[int(np.searchsorted(starts, column, "right")) - 1]
        kind = kind_of(variable.name)
        labels = variable.labels(column - variable.start)
        names.append(f"{kind}/{labels.get(kind, '')}")
    return np.array(names, dtype=np.str_)
