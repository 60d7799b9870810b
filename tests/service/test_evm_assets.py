"""The energy token (ERC-20) and the certificate of origin (ERC-1155), on a real EVM, with bugs planted in both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_tester import EthereumTester, PyEVMBackend

from tests.service.evm_rules import NONE, Contract, hashed, id_of
from tests.service.test_evm_contracts import breaks_with, committed, compiled, source

HOUR = 3600
NOON = 1_800_000_000 // HOUR * HOUR
SUN = hashed("plant:sun")
LAST = 2**256 - 1


def token(kind: dict[str, Any]) -> Contract:
    tester = EthereumTester(PyEVMBackend())
    return Contract(kind, "Energy", "kWh", 6, tester.get_accounts()[0], tester=tester)


def certificate(kind: dict[str, Any]) -> Contract:
    contract = Contract(kind)
    contract.clock(NOON + 10 * HOUR)
    return contract


def held(c: Contract, *holders: str) -> list[int]:
    return [c.at.functions.balanceOf(holder).call() for holder in holders]


def supply_is_what_is_held(c: Contract) -> None:
    ann, bob = c.web3.eth.accounts[2:4]
    c.do("mint", ann, 1000, id_of("reading 1"))
    c.do("mint", bob, 50, id_of("reading 2"))
    assert c.do("transfer", bob, 300, sender=ann)
    c.do("burn", bob, 100, id_of("consumed"))
    c.do("burn", ann, 7, NONE, sender=ann)
    assert held(c, ann, bob) == [693, 250]
    assert c.at.functions.totalSupply().call() == 943
    moved = [log["args"] for log in c.at.events.Transfer().get_logs(from_block=0)]
    assert [each["value"] for each in moved] == [1000, 50, 300, 100, 7]


def tokens_are_made_and_burnt_once_a_reading_by_those_who_may(c: Contract) -> None:
    ann, bob = c.web3.eth.accounts[2:4]
    c.refused("not the issuer", "mint", ann, 1, id_of("r"), sender=ann)
    c.do("mint", ann, 10, id_of("r"))
    c.refused("basis used before", "mint", ann, 10, id_of("r"))
    c.refused("basis used before", "burn", ann, 1, id_of("r"))
    c.refused("basis missing", "mint", ann, 10, NONE)
    c.refused("basis missing", "burn", ann, 10, NONE)
    c.refused("nobody receives", "mint", c.at.address, 10, id_of("s"))
    c.refused("neither issuer nor holder", "burn", ann, 1, id_of("t"), sender=bob)
    c.refused("too little held", "burn", ann, 11, id_of("t"))
    c.refused("b''", "mint", ann, LAST, id_of("u"))
    assert held(c, ann) == [10]


def nobody_gives_what_is_not_there_or_not_allowed(c: Contract) -> None:
    ann, bob, cid = c.web3.eth.accounts[2:5]
    c.do("mint", ann, 10, id_of("r"))
    c.refused("too little held", "transfer", bob, 11, sender=ann)
    c.refused("nobody receives", "transfer", c.at.address, 1, sender=ann)
    c.do("transfer", ann, 10, sender=ann)
    c.refused("not allowed", "transferFrom", ann, bob, 1, sender=cid)
    c.do("approve", cid, 5, sender=ann)
    c.do("transferFrom", ann, bob, 4, sender=cid)
    c.refused("not allowed", "transferFrom", ann, bob, 2, sender=cid)
    c.do("approve", cid, LAST, sender=ann)
    c.refused("too little held", "transferFrom", ann, bob, 7, sender=cid)
    c.do("transferFrom", ann, bob, 6, sender=cid)
    assert c.at.functions.allowance(ann, cid).call() == LAST
    assert held(c, ann, bob, cid) == [0, 10, 0]


def the_issuer_hands_over_in_two_steps(c: Contract) -> None:
    c.refused("not the issuer", "offer", c.other, sender=c.other)
    c.refused("not offered", "accept", sender=c.other)
    c.do("offer", c.other)
    assert c.at.functions.issuer().call() == c.operator, "an offer alone changed the issuer"
    c.do("accept", sender=c.other)
    assert c.at.functions.issuer().call() == c.other
    c.refused("not offered", "accept", sender=c.other)
    c.refused("not the issuer", "offer", c.operator)


def an_interval_is_issued_once_and_overlaps_no_other(c: Contract) -> None:
    ann = c.web3.eth.accounts[2]
    c.refused("not the issuer", "issue", ann, SUN, NOON, HOUR, 5, sender=ann)
    c.refused("nothing issued", "issue", ann, SUN, NOON, HOUR, 0)
    c.refused("not on the clock", "issue", ann, SUN, NOON + 900, HOUR, 5)
    c.refused("not on the clock", "issue", ann, SUN, NOON, 0, 5)
    c.refused("not over yet", "issue", ann, SUN, NOON + 10 * HOUR, HOUR, 5)
    one = c.do("issue", ann, SUN, NOON, HOUR, 5000)
    assert one == c.at.functions.id_of(SUN, NOON, HOUR).call()
    c.refused("issued before", "issue", ann, SUN, NOON, HOUR, 1)
    c.refused("another length", "issue", ann, SUN, NOON, 900, 1)
    c.refused("another length", "issue", ann, SUN, NOON + HOUR, 900, 1)
    other = c.do("issue", ann, hashed("plant:wind"), NOON, 900, 7)
    later = c.do("issue", ann, SUN, NOON + HOUR, HOUR, 3)
    assert len({one, other, later}) == 3
    assert c.at.functions.balanceOfBatch([ann] * 3, [one, other, later]).call() == [5000, 7, 3]


def what_is_cancelled_moves_no_more(c: Contract) -> None:
    ann, bob, cid = c.web3.eth.accounts[2:5]
    one = c.do("issue", ann, SUN, NOON, HOUR, 100)
    c.refused("not allowed", "cancel", ann, one, 1, id_of("reading"), "bob", sender=bob)
    c.refused("nothing cancelled", "cancel", ann, one, 0, id_of("reading"), "bob", sender=ann)
    c.do("cancel", ann, one, 60, id_of("reading"), "bob's bakery", sender=ann)
    c.refused("too little held", "cancel", ann, one, 41, id_of("reading"), "bob", sender=ann)
    c.refused("too little held", "safeTransferFrom", ann, bob, one, 41, b"", sender=ann)
    c.refused("not allowed", "safeTransferFrom", ann, bob, one, 1, b"", sender=cid)
    c.do("safeTransferFrom", ann, bob, one, 15, b"", sender=ann)
    c.do("setApprovalForAll", cid, True, sender=ann)
    c.do("safeTransferFrom", ann, bob, one, 5, b"", sender=cid)
    c.do("setApprovalForAll", cid, False, sender=ann)
    c.refused("not allowed", "cancel", ann, one, 1, id_of("reading"), "cid", sender=cid)
    assert c.at.functions.balanceOfBatch([ann, bob], [one, one]).call() == [20, 20]
    origin = c.at.functions.origins(one).call()
    assert (origin.issued, origin.cancelled) == (100, 60)
    c.refused("issued before", "issue", ann, SUN, NOON, HOUR, 60)


def several_intervals_move_together(c: Contract) -> None:
    ann, bob, cid = c.web3.eth.accounts[2:5]
    ids = [c.do("issue", ann, SUN, NOON + place * HOUR, HOUR, 10) for place in range(3)]
    c.refused("not allowed", "safeBatchTransferFrom", ann, bob, ids, [1, 1, 1], b"", sender=cid)
    c.refused("other lengths", "safeBatchTransferFrom", ann, bob, ids, [1, 1], b"", sender=ann)
    c.refused("too little held", "safeBatchTransferFrom", ann, bob, ids, [1, 2, 11], b"", sender=ann)
    c.refused("too little held", "safeBatchTransferFrom", ann, bob, ids[:1] * 2, [6, 6], b"", sender=ann)
    c.do("safeBatchTransferFrom", ann, bob, ids, [1, 2, 3], b"", sender=ann)
    assert c.at.functions.balanceOfBatch([ann] * 3 + [bob] * 3, ids * 2).call() == [9, 8, 7, 1, 2, 3]
    c.refused("other lengths", "balanceOfBatch", [ann], ids)
    assert [c.at.functions.supportsInterface(bytes.fromhex(each)).call() for each in ("d9b67a26", "ffffffff")] == [
        True,
        False,
    ]


def contracts_that_take_no_certificates_get_none(c: Contract) -> None:
    ann = c.web3.eth.accounts[2]
    one = c.do("issue", ann, SUN, NOON, HOUR, 10)
    c.refused("nobody receives", "safeTransferFrom", ann, c.at.address, one, 1, b"", sender=ann)
    deaf = Contract(committed("token"), "x", "x", 0, c.operator, tester=c.tester).at.address
    for method, *rest in (("safeTransferFrom", one, 1), ("safeBatchTransferFrom", [one], [1])):
        c.refused("b''", method, ann, deaf, *rest, b"", sender=ann)


TOKEN = (
    supply_is_what_is_held,
    tokens_are_made_and_burnt_once_a_reading_by_those_who_may,
    nobody_gives_what_is_not_there_or_not_allowed,
    the_issuer_hands_over_in_two_steps,
)
CERTIFICATE = (
    an_interval_is_issued_once_and_overlaps_no_other,
    what_is_cancelled_moves_no_more,
    several_intervals_move_together,
    contracts_that_take_no_certificates_get_none,
    the_issuer_hands_over_in_two_steps,
)
BOTH = [("token", token, probe) for probe in TOKEN] + [("certificate", certificate, probe) for probe in CERTIFICATE]


@pytest.mark.parametrize(("name", "made", "probe"), BOTH, ids=[f"{name}-{p.__name__}" for name, _, p in BOTH])
def test_it_keeps_its_rules(name: str, made: Callable[..., Contract], probe: Callable[[Contract], None]):
    probe(made(committed(name)))


BUGS = (
    ("token", "        self._use(basis)\n    assert self.balanceOf", "        pass\n    assert self.balanceOf"),
    ("token", "    self.totalSupply -= amount\n", ""),
    ("token", "    self.used[basis] = True\n", ""),
    ("token", "self.allowance[holder][msg.sender] = allowed - amount", "pass"),
    ("token", '    assert allowed >= amount, "not allowed"\n', "    allowed = max_value(uint256)\n"),
    ("token", "msg.sender == self.issuer or msg.sender == holder", "True"),
    ("certificate", "start % length == 0", "True"),
    ("certificate", 'assert self.lengths[plant] == length, "another length"', "pass"),
    ("certificate", 'assert self.origins[id].issued == 0, "issued before"', "pass"),
    ("certificate", "abi_encode(plant, start, length)", "abi_encode(plant, length)"),
    ("certificate", "    self.origins[id].cancelled += amount\n", ""),
    (
        "certificate",
        "        self._move(holder, to, ids[place], amounts[place])",
        "        self._move(holder, to, ids[0], amounts[place])",
    ),
    ("certificate", "    self._tell_one(holder, to, id, amount, extra)\n", ""),
    ("certificate", "start + length <= convert(block.timestamp, uint64)", "start <= convert(block.timestamp, uint64)"),
)


@pytest.mark.slow
@pytest.mark.parametrize("place", range(len(BUGS)))
def test_a_bug_planted_in_it_is_found(place: int):
    name, was, instead = BUGS[place]
    text = source(name)
    assert text.count(was) == 1, f"{was!r} stands {text.count(was)} times in the source of {name}"
    kind = compiled(text.replace(was, instead), fast=True)
    probes = [(made, probe) for which, made, probe in BOTH if which == name]
    assert any(breaks_with(made, probe, kind) for made, probe in probes), f"{was!r} became {instead!r} unnoticed"
