"""Linear power flow, recomputed line by line from the angles in the answer.

Kirchhoff's laws are local: power balances at every bus (`verify.balances`), and the flow of a line follows from the
angles at its ends. So nothing is factorised to check flows. Only flows after outages are: the part of a lost line's
flow that another takes over follows from the grid without it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from c4e_opt.arrays import FloatArray, IntArray
from c4e_opt.verify.fleet import Fleet


def is_linear(fleet: Fleet) -> bool:
    """Whether lines follow a linear power flow."""
    return fleet.case.policy.network in ("dc", "dcp")


def given(fleet: Fleet, quantity: str) -> FloatArray:
    """A quantity of every line and step that an answer may leave out where it is zero."""
    return fleet.answer(quantity) if fleet.has(quantity) else np.zeros(fleet.shape)


def middle(fleet: Fleet) -> FloatArray:
    """Flow in the middle of every line and step: half of its loss is drawn at either end."""
    return fleet.answer("flow_mw") - 0.5 * given(fleet, "loss_mw")


def check_losses(fleet: Fleet) -> None:
    """Losses are resistance times flow squared, where the policy wants them, and none elsewhere."""
    loss, wanted = given(fleet, "loss_mw"), fleet.case.policy.losses == "iterated"
    on = fleet.flag("in_service")
    per_mw2 = fleet.number("resistance_pu") / fleet.case.policy.base_mva * on * wanted
    fleet.hold("loss", np.abs(loss - per_mw2 * middle(fleet) ** 2), "MW", loss, middle(fleet) * 1e-3)


def limit_of(fleet: Fleet, field: str) -> FloatArray:
    """A limit of every line and step; infinite where there is none."""
    limit = fleet.series(field)
    return np.where(np.isnan(limit), np.inf, limit)


def susceptances(fleet: Fleet) -> tuple[FloatArray, FloatArray]:
    """Flow per radian and phase shift of every line, (line, 1) each, by the convention of the policy."""
    policy = fleet.case.policy
    series = fleet.number("resistance_pu") + 1j * fleet.number("reactance_pu")
    on = fleet.number("in_service")
    if policy.network == "dcp":
        return -np.imag(1.0 / series) * policy.base_mva * on, np.zeros_like(on)
    reactance = fleet.number("reactance_pu") * fleet.number("tap_ratio")
    return policy.base_mva / reactance * on, fleet.number("phase_shift_deg") * (np.pi / 180.0) * on


def check_angles(fleet: Fleet) -> None:
    """Kirchhoff's law of every line, what is opened and shifted, and the limits of angle differences."""
    if not fleet.has("angle_rad"):
        fleet.hold("angles", np.full(fleet.shape, np.inf), "1")
        return
    angles, (start, end) = fleet.answer("angle_rad"), end_places(fleet)
    between = angles[start] - angles[end]
    slope, shift = susceptances(fleet)
    flow = middle(fleet)
    chosen = fleet.given("phase_shift_min_deg")
    if fleet.has("shift_rad"):
        low, high = (np.radians(np.nan_to_num(fleet.number(f"phase_shift_{end}_deg"))) for end in ("min", "max"))
        said = fleet.answer("shift_rad")
        fleet.hold("shift_limit", np.maximum(low - said, said - high), "rad")
        shift = np.where(chosen, said, shift)
    closed = ~fleet.flag("switchable") | (given(fleet, "closed") > 0.5)
    if fleet.has("closed"):
        fleet.hold("opened", np.where(closed, 0.0, np.abs(flow)), "MW")
    else:
        closed = np.ones(fleet.shape, dtype=np.bool_)
    follows = slope * (between - shift)
    fleet.hold("kirchhoff", np.where(closed, np.abs(flow - follows), 0.0), "MW", flow, np.abs(slope) * 1e-3)
    least = np.radians(np.where(fleet.given("angle_min_deg"), fleet.number("angle_min_deg"), -np.inf))
    largest = np.radians(np.where(fleet.given("angle_max_deg"), fleet.number("angle_max_deg"), np.inf))
    beyond = np.where(fleet.flag("in_service"), np.maximum(least - between, between - largest), -np.inf)
    fleet.hold("angle_limit", beyond, "rad")


