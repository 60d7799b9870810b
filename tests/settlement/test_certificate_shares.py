"""Whose certificates stand for whose consumption: every allocation that is not by the rule is found, and its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from c4e_opt.settlement.certificates.certificate_book import (
    CertificateBook,
    Device,
    MatchRule,
    Slices,
    certificate_book,
)
from c4e_opt.settlement.certificates.certificates import issue
from c4e_opt.settlement.certificates.certificates_check import audit_certificates
from c4e_opt.settlement.certificates.matching import match
from c4e_opt.settlement.evidence_of_energy import EnergyEvidence
from tests.settlement.test_certificates import NEXT, ZONES, book, energy

Part = tuple[str, int, str, str]  # device, Wh, for whom, way

MADE = energy(roof=[1000], mill=[600])
USED = energy(ann=[400], cid=[900], eve=[500])
RULE = MatchRule(zones=ZONES)
ANN, CID, EVE = ("roof", 400, "ann", "own"), ("roof", 600, "cid", "local"), ("mill", 500, "eve", "local")
LAST = ("mill", 100, "cid", "others")


def allocated(before: CertificateBook, parts: Sequence[Part]) -> CertificateBook:
    """The book after these parts of what is held were cancelled, from the first Wh of every issue on."""
    rows: list[Any] = []
    for number, device in enumerate(before.issues.device.tolist()):
        owner, done = next(each.owner for each in before.devices if each.id == device), 0
        for name, size, user, way in parts:
            if name == device:
                rows.append((number, done, done + size, owner, "cancelled", user, way))
                done += size
        if done < before.issues.amount[number]:
            rows.append((number, done, int(before.issues.amount[number]), owner, "held", "", ""))
    columns = zip(Slices.names(), zip(*rows, strict=True), strict=True)
    return replace(before, slices=Slices(**{name: np.array(column) for name, column in columns}))


def off_of(before: CertificateBook, parts: Sequence[Part], used: EnergyEvidence, rule: MatchRule) -> float:
    """How far the law `matched` is off."""
    _, statement = match(before, used, NEXT, rule)
    told = audit_certificates(before, allocated(before, parts), statement, used, rule)
    return next(each.largest for each in told.residuals if each.law == "matched")


def off(
    parts: Sequence[Part], *, made: EnergyEvidence = MADE, used: EnergyEvidence = USED, rule: MatchRule = RULE
) -> float:
    """How far it is off on the devices of the registry."""
    return off_of(issue(book(), made, NEXT)[0], parts, used, rule)


def test_the_allocation_by_the_rule_is_the_one_that_holds() -> None:
    """See test_an_hour_by_hand."""
    assert off([ANN, CID, EVE, LAST]) == 0


@pytest.mark.parametrize(
    ("parts", "size"),
    [
        ([("roof", 400, "cid", "own"), CID, EVE, LAST], 400),  # another's, called own
        ([CID, EVE, LAST], 400),  # own ones are left out
        ([("roof", 300, "ann", "own"), CID, EVE, LAST], 100),
        ([("roof", 500, "ann", "own"), ("roof", 500, "cid", "local"), EVE, LAST], 100),  # more than was consumed
        ([ANN, CID, EVE, ("mill", 100, "cid", "local")], 100),  # of another zone, called local
        ([ANN, CID, EVE], 100),  # less than there is
        ([ANN, ("roof", 500, "cid", "local"), EVE, LAST], 100),
        ([ANN, CID, EVE, ("mill", 100, "bob", "others")], 100),  # for who consumed nothing
        ([ANN, CID, EVE, ("mill", 100, "eve", "others")], 100),  # for who lacks nothing
        ([ANN, CID, ("mill", 600, "eve", "local")], 100),
        ([ANN, ("roof", 700, "cid", "local"), EVE, LAST], 100),  # more than was held
        ([ANN, CID, EVE, ("mill", 200, "cid", "others")], 100),
        ([ANN, CID, EVE, ("mill", 100, "cid", "friends")], 100),
        ([], 600),
    ],
)
def test_what_is_not_by_the_rule_is_found(parts: list[Part], size: int) -> None:
    assert off(parts) >= size


def test_who_trades_places_is_found_though_every_sum_is_right() -> None:
    made, used = energy(roof=[100], mill=[100]), energy(ann=[100], bob=[100])
    own = MatchRule(ways=("own",))
    assert off([("roof", 100, "ann", "own"), ("mill", 100, "bob", "own")], made=made, used=used, rule=own) == 0
    assert off([("roof", 100, "bob", "own"), ("mill", 100, "ann", "own")], made=made, used=used, rule=own) == 100
    local, used = MatchRule(ways=("local",), zones=ZONES), energy(cid=[100], eve=[100])
    assert off([("roof", 100, "cid", "local"), ("mill", 100, "eve", "local")], made=made, used=used, rule=local) == 0
    assert off([("roof", 100, "eve", "local"), ("mill", 100, "cid", "local")], made=made, used=used, rule=local) == 100


@pytest.mark.parametrize(("own", "size"), [(400, 0), (0, 400), (399, 1)])
def test_own_ones_are_used_as_far_as_they_go(own: int, size: int) -> None:
    assert off([("roof", own, "ann", "own")] if own else [], rule=MatchRule(ways=("own",))) == size


def test_a_way_that_the_rule_does_not_have_is_none() -> None:
    rule = MatchRule(ways=("own", "local"), zones=ZONES)
    assert off([ANN, CID, EVE], rule=rule) == 0
    assert off([ANN, CID, EVE, LAST], rule=rule) == 100


def test_only_who_offers_gives_to_others() -> None:
    rule = MatchRule(ways=("own", "others"), offers=frozenset({"bob"}))
    fair = [ANN, ("mill", 386, "cid", "others"), ("mill", 214, "eve", "others")]
    assert off(fair, rule=rule) == 0
    assert off([*fair, ("roof", 1, "cid", "others")], rule=rule) >= 1
    alone = MatchRule(ways=("local",), zones=ZONES, offers=frozenset({"bob"}))
    assert off([EVE], rule=alone) == 0  # the roof is in the north and gives nothing there
    assert off([EVE, ("roof", 1, "cid", "local")], rule=alone) >= 1


def test_parts_of_a_wh_are_no_door_for_who_does_not_offer() -> None:
    """Two offer 1 Wh each, 1 Wh is wanted: either may give it, and the third may not."""
    owners = {"a": "ann", "b": "bob", "c": "cid"}
    devices = [Device(id=name, owner=owner, source="solar") for name, owner in owners.items()]
    before, _ = issue(certificate_book("registry", devices), energy(a=[1], b=[1], c=[1]), NEXT)
    rule, used = MatchRule(ways=("others",), offers=frozenset({"ann", "bob"})), energy(eve=[1])
    found = {name: off_of(before, [(name, 1, "eve", "others")], used, rule) for name in owners}
    assert found == {"a": 0, "b": 0, "c": 1}


@pytest.mark.parametrize(
    ("made", "cid", "holds"),
    [
        (300, 100, True),
        (300, 101, False),  # by one Wh, where it comes out even
        (300, 99, False),
        (300, 150, False),
        (301, 100, True),  # of 100 1/3, up or down
        (301, 101, True),
        (301, 99, False),
        (301, 102, False),
    ],
)
def test_everybody_gets_by_what_it_lacks(made: int, cid: int, holds: bool) -> None:
    rule, used = MatchRule(ways=("others",)), energy(cid=[200], eve=[400])
    parts = [("roof", cid, "cid", "others"), ("roof", made - cid, "eve", "others")]
    assert (off(parts, made=energy(roof=[made]), used=used, rule=rule) == 0) == holds


@pytest.mark.parametrize(("roof", "holds"), [(50, True), (51, False), (49, False), (100, False), (0, False)])
def test_everybody_gives_by_what_it_holds(roof: int, holds: bool) -> None:
    """100 and 300 Wh for 200: 50 and 150."""
    rule, used = MatchRule(ways=("others",)), energy(eve=[200])
    parts = [("roof", roof, "eve", "others"), ("mill", 200 - roof, "eve", "others")]
    assert (off(parts, made=energy(roof=[100], mill=[300]), used=used, rule=rule) == 0) == holds


def test_what_was_cancelled_before_counts() -> None:
    """Ann has consumed 400 and has 400: of another 400 of hers nothing more is due, nor may it be cancelled."""
    issued, _ = issue(book(), MADE, NEXT)
    rule = MatchRule(ways=("own",))
    after, _ = match(issued, USED, NEXT, rule)
    again, statement = match(after, USED, NEXT, rule)
    assert audit_certificates(after, again, statement, USED, rule).holds
    more = allocated(issued, [ANN, ("roof", 50, "ann", "own")])
    told = {each.law: each.largest for each in audit_certificates(after, more, statement, USED, rule).residuals}
    assert told["matched"] == 50


def test_another_interval_is_another_hour() -> None:
    later = energy(cid=[0, 900])
    issued, _ = issue(book(), MADE, NEXT + 3600)
    _, statement = match(issued, later, NEXT + 3600, RULE)
    told = audit_certificates(issued, allocated(issued, [CID]), statement, later, RULE)
    assert {each.law: each.largest for each in told.residuals}["matched"] == 600
