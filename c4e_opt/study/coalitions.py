"""What coalitions of parties are worth: the case solved with their components and orders alone.

The worth of a coalition is what its members save against nothing being there:

    value[S] = cost of the case without any party - cost of the case with the parties in S

Components of the operator and of parties that take no part, such as the grid and its connection, are in every
coalition. Cost is the objective: cost minus welfare of orders. A coalition of consumers alone is worth less than
nothing; shares of such games are bills with a minus sign.

Not modelled: what others do when a coalition leaves; it is alone with what belongs to everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from c4e_opt.case import Case
from c4e_opt.errors import InvalidInput, NoSolution
from c4e_opt.issues import unknown
from c4e_opt.sharing.game import Game, game
from c4e_opt.solve import SolveOptions, solve


def coalition_values(case: Case, parties: Sequence[str] | None = None, options: SolveOptions | None = None) -> Game:
    """Solve a case for every coalition, 2**parties times.

    Args:
        case: The case.
        parties: The members, ids of parties of the case; all of them when None.
        options: Of every solve. With binaries a worth is as exact as the gap.

    Returns:
        The game, for `shapley` and `nucleolus`.

    Raises:
        InvalidInput: A party is unknown, there are too many, or a law binds components that a coalition does not have.
        NoSolution: A coalition cannot be served; it is named.
    """
    members = tuple(party.id for party in case.parties) if parties is None else tuple(parties)
    return game(members, coalition_value(case, members, options))


def coalition_value(
    case: Case, parties: Sequence[str], options: SolveOptions | None = None
) -> Callable[[tuple[str, ...]], float]:
    """A function that solves a case for one coalition, for `sampled_shapley` and `game`.

    Args:
        case: The case.
        parties: All members, ids of parties of the case.
        options: Of every solve.

    Raises:
        InvalidInput: A party is unknown.
        NoSolution: The case cannot be served without any of the parties.
    """
    known = [party.id for party in case.parties]
    issues = [
        unknown(f"parties[{place}]", "unknown_reference", "party", name, known)
        for place, name in enumerate(parties)
        if name not in known
    ]
    if issues:
        raise InvalidInput(issues)
    nobody = _cost(case, parties, (), options)
    return lambda who: nobody - _cost(case, parties, who, options)


def restricted(case: Case, parties: Sequence[str], present: Sequence[str]) -> Case:
    """A case without the components and orders of some parties.

    Args:
        case: The case.
        parties: All members of the game; what belongs to others stays.
        present: Those of them that are there.
    """
    gone = set(parties) - set(present)
    components = {
        kind: tuple(each for each in records if getattr(each, "owner", "") not in gone)
        for kind, records in case.components.items()
    }
    names = np.array([party.id in gone for party in case.parties], dtype=np.bool_)
    orders = case.orders.taken(~names[case.orders.party]) if case.orders.orders else case.orders
    return replace(case, components=components, orders=orders)


def _cost(case: Case, parties: Sequence[str], present: Sequence[str], options: SolveOptions | None) -> float:
    there = restricted(case, parties, present)
    if not there.orders.orders and not any(there.components.values()):
        return 0.0
    outcome = solve(there, options)
    if outcome.objective is None or not outcome.has_schedule:
        who = f"coalition {', '.join(present)}" if present else "the case without any of the parties"
        raise NoSolution(f"{who}: the answer is {outcome.termination.reason}; let its members buy from the grid")
    return outcome.objective
