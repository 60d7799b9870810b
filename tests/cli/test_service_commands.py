"""The commands that talk to a running service, and the demonstration."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from c4e_server.local import Local, local_service

pytestmark = pytest.mark.xdist_group("cli-service")
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with local_service(tmp_path_factory.mktemp("service"), "--workers", "1") as running:
        yield running


def test_a_case_is_submitted_watched_and_found_again(inside: Run, house: Path, service: Local, tmp_path: Path):
    at = ("--address", service.address)
    done = inside(
        "submit", house, "--request-id", "monday", "--post", "--watch", "--json", "--out", tmp_path / "out", *at
    )
    assert done.code == 0, done.err
    assert done.json["termination"]["reason"] == "OPTIMAL"
    assert done.json["digest"]["outcome"] == inside("solve", house, "--json").json["digest"]["outcome"]
    assert inside("verify", house, tmp_path / "out").code == 0
    again = inside("submit", house, "--request-id", "monday", "--post", "--json", *at)
    assert again.json["state"] == "done"
    assert inside("jobs", "list", "--json", *at).json[0]["request_id"] == "monday"
    assert inside("jobs", "get", "monday", "--json", *at).json["answer"]["certificate"]["holds"] is True
    assert inside("jobs", "get", "tuesday", *at).code == 2
    assert inside("jobs", "cancel", "monday", *at).out.strip() == "done"
    end = time.monotonic() + 20
    while not inside("jobs", "get", "monday", "--json", *at).json["posted"]:
        assert time.monotonic() < end, "the batch does not arrive"
    assert "party:ann" in inside("ledger", "balances", *at).out
    assert "monday" in inside("jobs", "list", *at).out


def test_other_content_under_the_same_id_is_bad_input(
    inside: Run, house: Path, service: Local, broken: Callable[..., Path]
):
    at = ("--address", service.address)
    inside("submit", house, "--request-id", "wednesday", *at)
    done = inside("submit", broken("series.csv", "Z,2", "Z,2.5"), "--request-id", "wednesday", *at)
    assert done.code == 2
    assert "wednesday" in done.err


def test_the_demonstration_walks_the_whole_path(run: Run, inside: Run, house: Path, tmp_path: Path):
    done = run("demo", house, "--data", tmp_path)
    assert done.code == 0, done.out + done.err
    for words in (
        "OPTIMAL",
        "gap",
        "Prices",
        "Schedule",
        "Settlement",
        "Ledger: balances",
        "outcome.png",
        "statement.csv",
    ):
        assert words in done.out
    assert "done" in done.err  # progress, as far as the solve is slow enough to show any
    for name in ("outcome.nc", "outcome.json", "outcome.png", "statement.csv"):
        assert (tmp_path / "out" / name).is_file()
    assert inside("ledger", "verify", "--data", tmp_path).code == 0
    again = inside("demo", house, "--data", tmp_path)  # on the same books: nothing is booked twice
    assert again.code == 0, again.err
    assert done.out.split("Ledger: balances")[1] == again.out.split("Ledger: balances")[1]
