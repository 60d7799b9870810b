"""Sites whose border lines cross: a line is an exchange, and laws that cannot count or cut it refuse it."""

from __future__ import annotations

from typing import Any

import pytest

from c4e_opt import Case, InvalidInput, solve
from c4e_opt.case.build import Builder
from c4e_opt.issues import Issue

LINE = {"id": "cable", "from_bus": "street", "to_bus": "house", "reactance_pu": 0.1, "resistance_pu": 0.02}


def grid(policy: dict[str, Any] | None = None, line: dict[str, Any] | None = None, **components: Any) -> Case:
    """A street with a connection, and a house and its garden behind a line; 1 MW of sun and 2 MW of demand."""
    document = {
        "name": "border",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 2},
        "buses": [{"id": "street"}, {"id": "house", "site": "home"}, {"id": "garden", "site": "home"}],
        "policy": policy or {},
        "components": {
            "grid_connection": [
                {"id": "grid", "bus": "street", "import_max_mw": 9, "export_max_mw": 9,
                 "import_price_eur_per_mwh": 50, "export_price_eur_per_mwh": 10}
            ],
            "demand": [{"id": "load", "bus": "house", "demand_mw": 2}],
            "renewable": [{"id": "sun", "bus": "garden", "available_mw": 1}],
            "line": [LINE | (line or {}), {"id": "lawn", "from_bus": "house", "to_bus": "garden", "reactance_pu": 0.1}],
            **components,
        },
    }  # fmt: skip
    return Builder(document, {}).case()


def refused(*content: Any, **components: Any) -> dict[str, Issue]:
    """The issues of such a case by path."""
    with pytest.raises(InvalidInput) as caught:
        grid(*content, **components)
    return {issue.path: issue for issue in caught.value.issues}


SHARE = {"id": "own", "site": "home", "minimum_autarky_ratio": 0.4}
REFUSED = [
    ({"self_consumption": [SHARE]}, "components.self_consumption[0].site", "'cable'"),
    ({"islanding": [{"id": "alone", "mode": "islanded", "site": "home"}]}, "components.islanding[0].site", "'cable'"),
    ({"energy_budget": [{"id": "b", "members": ["line/cable"], "maximum_mwh": 1}]},
     "components.energy_budget[0].members[0]", "interface"),
    ({"maintenance": [{"id": "m", "members": ["line/*"], "duration_hours": 1}]},
     "components.maintenance[0].members[0]", "in_service"),
]  # fmt: skip


@pytest.mark.parametrize(("laws", "path", "word"), REFUSED, ids=[path for _, path, _ in REFUSED])
def test_a_law_that_a_line_would_let_through_is_refused(laws: dict[str, Any], path: str, word: str):
    assert word in refused(**laws)[path].message


def test_lines_within_a_site_only_pass_energy_on():
    # Without a site all is one: 2 MWh of sun for 4 MWh of demand is a share of one half, and no more.
    share = {"id": "own", "minimum_autarky_ratio": 0.5}
    outcome = solve(grid(self_consumption=[share]))
    assert outcome.objective == pytest.approx(100.0)
    assert outcome.certificate is not None
    assert outcome.certificate.holds
    assert not solve(grid(self_consumption=[share | {"minimum_autarky_ratio": 0.51}])).has_schedule


def test_a_line_out_of_service_crosses_nothing():
    grid(line={"in_service": False}, self_consumption=[SHARE])


def test_a_law_that_counts_losses_refuses_lines_that_have_some():
    share = {"id": "own", "minimum_autarky_ratio": 0.4}
    (issue,) = refused({"losses": "iterated"}, self_consumption=[share]).values()
    assert issue.path == "components.self_consumption[0]"
    assert "'cable'" in issue.message
    grid({"losses": "iterated"}, {"resistance_pu": 0}, self_consumption=[share])


def test_laws_that_do_not_look_at_the_border_bind_sites_with_lines():
    laws: dict[str, Any] = {
        "energy_budget": [{"id": "least", "maximum_mwh": 3.0, "minimum_mwh": 0}],
        "reserve": [{"id": "spare", "site": "home", "down_mw": 0.5}],
        "islanding": [{"id": "could", "site": "home", "critical_ratio": 0.3, "duration_hours": 1}],
    }
    outcome = solve(grid(**laws))
    assert outcome.certificate is not None
    assert outcome.certificate.holds
