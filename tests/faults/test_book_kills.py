"""The service is killed again and again while parties trade in a continuous book: the library's book is the model."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from c4e_opt.errors import C4eError
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.settlement import Statement
from c4e_opt.trading.continuous_book import ContinuousBook
from c4e_opt.trading.events import Act, Condition, Event, Execution, What
from c4e_server.client import Client
from c4e_server.convert.trading import executions_from_proto
from c4e_server.failures import failure_of
from c4e_server.sessions.session import seen_by
from tests.faults.test_kills import Nothing, database
from tests.faults.test_market_kills import PARTIES, Service, market

pytestmark = pytest.mark.xdist_group("kills")

SESSION, TICK, LOT = "book", 0.5, 0.2
_IN_DOUBT = ("UNREACHABLE", "DEADLINE", "CANCELLED", "STORE_ERROR", "STOPPING")


@dataclass(slots=True)
class Write:
    """One write of a party, as its caller saw it."""

    party: str
    request_id: str
    events: list[Event]
    told: list[list[Execution]] = field(default_factory=list[list[Execution]])  # one for every answer that came


@dataclass(slots=True)
class Told:
    """What the log tells the operator of one write."""

    party: str
    request_id: str
    executions: list[Execution]


@dataclass(slots=True)
class History:
    """Everything that was seen."""

    writes: list[Write]
    log: list[Told]
    trades: list[Execution]  # of the record
    public: list[Execution]
    own: dict[str, list[Execution]]  # party -> its trades
    statement: Statement
    booked: dict[str, dict[str, int]]  # account -> asset -> minor units


class Trader(threading.Thread):
    """A party that sends events at random, and repeats what was not answered."""

    def __init__(self, party: str, service: Service, seed: int) -> None:
        super().__init__(daemon=True)
        self.party, self._service, self._chance = party, service, random.Random(f"{party} {seed}")
        self._client = Client(service.address, patience_s=0)
        self.writes: list[Write] = []
        self.stop = threading.Event()
        self.failed = ""

    def run(self) -> None:
        while not self.stop.is_set():
            write = Write(
                self.party, f"r{len(self.writes)}", [self._event(n) for n in range(self._chance.randint(1, 4))]
            )
            self.writes.append(write)
            for _ in range(2 if self._chance.random() < 0.2 else 1):  # what was answered is asked again, too
                if not self._say(write):
                    return

    def _event(self, place: int) -> Event:
        chance, number = self._chance, len(self.writes)
        act = chance.choices([Act.LIMIT, Act.MARKET, Act.CANCEL, Act.REPLACE], [8, 1, 2, 1])[0]
        name = f"o{number}-{place}" if act <= Act.MARKET else f"o{max(number - chance.randint(1, 4), 0)}-0"
        kind = chance.choice([0, 0, 0, Condition.IMMEDIATE_OR_CANCEL, Condition.FILL_OR_KILL, Condition.ALL_OR_NONE])
        return Event(
            0, act, name, self.party, chance.choice([BUY, SELL]), chance.randint(90, 110), chance.randint(1, 9),
            kind if act == Act.LIMIT else 0,
        )  # fmt: skip

    def _say(self, write: Write) -> bool:
        while True:
            try:
                if self._client.address != self._service.address:
                    self._client.close()
                    self._client = Client(self._service.address, patience_s=0)
                write.told.append(self._client.markets.trade(SESSION, self.party, write.events, write.request_id))
                return True
            except C4eError as error:
                reason = failure_of(error).reason
                if reason not in _IN_DOUBT:
                    self.failed = "" if reason == "GATE_CLOSED" else str(error)
                    return False
                if self.stop.is_set():
                    return False
                time.sleep(0.02)


def traded(folder: Path, kills: int, seed: int, kind: str = "sqlite") -> History:
    """What was seen after so many kills of service or database, the last of them while the gate closes."""
    with database(kind, folder) as (url, server):
        return _traded(folder, kills, random.Random(seed), seed, url, server)


def _traded(folder: Path, kills: int, chance: random.Random, seed: int, url: str, server: Any) -> History:
    service = Service(folder, ("--database", url))
    try:
        with Client(service.address) as client:
            closes = datetime.now(UTC) + timedelta(hours=1)
            more = {"kind": "continuous", "settlement": "post", "tick": TICK, "lot": LOT}
            client.markets.open(SESSION, market(), closes=closes, **more)
        traders = [Trader(party, service, seed) for party in PARTIES]
        for trader in traders:
            trader.start()
        for _ in range(kills):
            time.sleep(chance.uniform(0.05, 0.6))
            if isinstance(server, Nothing) or chance.random() < 0.6:
                service.kill()
                service.start()
            else:
                server.again()
        time.sleep(0.3)
        closing = threading.Thread(target=_close, args=(service.address,), daemon=True)
        closing.start()
        time.sleep(chance.uniform(0.0, 0.05))
        service.kill()  # in the midst of the closing
        service.start()
        closing.join(30)
        _close(service.address)
        for trader in traders:
            trader.stop.set()
        for trader in traders:
            trader.join(30)
            assert not trader.is_alive()
            assert not trader.failed
        return _history(service.address, [write for trader in traders for write in trader.writes])
    finally:
        service.kill()


def _close(address: str) -> None:
    try:
        with Client(address) as client:
            client.markets.close_gate(SESSION)
    except C4eError as error:
        if failure_of(error).reason not in _IN_DOUBT:
            raise


def _history(address: str, writes: list[Write]) -> History:
    with Client(address) as client:
        log = [
            Told(each.party, each.request_id, executions_from_proto(each.executions))
            for each in client.markets.watch(SESSION)
            if each.executions
        ]
        record = client.markets.record(SESSION)
        (statement,) = record.statements
        return History(
            writes,
            log,
            list(record.trades),
            executions_from_proto(client.markets.result(SESSION)[0].trades),
            {party: list(client.markets.party_result(SESSION, party).trades) for party in PARTIES},
            statement,
            client.balances()[0],
        )


def violations(history: History) -> list[str]:
    """Everything that the library's book, fed with the events of the log, would not have done."""
    wrong: list[str] = []
    sent = {(write.party, write.request_id): write for write in history.writes}
    place = Counter((each.party, each.request_id) for each in history.log)
    wrong += [f"{key} counts {count} times" for key, count in place.items() if count > 1]
    model, trades = ContinuousBook(), list[Execution]()
    expected: dict[tuple[str, str], list[Execution]] = {}
    for each in history.log:
        write = sent.get((each.party, each.request_id))
        if write is None:
            wrong.append(f"nobody sent {each.party} {each.request_id}")
            continue
        told: list[Execution] = []
        for event in write.events:
            named = event._replace(time=each.executions[0].time, party=each.party, id=f"{each.party}/{event.id}")
            told += model.submit(named)
        if told != each.executions:
            wrong.append(f"{each.party} {each.request_id} came to something else than in the model")
        expected[each.party, each.request_id] = told
        trades += [execution for execution in told if execution.what == What.TRADED]
    for key, write in sent.items():
        for answer in write.told:
            if key not in expected:
                wrong.append(f"{key} was answered and is lost")
            elif answer != seen_by(expected[key], write.party):
                wrong.append(f"{key} was answered with something else")
    if history.trades != trades:
        wrong.append("the trades of the record are not those of the model")
    if history.public != [each._replace(id="", other="", party="", other_party="") for each in trades]:
        wrong.append("what everybody is told names somebody, or is not what was traded")
    for party in PARTIES:
        if history.own[party] != seen_by(trades, party):
            wrong.append(f"the trades of {party} are not its own")
    return wrong + _settled(history, trades)