def ends_of(fleet: Fleet) -> dict[str, int]:
    """The place of every bus at an end of a line, by name."""
    return {name: n for n, name in enumerate(sorted({*fleet.words("from_bus"), *fleet.words("to_bus")}))}


def end_places(fleet: Fleet) -> tuple[IntArray, IntArray]:
    """The places of the buses at which lines start and end, among all ends of lines, (line,) each."""
    both = np.concatenate([fleet.place("from_bus"), fleet.place("to_bus")])
    used, which = np.unique(both, return_inverse=True)
    names: list[str] = [fleet.case.buses[int(bus)].id for bus in used]
    rank = np.empty(used.size, dtype=np.int64)
    rank[sorted(range(used.size), key=names.__getitem__)] = np.arange(used.size)
    start, end = rank[which].reshape(2, -1)
    return start, end


def check_outages(fleet: Fleet) -> None:
    """Flows after every outage that the case wants to survive."""
    wanted = list(_outages(fleet))
    if not wanted:
        return
    flow, grid = middle(fleet), Factored(fleet)
    emergency = limit_of(fleet, "emergency_limit_mw")
    emergency = np.where(np.isinf(emergency), limit_of(fleet, "limit_mw"), emergency)
    allowed = emergency + given(fleet, "overload_mw") + given(fleet, "outage_overload_mw")
    worst = np.full(fleet.shape, -np.inf)
    for lost in wanted:
        after = grid.after(flow, lost)
        if after is not None:
            np.maximum(worst, np.abs(after) - allowed, out=worst)
    fleet.hold("outage_limit", worst, "MW", flow)


def _outages(fleet: Fleet) -> Iterator[IntArray]:
    """The lines that fail together, of every outage."""
    row, on = fleet.rows, fleet.flag("in_service")[:, 0]
    named: set[int] = set()
    for each in fleet.case.components.get("contingency", ()):
        lost = np.unique([row[name] for name in each.lines])
        if lost.size == 1:
            named.add(int(lost[0]))
        yield lost[on[lost]]
    if fleet.case.policy.security == "n1":
        yield from (np.array([place]) for place in np.flatnonzero(on).tolist() if place not in named)


class Factored:
    """The lines in service between the buses, factorised once."""

    def __init__(self, fleet: Fleet) -> None:
        names = ends_of(fleet)
        slope = susceptances(fleet)[0][:, 0]
        count, lines = len(names), len(fleet.records)
        ends = np.array([(names[r.from_bus], names[r.to_bus]) for r in fleet.records])
        row = np.tile(np.arange(lines), 2)
        sides = np.concatenate([np.ones(lines), -np.ones(lines)])
        self._ends = csr_array((sides, (row, ends.T.ravel())), shape=(lines, count))
        self._slope = slope
        on = slope != 0.0
        joined = csr_array((np.ones(on.sum()), (ends[on, 0], ends[on, 1])), shape=(count, count))
        _, part = connected_components(joined, directed=False)
        _, first = np.unique(part, return_index=True)
        self._kept = np.setdiff1d(np.arange(count), first)
        laplacian = csc_array(self._ends.T @ csr_array(self._ends * slope[:, None]))
        self._factor = splu(csc_array(laplacian[self._kept][:, self._kept])) if self._kept.size else None

    def after(self, flow: FloatArray, lost: IntArray) -> FloatArray | None:
        """Flows once some lines have failed, (line, time); None where that splits the grid, or loses nothing."""
        if not lost.size or self._factor is None:
            return None
        angle = np.zeros((self._ends.shape[1], lost.size))
        angle[self._kept] = self._factor.solve(self._ends[lost].T.toarray()[self._kept])
        spread: FloatArray = self._slope[:, None] * np.asarray(self._ends @ angle)
        own = np.eye(lost.size) - spread[lost]
        if np.linalg.svd(own, compute_uv=False).min() < 1e-8:
            return None
        after = flow + spread @ np.linalg.solve(own, flow[lost])
        after[lost] = 0.0
        return after

    def taken_over(self, lost: IntArray) -> FloatArray | None:
        """What each line takes over per MW on the lines that fail, (line, lost); None as for `after`."""
        unit = np.zeros((self._ends.shape[0], lost.size))
        unit[lost, np.arange(lost.size)] = 1.0
        return self.after(unit, lost)
