"""Market sessions through a real service: gates, orders, results for everybody and for each, statements, readings."""

from __future__ import annotations

import contextvars
import re
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from c4e.opt.v1 import market_session_pb2, metering_pb2, orders_pb2
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.errors import InvalidInput
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.settlement import audit, batch_of
from c4e_opt.trading.events import Act, Event, What
from c4e_opt.verify import verify
from c4e_server.client import Client, Markets, Order
from c4e_server.convert import arrays
from c4e_server.convert.case import case_to_proto
from c4e_server.errors import NotAllowed, RequestIdReused, ServiceError, UnknownSession
from c4e_server.failures import failure_of
from c4e_server.local import local_service
from c4e_server.security.identity import Identity, Role, enter
from c4e_server.services.market_session import _reader, _viewer, _writer

M = market_session_pb2


def zones(**more: Any) -> Case:
    """Two zones with a tie of 2 MW, two hours, three parties; no order."""
    document: dict[str, Any] = {
        "name": "zones",
        "horizon": {"start": "2025-06-15T00:00Z", "step_minutes": 60, "steps": 2},
        "parties": [{"id": "ann"}, {"id": "bob"}, {"id": "eve"}],
        "buses": [{"id": "north"}, {"id": "south"}],
        "components": {
            "tie": [{"id": "cable", "from_bus": "north", "to_bus": "south", "forward_max_mw": 2, "backward_max_mw": 2}]
        },
    }
    return Builder(document | more, {}).case(empty=True)


def bare() -> Case:
    """One zone and nothing else: no component, no order."""
    return zones(buses=[{"id": "north"}], components={})


@pytest.fixture
def markets(client: Client) -> Markets:
    return client.markets


@pytest.fixture
def name() -> str:
    return f"m{uuid.uuid4().hex[:10]}"


def soon(seconds: float = 60.0) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


SELLS = Order(id="o1", bus="north", side="sell", price=20, energy=5)
BUYS = Order(id="o1", bus="south", side="buy", price=60, energy=4)


def refused(act: Callable[[], Any]) -> bool:
    """Whether a write comes outside the gate, or before its session is there."""
    try:
        act()
    except ServiceError as error:
        if failure_of(error).reason not in ("GATE_CLOSED", "UNKNOWN_SESSION"):
            raise
        return True
    return False


@pytest.fixture
def cleared(markets: Markets, name: str) -> str:
    """A session with orders of two parties over a full tie, cleared and posted."""
    markets.open(name, zones(), closes=soon(), settlement="post")
    markets.submit(name, "ann", [SELLS])
    markets.submit(name, "bob", [BUYS, Order(id="o2", bus="north", side="buy", price=10, energy=1)])
    markets.submit(name, "eve", [Order(id="o1", bus="south", side="sell", price=50, energy=9)])
    markets.close_gate(name)
    assert markets.wait(name).state == M.MARKET_STATE_PUBLISHED
    return name


def test_a_market_goes_from_orders_to_prices_by_hand(markets: Markets, cleared: str):
    """South takes 2 MWh over the full tie at 20 and 2 MWh of its own at 50: prices 20 and 50."""
    result, prices, volumes = markets.result(cleared)
    assert prices.labels["bus"].tolist() == ["north", "south"]
    assert prices.values("price_eur_per_mwh")[:, 0].tolist() == [20.0, 50.0]
    assert volumes.values("bought_mwh")[:, 0].tolist() == [0.0, 4.0]
    assert volumes.values("sold_mwh")[:, 0].tolist() == [2.0, 2.0]
    assert volumes.values("accepted_orders").tolist() == [[1.0, 0.0], [2.0, 0.0]]
    assert result.certificate.holds
    assert not any(residual.where for residual in result.certificate.residuals)
    assert result.welfare == pytest.approx(4 * 60 - 2 * 20 - 2 * 50)


def test_a_party_is_told_what_became_of_its_own_orders_and_why(markets: Markets, cleared: str):
    bob = markets.party_result(cleared, "bob")
    assert bob.id.tolist() == ["o1", "o2"]
    assert bob.accepted_mwh.tolist() == [4.0, 0.0]
    assert bob.price_per_mwh.tolist() == [50.0, 20.0]
    assert bob.reason == ["accepted", "out_of_the_money"]
    (statement,) = bob.statements
    assert {position.party for position in statement.positions} == {"bob"}
    assert {position.component for position in statement.positions} == {"order/o1", "order/o2"}
    assert [(each.asset, each.amount) for each in statement.balances] == [("EUR", "-20000"), ("electricity", "4000000")]
    text = str(statement)
    assert "ann" not in text
    assert "eve" not in text


