"""What the contracts of a Cosmos ledger do, in Python for the chain in memory; every message is held to the schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

from tests.service.cosmos_chain import Contract, Fail, State

_SCHEMA = Draft202012Validator(
    json.loads(files("c4e_server.ledgers.cosmos").joinpath("contracts.schema.json").read_text(encoding="utf-8"))
)


def _no(words: str) -> Fail:
    return Fail(5, f"{words}: execute wasm contract failed", "wasm")


def _total(listed: Any) -> dict[str, int]:
    return {each["denom"]: int(each["amount"]) for each in listed}


def contract(owner: str) -> Contract:
    """One contract that understands all acts, for messages of its owner."""

    def execute(
        state: State, here: str, sender: str, content: Mapping[str, Any], funds: Mapping[str, int], time: int
    ) -> None:
        for error in _SCHEMA.iter_errors(content):
            raise _no(f"Error parsing into type: {error.message}")
        (act, said), *_ = content.items()
        if sender != owner and act != "give_back":
            raise _no("Unauthorized")
        held = state.storage.setdefault(here, {"holds": {}, "anchored": {}})
        {"mint": _mint, "burn": _burn, "hold": _hold, "release": _release, "give_back": _give_back, "anchor": _anchor}[
            act
        ](state, held, here, sender, owner, said, dict(funds), time)

    return execute


def _mint(
    state: State, held: Any, here: str, sender: str, owner: str, said: Any, funds: dict[str, int], time: int
) -> None:
    if funds:
        raise _no("no funds are taken")
    state.receive(said["to"], said["denom"], int(said["amount"]))


def _burn(
    state: State, held: Any, here: str, sender: str, owner: str, said: Any, funds: dict[str, int], time: int
) -> None:
    if funds != {said["denom"]: int(said["amount"])}:
        raise _no("the funds are not what is to be burnt")
    state.give(here, said["denom"], int(said["amount"]))


def _hold(
    state: State, held: Any, here: str, sender: str, owner: str, said: Any, funds: dict[str, int], time: int
) -> None:
    total: dict[str, int] = {}
    for giver in said["givers"]:
        for denom, amount in _total(giver["coins"]).items():
            total[denom] = total.get(denom, 0) + amount
    if said["batch"] in held["holds"] or said["expires"] <= time or total != funds:
        raise _no("held already, expired, or not the sum of what was given")
    held["holds"][said["batch"]] = {"givers": said["givers"], "expires": said["expires"], "ended": ""}


def _release(
    state: State, held: Any, here: str, sender: str, owner: str, said: Any, funds: dict[str, int], time: int
) -> None:
    hold = held["holds"].get(said["hold"])
    if hold is None or hold["ended"] or time >= hold["expires"]:
        raise _no("no such hold, ended already, or expired")
    kept: dict[str, int] = {}
    for giver in hold["givers"]:
        for denom, amount in _total(giver["coins"]).items():
            kept[denom] = kept.get(denom, 0) + amount
    if _total(said["coins"]) != kept:
        raise _no("not what the hold keeps")
    hold["ended"] = "released"
    state.send(here, sender, kept)


def _give_back(
    state: State, held: Any, here: str, sender: str, owner: str, said: Any, funds: dict[str, int], time: int
) -> None:
    hold = held["holds"].get(said["hold"])
    if hold is None or hold["ended"] == "released" or (sender != owner and time < hold["expires"]):
        raise _no("no such hold, released already, or not expired")
    if not hold["ended"]:
        hold["ended"] = "given back"
        for giver in hold["givers"]:
            state.send(here, giver["address"], _total(giver["coins"]))


def _anchor(
    state: State, held: Any, here: str, sender: str, owner: str, said: Any, funds: dict[str, int], time: int
) -> None:
    if said["batch"] in held["anchored"]:
        raise _no("this batch is anchored already")
    held["anchored"][said["batch"]] = said["digest"]
