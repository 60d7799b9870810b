"""Factors: how flows follow from what is put into the buses, from one sparse factorisation per topology.

With A the incidence of lines and buses, b the susceptances and B = A' diag(b) A without the row and column of each
area's reference, angles are theta = B^-1 (injection + A' (b * shift)) and flows are b * (A theta - shift).

Rows of the distribution factors H = diag(b) A B^-1 (PTDF) come one back-solve each, when somebody asks for them. After
an outage of the lines K the flows are f + H A_K' (I - H_K A_K')^-1 f_K (LODF); where that matrix is singular, the
outage splits the grid.

Source: Wood, Wollenberg, Sheblé (2013), Power Generation, Operation and Control, 3rd ed., sections 7.3 and 7A; for
several lines at once Güler, Gross, Liu (2007), doi:10.1109/TPWRS.2007.907587.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import splu

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.errors import UnsupportedProgram
from c4e_opt.network.grid import Grid

#: An outage splits the grid where less than this part of the flow has another way.
_SPLITS = 1e-8
#: Lines whose outages are found in one go.
_AT_ONCE = 512
#: Right-hand sides that are solved in one go: so many stay in the processor's cache.
_SOLVED_AT_ONCE = 16


class Factors:
    """The factorised grid."""

    def __init__(self, grid: Grid) -> None:
        """Factorise a grid.

        Raises:
            UnsupportedProgram: Angles do not follow from injections, such as where series and parallel reactances of
                opposite signs cancel out.
        """
        self.grid = grid
        self._incidence = grid.incidence
        count = len(grid.buses)
        free = np.ones(count, dtype=np.bool_)
        free[grid.reference] = False
        self._free = np.flatnonzero(free)
        self._weighted = csr_array(self._incidence * grid.susceptance_mw[:, None])  # diag(b) A
        self._shifted = self._weighted.T @ grid.shift_rad  # A' (b * shift)

    @cached_property
    def _solver(self) -> Any:
        matrix = csc_array(self._incidence.T @ self._weighted)[self._free][:, self._free]
        try:
            return splu(csc_array(matrix), "MMD_AT_PLUS_A", diag_pivot_thresh=0.1, options={"SymmetricMode": True})
        except RuntimeError:
            message = "the reactances of the grid cancel out, so that flows do not follow from injections"
            raise UnsupportedProgram(message) from None

    def angles(self, injection_mw: FloatArray) -> FloatArray:
        """Voltage angles.

        Args:
            injection_mw: Power that lines take away from every bus (n, time).

        Returns:
            Radians (n, time), 0 at the references.
        """
        return self._solve(injection_mw + self._shifted[:, None])

    def _solve(self, right: FloatArray) -> FloatArray:
        """B^-1 right (n, k), 0 at the references."""
        found = np.zeros(right.shape)
        for first in range(0, right.shape[1] if self._free.size else 0, _SOLVED_AT_ONCE):
            some = slice(first, first + _SOLVED_AT_ONCE)
            found[self._free, some] = self._solver.solve(right[self._free, some])
        return found

    def flows(self, angles_rad: FloatArray) -> FloatArray:
        """Flows of all lines at voltage angles (l, time)."""
        grid = self.grid
        return self._weighted @ angles_rad - (grid.susceptance_mw * grid.shift_rad)[:, None]

    def rows(self, weights: csr_array[Any]) -> FloatArray:
        """What one more MW into a bus adds to weighted sums of flows.

        Args:
            weights: Weight of every line in every sum (k, l).

        Returns:
            Factors (k, n), 0 at the references.
        """
        factors = np.zeros((weights.shape[0], len(self.grid.buses)))
        ends = csr_array(weights @ self._weighted)
        for first in range(0, weights.shape[0] if self._free.size else 0, _SOLVED_AT_ONCE):
            some = slice(first, first + _SOLVED_AT_ONCE)
            right = ends[some].toarray()[:, self._free]
            factors[some, self._free] = self._solver.solve(right.T).T  # B is symmetric
        return factors

    def pulled(self, worth: FloatArray) -> FloatArray:
        """What one more MW into a bus adds to a weighted sum of flows, H' w.

        Args:
            worth: Weight of every line (l, time).

        Returns:
            Factors (n, time), 0 at the references.
        """
        return self._solve(self._weighted.T @ worth)

    def transfers(self, lines: IntArray) -> FloatArray:
        """Flow of every line per MW sent from end to end of some lines, H A_K' (l, k)."""
        return self._weighted @ self._solve(self._incidence[lines].T.toarray())

    def outage(self, lines: IntArray) -> FloatArray | None:
        """What an outage adds to the flows, per MW on its lines before (l, k); None where it splits the grid."""
        moved = self.transfers(lines)
        kept = np.eye(lines.size) - moved[lines]
        if np.linalg.svd(kept, compute_uv=False).min(initial=1.0) < _SPLITS:
            return None
        shares = moved @ np.linalg.inv(kept)
        shares[lines] = -np.eye(lines.size)
        return shares

    def single_outages(self, lines: IntArray) -> Iterator[tuple[int, FloatArray]]:
        """Every one of some lines whose loss does not split the grid, with what its outage adds, (l, 1)."""
        for first in range(0, lines.size, _AT_ONCE):
            some = lines[first : first + _AT_ONCE]
            moved = self.transfers(some)
            kept = 1.0 - moved[some, np.arange(some.size)]
            whole = np.flatnonzero(np.abs(kept) >= _SPLITS)
            shares = np.ascontiguousarray((moved[:, whole] / kept[whole]).T)
            shares[np.arange(whole.size), some[whole]] = -1.0
            yield from zip(some[whole].tolist(), shares[:, :, None], strict=True)
