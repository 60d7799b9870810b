"""How HiGHS searches a MILP: first without searches in smaller MILPs, then, where that does not end, with them.

HiGHS looks for good solutions by solving smaller MILPs inside the search. Where cuts and rounding alone close the gap
within a few nodes, as they do on dispatch with commitment, these searches take three quarters of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from c4e_solvers.solution import Progress

Wanted = Mapping[str, bool | int]

#: Nodes of the first search.
_NODES = 200
#: HiGHS's options of the first search.
FIRST: Wanted = {
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_max_nodes": _NODES,
}
#: Those of the second.
SECOND: Wanted = {
    "mip_heuristic_run_rins": True,
    "mip_heuristic_run_rens": True,
    "mip_heuristic_run_root_reduced_cost": True,
    "mip_max_nodes": 2**31 - 1,
}


def never_worse(progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """The same function, told the best solution and bound of all searches so far."""
    best = Progress(seconds=0.0, objective=None, bound=None, nodes=0)

    def tell(now: Progress) -> None:
        nonlocal best
        objectives = [each.objective for each in (best, now) if each.objective is not None]
        bounds = [each.bound for each in (best, now) if each.bound is not None]
        best = replace(now, objective=min(objectives, default=None), bound=max(bounds, default=None))
        progress(best)

    return tell
