"""Rules of communities as versioned data, and who may change them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from c4e_opt.errors import InvalidInput
from c4e_opt.settlement.community.member_rules import CommunityRules, read_rules, rules_at
from c4e_opt.settlement.community.votes import amend, proposal_digest, sign_vote

KEYS = {name: Ed25519PrivateKey.from_private_bytes(name.encode() * 8 + b"\0" * 8) for name in ("ann", "bob", "cid")}
LATER = 1_900_000_000


def document(**parts: Any) -> dict[str, Any]:
    members = {
        name: {
            "share": "1/3",
            "votes": votes,
            "supplier": "volt",
            "key": KEYS[name].public_key().public_bytes_raw().hex(),
        }
        for name, votes in (("ann", 2), ("bob", 1), ("cid", 1))
    }
    return {
        "community": "mill street",
        "version": 1,
        "valid_from": "2030-01-01T00:00Z",
        "members": members,
        "sharing": {"key": "dynamic", "period_minutes": 15},
        "price": {"rule": "middle", "floor_eur_per_mwh": 60, "cap_eur_per_mwh": "180.0"},
        "fees": {"grid": {"eur_per_mwh": 8, "to": "wires"}},
        "amendments": {"sharing": {"majority": "2/3", "quorum": "1/2"}, "price": {"majority": "1/2", "quorum": "3/4"}},
        **parts,
    }


def issues(call: Any, *given: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as raised:
        call(*given)
    return {issue.path: issue.rule for issue in raised.value.issues}


def test_a_document_reads_back_to_the_same_digest(tmp_path: Path) -> None:
    rules = read_rules(document())
    assert read_rules(rules.to_json()) == rules
    assert read_rules(json.loads(json.dumps(rules.to_json()))).digest == rules.digest
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(document()), encoding="utf-8")
    assert read_rules(tmp_path / "rules.yaml").digest == rules.digest


def test_the_digest_is_of_what_is_meant() -> None:
    same = document(fees={"grid": {"to": "wires", "eur_per_mwh": "8.0", "side": "receiver"}})
    same["members"] = dict(reversed(same["members"].items()))
    other = document(fees={"grid": {"eur_per_mwh": "8.01", "to": "wires"}})
    assert read_rules(same).digest == read_rules(document()).digest != read_rules(other).digest


def test_everything_wrong_is_said_at_once() -> None:
    wrong = document(
        version=0,
        members={"ann": {"share": "2/3"}, "bob": {"share": "2/3", "votes": -1, "key": "77"}},
        sharing={"key": "fair", "period_minutes": 7},
        price={"rule": "middle", "floor_eur_per_mwh": 9, "cap_eur_per_mwh": 1},
        fees={"grid": {"eur_per_mwh": "eight", "to": ""}},
        amendments={"sharing": {"majority": "1/3"}, "colour": {"majority": 1}},
        valid_until="2029-01-01T00:00Z",
        colour="red",
    )
    assert issues(read_rules, wrong) == {
        "colour": "unknown_field",
        "version": "range",
        "members": "range",
        "members.bob.votes": "range",
        "members.bob.key": "type",
        "sharing.key": "unknown_name",
        "sharing.period_minutes": "range",
        "price.floor_eur_per_mwh": "range",
        "fees.grid.eur_per_mwh": "type",
        "fees.grid.to": "type",
        "amendments.sharing.majority": "range",
        "amendments.colour": "unknown_field",
        "valid_until": "range",
    }


@pytest.mark.parametrize("text", ["- 1\n- 2\n", "{a: [", "\x00"])
def test_a_file_that_is_no_document_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    assert issues(read_rules, tmp_path / "rules.yaml") == {"rules.yaml": "unreadable"}


def voted(rules: CommunityRules, changes: dict[str, Any], **choices: Any) -> Any:
    proposal = proposal_digest(rules, changes, LATER)
    return amend(
        rules, changes, LATER, [sign_vote(name, choice, proposal, KEYS[name]) for name, choice in choices.items()]
    )


def test_a_majority_changes_a_part() -> None:
    """Ann has two of four votes, bob and cid one each: 3 of the 4 are for it, and 2/3 is needed."""
    rules = read_rules(document())
    told = voted(rules, {"sharing": {"key": "hybrid"}}, ann="yes", bob="no", cid="yes")
    assert (told.rules.version, told.rules.previous, told.rules.sharing_key) == (2, rules.digest, "hybrid")
    assert (told.votes["yes"], told.votes["no"], told.of) == (3, 1, 4)
    assert rules_at([told.rules, rules], LATER) == told.rules
    assert rules_at([told.rules, rules], LATER - 1) == rules


def test_votes_that_do_not_suffice() -> None:
    rules = read_rules(document())
    assert issues(lambda: voted(rules, {"sharing": {"key": "hybrid"}}, bob="yes")) == {"changes.sharing": "quorum"}
    assert issues(lambda: voted(rules, {"sharing": {"key": "static"}}, ann="no", bob="yes", cid="yes")) == {
        "changes.sharing": "majority"
    }
    price = {"price": {"rule": "fixed", "eur_per_mwh": 90}}
    assert issues(lambda: voted(rules, price, ann="yes", bob="no", cid="no")) == {"changes.price": "majority"}  # a tie
    assert voted(rules, price, ann="abstain", bob="yes").rules.fixed_eur_per_mwh == Fraction(90)
    assert issues(lambda: voted(rules, {"fees": {}}, ann="yes", bob="yes", cid="yes")) == {"changes.fees": "range"}


def test_a_vote_counts_for_one_proposal_and_one_member() -> None:
    rules = read_rules(document())
    changes = {"sharing": {"key": "hybrid"}}
    other = proposal_digest(rules, {"sharing": {"key": "static"}}, LATER)
    mine = proposal_digest(rules, changes, LATER)
    assert mine != other != proposal_digest(rules, changes, LATER + 1)
    votes = [
        sign_vote("ann", "yes", other, KEYS["ann"]),  # of another proposal
        sign_vote("bob", "yes", mine, KEYS["cid"]),  # by another's key
        sign_vote("cid", "yes", mine, KEYS["cid"]),
        sign_vote("cid", "yes", mine, KEYS["cid"]),
        sign_vote("eve", "yes", mine, KEYS["cid"]),
    ]
    assert issues(lambda: amend(rules, changes, LATER, votes)) == {
        "votes[0].signature": "signature",
        "votes[1].signature": "signature",
        "votes[3].member": "duplicate_id",
        "votes[4].member": "unknown_reference",
    }


def test_a_change_that_would_be_wrong_is_refused() -> None:
    rules = read_rules(document())
    assert issues(lambda: proposal_digest(rules, {"sharing": {"key": "fair"}}, LATER)) == {
        "sharing.key": "unknown_name"
    }
    assert issues(lambda: proposal_digest(rules, {"version": 7}, LATER)) == {"changes.version": "unknown_field"}
    assert issues(lambda: proposal_digest(rules, {"fees": {}}, 0)) == {"valid_from": "range"}


def test_versions_follow_one_another() -> None:
    one = read_rules(document())
    stranger = read_rules(document(version=2, previous="0" * 64))
    assert issues(rules_at, [one, stranger], LATER) == {"versions[2].previous": "unknown_reference"}
    assert issues(rules_at, [one, one], LATER) == {"versions[1]": "duplicate_id"}
    assert issues(rules_at, [one], 0) == {"versions": "range"}
