"""The compiled contracts that ship with the service."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A contract as `server/compile_contracts.py` leaves it."""

    abi: list[dict[str, Any]]
    bytecode: str  # hexadecimal, creation code
    runtime_sha256: str  # of the code that a deployed contract has


@cache
def artefact(name: str) -> Artefact:
    """Read one: settlement, token or certificate."""
    text = (files("c4e_server.ledgers.evm") / "contracts" / f"{name}.json").read_text(encoding="utf-8")
    content = json.loads(text)
    return Artefact(abi=content["abi"], bytecode=content["bytecode"], runtime_sha256=content["runtime_sha256"])
