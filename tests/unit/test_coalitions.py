"""Coalitions of a case, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.errors import InvalidInput, NoSolution
from c4e_opt.sharing import nucleolus, shapley
from c4e_opt.study.coalitions import coalition_values, restricted


def community(**more: Any) -> Case:
    """Ann has 2 MW of sun, bob takes 1 MW, eve takes 2 MW; the grid sells at 30 and buys at 10, for an hour."""
    document: dict[str, Any] = {
        "name": "community",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 1},
        "parties": [{"id": "ann"}, {"id": "bob"}, {"id": "eve"}],
        "buses": [{"id": "el"}],
        "components": {
            "grid_connection": [
                {
                    "id": "grid",
                    "bus": "el",
                    "import_max_mw": 9,
                    "export_max_mw": 9,
                    "import_price_eur_per_mwh": 30,
                    "export_price_eur_per_mwh": 10,
                }
            ],
            "renewable": [{"id": "sun", "bus": "el", "owner": "ann", "available_mw": 2}],
            "demand": [
                {"id": "b", "bus": "el", "owner": "bob", "demand_mw": 1},
                {"id": "e", "bus": "el", "owner": "eve", "demand_mw": 2},
            ],
        },
    }
    return Builder(document | more, {}).case()


def test_every_coalition_is_worth_what_it_saves():
    """A 20, b -30, e -60; ab 10 (1 MW exported); ae 0; be -90; abe -30 (1 MW imported). Bits are a, b, e."""
    played = coalition_values(community())
    assert played.members == ("ann", "bob", "eve")
    assert played.values_eur == pytest.approx([0, 20, -30, 10, -60, 0, -90, -30])


def test_shares_of_a_community_are_fair_and_stable():
    """Gains: ab 20, ae 40, abe 40. Shapley: ann gains (0 + 0 + 20 + 40 + 40 + 40) / 6 = 70/3, bob 20/6, eve 80/6."""
    played = coalition_values(community())
    told = shapley(played)
    assert told.share_eur == pytest.approx([20 + 70 / 3, -30 + 10 / 3, -60 + 40 / 3])
    assert told.individually_rational
    assert told.in_core is False
    stable = nucleolus(played)
    assert stable.share_eur == pytest.approx([20 + 30, -30, -60 + 10])
    assert stable.individually_rational
    assert stable.in_core


def test_orders_belong_to_parties_too():
    orders = {
        "id": ["o1", "o2"],
        "party": ["ann", "bob"],
        "bus": ["el", "el"],
        "step": [0, 0],
        "side": ["sell", "buy"],
        "price_eur_per_mwh": [12, 25],
        "energy_mwh": [1, 1],
    }
    case = community(components={}, orders=orders)
    assert restricted(case, ["ann", "bob"], ["bob"]).orders.id.tolist() == ["o2"]
    played = coalition_values(case, ["ann", "bob"])
    assert played.values_eur == pytest.approx([0, 0, 0, 13])
    assert shapley(played).share_eur == pytest.approx([6.5, 6.5])


def test_what_does_not_go_is_said():
    with pytest.raises(InvalidInput, match="did you mean 'eve'"):
        coalition_values(community(), ["evee"])
    case = community()
    with pytest.raises(NoSolution, match="coalition bob"):
        coalition_values(restricted_grid(case), ["ann", "bob", "eve"])


def restricted_grid(case: Case) -> Case:
    """The community without a grid."""
    document = {kind: records for kind, records in case.components.items() if kind != "grid_connection"}
    from dataclasses import replace

    return replace(case, components=document)
