"""The contracts of the EVM ledger: compiled as committed, rules probed, planted bugs found, gas within its bounds."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from eth_tester.exceptions import TransactionFailed
from vyper.compiler.settings import OptimizationLevel

from c4e_opt.settlement import Asset, Batch
from c4e_opt.settlement.conformance import sample_batch, sample_hold
from c4e_server.ledgers.evm.packing import MOST_ASSETS, MOST_ENTRIES, pack
from c4e_server.ledgers.evm.sender import MOST_GAS
from c4e_server.ledgers.evm.words import PASSING, REASONS
from tests.service import evm_rules
from tests.service.evm import many
from tests.service.evm_rules import PROBES, Contract

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "server" / "c4e_server" / "ledgers" / "evm" / "contracts"
NAMES = sorted(file.stem for file in CONTRACTS.glob("*.vy"))


@cache
def compiled(source: str, fast: bool = False) -> dict[str, Any]:
    """Compile as `server/compile_contracts.py` does; `fast` leaves out what saves gas."""
    sys.path.insert(0, str(ROOT / "server"))
    try:
        import compile_contracts

        return compile_contracts.compiled(source, *([OptimizationLevel.NONE] if fast else []))
    finally:
        sys.path.remove(str(ROOT / "server"))


def committed(name: str) -> dict[str, Any]:
    return json.loads((CONTRACTS / f"{name}.json").read_text(encoding="utf-8"))


def source(name: str) -> str:
    return (CONTRACTS / f"{name}.vy").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_committed_is_what_the_source_compiles_to(name: str):
    assert committed(name) == compiled(source(name)), "run `.venv/bin/python server/compile_contracts.py`"


def test_every_reason_of_the_contracts_has_words_and_no_word_is_left_over():
    text = "".join(source(name) for name in NAMES)
    reasons = set(re.findall(r'assert [^\n]*, "([^"]+)"\n', text))
    assert len(reasons) > 25
    assert text.count("    assert ") == len(re.findall(r'assert [^\n]*, "[^"]+"\n', text)), "an assert has no reason"
    assert reasons == set(REASONS)
    assert all(len(reason) <= 32 for reason in reasons)
    assert set(REASONS) >= PASSING


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_the_settlement_contract_keeps_its_rules(probe: Callable[[Contract], None]):
    probe(Contract(committed("settlement")))


#: What is changed in settlement.vy -> the probe that finds it.
BUGS: tuple[tuple[str, str, str], ...] = (
    ('            assert run.total == 0, "unbalanced"\n', "            pass\n", "every_asset_sums_to_zero"),
    ("assert self.kept[head.id].digest == head.digest", "assert True", "an_id_is_booked_once"),
    ("        return False\n\n    linked", "        pass\n\n    linked", "an_id_is_booked_once"),
    ('total >= 0, "overspent"', 'held >= 0, "overspent"', "wallets_are_never_overdrawn"),
    ('if name == "wallet":', 'if name == "purse":', "wallets_are_never_overdrawn"),
    (
        "convert(entry.account, uint256) > convert(run.account",
        "convert(entry.account, uint256) >= convert(run.account",
        "entries_ascend",
    ),
    ("convert(asset, uint256) > convert(run.asset, uint256)", "asset != run.asset", "entries_ascend"),
    ('        assert kind != 0, "account unnamed"\n', "", "accounts_have_names"),
    ("abi_encode(asset.kind, asset.decimals)", "abi_encode(asset.kind)", "an_asset_keeps_its_meaning"),
    ("run.mirror == self.kept[head.reverses].content", "True", "a_reversal_is_the_opposite_once"),
    ("        self.kept[head.reverses].undone = head.id\n", "", "a_reversal_is_the_opposite_once"),
    ("convert(-entry.amount, bytes32)", "convert(entry.amount, bytes32)", "a_reversal_is_the_opposite_once"),
    ('assert run.escrow != empty(bytes32), "nothing held"', "pass", "holds_hold"),
    ("assert block.timestamp < convert(head.expires, uint256)", "assert True", "holds_hold"),
    ('            assert put > 0, "escrow taken"\n', "", "holds_hold"),
    ("assert run.escrow == self.kept[head.ends].escrow", "assert True", "only_holds_and_their_ends_move_escrows"),
    (
        "assert head.expires != 0 or head.ends != empty(bytes32)",
        "assert True",
        "only_holds_and_their_ends_move_escrows",
    ),
    ("        self.kept[head.ends].undone = head.id\n", "", "a_hold_is_ended_once"),
    ("assert block.timestamp < expires or", "assert True or", "an_expired_hold_is_only_given_back"),
    ("block.timestamp < expires", "block.timestamp <= expires", "an_expired_hold_is_only_given_back"),
    ("assert self.open.parts == part", "assert True", "parts_count_all_at_once"),
    ("assert self.open.head == keccak256(abi_encode(head))", "assert True", "parts_count_all_at_once"),
    ('assert self.open.id == empty(bytes32), "another is open"', "pass", "parts_count_all_at_once"),
    (
        "counts: bool = serial == 0 or not (serial == self.open.serial or",
        "counts: bool = serial == 0 or not (",
        "parts_count_all_at_once",
    ),
    ("        self.dropped[self.open.serial] = True\n".lstrip(), "pass\n", "a_dropped_batch_never_counts"),
    ("        held = self.cells[account][asset].before\n", "", "a_dropped_batch_never_counts"),
    ("        writer = 0\n", "", "a_dropped_batch_never_counts"),
    ("            self.serials += 1\n", "            self.serials = 1\n", "a_dropped_batch_never_counts"),
    ("assert place > self.anchored", "assert place >= self.anchored", "anchors_ascend"),
    ("        self.anchored = place\n".lstrip(), "pass\n", "anchors_ascend"),
    ("assert msg.sender == self.offered", "assert True", "the_role_is_handed_over_in_two_steps"),
    ("    self.offered = empty(address)\n", "", "the_role_is_handed_over_in_two_steps"),
)


#: Bugs whose probes run with every change; the others wait for the slow suite, since each is a compilation.
OFTEN = {0, 1, 3, 9, 10, 15, 18, 19, 24, 27}


@pytest.mark.parametrize(
    "place", [place if place in OFTEN else pytest.param(place, marks=pytest.mark.slow) for place in range(len(BUGS))]
)
def test_a_bug_planted_in_the_settlement_contract_is_found(place: int):
    was, instead, name = BUGS[place]
    text = source("settlement")
    assert text.count(was) == 1, f"{was!r} stands {text.count(was)} times in the source"
    kind = compiled(text.replace(was, instead), fast=True)
    found = [probe.__name__ for probe in PROBES if name in ("", probe.__name__) and breaks(probe, kind)]
    assert found, f"{was!r} became {instead!r}, and {name or 'no probe'} did not notice"


def breaks(probe: Callable[[Contract], None], kind: dict[str, Any]) -> bool:
    return breaks_with(Contract, probe, kind)


def breaks_with(made: Callable[..., Contract], probe: Callable[[Contract], None], kind: dict[str, Any]) -> bool:
    try:
        probe(made(kind))
    except (AssertionError, TransactionFailed):
        return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("operator", ["book", "name", "anchor", "drop", "offer"])
def test_a_method_that_anybody_may_call_is_found(operator: str):
    text = source("settlement")
    start = text.index(f"def {operator}(")
    cut = text.index('    assert msg.sender == self.operator, "not the operator"\n', start)
    end = text.index("\n", cut) + 1
    probe = evm_rules.the_role_is_handed_over_in_two_steps if operator == "offer" else evm_rules.only_the_operator_books
    assert breaks(probe, compiled(text[:cut] + text[end:], fast=True))


@pytest.mark.parametrize(("entries", "assets"), [(2, 1), (32, 32), (MOST_ENTRIES, MOST_ASSETS)])
def test_a_part_takes_less_gas_than_its_bound_and_not_much_less_at_its_dearest(entries: int, assets: int):
    kinds = [Asset(id=f"asset {place}", kind="token", decimals=6) for place in range(min(assets, entries // 2))]
    packed = pack(many("gas", entries // len(kinds), kinds))
    arguments, bound = packed.call(0, set())
    assert len(packed.parts) == 1
    contract = Contract(committed("settlement"))
    contract.do("book", *arguments)
    assert contract.gas <= bound <= MOST_GAS
    assert contract.gas > 0.8 * bound


def test_holds_reversals_parts_and_long_names_stay_within_their_bounds():
    contract = Contract(committed("settlement"))

    def book(batch: Batch, most: int = MOST_ENTRIES) -> None:
        packed = pack(batch, most)
        for place in range(len(packed.parts)):
            arguments, bound = packed.call(place, set())
            contract.do("book", *arguments)
            assert contract.gas <= bound, f"{contract.gas} gas with a bound of {bound}"

    hold = sample_hold()
    for batch in (hold, hold.given_back(), sample_batch(), sample_batch().reversed()):
        book(batch)
    book(sample_batch("long", {f"party:{'x' * 153}{place}": 1 for place in range(9)}))
    for name in ("new", "old"):
        book(many(name, 100, [Asset(id="EUR", kind="money", decimals=2)]), most=50)


#: Gas that py-evm counts by the rules of Prague; deterministic, so that a change of the contract shows here.
GAS = {
    "first of 2": 290_118,
    "again of 2": 140_246,
    "first of 160": 11_642_522,
    "again of 160": 1_637_262,
    "again in 4 parts": 3_319_331,
    "hold": 286_983,
    "release": 256_212,
}


@pytest.mark.slow
def test_the_gas_of_what_is_booked_is_what_the_documentation_says():
    assert measured() == GAS


def measured() -> dict[str, int]:
    contract, found = Contract(committed("settlement")), {}
    euros = [Asset(id="EUR", kind="money", decimals=2)]

    def book(what: str, name: str, entries: int, known: bool, most: int = MOST_ENTRIES) -> None:
        batch = many(name, entries, euros)
        packed = pack(batch, most)
        gas = 0
        for place in range(len(packed.parts)):
            arguments, _ = packed.call(place, batch.accounts if known else ())
            contract.do("book", *arguments)
            gas += contract.gas
        found[what] = gas

    book("first of 2", "a", 2, known=False)
    book("again of 2", "b", 2, known=True)
    book("first of 160", "c", 160, known=False)
    book("again of 160", "d", 160, known=True)
    book("", "e", 160, known=True, most=40)
    book("again in 4 parts", "f", 160, known=True, most=40)
    del found[""]
    contract.book("hold", evm_rules.HOLD, expires=evm_rules.LATER)
    found["hold"] = contract.gas
    contract.book("release", evm_rules.RELEASE, ends=evm_rules.id_of("hold"))
    found["release"] = contract.gas
    return found