def test_the_record_proves_the_session(markets: Markets, client: Client, cleared: str):
    record = markets.record(cleared)
    assert record.case.name == cleared
    assert sorted(record.case.orders.id.tolist()) == ["ann/o1", "bob/o1", "bob/o2", "eve/o1"]
    assert verify(record.case, record.outcome).holds
    assert audit(record.case, record.outcome, record.statements[0]).holds
    assert client.batch(batch_of(record.statements[0]).id).counted
    again = client.solve(record.case).outcome
    assert again.digest == record.outcome.digest == markets.result(cleared)[0].outcome_digest


def test_orders_of_others_are_not_seen(markets: Markets, cleared: str):
    assert list(markets.orders(cleared, "ann").id) == ["o1"]
    seen = list(markets.watch(cleared, "ann"))
    assert {event.party for event in seen} == {"", "ann"}
    submitted = M.MARKET_EVENT_KIND_ORDERS_SUBMITTED
    assert [event.party for event in seen if event.kind == submitted] == ["ann"]
    everything = list(markets.watch(cleared))
    assert [event.revision for event in everything] == list(range(1, len(everything) + 1))
    assert {event.party for event in everything} == {"", "ann", "bob", "eve"}


def test_a_watch_goes_on_from_any_revision_without_gap_or_double(markets: Markets, cleared: str):
    for party in ("", "ann", "bob"):
        whole = list(markets.watch(cleared, party))
        assert [each.previous_revision for each in whole] == [0, *(each.revision for each in whole[:-1])]
        for after in range(markets.get(cleared).revision + 1):
            assert list(markets.watch(cleared, party, after)) == [each for each in whole if each.revision > after]
    with pytest.raises(InvalidInput, match="after_revision"):
        list(markets.watch(cleared, after=99))


def test_a_watcher_is_told_while_it_happens(markets: Markets, name: str):
    markets.open(name, bare(), closes=soon())
    told: Iterator[Any] = markets.watch(name, "ann", timeout_s=30)
    assert [next(told).kind for _ in range(2)] == [M.MARKET_EVENT_KIND_OPENED, M.MARKET_EVENT_KIND_GATE_OPENED]
    revision = markets.submit(name, "ann", [SELLS], "first")
    event = next(told)
    assert (event.revision, event.party, event.request_id, event.orders) == (revision, "ann", "first", 1)
    markets.cancel(name, "a drill")
    assert [(each.kind, each.detail) for each in told] == [(M.MARKET_EVENT_KIND_CANCELLED, "a drill")]


def test_writes_are_repeatable_and_other_content_is_refused(markets: Markets, name: str):
    opened = {"closes": soon()}
    first = markets.open(name, bare(), **opened)
    assert markets.open(name, bare(), **opened).id == first.id
    with pytest.raises(RequestIdReused):
        markets.open(name, zones(), **opened)
    one = markets.submit(name, "ann", [SELLS], "r")
    assert markets.submit(name, "ann", [SELLS], "r") == one
    with pytest.raises(RequestIdReused):
        markets.submit(name, "ann", [Order(id="o9", bus="north", side="sell", price=1, energy=1)], "r")
    with pytest.raises(RequestIdReused):
        markets.withdraw(name, "ann", ["o1"], "r")
    assert markets.submit(name, "bob", [Order(id="o1", bus="north", side="buy", price=9, energy=1)], "r") > one
    markets.close_gate(name)
    assert markets.submit(name, "ann", [SELLS], "r") == one
    with pytest.raises(ServiceError, match="no order is taken any more") as caught:
        markets.submit(name, "ann", [Order(id="late", bus="north", side="sell", price=1, energy=1)])
    assert failure_of(caught.value).reason == "GATE_CLOSED"


def test_amended_and_withdrawn_orders_count_as_they_stand(markets: Markets, name: str):
    """Ann sells 3 at 25 instead of 5 at 20, and her second order is gone: bob gets 3 MWh at 25."""
    markets.open(name, bare(), closes=soon())
    markets.submit(name, "ann", [SELLS, Order(id="o2", bus="north", side="sell", price=1, energy=9)])
    markets.submit(name, "bob", [Order(id="b", bus="north", side="buy", price=60, energy=4)])
    markets.submit(name, "ann", [Order(id="o1", bus="north", side="sell", price=25, energy=3)], amend=True)
    markets.withdraw(name, "ann", ["o2"])
    book = markets.orders(name, "ann")
    assert list(book.id) == ["o1"]
    assert arrays.column_from_proto(book.energy, "", []).tolist() == [3.0]
    markets.close_gate(name)
    markets.wait(name)
    assert markets.party_result(name, "bob").accepted_mwh.tolist() == [3.0]


