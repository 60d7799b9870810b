"""A programme as text: bounds, laws row by row and costs, with labelled names, to be read by people and compared."""

from __future__ import annotations

from typing import Any

import numpy as np

from c4e_opt.formulate import Formulation
from c4e_opt.program.blocks import Cones, Constraint, Variable

Row = dict[int, float]


def text_of(formulation: Formulation) -> str:
    """Every block of a programme: variables with their bounds, constraints row by row, costs by term."""
    program = formulation.program
    lines = ["bounds"]
    for variable in program.variables.values():
        lines += bounds_of(formulation, variable)
    for constraint in program.constraints.values():
        lines += ["", constraint.name, *rows_of(formulation, constraint)]
    for cones in program.cones.values():
        lines += ["", cones.name, *cones_of(formulation, cones)]
    lines += ["", "costs"]
    names = column_names(formulation)
    for term, expression in program.objective.items():
        row: Row = {}
        for _, columns, coefs in expression.terms:
            for column, coef in zip(columns.tolist(), coefs.tolist(), strict=True):
                row[column] = row.get(column, 0.0) + coef
        squares = [
            f" +{number(cost)} {names[column]}^2"
            for columns, costs in program.squares.get(term, ())
            for column, cost in zip(columns.tolist(), costs.tolist(), strict=True)
        ]
        constant = f" {float(expression.constant):+g}" if expression.constant else ""
        lines.append(f"{term}: {sum_of(row, names)}{''.join(squares)}{constant}")
    return "\n".join(lines) + "\n"


def bounds_of(formulation: Formulation, variable: Variable) -> list[str]:
    """One line per column: lower <= name <= upper, and whether it is whole."""
    matrices, names = formulation.program.matrices(), column_names(formulation)
    whole = " whole" if variable.integral else ""
    return [
        f"{number(matrices.column_lower[column])} <= {names[column]} <= {number(matrices.column_upper[column])}{whole}"
        for column in range(variable.start, variable.stop)
    ]


def rows_of(formulation: Formulation, constraint: Constraint) -> list[str]:
    """One line per row: its name, its terms, its bounds."""
    matrices, names = formulation.program.matrices(), column_names(formulation)
    lines: list[str] = []
    for offset in range(constraint.stop - constraint.start):
        row = constraint.start + offset
        entries = range(matrices.row_start[row], matrices.row_start[row + 1])
        terms = sum_of({int(matrices.row_index[e]): float(matrices.row_value[e]) for e in entries}, names)
        lower, upper = matrices.row_lower[row], matrices.row_upper[row]
        if lower == upper:
            law = f"= {number(lower)}"
        else:
            law = " ".join(
                f"{sign} {number(bound)}" for sign, bound in ((">=", lower), ("<=", upper)) if np.isfinite(bound)
            )
        labels = constraint.labels(offset)
        lines.append(f"{constraint.name}{label(labels)}: {terms} {law}")
    return lines


def cones_of(formulation: Formulation, cones: Cones) -> list[str]:
    """One line per cone: its name, what is under the norm, what bounds it."""
    names = column_names(formulation)
    lines: list[str] = []
    for cell, head, tail in zip(cones.cells.tolist(), cones.head.tolist(), cones.tail.tolist(), strict=True):
        place = np.unravel_index(cell, tuple(axis.size for axis in cones.axes))
        labels = {axis.name: axis.labels[int(i)] for axis, i in zip(cones.axes, place, strict=True)}
        lines.append(f"{cones.name}{label(labels)}: norm({', '.join(names[each] for each in tail)}) <= {names[head]}")
    return lines


def column_names(formulation: Formulation) -> list[str]:
    """The name of every column with its labels."""
    names: list[str] = []
    for variable in formulation.program.variables.values():
        shape = tuple(axis.size for axis in variable.axes)
        for cell in variable.cells.tolist():
            place = np.unravel_index(cell, shape)
            labels = {axis.name: axis.labels[int(i)] for axis, i in zip(variable.axes, place, strict=True)}
            names.append(f"{variable.name}{label(labels)}")
    return names


def label(labels: dict[str, Any]) -> str:
    """[b1, 00:15]; times as hours and minutes of their day."""
    words = [str(text)[11:16] if axis == "time" else str(text) for axis, text in labels.items()]
    return f"[{', '.join(words)}]" if words else ""


def sum_of(row: Row, names: list[str]) -> str:
    """Terms in the order of the columns."""
    terms = [f"{'+' if coef >= 0 else '-'}{number(abs(coef))} {names[column]}" for column, coef in sorted(row.items())]
    return " ".join(terms) or "0"


def number(content: float) -> str:
    """Ten digits; no minus before a zero."""
    return f"{float(content) + 0.0:.10g}"
