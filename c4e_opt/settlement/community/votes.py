"""Changing the rules of a community: a proposal, signed votes, and a tally that anybody can repeat.

A proposal replaces whole parts of the document (`community_rules.PARTS`) from a moment on. Every part needs its own
majority and quorum; who votes signs the digest of the proposal, which holds that of the version it changes, so that a
vote counts for one change of one version. The votes of all members are by the version that is changed.

    quorum:    votes of all who vote                 >= quorum * votes of all members
    majority:  votes for it                          >= majority * (votes for and against it), and more than against it

Who abstains counts for the quorum only. Signatures are Ed25519 (RFC 8032) over the digest and the choice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement.community.member_rules import PARTS, CommunityRules, read_rules

Choice = Literal["yes", "no", "abstain"]
_CHOICES = ("yes", "no", "abstain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What one member says to one proposal."""

    member: str
    choice: Choice
    signature: str  # hexadecimal digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A change of the rules that was voted on.

    Attributes:
        rules: The new version.
        proposal: Digest of the proposal.
        votes_digest: SHA-256 of all votes, in the order of members.
        votes: Votes by choice.
        of: Votes of all members.
    """

    rules: CommunityRules
    proposal: str
    votes_digest: str
    votes: Mapping[str, Fraction]
    of: Fraction


def proposal_digest(rules: CommunityRules, changes: Mapping[str, Any], valid_from: int) -> str:
    """SHA-256 of a proposal.

    Args:
        rules: The version that is changed.
        changes: Part of the document -> its new content.
        valid_from: When the new version begins, seconds since 1970-01-01T00:00Z.

    Raises:
        InvalidInput: A part cannot be changed, or the new document would be wrong.
    """
    new = _changed(rules, changes, valid_from)
    content = ["c4e-opt proposal 1", rules.digest, sorted(changes), new.digest]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def sign_vote(member: str, choice: Choice, proposal: str, key: Ed25519PrivateKey) -> Vote:
    """A signed vote.

    Args:
        member: Who votes.
        choice: For it, against it, or neither.
        proposal: Digest of the proposal.
        key: The member's private key.
    """
    return Vote(member=member, choice=choice, signature=key.sign(_signed(member, choice, proposal)).hex())


def amend(rules: CommunityRules, changes: Mapping[str, Any], valid_from: int, votes: Sequence[Vote]) -> Amendment:
    """Change the rules of a community by votes.

    Args:
        rules: The version that is changed.
        changes: Part of the document -> its new content.
        valid_from: When the new version begins, seconds since 1970-01-01T00:00Z; not before the version it changes.
        votes: Signed votes, in any order, one for a member at most.

    Raises:
        InvalidInput: A part cannot be changed, the new document is wrong, a vote does not count, or the votes do not
            suffice; all findings at once.
    """
    new, proposal = _changed(rules, changes, valid_from), proposal_digest(rules, changes, valid_from)
    issues = list(_votes_that_do_not_count(rules, proposal, votes))
    if issues:
        raise InvalidInput(issues)
    weight = {member.id: member.votes for member in rules.members}
    count = {choice: sum((weight[v.member] for v in votes if v.choice == choice), Fraction(0)) for choice in _CHOICES}
    everybody, cast = sum(weight.values(), Fraction(0)), sum(count.values(), Fraction(0))
    for part in sorted(changes):
        needed = rules.needed(part)
        if needed is None:
            issues.append(Issue(f"changes.{part}", "range", "cannot be changed; the rules name no majority for it"))
            continue
        if cast < needed.quorum * everybody or not cast:
            told = f"needs {needed.quorum} of {everybody} votes to be cast; {cast} were"
            issues.append(Issue(f"changes.{part}", "quorum", told))
        decided = count["yes"] + count["no"]
        if count["yes"] < needed.majority * decided or count["yes"] <= count["no"]:
            told = f"needs {needed.majority} of the {decided} votes for and against it, and more for it than against it"
            issues.append(Issue(f"changes.{part}", "majority", f"{told}; {count['yes']} are for it"))
    if issues:
        raise InvalidInput(issues)
    told = sorted((vote.member, vote.choice, vote.signature) for vote in votes)
    return Amendment(
        rules=new,
        proposal=proposal,
        votes_digest=hashlib.sha256(json.dumps(["c4e-opt votes 1", proposal, told]).encode()).hexdigest(),
        votes=count,
        of=everybody,
    )


def _changed(rules: CommunityRules, changes: Mapping[str, Any], valid_from: int) -> CommunityRules:
    """The next version."""
    issues = [
        unknown(f"changes.{part}", "unknown_field", "part that can be changed", part, PARTS)
        for part in changes
        if part not in PARTS
    ]
    if not changes:
        issues.append(Issue("changes", "length", "are none; name a part of the document and its new content"))
    if not rules.valid_from <= valid_from < rules.valid_until:
        told = (
            f"is {valid_from}; it must lie within [{rules.valid_from}, {rules.valid_until}), when the version is valid"
        )
        issues.append(Issue("valid_from", "range", told))
    if issues:
        raise InvalidInput(issues)
    following = {"version": rules.version + 1, "previous": rules.digest, "valid_from": valid_from}
    return read_rules({**rules.to_json(), **changes, **following})


def _votes_that_do_not_count(rules: CommunityRules, proposal: str, votes: Sequence[Vote]) -> list[Issue]:
    keys = {member.id: member.key for member in rules.members}
    issues: list[Issue] = []
    seen: set[str] = set()
    for place, vote in enumerate(votes):
        path = f"votes[{place}]"
        if vote.member not in keys:
            issues.append(unknown(f"{path}.member", "unknown_reference", "member", vote.member, keys))
            continue
        if vote.member in seen:
            issues.append(Issue(f"{path}.member", "duplicate_id", f"{vote.member!r} has voted before; count one vote"))
        seen.add(vote.member)
        if vote.choice not in _CHOICES:
            issues.append(unknown(f"{path}.choice", "unknown_name", "choice", str(vote.choice), _CHOICES))
        elif not keys[vote.member]:
            issues.append(Issue(f"{path}.member", "signature", f"{vote.member!r} has no key in the rules; add one"))
        elif not _is_signed(vote, proposal, keys[vote.member]):
            told = f"is not that of {vote.member!r} for {vote.choice!r} to this proposal; sign its digest"
            issues.append(Issue(f"{path}.signature", "signature", told))
    return issues


def _is_signed(vote: Vote, proposal: str, key: str) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(vote.signature), _signed(vote.member, vote.choice, proposal))
    except (InvalidSignature, ValueError):
        return False
    return True


def _signed(member: str, choice: str, proposal: str) -> bytes:
    return json.dumps(["c4e-opt vote 1", proposal, member, choice]).encode()