def test_everything_wrong_is_said_at_once_and_nothing_is_taken(markets: Markets, name: str):
    markets.open(name, bare(), closes=soon())
    before = markets.get(name).revision
    wrong = [
        SELLS,
        Order(id="o2", bus="nroth", side="sell", price=1, energy=1),
        Order(id="a/b", bus="north", side="sell", price=1, energy=1),
    ]
    with pytest.raises(InvalidInput) as caught:
        markets.submit(name, "ann", wrong)
    assert {(issue.path, issue.rule) for issue in caught.value.issues} == {
        ("orders[1].bus", "unknown_reference"),
        ("orders[2].id", "id"),
    }
    bad = [Order(id=f"n{n}", bus="north", side="sell", price=float("nan"), energy=-1, step=9) for n in range(3)]
    with pytest.raises(InvalidInput) as caught:
        markets.submit(name, "ann", bad)
    assert {issue.path.split(".")[0] for issue in caught.value.issues} == {"orders[0]", "orders[1]", "orders[2]"}
    huge = [Order(id="p", bus="north", side="sell", price=1e16, energy=1),
            Order(id="e", bus="north", side="buy", price=1, energy=1e300)]  # fmt: skip
    with pytest.raises(InvalidInput) as caught:
        markets.submit(name, "ann", huge)
    assert [(issue.path.split(".")[0], issue.rule) for issue in caught.value.issues] == [
        ("orders[0]", "range"),
        ("orders[1]", "range"),
    ]
    for act in (
        lambda: markets.submit(name, "nobody", [SELLS]),
        lambda: markets.submit(name, "", [SELLS]),
        lambda: markets.submit(name, "ann", []),
        lambda: markets.submit(name, "ann", [SELLS, SELLS]),
        lambda: markets.submit(name, "ann", [SELLS], amend=True),
        lambda: markets.withdraw(name, "ann", ["o1"]),
    ):
        with pytest.raises(InvalidInput):
            act()
    assert markets.get(name).revision == before
    with pytest.raises(UnknownSession):
        markets.get("nowhere")


def test_a_session_that_cannot_be_is_refused_with_every_reason(client: Client, name: str):
    message = case_to_proto(zones())
    message.buses[1].id = "north"
    message.orders.id.append("o")
    request = M.OpenMarketSessionRequest(session_id=name, case=message)
    request.gate_opens.FromDatetime(soon(9))
    request.gate_closes.FromDatetime(soon(5))
    with pytest.raises(InvalidInput) as caught:
        client.call("MarketSessionService/OpenMarketSession", request, M.OpenMarketSessionResponse)
    assert {"case.orders", "gate_closes", "buses[1].id"} <= {issue.path for issue in caught.value.issues}
    with pytest.raises(InvalidInput, match="is over"):
        client.markets.open(name, bare(), closes=soon(-1))
    request = M.OpenMarketSessionRequest(session_id=name, case=case_to_proto(zones()))
    request.case.components.complex_order.add(id="c")
    request.gate_closes.FromDatetime(soon(5))
    with pytest.raises(InvalidInput, match="complex_order: are given"):
        client.call("MarketSessionService/OpenMarketSession", request, M.OpenMarketSessionResponse)


def test_ids_of_a_continuous_book_are_those_of_an_auction(markets: Markets, name: str):
    """A "/" separates them from their party, so that none may have one."""
    markets.open(name, bare(), closes=soon(), kind="continuous", bus="north")
    with pytest.raises(InvalidInput) as caught:
        markets.trade(name, "ann", [limit("o 1", 1, 100, 5), limit("x/1", 1, 100, 5)])
    assert [(issue.path, issue.rule) for issue in caught.value.issues] == [("events[1].order_id", "id")]