def _settled(history: History, trades: list[Execution]) -> list[str]:
    """Money and energy: exact sums of the trades, a cent for each trade and step at most away from them."""
    energy: dict[str, Fraction] = defaultdict(Fraction)
    money: dict[str, Fraction] = defaultdict(Fraction)
    for each in trades:
        mwh = each.quantity * Fraction(str(LOT)) * each.side  # positive: `party` sells
        for party, sign in ((each.party, 1), (each.other_party, -1)):
            energy[party] -= sign * mwh
            money[party] += sign * mwh * each.price * Fraction(str(TICK))
    wrong: list[str] = []
    balances = history.statement.balances()
    for party in PARTIES:
        booked = history.booked.get(f"party:{party}", {})
        own = balances.get(party, {})
        if Fraction(own.get("electricity", 0), 10**6) != energy[party]:
            wrong.append(f"{party} is settled for {own} and has traded {energy[party]} MWh")
        if abs(own.get("EUR", 0) - money[party] * 100) > len(trades):
            wrong.append(f"{party} is settled for {own} and is owed {money[party]}")
        if {asset: amount for asset, amount in own.items() if amount} != booked:
            wrong.append(f"the books have {booked} of {party}, the statement {own}")
    return wrong


def lost(history: History) -> None:
    """An acknowledged write is not in the log."""
    answered = {(write.party, write.request_id) for write in history.writes if write.told}
    history.log.remove(next(each for each in history.log if (each.party, each.request_id) in answered))


def doubled(history: History) -> None:
    """A write counts twice."""
    history.log.append(history.log[0])


def swapped(history: History) -> None:
    """Two writes stand in another order than the one in which they met."""
    n = next(n for n, each in enumerate(history.log) if any(e.what == What.TRADED for e in each.executions))
    history.log[n - 1], history.log[n] = history.log[n], history.log[n - 1]


def told_of_others(history: History) -> None:
    """A party is told who its partner was."""
    write = next(write for write in history.writes if any(e.what == What.TRADED for t in write.told for e in t))
    write.told[0] = [each._replace(other_party="bob") for each in write.told[0]]


def unpaid(history: History) -> None:
    """A trade is missing in the statement that was booked."""
    history.booked["party:ann"]["electricity"] += 1


def named(history: History) -> None:
    """The public sees a party."""
    history.public[0] = history.public[0]._replace(party="ann")


PLANTS = (lost, doubled, swapped, told_of_others, unpaid, named)


def check(history: History, least: int) -> None:
    assert violations(history) == []
    assert len(history.trades) >= least
    for plant in PLANTS:
        other = deepcopy(history)
        plant(other)
        assert violations(other), f"{plant.__name__} is not found"


def test_a_book_that_is_killed_is_the_one_of_the_library(tmp_path: Path):
    check(traded(tmp_path, 1, 1), 5)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_book_that_is_killed_sixty_times(tmp_path: Path, kind: str):
    check(traded(tmp_path, 60, 2, kind), 100)
