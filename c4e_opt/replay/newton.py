"""Newton's method for AC power flow with buses that hold their voltage by reactive power, step after step.

A bus whose reactive power would pass a limit is left at the limit and no longer holds its voltage. Every step begins
at the answer to the one before.

Source: Tinney, Hart (1967), Power flow solution by Newton's method, IEEE Trans. PAS-86(11),
https://doi.org/10.1109/TPAS.1967.291823; derivatives as in Zimmerman, MATPOWER Technical Note 2,
https://matpower.org/docs/TN2-OPF-Derivatives.pdf.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from c4e_opt.arrays import BoolArray, FloatArray, IntArray
from c4e_opt.replay.grid import Complex, Grid, Setting
from c4e_opt.replay.injections import Injections

_TOLERANCE = 1e-10
_ITERATIONS = 30
_SLACK = 1e-9
#: Up to so many buses the equations are written with every entry.
_DENSE = 40


def voltages(grid: Grid, setting: Setting, given: Injections, held: BoolArray) -> Complex:
    """Solve every step.

    Args:
        grid: The grid.
        setting: How it stands.
        given: Into every bus, in these steps.
        held: Buses that hold their voltage, those aside that are slack.

    Returns:
        Complex voltages per unit, (bus, step); not a number where a step does not converge.
    """
    matrix = setting.matrix().toarray() if grid.bus.size <= _DENSE else setting.matrix()
    flat = np.where(setting.slack | held, grid.voltage_set_pu, 1.0).astype(np.complex128)
    found = np.full(given.power.shape, np.nan + 0j)
    begin = flat
    for step in range(given.power.shape[1]):
        solved = _within_limits(matrix, begin, flat, given, held, setting.slack, step)
        if solved is None and begin is not flat:
            solved = _within_limits(matrix, flat, flat, given, held, setting.slack, step)
        if solved is not None:
            found[:, step] = solved
        begin = flat if solved is None else solved
    return found


def _within_limits(
    matrix: Any, begin: Complex, flat: Complex, given: Injections, held: BoolArray, slack: BoolArray, step: int
) -> Complex | None:
    """One step; buses at a limit of their reactive power stop to hold their voltage."""
    power, reactive = given.power[:, step], given.reactive[:, step].copy()
    least, most = given.reactive_min[:, step], given.reactive_max[:, step]
    holding = held.copy()
    voltage = np.where(holding, np.abs(flat) * np.exp(1j * np.angle(begin)), begin)
    while True:
        solved = _newton(matrix, voltage, power + 1j * reactive, holding, slack)
        if solved is None:
            return None
        free = (solved * (matrix @ solved).conj()).imag - given.reactive[:, step]
        beyond = holding & ((free < least - _SLACK) | (free > most + _SLACK))
        if not beyond.any():
            return solved
        reactive[beyond] += np.clip(free, least, most)[beyond]
        holding = holding & ~beyond
        voltage = solved


def _newton(matrix: Any, begin: Complex, wanted: Complex, holding: BoolArray, slack: BoolArray) -> Complex | None:
    """Voltages at which every bus but the slack takes in what is wanted."""
    angles, sizes = np.flatnonzero(~slack), np.flatnonzero(~slack & ~holding)
    voltage = begin.copy()
    for _ in range(_ITERATIONS):
        current = matrix @ voltage
        short = voltage * current.conj() - wanted
        residual = np.concatenate([short.real[angles], short.imag[sizes]])
        if not np.isfinite(residual).all():
            return None
        if np.abs(residual).max(initial=0.0) < _TOLERANCE:
            return voltage
        change = (_dense if voltage.size <= _DENSE else _sparse)(matrix, voltage, current, angles, sizes, -residual)
        if change is None:
            return None
        angle, size = np.angle(voltage), np.abs(voltage)
        angle[angles] += change[: angles.size]
        size[sizes] += change[angles.size :]
        voltage = size * np.exp(1j * angle)
    return None


def _sparse(
    matrix: Any, voltage: Complex, current: Complex, angles: IntArray, sizes: IntArray, wanted: FloatArray
) -> FloatArray | None:
    """Changes of angles and sizes that change the powers as wanted; None where the equations are singular."""
    unit = sparse.diags(voltage / np.abs(voltage))
    spread, drawn = sparse.diags(voltage), sparse.diags(current)
    by_size = (spread @ (matrix @ unit).conj() + drawn.conj() @ unit).tocsr()
    by_angle = (1j * spread @ (drawn - matrix @ spread).conj()).tocsr()
    jacobian = sparse.bmat(
        [
            [by_angle[angles][:, angles].real, by_size[angles][:, sizes].real],
            [by_angle[sizes][:, angles].imag, by_size[sizes][:, sizes].imag],
        ],
        format="csc",
    )
    try:
        return splu(jacobian).solve(wanted)
    except RuntimeError:
        return None


def _dense(
    matrix: Any, voltage: Complex, current: Complex, angles: IntArray, sizes: IntArray, wanted: FloatArray
) -> FloatArray | None:
    """The same, with every entry; a small grid is done sooner so."""
    unit = voltage / np.abs(voltage)
    by_size = voltage[:, None] * (matrix * unit).conj() + np.diag(current.conj() * unit)
    by_angle = 1j * voltage[:, None] * (np.diag(current) - matrix * voltage).conj()
    above = np.hstack([by_angle[np.ix_(angles, angles)].real, by_size[np.ix_(angles, sizes)].real])
    below = np.hstack([by_angle[np.ix_(sizes, angles)].imag, by_size[np.ix_(sizes, sizes)].imag])
    try:
        return np.asarray(np.linalg.solve(np.vstack([above, below]), wanted), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