def test_linked_orders_hold_together_over_several_writes(markets: Markets, name: str):
    """A child of an order that came before; the parent cannot be withdrawn alone."""
    markets.open(name, bare(), closes=soon())
    markets.submit(name, "ann", [Order(id="p", bus="north", side="sell", price=20, energy=5, ratio_min=1)])
    child = orders_pb2.OrderBook(id=["c"], side=[orders_pb2.SIDE_SELL])
    zero = np.zeros(1, dtype=np.int64)
    child.bus.CopyFrom(arrays.words_to_proto(["north"], zero))
    child.step.CopyFrom(arrays.places_to_proto(zero))
    child.price.CopyFrom(arrays.column_to_proto(np.array([5.0])))
    child.energy.CopyFrom(arrays.column_to_proto(np.array([2.0])))
    child.parent.CopyFrom(arrays.words_to_proto(["p"], zero))
    with pytest.raises(InvalidInput, match="'p'"):
        markets.submit(name, "bob", child)  # of another party
    markets.submit(name, "ann", child)
    with pytest.raises(InvalidInput, match="'p'"):
        markets.withdraw(name, "ann", ["p"])
    markets.submit(name, "bob", [Order(id="b", bus="north", side="buy", price=60, energy=7)])
    markets.close_gate(name)
    markets.wait(name)
    told = markets.party_result(name, "ann")
    assert sorted(zip(told.id.tolist(), told.accepted_mwh.tolist(), strict=True)) == [("c", 2.0), ("p", 5.0)]


def test_the_gate_keeps_its_moments(markets: Markets, name: str):
    opens, closes = soon(1.0), soon(2.5)
    assert markets.open(name, bare(), opens=opens, closes=closes).state == M.MARKET_STATE_SCHEDULED
    with pytest.raises(ServiceError, match="opens in"):
        markets.submit(name, "ann", [SELLS])
    taken, stamps = 0, []
    while datetime.now(UTC) < closes + timedelta(seconds=0.3):
        order = Order(id=f"o{taken}", bus="north", side="sell", price=20, energy=1)
        if not refused(lambda order=order: markets.submit(name, "ann", [order])):
            taken += 1
            stamps.append(time.time())
    assert taken > 20
    assert stamps[0] > opens.timestamp()
    assert stamps[-1] < closes.timestamp() + 0.1
    markets.wait(name)
    record = markets.record(name)
    assert record.case.orders.orders == taken
    kinds = [(event.kind, event.time.ToNanoseconds() / 1e9) for event in markets.watch(name)]
    times = dict(kinds)
    assert opens.timestamp() <= times[M.MARKET_EVENT_KIND_GATE_OPENED] < opens.timestamp() + 0.3
    assert closes.timestamp() <= times[M.MARKET_EVENT_KIND_GATE_CLOSED] < closes.timestamp() + 0.3


def test_without_an_order_there_is_no_result(markets: Markets, name: str):
    markets.open(name, bare(), closes=soon())
    with pytest.raises(ServiceError, match="not out yet"):
        markets.result(name)
    closed = markets.close_gate(name)
    assert (closed.state, closed.detail) == (M.MARKET_STATE_CANCELLED, "the gate closed without an order")


def test_a_market_is_cleared_on_command_and_an_infeasible_one_says_why(markets: Markets, name: str):
    components = {"demand": [{"id": "must", "bus": "north", "owner": "bob", "demand_mw": 3}]}
    markets.open(name, zones(buses=[{"id": "north"}], components=components), closes=soon(), on_command=True)
    markets.submit(name, "ann", [Order(id="s", bus="north", side="sell", price=5, energy=1)])
    with pytest.raises(ServiceError, match="close its gate first"):
        markets.clear(name)
    assert markets.close_gate(name).state == M.MARKET_STATE_CLOSED
    markets.clear(name)
    failed = markets.wait(name)
    assert failed.state == M.MARKET_STATE_FAILED
    assert "NO_SOLUTION" in failed.detail
    assert "3" in failed.detail
    markets.clear(name)
    assert markets.wait(name).state == M.MARKET_STATE_FAILED


def test_a_rolling_market_opens_the_next_gate_by_itself(markets: Markets, name: str):
    """Gates of a second, every second; the steps move with them."""
    begin = datetime.now(UTC) + timedelta(seconds=0.3)
    first = markets.open(
        name, bare(), opens=begin, closes=begin + timedelta(seconds=1), cadence=timedelta(seconds=1), settlement="post"
    )
    assert (first.id, first.series) == (f"{name}.0", name)
    for slot in range(3):
        here = f"{name}.{slot}"
        deadline = time.time() + 10
        while refused(lambda here=here: markets.submit(here, "ann", [SELLS], "s")):
            assert time.time() < deadline
            time.sleep(0.02)
        markets.submit(here, "bob", [Order(id="b", bus="north", side="buy", price=60, energy=4)], "b")
        assert markets.wait(here).state == M.MARKET_STATE_PUBLISHED
        record = markets.record(here)
        assert record.case.horizon.start == zones().horizon.start + slot
    scheduled = markets.list(series=name)[0]
    markets.cancel(scheduled.id, "the series ends")
    time.sleep(1.5)
    assert (
        max(int(each.id.rpartition(".")[2]) for each in markets.list(series=name))
        <= int(scheduled.id.rpartition(".")[2]) + 1
    )


