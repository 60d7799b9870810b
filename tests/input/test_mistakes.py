"""Never a bare "infeasible": what operators get wrong is explained by component, law or field, and step."""

from __future__ import annotations

from collections import Counter

import pytest

from c4e_opt.case import remarks
from c4e_opt.case.build import Builder
from c4e_opt.formulate import formulate
from c4e_opt.supply import shortages
from tests.input import mistaken_cases, mistakes_in_dispatch, mistakes_in_fields, mistakes_in_grids
from tests.input.mistaken_cases import WEEK
from tests.input.mistakes import MISTAKES, Mistake, explains, placements, told

_ROOMS = (mistakes_in_fields, mistakes_in_dispatch, mistakes_in_grids)  # they enter their mistakes into the list
_BAR = 0.99
_PLACES = 8


def missed(kind: Mistake, count: int) -> list[str]:
    """What is said where a mistake is not explained."""
    found: list[str] = []
    for place, (document, wanted) in enumerate(placements(kind, WEEK, count)):
        if not any(explains(finding, each) for finding in told(document) for each in wanted):
            findings = "\n    ".join(finding.message for finding in told(document)) or "nothing"
            found.append(f"{kind.name}, place {place}: wanted {wanted}\n    {findings}")
    return found


@pytest.mark.parametrize("kind", MISTAKES, ids=lambda kind: kind.name)
def test_a_mistake_is_explained(kind: Mistake) -> None:
    assert not missed(kind, 1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_at_least_300_mistakes_are_explained_to_99_per_cent() -> None:
    told_wrong = {kind.name: missed(kind, _PLACES) for kind in MISTAKES}
    count = _PLACES * len(MISTAKES)
    wrong = Counter({name: len(each) for name, each in told_wrong.items() if each})
    table = "\n".join(f"{number:3} of {_PLACES} missed: {name}" for name, number in wrong.most_common())
    print(f"{len(MISTAKES)} kinds, {count} mistakes, {count - wrong.total()} explained\n{table}")
    assert count >= 300
    assert count - wrong.total() >= _BAR * count, table


@pytest.mark.parametrize("name", ["site", "home", "island", "network", "meshed"])
def test_nothing_is_said_of_a_sound_case(name: str) -> None:
    case = Builder(getattr(mistaken_cases, name)(WEEK), {}).case()
    assert not remarks(case)
    assert not list(shortages(case, formulate(case)))
