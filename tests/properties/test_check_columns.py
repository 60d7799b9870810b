"""Fields are looked at column by column first: what is found is what a look at every record by itself finds."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from c4e_opt import Case
from c4e_opt.case.case import KINDS, Bus, Party
from c4e_opt.case.check import check
from c4e_opt.digest import Digest
from c4e_opt.fields import fields_of
from c4e_opt.issues import Issue
from c4e_opt.network.interface import InterfaceLine
from tests.unit.small_grids import grid_case, line, plant

STEPS = 3
COUNT = 24  # more than `_COLUMNS`
#: What may stand in any field, right or wrong.
CONTENTS: list[Any] = [
    None, 0.0, -0.0, 1.0, -1.0, 1, 0, -3, 2.5, 1e300, float("nan"), float("inf"), -float("inf"), True, False,
    np.float64(2.0), np.int64(2), np.full(STEPS, 2.0), np.full(STEPS, -2.0), np.array([1.0, float("nan"), 2.0]),
    np.array([1.0, 2.0]),
    np.array(7.0), np.array(-7.0), np.zeros((STEPS, 1)), "", " a", "n00", "h", "g", "zz", "p", "dc", (), ("l00",),
    ("l00", "l00"), ("zz",),
]  # fmt: skip


def many() -> Case:
    """A case with so many buses, parties, lines, generators, shunts, contingencies and batteries."""
    names = [f"n{k:02d}" for k in range(COUNT)]
    lines = [
        line(f"l{k:02d}", names[k - 1], names[k], 9.0 if k % 2 else [9.0, 8.0, 7.0], emergency_limit_mw=20.0)
        for k in range(COUNT)
    ]
    cells = {"charge_max_mw": 1.0, "discharge_max_mw": 1.0, "energy_max_mwh": 1.0, "energy_start_mwh": 0.0}
    case = grid_case(
        lines, [plant(name, float(k), [9.0, 9.0, 9.0]) for k, name in enumerate(names)], {names[0]: 1.0},
        minutes=(60,) * STEPS, buses=[*({"id": name} for name in names), {"id": "h", "carrier": "heat"}],
        shunt=[{"id": f"s{name}", "bus": name, "conductance_mw": 0.1} for name in names],
        contingency=[{"id": f"k{k}", "lines": [f"l{k:02d}"]} for k in range(COUNT)],
        battery=[{"id": f"b{name}", "bus": name, **cells} for name in names],
        interface=[{"id": f"i{k}", "lines": [{"line": f"l{k:02d}", "ratio": 2.0}]} for k in range(COUNT)],
    )  # fmt: skip
    return replace(case, parties=(*case.parties, *(Party(id=f"p{k}", name="") for k in range(COUNT))))


CASE = many()
GROUPS = {kind: KINDS[kind] for kind in CASE.components} | {"buses": Bus, "parties": Party}


def records_of(case: Case, group: str) -> tuple[Any, ...]:
    return getattr(case, group) if group in ("buses", "parties") else case.components[group]


def with_records(case: Case, group: str, records: tuple[Any, ...]) -> Case:
    if group in ("buses", "parties"):
        return replace(case, **{group: records})
    return replace(case, components={**case.components, group: records})


def said(case: Case, columns: float) -> list[Issue] | str:
    """The issues of a case, or that a field holds what no reader could have put there."""
    with patch.object(sys.modules[check.__module__], "_COLUMNS", columns):
        try:
            return check(case)
        except (TypeError, ValueError, AttributeError, KeyError):
            return "no such type"


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_columns_find_what_records_find(data: st.DataObject) -> None:
    case = CASE
    for _ in range(data.draw(st.integers(1, 3))):
        group = data.draw(st.sampled_from(sorted(GROUPS)))
        name = data.draw(st.sampled_from(sorted(fields_of(GROUPS[group]))))
        records = list(records_of(case, group))
        for place in data.draw(st.lists(st.integers(0, len(records) - 1), min_size=1, max_size=3)):
            records[place] = replace(records[place], **{name: data.draw(st.sampled_from(CONTENTS))})
        case = with_records(case, group, tuple(records))
    assert said(case, 20) == said(case, float("inf"))


def test_a_sound_case_has_no_issue_either_way() -> None:
    assert said(CASE, 20) == said(CASE, float("inf")) == []


def digest_of(cls: type[Any], records: tuple[Any, ...]) -> str:
    digest = Digest(b"test")
    digest.records(cls, records)
    return digest.hex()


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_digest_of_columns_tells_records_apart_by_what_they_say(data: st.DataObject) -> None:
    group = data.draw(st.sampled_from(["line", "contingency", "interface", "buses", "generator", "battery"]))
    cls, records = GROUPS[group], records_of(CASE, group)
    name = data.draw(st.sampled_from(sorted(fields_of(cls))))
    place = data.draw(st.integers(0, len(records) - 1))
    other = data.draw(st.sampled_from([each for each in records if each is not records[place]]))
    changed = tuple(replace(r, **{name: getattr(other, name)}) if k == place else r for k, r in enumerate(records))
    alone = [digest_of(cls, (each,)) for each in (records[place], changed[place])]
    assert (digest_of(cls, records) == digest_of(cls, changed)) == (alone[0] == alone[1])


def test_a_digest_knows_nothing_from_zero_and_one_list_from_two() -> None:
    one, other = CASE.components["line"][:2]
    pairs = [
        (replace(one, overload_price_eur_per_mwh=None), replace(one, overload_price_eur_per_mwh=0.0), False),
        (replace(one, angle_min_deg=-0.0), replace(one, angle_min_deg=0.0), True),
        (replace(one, limit_mw=np.array(5.0)), replace(one, limit_mw=np.full(3, 5.0)), False),
    ]
    for first, second, same in pairs:
        found = digest_of(KINDS["line"], (first, other)), digest_of(KINDS["line"], (second, other))
        assert (found[0] == found[1]) is same
    kind = KINDS["contingency"]
    split = (kind(id="a", lines=("x", "y")), kind(id="b", lines=("z",)))
    moved = (kind(id="a", lines=("x",)), kind(id="b", lines=("y", "z")))
    assert digest_of(kind, split) != digest_of(kind, moved)
    assert digest_of(kind, split) != digest_of(kind, split[::-1])


def test_a_digest_of_columns_knows_where_one_content_ends_and_the_next_begins() -> None:
    """The same letters, numbers and parts in the same order, cut elsewhere; nothing said and an empty word."""
    wire = CASE.components["line"][0]
    interface, part = KINDS["interface"], InterfaceLine(line="x")
    chiller, cold = KINDS["chiller"], {"electricity_bus": "e", "cooling_bus": "k", "electric_max_mw": 1.0}
    tied = chiller(id="d", heat_bus="h", **cold)
    pairs: list[tuple[type[Any], tuple[Any, ...], tuple[Any, ...]]] = [
        (chiller, (chiller(id="c", heat_bus=None, **cold), tied), (chiller(id="c", heat_bus="", **cold), tied)),
        (Bus, (Bus(id="ab"), Bus(id="c")), (Bus(id="a"), Bus(id="bc"))),
        (Bus, (Bus(id="ä"), Bus(id="c")), (Bus(id=""), Bus(id="äc"))),
        (
            KINDS["line"],
            (replace(wire, limit_mw=np.array([1.0, 2.0])), replace(wire, limit_mw=np.array([3.0]))),
            (replace(wire, limit_mw=np.array([1.0])), replace(wire, limit_mw=np.array([2.0, 3.0]))),
        ),
        (
            interface,
            (interface(id="i", lines=(part, part)), interface(id="j", lines=(part,))),
            (interface(id="i", lines=(part,)), interface(id="j", lines=(part, part))),
        ),
    ]
    for cls, one, other in pairs:
        assert digest_of(cls, one) != digest_of(cls, other)