def limit(order: str, side: int, price: int, quantity: int) -> Event:
    return Event(0, Act.LIMIT, order, "", side, price, quantity)


def test_a_continuous_book_is_a_session_and_names_no_other_party(markets: Markets, name: str):
    markets.open(name, bare(), closes=soon(), kind="continuous")
    markets.trade(name, "ann", [limit("offer", SELL, 50, 5)], "r")
    told = markets.trade(name, "bob", [limit("bid", BUY, 55, 3)], "r")
    assert markets.trade(name, "bob", [limit("bid", BUY, 55, 3)], "r") == told
    (trade,) = told
    assert (trade.what, trade.id, trade.other, trade.price, trade.quantity) == (What.TRADED, "bid", "", 50, 3)
    assert (trade.party, trade.other_party) == ("bob", "")
    with pytest.raises(InvalidInput, match="'zoe'"):  # who takes no part in the market
        markets.trade(name, "zoe", [limit("bid", BUY, 55, 3)])
    with pytest.raises(ServiceError, match="use TradeOrders"):
        markets.submit(name, "ann", [SELLS])
    markets.close_gate(name)
    seen = [event for event in markets.watch(name, "ann") if event.executions]
    assert [(event.party, event.request_id) for event in seen] == [("ann", "r"), ("", "")]
    assert not {"bob", "bid"} & set(re.findall(r"\w+", str(seen)))
    result, _, _ = markets.result(name)
    assert [(each.price_ticks, each.quantity_lots, each.party, each.order_id) for each in result.trades] == [
        (50, 3, "", "")
    ]


def readings(kind: int, energy_wh: int, number: int = 1) -> metering_pb2.Measurement:
    """Bob's meter in the south, which should have taken 4 MWh in the first hour."""
    message = metering_pb2.Measurement()
    message.meters.add(id="m", party="bob", bus="south", seconds=3600)
    start = zones().horizon.start
    message.readings.meter.CopyFrom(arrays.words_to_proto(["m"], np.zeros(2, dtype=np.int64)))
    message.readings.start.extend([start, start + 3600])
    message.readings.energy_wh.extend([energy_wh, 0])
    message.rules.price, message.rules.component_per_mwh = metering_pb2.IMBALANCE_PRICE_RULE_DUAL, 10.0
    message.run.kind, message.run.number = kind, number
    return message


def test_readings_settle_imbalances_and_a_later_run_takes_the_place_of_the_last(
    markets: Markets, client: Client, cleared: str
):
    """Bob took 5 MWh instead of 4: 1 MWh short at 50 + 10; then 4.5 MWh: half of that."""
    provisional, final = metering_pb2.METERING_RUN_KIND_PROVISIONAL, metering_pb2.METERING_RUN_KIND_FINAL
    first, replaces = markets.readings(cleared, readings(provisional, -5_000_000), "p")
    assert first.balances()["bob"]["EUR"] == -6000
    assert replaces == ""
    again, _ = markets.readings(cleared, readings(provisional, -5_000_000), "p")
    assert again.digest == first.digest
    with pytest.raises(InvalidInput, match="one run"):
        markets.readings(cleared, readings(provisional, -5_000_000))
    second, replaces = markets.readings(cleared, readings(final, -4_500_000), "f")
    assert second.balances()["bob"]["EUR"] == -3000
    assert replaces == batch_of(first).id
    assert markets.readings(cleared, readings(final, -4_500_000), "f")[1] == replaces
    assert client.batch(batch_of(second).id).counted
    assert client.batch(batch_of(first).reversed().id).counted
    statements = markets.party_result(cleared, "bob").statements
    assert [(each.act, each.replaced) for each in statements] == [
        ("clearing", False), ("imbalance", True), ("imbalance", False)]  # fmt: skip
    assert [each.kind for each in markets.watch(cleared)][-2:] == [M.MARKET_EVENT_KIND_SETTLED] * 2
    broken = readings(final, -1, 2)
    broken.meters[0].party = "carl"
    broken.readings.start.pop()
    with pytest.raises(InvalidInput):
        markets.readings(cleared, broken)


