"""What the contracts refuse, in words that somebody can act on."""

from __future__ import annotations

from collections.abc import Mapping

#: Reason in a contract -> words; a test holds this table to the sources of the contracts.
REASONS: Mapping[str, str] = {
    "account unnamed": "an account has no name on the chain; submit again",
    "anchor empty": "the head of an anchor is zero; anchor the head of the journal's chain",
    "anchor not ahead": "an anchor at this place or a later one is kept with another head; anchors ascend",
    "another is open": "another batch is being booked in parts; submit again when it is done",
    "another length": "intervals of this plant have another length; one plant, one length, or intervals would overlap",
    "basis missing": "no reading says why; give the digest of one",
    "basis used before": "tokens were made or burnt for this reading before; that is done once",
    "ended before": "it ends a hold that is ended; a hold is ended once",
    "ends no hold": "it ends what is no hold here; book the hold first",
    "escrow moved": "it moves an escrow; only a hold (`expires`) and what ends it (`ends`) may do that",
    "escrow taken": "a hold takes out of an escrow, or the end of one puts something in; do the opposite",
    "expired": "it ends a hold that has expired; from then on it can only be given back (`Batch.given_back`)",
    "expires before": "it is a hold that expires before it is booked; let it expire later",
    "id or digest missing": "its id or its digest is zero; give it those of its content",
    "issued before": "certificates of this plant and interval are issued; that is done once",
    "issuer missing": "the contract needs an issuer; give the address of a key",
    "neither issuer nor holder": "only the issuer and the holder may burn tokens",
    "nobody receives": "the receiver is nobody, or the contract itself; give the address of a holder",
    "not allowed": "the holder has not allowed this key to do so; let the holder approve it",
    "not offered": "the operator's role was not offered to this key; let the operator offer it",
    "not on the clock": "the interval does not start at a whole multiple of its length; certificates would overlap",
    "not open": "no batch of this id is being booked in parts; submit again",
    "not over yet": "the interval is not over; certificates are issued for what was produced",
    "not the issuer": "this key is not the contract's issuer; let the issuer offer the role, then accept it",
    "not the operator": "this key is not the contract's operator; let the operator offer the role, then accept it",
    "not the opposite": "it reverses a batch and is not its opposite; take `Batch.reversed`",
    "nothing cancelled": "nothing is cancelled; give an amount above zero",
    "nothing held": "it expires and holds nothing; a hold moves assets into an account escrow:<name>",
    "nothing issued": "nothing is issued; give an amount above zero",
    "nothing moves": "an amount is zero; leave such entries out",
    "operator missing": "the contract needs an operator; give the address of a key",
    "other content": "its id is booked with other content; settle anew for a new id",
    "other decimals": "it counts an asset with another kind or other decimals than this contract does",
    "other escrow": "it takes another amount out of escrow than the hold put in; an end takes out all, nothing else",
    "other head": "a batch of this id with other content is being booked in parts; settle anew for a new id",
    "other lengths": "two lists that belong together have different lengths",
    "other part": "a part of it came out of turn; submit again",
    "out of order": "its entries do not ascend by asset and account; this is a fault of the adapter",
    "overspent": "a wallet or an escrow would fall below zero; nobody gives what is not there",
    "receiver refuses": "the receiver is a contract that does not take certificates",
    "reversed before": "it reverses a batch that is reversed; that is done once",
    "reverses a hold": "it reverses a hold; end it by a batch that names it in `ends`",
    "reverses a reversal": "it reverses a reversal; settle anew instead",
    "reverses an end": "it reverses what ended a hold, which cannot be opened again; settle anew instead",
    "reverses unknown": "it reverses a batch that is not booked here",
    "too little held": "the holder has less than that",
    "two phases": "it is more than one of a hold, the end of a hold and a reversal; book one batch for each",
    "unbalanced": "an asset does not sum to zero",
}

#: Refusals that pass by themselves: what was refused may be submitted again.
PASSING = frozenset({"another is open", "not open", "other part", "account unnamed"})

_SILENT = "the contract gave no reason; a sum left the range of 256 bits, or the gas ran out"


def in_words(reason: str) -> str:
    """A contract's reason in words; reasons of other contracts as they are."""
    return REASONS.get(reason, reason or _SILENT)
