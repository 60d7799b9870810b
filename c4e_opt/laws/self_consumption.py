"""Self-consumption: least shares of own generation that is used on site, and of consumption that is covered on site.

Variables, for every share r that a law asks for (the law and what it is of) and step t:
    over_mwh[r, t]     energy exchanged beyond what the share allows, from the start to the END of step t, either sign
    missed_mwh[r, t]   energy that the share is missed by in the window that closes with the step, 0 <= . ; of laws with
                       a price

Constraints, for every share:
    account_balance[r, t]   over_mwh[t] = over_mwh[t-1] + (exchanged[t] - (1 - ratio) * own[t]) * hours[t]
    least_share[r, t]       what over_mwh grows by within the window that closes with step t <= missed_mwh

With the powers of a site at buses of one carrier,
    self_consumption:   exchanged = what leaves the site,   own = what is generated there
    autarky:            exchanged = what enters the site,   own = what is consumed there
What enters and leaves flows through grid connections, ties and whatever else has a port of the carrier elsewhere.
Generated is what all other components give, stores and vehicles apart; consumed is what all others take, vehicles with
what they take less what they give back, ties and converters within the site with what they lose. So the
share of self-consumption is 1 - exported / generated and that of autarky is 1 - imported / consumed. What a store takes
from the network and gives back counts as exchanged, its losses are not consumed: no share is told too well.

Objective, term `budgets`: missed_price * missed_mwh.

Not modelled: accepted orders are not counted as exchange; lines that cross the border are refused, see
`network.borders`.
Source: Luthander, Widén, Nilsson, Palm (2015), Applied Energy 142, 80-94, doi:10.1016/j.apenergy.2014.12.028: the share
of what is generated that is used on site, and the share of what is used that is generated on site; linear for a site
that exchanges only what is left over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray
from c4e_opt.axes import Axis, Horizon
from c4e_opt.components.context import Context
from c4e_opt.components.terms import Terms, scalars
from c4e_opt.fields import identity, number, record, text
from c4e_opt.issues import Issue
from c4e_opt.laws import windows
from c4e_opt.laws.checks import check_carrier, check_directions, check_losses, check_members
from c4e_opt.laws.surroundings import CONNECTION, Ports, Surroundings, one_way, total
from c4e_opt.laws.windows import Windowed
from c4e_opt.program import Linear, Room

#: What a law may ask a share of, and its field.
SHARES = {"self_consumption": "minimum_self_consumption_ratio", "autarky": "minimum_autarky_ratio"}


@record
class SelfConsumption(Windowed):
    """Least shares of energy that a site makes and uses itself."""

    id: str = identity(doc="Name of the law.")
    site: str = text(doc="The site; all buses of the carrier as one site when empty.")
    carrier: str = text(default="electricity", doc="Only buses of this carrier.")
    minimum_self_consumption_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=None, doc="Least part of own generation that is used on site."
    )
    minimum_autarky_ratio: Any = number(
        unit="", minimum=0, maximum=1, default=None, doc="Least part of consumption that is covered on site."
    )
    missed_price_eur_per_mwh: Any = number(
        unit="EUR/MWh",
        minimum=0,
        default=None,
        doc="Price of every MWh exchanged beyond a share; forbidden when absent.",
    )


@dataclass(frozen=True, slots=True)
class _Share:
    """One share that a law asks for, in the shape that `Ports.bound` takes."""

    law: SelfConsumption
    of: str
    site: str
    members: tuple[str, ...] = ()


def check(path: str, law: SelfConsumption, context: Context) -> Iterator[Issue]:
    """What is wrong between the fields of one law."""
    yield from check_members(path, law, context)
    yield from check_carrier(path, law, context)
    yield from windows.check(path, law, context)
    yield from check_directions(path, law, context)
    yield from check_losses(path, law, context)
    if law.minimum_self_consumption_ratio is None and law.minimum_autarky_ratio is None:
        yield Issue(f"{path}.minimum_autarky_ratio", "missing_field", "is missing, and the other ratio as well")


def formulate(room: Room, laws: Sequence[SelfConsumption], horizon: Horizon, around: Surroundings) -> Terms:
    """Add the variables and laws of all shares at once.

    Args:
        room: The room to write into.
        laws: Checked records.
        horizon: The steps.
        around: The components and what their rooms have written.

    Returns:
        Nothing for the balances.
    """
    shares = [
        _Share(law, of, law.site) for law in laws for of, field in SHARES.items() if getattr(law, field) is not None
    ]
    owners = [share.law for share in shares]
    over = (
        Axis("self_consumption_share", np.array([f"{share.law.id}/{share.of}" for share in shares], dtype=np.str_)),
        horizon.axis,
    )
    spans = windows.of(owners, horizon)
    rate = _excess(shares, room, around, over)
    grown = windows.account(
        room, "over_mwh", over, rate, spans, doc="energy exchanged beyond the share since the start"
    )
    price = scalars(owners, "missed_price_eur_per_mwh")
    missed = room.variable(
        "missed_mwh",
        over,
        doc="energy that the share is missed by in the window",
        present=spans.closes & ~np.isnan(price),
    )
    room.at_most("least_share", grown, missed, present=spans.closes)
    room.minimise("budgets", missed * np.nan_to_num(price))
    return Terms(injections=())


def _excess(shares: Sequence[_Share], room: Room, around: Surroundings, over: tuple[Axis, Axis]) -> Linear:
    """What is exchanged less the part of the own that may be, in power, (share, time)."""
    own_part = np.array([[1.0 - getattr(share.law, SHARES[share.of])] for share in shares])
    generation = np.array([[share.of == "self_consumption"] for share in shares])
    sums: list[Linear] = []
    for carrier in dict.fromkeys(share.law.carrier for share in shares):
        of_carrier = np.array([[share.law.carrier == carrier] for share in shares])
        for ports in around.ports(carrier):
            bound = ports.bound(shares) & of_carrier
            if around.terms[ports.kind].stored is not None:
                continue
            exchanged, through = _roles(ports, shares, around, carrier)
            sums.append(total(over, [(bound & through & ~exchanged & ~generation, ports.power_mw)]) * own_part)
            if (bound & (exchanged | ~through)).any():
                given, taken = one_way(ports, room.program, around.terms[ports.kind])
                crossing, own = bound & exchanged, bound & ~exchanged & ~through
                sums.append(total(over, [(crossing & generation, taken), (crossing & ~generation, given)]))
                sums.append(total(over, [(own & generation, -given), (own & ~generation, -taken)]) * own_part)
    return Linear.total(over, sums)


def _roles(ports: Ports, shares: Sequence[_Share], around: Surroundings, carrier: str) -> tuple[BoolArray, BoolArray]:
    """Whether a port exchanges with elsewhere, and whether it is of what only passes energy on, (share, port).

    A component with several ports of the carrier passes energy on: within the site its net power is a loss.
    """
    ends = around.ends(ports.kind, carrier)
    whole = [[len(ends[w]) if w in ends else 1 for w in ports.words]] * len(shares)
    here = [[sum(share.site in ("", site) for site in ends.get(w, ())) for w in ports.words] for share in shares]
    crosses = np.array(here) < np.array(whole)
    passes = np.full(crosses.shape, ports.kind == "ev_session") | (np.array(here) > 1)
    return crosses | (ports.kind == CONNECTION), passes