def test_a_restart_rebuilds_orders_books_and_gates(tmp_path: Any):
    with local_service(tmp_path, "--workers", "1") as running, Client(running.address) as client:
        client.markets.open("a", bare(), closes=soon(600))
        client.markets.submit("a", "ann", [SELLS], "r1")
        client.markets.submit(
            "a", "ann", [Order(id="o1", bus="north", side="sell", price=9, energy=2)], "r2", amend=True
        )
        client.markets.open("c", bare(), closes=soon(600), kind="continuous")
        client.markets.trade("c", "ann", [limit("o", SELL, 50, 5)], "r")
        before = [client.markets.get("a"), client.markets.orders("a", "ann")]
        running.kill()
    with local_service(tmp_path, "--workers", "1") as running, Client(running.address) as client:
        markets = client.markets
        assert [markets.get("a"), markets.orders("a", "ann")] == before
        assert markets.submit("a", "ann", [SELLS], "r1") == 3
        told_now = markets.trade("c", "bob", [limit("o", BUY, 50, 5)], "r")
        assert [(each.what, each.quantity) for each in told_now] == [(What.TRADED, 5)]
        markets.submit("a", "bob", [Order(id="b", bus="north", side="buy", price=60, energy=4)])
        markets.close_gate("a")
        assert markets.wait("a").state == M.MARKET_STATE_PUBLISHED
        assert markets.party_result("a", "bob").accepted_mwh.tolist() == [2.0]


def test_many_orders_travel_as_columns(markets: Markets, name: str):
    count = 20_000
    markets.open(name, bare(), closes=soon(), settlement="none")
    chance = np.random.default_rng(3)
    zero = np.zeros(count, dtype=np.int64)
    for party, side in (("ann", orders_pb2.SIDE_SELL), ("bob", orders_pb2.SIDE_BUY)):
        book = orders_pb2.OrderBook(id=[f"o{n}" for n in range(count)], side=[side] * count)
        book.bus.CopyFrom(arrays.words_to_proto(["north"], zero))
        book.step.CopyFrom(arrays.places_to_proto(chance.integers(0, 2, count)))
        book.price.CopyFrom(arrays.column_to_proto(chance.uniform(0, 100, count).round(2)))
        book.energy.CopyFrom(arrays.column_to_proto(chance.uniform(0.1, 5, count).round(3)))
        markets.submit(name, party, book)
    markets.withdraw(name, "ann", [f"o{n}" for n in range(0, count, 2)])
    markets.close_gate(name)
    assert markets.wait(name).state == M.MARKET_STATE_PUBLISHED
    _, prices, volumes = markets.result(name)
    sold = markets.party_result(name, "ann")
    assert sold.id.size == count // 2
    assert sold.accepted_mwh.sum() == pytest.approx(volumes.values("sold_mwh").sum())
    assert (volumes.values("bought_mwh") == pytest.approx(volumes.values("sold_mwh"), rel=1e-9)) is True
    assert ((prices.values("price_eur_per_mwh") > 40) & (prices.values("price_eur_per_mwh") < 80)).all()


def test_who_calls_as_a_party_speaks_and_sees_for_itself_alone():
    as_ann = contextvars.copy_context()
    as_ann.run(enter, Identity(tenant="t", subject="s", party="ann", roles=frozenset({Role.PARTY})))
    for eyes in (_reader, _viewer, _writer):
        assert as_ann.run(eyes, "") == as_ann.run(eyes, "ann") == "ann"
        with pytest.raises(NotAllowed, match="'bob'"):
            as_ann.run(eyes, "bob")
    assert _viewer("") == ""
    with pytest.raises(InvalidInput, match="for whom you speak"):
        _writer("")


def test_who_watches_is_sent_to_the_next_service_when_this_one_ends(tmp_path: Any):
    with local_service(tmp_path, "--workers", "1") as running, Client(running.address, patience_s=0) as client:
        client.markets.open("a", bare(), closes=soon(600))
        told = client.markets.watch("a", timeout_s=30)
        assert [next(told).revision for _ in range(2)] == [1, 2]
        running.process.terminate()
        with pytest.raises(ServiceError, match="watch on from the last revision"):
            next(told)
