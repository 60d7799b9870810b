"""Equal self-sufficiency: energy of all steps allocated so that who is worst off is as well off as can be.

Variables:
    received_wh[m, t]   0 <= received_wh[m, t] <= taken_wh[m, t], whole numbers
Constraints:
    supply[t]           sum over m of received_wh[m, t] = supply_wh[t], at most what members take
Objective:
    the ratios r[m] = sum over t of received_wh[m, t] / sum over t of taken_wh[m, t], sorted from the least on, are
    lexicographically as large as can be, up to whole Wh: no Wh can go from k to m, directly or by way of others, where
    r[m] < (received by k - 1) / (taken by k).

The totals that members can receive are the bases of a polymatroid, the flows from steps to members; its lexicographic
optimum with weights is unique and is found by decomposition: give all members one level; where a largest flow does not
reach it, the least cut parts those who cannot from those who can, and each part has a level of its own.

Not modelled: which step a member receives in; it has no part in the objective.

Sources: Fujishige (1980), Lexicographically optimal base of a polymatroid with respect to a weight vector,
doi:10.1287/moor.5.2.186; whole numbers: Frank, Murota (2022), Decreasing minimization on M-convex sets,
Mathematical Programming. Flows are found by Dinic's algorithm as scipy has it.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from c4e_opt.arrays import BoolArray, IntArray
from c4e_opt.errors import SolverFailed

#: Most energy of all steps that one allocation takes: flows are counted in 32 bits.
MOST_SHARED_WH = 2**31 - 2
_MOST_EXCHANGES = 10_000


def level(taken_wh: IntArray, supply_wh: IntArray) -> IntArray:
    """Allocate a supply.

    Args:
        taken_wh: What members take (member, time).
        supply_wh: What is there for them (time,), at most what they take; at most MOST_SHARED_WH in all.

    Returns:
        What members receive (member, time).

    Raises:
        SolverFailed: No optimum was reached; never seen.
    """
    received = np.zeros_like(taken_wh)
    parts = [(np.flatnonzero(taken_wh.sum(axis=1) > 0), supply_wh)]
    while parts:
        members, supply = parts.pop()
        taken = taken_wh[members]
        supply = np.minimum(supply, taken.sum(axis=0))
        total = int(supply.sum())
        if not total:
            continue
        flow = _largest_flow(taken, supply, _targets(taken.sum(axis=1).tolist(), total))
        reached, steps = _source_side(taken, supply, flow)
        if int(flow.sum()) == total or not 0 < int(reached.sum()) < members.size:
            received[members] = flow
            continue
        fixed = taken[~reached].sum(axis=0)
        parts.append((members[~reached], np.where(steps, fixed, supply)))
        parts.append((members[reached], np.where(steps, supply - fixed, 0)))
    return _exchanged(taken_wh, received)


def _targets(weights: list[int], total: int) -> IntArray:
    """Whole totals at one level, (member,): rounded down, and one more for those who would else be worst off."""
    whole = sum(weights)
    floor = [total * weight // whole for weight in weights]
    lost = [(Fraction(total * weight % whole, weight), -n) for n, weight in enumerate(weights)]
    for _, n in sorted(lost, reverse=True)[: total - sum(floor)]:
        floor[-n] += 1
    return np.array(floor, dtype=np.int64)


def _largest_flow(taken: IntArray, supply: IntArray, most: IntArray) -> IntArray:
    """A largest flow from steps to members who receive no more than `most`, (member, time)."""
    count, steps = taken.shape
    found: Any = np.nonzero(np.minimum(taken, supply) > 0)
    members, at = found
    source, sink = count + steps, count + steps + 1
    tail, head = np.zeros((2, steps + members.size + count), dtype=np.int64)
    between = slice(steps, steps + members.size)
    tail[:steps], tail[between], tail[between.stop :] = source, count + at, np.arange(count)
    head[:steps], head[between], head[between.stop :] = count + np.arange(steps), members, sink
    size = np.concatenate([supply, np.minimum(taken, supply)[members, at], most]).astype(np.int32)
    graph = csr_array((size, (tail, head)), shape=(sink + 1, sink + 1))
    moved = maximum_flow(graph, source, sink).flow
    flow = np.zeros_like(taken)
    flow[members, at] = np.asarray(moved[count + at, members]).ravel()
    return flow


def _source_side(taken: IntArray, supply: IntArray, flow: IntArray) -> tuple[BoolArray, BoolArray]:
    """Members (member,) and steps (time,) from which more could flow on: the source's side of the least cut."""
    room, used = flow < taken, flow > 0
    steps = flow.sum(axis=0) < supply
    while True:
        members = (room & steps).any(axis=1)
        more = steps | (used & members[:, None]).any(axis=0)
        if np.array_equal(more, steps):
            return members, steps
        steps = more


