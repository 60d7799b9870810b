"""Mistakes that operators make, each at many places of a sound case, with what a right explanation names.

A mistake knows the component and the law or field that are wrong, and the step where there is one. It is explained when
one finding that a user gets (an issue, a warning, or a clash of an infeasible case) names all of these together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt import InvalidInput, SolveOptions, explain, solve
from c4e_opt.case import remarks
from c4e_opt.case.build import Builder
from c4e_opt.issues import Issue
from c4e_opt.outcome import Clash
from tests.input import mistaken_cases

Document = dict[str, Any]
Draw = np.random.Generator


@dataclass(frozen=True, slots=True)
class Names:
    """What an explanation must name: one place, one of some words for the law or field, a step where there is one."""

    kind: str
    ident: str  # id of the component or bus; empty for the case as a whole
    row: int
    words: tuple[str, ...]
    steps: range | None = None


@dataclass(frozen=True, slots=True)
class Mistake:
    """One kind of mistake: the case it is made in, and how; what it returns is what must be named, any one of it."""

    name: str
    case: str
    make: Callable[[Document, Draw], Sequence[Names]]


MISTAKES: list[Mistake] = []


def mistake(case: str) -> Callable[[Callable[[Document, Draw], Any]], Callable[[Document, Draw], Any]]:
    """Enter a mistake into the list, under the sentence that its function is called."""

    def enter(make: Callable[[Document, Draw], Any]) -> Callable[[Document, Draw], Any]:
        def made(document: Document, draw: Draw) -> Sequence[Names]:
            found = make(document, draw)
            return [found] if isinstance(found, Names) else found

        MISTAKES.append(Mistake(make.__name__.replace("_", " "), case, made))
        return make

    return enter


def record(document: Document, kind: str, ident: str) -> Document:
    """One component of a document."""
    return next(each for each in document["components"][kind] if each["id"] == ident)


def names(document: Document, kind: str, ident: str, *words: str, steps: range | None = None) -> Names:
    """What to name of a component, or of a bus where the kind is "bus"."""
    listed = document["buses"] if kind == "bus" else document["components"][kind]
    return Names(kind, ident, [each["id"] for each in listed].index(ident), words, steps)


def one_of(draw: Draw, choices: Sequence[Any]) -> Any:
    """One of some things."""
    return choices[int(draw.integers(len(choices)))]


def some_step(draw: Draw, document: Document, margin: int = 12) -> int:
    """A step away from both ends."""
    return int(draw.integers(margin, document["horizon"]["steps"] - margin))


def placements(kind: Mistake, steps: int, count: int) -> Iterator[tuple[Document, Sequence[Names]]]:
    """So many cases with this mistake, at places that follow from its name."""
    for seed in range(count):
        draw = np.random.default_rng([seed, *kind.name.encode()])
        document = getattr(mistaken_cases, kind.case)(steps)
        yield document, kind.make(document, draw)


def told(document: Document) -> Iterator[Issue | Clash]:
    """All that the product says about a case: its issues, else its warnings, and its clashes where it has no answer."""
    try:
        case = Builder(document, {}).case()
    except InvalidInput as error:
        yield from error.issues
        return
    yield from remarks(case)
    yield from explain(case, solve(case, SolveOptions(time_limit_s=60.0))).clashes


def explains(finding: Issue | Clash, wanted: Names) -> bool:
    """Whether one finding names the place, the law or field, and the step."""
    return _by_issue(finding, wanted) if isinstance(finding, Issue) else _by_clash(finding, wanted)


def _by_issue(issue: Issue, wanted: Names) -> bool:
    where = {"": "", "bus": f"buses[{wanted.row}]"}.get(wanted.kind, f"components.{wanted.kind}[{wanted.row}]")
    field = issue.path.removeprefix(where)
    if not issue.path.startswith(where) or not any(word in field or word in issue.rule for word in wanted.words):
        return False
    if wanted.steps is None:
        return True
    place = re.search(r"\[(\d+)\]$", field)
    said = re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d", issue.message)
    step = int(place[1]) if place else _step(said[0]) if said else -1
    return step in wanted.steps


def _by_clash(clash: Clash, wanted: Names) -> bool:
    """A law binds its members one by one: 'service: generator/first' and 'green/autarky' name the law as well."""
    ident = rf"'{re.escape(wanted.ident)}['/:]"
    if not re.search(ident, clash.message):
        return False
    said = [(clash.place, clash.law, clash.first, clash.last)]
    said += [(each.place, each.name, each.first, each.last) for each in clash.participants]
    return any(
        re.search(rf"\b{wanted.kind}\w* {ident}", where)
        and any(word in law for word in wanted.words)
        and _meets(first, last, wanted.steps)
        for where, law, first, last in said
    )


def _meets(first: str, last: str, steps: range | None) -> bool:
    if steps is None or not first:
        return True
    return _step(first) <= steps[-1] and _step(last) >= steps[0]


def _step(moment: str) -> int:
    return int((np.datetime64(moment.removesuffix("Z")) - mistaken_cases.START) / np.timedelta64(1, "h"))
