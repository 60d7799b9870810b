"""Dead letters through a real service: seen, replayed once mended, voided; what is under way is left alone."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from c4e_opt.case import Case
from c4e_opt.errors import InvalidInput, LedgerError
from c4e_server.cli.books import ledger
from c4e_server.client import Client
from c4e_server.errors import DeliveryUnderWay, UnknownRequest
from c4e_server.local import Local, local_service
from tests.faults.test_power_cut import house


@pytest.fixture
def service(tmp_path: Path) -> Generator[Local]:
    with local_service(tmp_path / "data") as running:
        yield running


def finer(case: Case) -> Case:
    """The same case in tenths of a cent: a ledger that counts cents refuses it."""
    return replace(case, policy=replace(case.policy, money_decimals=3))


def states(client: Client) -> dict[str, str]:
    return {each.request_id: str(each.state) for each in client.deliveries()}


def say(*words: str) -> Any:
    answer = CliRunner().invoke(ledger, [*words, "--json"], standalone_mode=False)
    assert answer.exception is None, answer.exception
    return json.loads(answer.output)


def test_a_dead_letter_is_seen_with_its_reason_and_voided(service: Local) -> None:
    with Client(service.address) as client:
        client.solve(house(1), request_id="whole", settlement="post")
        before, _ = client.balances()
        client.solve(finer(house(2)), request_id="finer", settlement="post")
        dead = list(client.deliveries(["dead"]))
        assert [each.request_id for each in dead] == ["finer"]
        assert "EUR" in dead[0].detail
        assert "decimals" in dead[0].detail
        assert not client.job("finer").posted
        assert client.job("whole").posted
        assert client.statement("finer") is not None, "answer and statement are kept"
        shown = say("deliveries", "--address", service.address, "--state", "dead")["deliveries"]
        assert [(each["request_id"], each["state"]) for each in shown] == [("finer", "dead")]
        voided = say("void", dead[0].batch_id, "--reason", "settled in cents", "--address", service.address)
        assert voided["state"] in ("voiding", "void")
        assert "settled in cents" in voided["detail"]
        assert client.balances()[0] == before


def test_a_replay_of_what_is_still_refused_says_why_and_leaves_it_dead(service: Local) -> None:
    with Client(service.address) as client:
        client.solve(house(1), request_id="whole", settlement="post")
        client.solve(finer(house(2)), request_id="finer", settlement="post")
        (dead,) = client.deliveries(["dead"])
        with pytest.raises(LedgerError, match="decimals"):
            client.replay(dead.batch_id)
        (still,) = client.deliveries(["dead"])
        assert still.batch_id == dead.batch_id


def test_what_is_no_dead_letter_is_left_alone(service: Local) -> None:
    with Client(service.address) as client:
        client.solve(house(1), request_id="whole", settlement="post")
        (done,) = client.deliveries(["delivered"])
        with pytest.raises(DeliveryUnderWay, match="is delivered; only dead letters"):
            client.void(done.batch_id, "a whim")
        with pytest.raises(UnknownRequest, match="no batch"):
            client.replay("0" * 64)
        with pytest.raises(InvalidInput, match="reason"):
            client.void(done.batch_id, "")
