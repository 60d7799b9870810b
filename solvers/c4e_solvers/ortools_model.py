"""Matrices in MathOpt's words: whole arrays into its messages, and what CP-SAT can take without loss of precision."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from c4e_solvers.basis import Basis, StatusArray
from c4e_solvers.errors import UnsupportedProgram
from c4e_solvers.matrices import FloatArray, IntArray, Matrices

_MOST = 2.0**52
_DIGITS = 9
_NOISE = 1e-11


def model_bytes(matrices: Matrices, kind: int) -> bytes:
    """A serialised ``ModelProto`` behind one byte that names the solver.

    Its first variables are the columns; a switch for each semicontinuous column that cannot come near zero follows.

    Args:
        matrices: A problem with linear rows and a linear objective.
        kind: Number of the solver in ``SolverTypeProto``.
    """
    proto: Any = import_module("ortools.math_opt.model_pb2").ModelProto()
    n, m = matrices.columns, matrices.rows
    proto.variables.ids.extend(range(n))
    proto.variables.lower_bounds.extend(matrices.relaxed().column_lower.tolist())
    proto.variables.upper_bounds.extend(matrices.column_upper.tolist())
    proto.variables.integers.extend(matrices.integral.tolist())
    proto.linear_constraints.ids.extend(range(m))
    proto.linear_constraints.lower_bounds.extend(matrices.row_lower.tolist())
    proto.linear_constraints.upper_bounds.extend(matrices.row_upper.tolist())
    row = np.repeat(np.arange(m, dtype=np.int32), np.diff(matrices.row_start))
    index, value = matrices.row_index, matrices.row_value
    there = value != 0.0
    if not there.all():
        row, index, value = row[there], index[there], value[there]
    proto.linear_constraint_matrix.row_ids.extend(row.tolist())
    proto.linear_constraint_matrix.column_ids.extend(index.tolist())
    proto.linear_constraint_matrix.coefficients.extend(value.tolist())
    priced = np.flatnonzero(matrices.cost)
    proto.objective.linear_coefficients.ids.extend(priced.tolist())
    proto.objective.linear_coefficients.values.extend(matrices.cost[priced].tolist())
    proto.objective.offset = matrices.offset
    _add_switches(proto, matrices)
    _add_ordered_sets(proto, matrices)
    return bytes([kind]) + proto.SerializeToString()


def _add_switches(proto: Any, matrices: Matrices) -> None:
    """Semicontinuous columns in [0, upper]: a switch that is off holds them at zero, one that is on above the bound."""
    if matrices.semicontinuous is None:
        return
    columns = np.flatnonzero(matrices.semicontinuous & (matrices.column_lower > 0.0)).tolist()
    switches = range(matrices.columns, matrices.columns + len(columns))
    proto.variables.ids.extend(switches)
    proto.variables.lower_bounds.extend([0.0] * len(columns))
    proto.variables.upper_bounds.extend([1.0] * len(columns))
    proto.variables.integers.extend([True] * len(columns))
    for number, (column, switch) in enumerate(zip(columns, switches, strict=True)):
        lower = float(matrices.column_lower[column])
        for on, low, high in ((False, -math.inf, 0.0), (True, lower, math.inf)):
            rule = proto.indicator_constraints[2 * number + on]
            rule.indicator_id, rule.activate_on_zero = switch, not on
            rule.expression.ids.append(column)
            rule.expression.values.append(1.0)
            rule.lower_bound, rule.upper_bound = low, high


def _add_ordered_sets(proto: Any, matrices: Matrices) -> None:
    for number, chosen in enumerate(matrices.ordered_sets):
        rules = proto.sos1_constraints if chosen.order == 1 else proto.sos2_constraints
        rule = rules[number]
        rule.weights.extend(range(1, len(chosen.columns) + 1))
        for column in chosen.columns.tolist():
            term = rule.expressions.add()
            term.ids.append(column)
            term.coefficients.append(1.0)


def hint_bytes(start: FloatArray | None, basis: Basis | None = None) -> bytes:
    """A serialised ``ModelSolveParametersProto``.

    Args:
        start: Where a MILP may start (n,), NaN where nothing is known.
        basis: Where a simplex method may start.
    """
    proto: Any = import_module("ortools.math_opt.model_parameters_pb2").ModelSolveParametersProto()
    if start is not None:
        known = np.flatnonzero(np.isfinite(start))
        values = proto.solution_hints.add().variable_values
        values.ids.extend(known.tolist())
        values.values.extend(start[known].tolist())
    if basis is not None:
        given = proto.initial_basis
        sides = ((given.variable_status, basis.column_status), (given.constraint_status, basis.row_status))
        for sparse, status in sides:
            sparse.ids.extend(range(len(status)))
            sparse.values.extend(status.tolist())
    return proto.SerializeToString()


def basis_of(proto: Any, columns: int, rows: int) -> Basis:
    """Our basis from a ``BasisProto``, whose numbers are ours."""

    def status(sparse: Any, length: int) -> StatusArray:
        full = np.zeros(length, np.int8)
        full[np.fromiter(sparse.ids, np.int64, len(sparse.ids))] = np.fromiter(sparse.values, np.int8)
        return full

    return Basis(column_status=status(proto.variable_status, columns), row_status=status(proto.constraint_status, rows))


class Whole(NamedTuple):
    """A problem in whole numbers.

    Attributes:
        matrices: The same problem with whole costs, coefficients and bounds, without an offset.
        cost_scale: What its costs were multiplied with.
        empty: A column or row that no whole number satisfies, such as "column 3"; empty without one.
    """

    matrices: Matrices
    cost_scale: float
    empty: str


def whole(matrices: Matrices) -> Whole:
    """The problem in whole numbers, each row and the costs multiplied by a power of ten, where that is exact.

    Raises:
        UnsupportedProgram: A column is not integral or has no finite bounds, a number is no decimal of nine digits, or
            a row or the objective grows beyond what doubles count exactly. The message names the first such place.
    """

    def refuse(why: str) -> UnsupportedProgram:
        return UnsupportedProgram(f"solver 'ortools:cp_sat' does not take this: {why}; 'highs' and 'ortools:scip' do")

    def place(column: int) -> str:
        block = matrices.column_block_of(column)
        return f"column {column}" + (f" ({block.name!r}, entry {column - block.start})" if block.name else "")

    if not matrices.integral.all():
        raise refuse(f"{place(int(np.argmin(matrices.integral)))} is not integral")
    bounded = np.isfinite(matrices.column_lower) & np.isfinite(matrices.column_upper)
    if not bounded.all():
        raise refuse(f"{place(int(np.argmin(bounded)))} has no finite bounds")
    lower, upper = matrices.whole_bounds()
    crossed = np.flatnonzero(lower > upper)
    row_of = np.repeat(np.arange(matrices.rows, dtype=np.int32), np.diff(matrices.row_start))
    scale = _scales(matrices.row_value, row_of, matrices.rows)
    if not np.isfinite(scale).all():
        row = int(np.argmin(np.isfinite(scale)))
        block = matrices.row_block_of(row)
        name = f" ({block.name!r}, entry {row - block.start})" if block.name else ""
        raise refuse(f"row {row}{name} has a coefficient with more than {_DIGITS} decimals")
    cost_scale = float(_scales(matrices.cost, np.zeros(matrices.columns, np.int32), 1)[0])
    if not np.isfinite(cost_scale):
        raise refuse(f"a cost has more than {_DIGITS} decimals")
    value, cost = np.rint(matrices.row_value * scale[row_of]), np.rint(matrices.cost * cost_scale)
    size = np.maximum(np.abs(lower), np.abs(upper))
    reach = np.bincount(row_of, np.abs(value) * size[matrices.row_index], matrices.rows)
    if reach.max(initial=0.0) > _MOST or np.abs(cost) @ size > _MOST or size.max(initial=0.0) > _MOST:
        raise refuse("in whole numbers a row, the objective or a bound goes beyond 2^52, so precision would be lost")
    changed = replace(
        matrices,
        cost=cost,
        offset=0.0,
        column_lower=lower,
        column_upper=upper,
        row_value=value,
        row_lower=_rounded(matrices.row_lower, scale, np.ceil),
        row_upper=_rounded(matrices.row_upper, scale, np.floor),
    )
    if len(crossed):
        return Whole(changed, cost_scale, f"column {crossed[0]}")
    # CP-SAT divides a row by what its coefficients have in common and calls the model invalid where nothing is left.
    divisor = np.zeros(matrices.rows, np.int64)
    np.gcd.at(divisor, row_of, np.abs(value).astype(np.int64))
    common = np.maximum(divisor, 1)
    clash = np.flatnonzero(np.ceil(changed.row_lower / common) > np.floor(changed.row_upper / common))
    return Whole(changed, cost_scale, f"row {clash[0]}" if len(clash) else "")


def _scales(values: FloatArray, group: IntArray, groups: int) -> FloatArray:
    """The least power of ten per group (groups,) that makes its values whole; infinite where none up to 10^9 does."""
    need = np.zeros(len(values))
    open_ = np.ones(len(values), np.bool_)
    for digits in range(_DIGITS + 1):
        scale = 10.0**digits
        # A decimal such as 0.3 is the double nearest to 3 / 10, so the way back must give the very same double.
        open_ &= np.rint(values * scale) / scale != values
        if not open_.any():
            break
        need[open_] = digits + 1 if digits < _DIGITS else np.inf
    most = np.zeros(groups)
    np.maximum.at(most, group, need)
    return 10.0**most


def _rounded(bounds: FloatArray, scale: FloatArray, direction: Any) -> FloatArray:
    """Bounds of what is whole when multiplied by its scale: the nearest whole number inside.

    A bound that was added up, such as 0.1 + 0.2, is no longer the double nearest to its decimal; it means that decimal.
    """
    scaled = bounds * scale
    near = np.rint(scaled)
    return np.where(np.isclose(scaled, near, _NOISE, _NOISE), near, direction(scaled))