def _exchanged(taken: IntArray, received: IntArray) -> IntArray:
    """The same after every exchange between two members that leaves the worse off better off."""
    whole = taken.sum(axis=1).tolist()
    for _ in range(_MOST_EXCHANGES):
        got = received.sum(axis=1).tolist()
        found = _worst_pair(taken, received, whole, got)
        if found is None:
            return received
        gaining, losing, path = found
        more = (got[losing] * whole[gaining] - got[gaining] * whole[losing] + whole[losing] - 1) // (
            whole[losing] + whole[gaining]
        )
        movers = [gaining, *(member for member, _ in path[1:]), losing]
        steps = [step for _, step in path]
        for n, step in enumerate(steps):  # movers[n] gains at step, movers[n + 1] loses there
            room = int(taken[movers[n], step] - received[movers[n], step])
            more = min(more, room, int(received[movers[n + 1], step]))
        for n, step in enumerate(steps):
            received[movers[n], step] += more
            received[movers[n + 1], step] -= more
    raise SolverFailed(f"no equal self-sufficiency after {_MOST_EXCHANGES} exchanges; share by key 'dynamic' instead")


def _worst_pair(
    taken: IntArray, received: IntArray, whole: list[int], got: list[int]
) -> tuple[int, int, list[tuple[int, int]]] | None:
    """Who should gain from whom, and the way as (gaining member, step) from the gaining to the losing one; or None."""
    room, used = received < taken, received > 0
    least = [Fraction(g, w) if w else Fraction(2) for g, w in zip(got, whole, strict=True)]
    spare = [Fraction(g - 1, w) if w else Fraction(-1) for g, w in zip(got, whole, strict=True)]
    place = {value: n for n, value in enumerate(sorted({*least, *spare}))}
    low, high = np.array([place[v] for v in least]), np.array([place[v] for v in spare])
    lowest = np.where(room, low[:, None], len(place)).min(axis=0)
    highest = np.where(used, high[:, None], -1).max(axis=0)
    onward = used.T.astype(np.float32) @ room.astype(np.float32) > 0  # (from step, to step) by way of some member
    reach = onward | np.eye(len(onward), dtype=np.bool_)
    for _ in range(max(len(onward) - 1, 1).bit_length()):
        reach = reach.astype(np.float32) @ reach.astype(np.float32) > 0
    pairs = np.where(reach, highest[None, :] - lowest[:, None], 0)
    if pairs.max(initial=0) <= 0:
        return None
    start, end = np.unravel_index(int(pairs.argmax()), pairs.shape)
    way = _way(onward, int(start), int(end))
    gaining = int(np.where(room[:, start], low, len(place)).argmin())
    losing = int(np.where(used[:, end], high, -1).argmax())
    path = [(gaining, way[0])]
    for before, step in pairwise(way):
        path.append((int((used[:, before] & room[:, step]).argmax()), step))
    return gaining, losing, path


def _way(onward: BoolArray, start: int, end: int) -> list[int]:
    """A shortest way of steps."""
    before, front = {start: start}, [start]
    while end not in before:
        found = [(int(step), place) for place in front for step in np.flatnonzero(onward[place])]
        front = [step for step, _ in found if step not in before]
        for step, place in found:
            before.setdefault(step, place)
    way = [end]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]
