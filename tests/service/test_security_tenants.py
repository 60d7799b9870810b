"""What callers see and may do: tenants their own, parties their own lines, roles what the table of rules says."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

import c4e.opt.v1
from c4e.opt.v1 import (
    datasets_pb2,
    delivery_pb2,
    jobs_pb2,
    ledger_pb2,
    market_session_pb2,
    metering_pb2,
    settlement_pb2,
    solve_pb2,
    trading_pb2,
)
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.market.order_book import BUY
from c4e_opt.trading.events import Act, Event
from c4e_server.client import Client
from c4e_server.convert.case import case_to_proto
from c4e_server.errors import NoBooks, NotAllowed, UnknownRequest, UnknownSession
from c4e_server.security.identity import Role, key_of, name_of, tenant_of
from c4e_server.security.rules import RULES
from tests.service.security_world import World, world

Make = Callable[..., Case]

#: Offered by `c4e-opt ledger serve` in a process of its own, which asks for signatures; not by the service.
_APART = "c4e.opt.v1.LedgerAdapterService"
HOUR = {"start": "2025-06-15T12:00Z", "step_minutes": 60, "steps": 1}


def methods() -> dict[str, Any]:
    """Every method of every contract that the service may serve, from the descriptors."""
    files = [health_pb2.DESCRIPTOR, reflection_pb2.DESCRIPTOR]
    for module in pkgutil.iter_modules(c4e.opt.v1.__path__):
        if module.name.endswith("_pb2"):
            files.append(importlib.import_module(f"c4e.opt.v1.{module.name}").DESCRIPTOR)
    services = [service for file in files for service in file.services_by_name.values() if service.full_name != _APART]
    return {method.full_name: method for service in services for method in service.methods}


METHODS = methods()
DATASET = b"of acme alone"
GUARDED = sorted(name for name in METHODS if not name.startswith("grpc.health"))


def test_every_method_has_a_rule_and_every_rule_a_method():
    assert set(METHODS) == set(RULES)
    assert {name for name, rule in RULES.items() if rule.public} == set(METHODS) - set(GUARDED)
    assert all(RULES[name].roles for name in GUARDED)


def test_who_is_let_in_is_told_of_every_service_where_reflection_is_on(here: World):
    token = here.issuer.token("acme", ("auditor",))
    name = "grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo"
    _, _, (told,) = call(here, token, name, reflection_pb2.ServerReflectionRequest(list_services=""))
    served = {each.name for each in told.list_services_response.service}
    assert served == {name.rpartition(".")[0] for name in GUARDED}
    for service in served:
        asked = reflection_pb2.ServerReflectionRequest(file_containing_symbol=service)
        _, _, (told,) = call(here, token, name, asked)
        assert told.file_descriptor_response.file_descriptor_proto


def test_who_only_reads_may_not_write():
    assert not any(Role.AUDITOR in rule.roles for rule in RULES.values() if rule.writes)


def test_a_name_with_a_separator_is_nobodys():
    assert (key_of("acme", "x"), key_of("", "x")) == ("acme/x", "x")
    assert (tenant_of("acme/x"), name_of("acme/x"), tenant_of("x"), name_of("x")) == ("acme", "x", "", "x")
    with pytest.raises(UnknownRequest):
        key_of("", "acme/x")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, make_small: Make) -> Iterator[World]:
    with (
        world(tmp_path_factory.mktemp("tenants"), reflection=True) as running,
        running.client("acme", ("operator",)) as client,
    ):
        client.solve(make_small(), request_id="r", settlement="post")
        client.solve(make_small(), request_id="of-acme-alone")
        client.datasets.upload(DATASET)
        begin(client, "b")
        list(client.trade("b", "ann", [[order()]]))
        closes = Timestamp(seconds=int(time.time()) + 3600)
        opening = market_session_pb2.OpenMarketSessionRequest(
            session_id="s", case=case_to_proto(make_small()), gate_closes=closes
        )
        name = "c4e.opt.v1.MarketSessionService.OpenMarketSession"
        code, message, _ = call(running, running.issuer.token(), name, opening)
        assert code is grpc.StatusCode.OK, message
        client.sites.open("s", make_small())
        client.sites.dispatch("s", 0)
        yield running


def begin(client: Client, name: str) -> None:
    """A continuous book in which ann and bob trade, and eve."""
    parties = [{"id": party} for party in ("ann", "bob", "eve")]
    document = {"name": "zone", "horizon": HOUR, "parties": parties, "buses": [{"id": "zone"}]}
    closes = datetime.now(UTC) + timedelta(hours=1)
    client.markets.open(name, Builder(document, {}).case(empty=True), closes=closes, kind="continuous")


def dataset(name: str) -> str:
    """The id of acme's dataset for what is acme's; one that nobody has otherwise."""
    return f"sha256:{hashlib.sha256(DATASET).hexdigest() if name == 'r' else '0' * 64}"


def order() -> Event:
    return Event(0, Act.LIMIT, "o1", "", BUY, 10, 5)


def call(world: World, token: str | None, name: str, request: Any) -> tuple[grpc.StatusCode, str, list[Any]]:
    """Status, sentence and answers of a method that is called over the wire."""
    method = METHODS[name]
    kind = GetMessageClass(method.output_type)
    path = f"/{method.containing_service.full_name}/{method.name}"
    metadata = [] if token is None else [("authorization", f"Bearer {token}")]
    with world.channel() as channel:
        try:
            if method.client_streaming:
                answers = channel.stream_stream(path)(
                    iter([request.SerializeToString()]), metadata=metadata, timeout=20
                )
            elif method.server_streaming:
                answers = channel.unary_stream(path)(request.SerializeToString(), metadata=metadata, timeout=20)
            else:
                answers = [channel.unary_unary(path)(request.SerializeToString(), metadata=metadata, timeout=20)]
            return grpc.StatusCode.OK, "", [kind.FromString(each) for each in answers]
        except grpc.RpcError as error:
            return error.code(), str(error.details()), []


def asked_of_market(name: str, make: Make, session_id: str) -> Any:
    """A request of a party's orders, of a site, or of anything else, in a session."""
    told: dict[str, Any] = {
        "session_id": "opened" if ".Open" in name else session_id,
        "request_id": "q",
        "party": "ann",
        "order_ids": ["o"],
        "reason": "because",
        "events": [trading_pb2.OrderEvent(act="ORDER_ACT_CANCEL", order_id="o")],
        "measurement": metering_pb2.Measurement(),
        "case": case_to_proto(make()),
        "forecasts": case_to_proto(make()).components,
        "step": 0,
        "gate_closes": Timestamp(seconds=int(time.time()) + 3600),
    }
    kind = GetMessageClass(METHODS[name].input_type)
    return kind(**{field: content for field, content in told.items() if field in kind.DESCRIPTOR.fields_by_name})


def asked(name: str, make: Make, request_id: str, batch_id: str, book_id: str) -> Any:
    """A request for something by name."""
    if "ServerReflection" in name:
        return reflection_pb2.ServerReflectionRequest(list_services="")
    if "MarketSession" in name or "DispatchSession" in name:
        return asked_of_market(name, make, {"r": "s"}.get(request_id, request_id))
    return {
        "OptimisationService.Solve": lambda: solve_pb2.SolveRequest(request_id="n", case=case_to_proto(make())),
        "JobService.SubmitJob": lambda: jobs_pb2.SubmitJobRequest(request_id="m", case=case_to_proto(make())),
        "JobService.GetJob": lambda: jobs_pb2.GetJobRequest(request_id=request_id),
        "JobService.WatchJob": lambda: jobs_pb2.WatchJobRequest(request_id=request_id),
        "JobService.CancelJob": lambda: jobs_pb2.CancelJobRequest(request_id=request_id),
        "JobService.ListJobs": lambda: jobs_pb2.ListJobsRequest(),
        "JobService.ReadAnswer": lambda: jobs_pb2.ReadAnswerRequest(request_id=request_id),
        "JobService.DeleteJob": lambda: jobs_pb2.DeleteJobRequest(request_id=request_id),
        "DatasetService.UploadDataset": lambda: datasets_pb2.UploadDatasetRequest(
            head=datasets_pb2.DatasetHead(dataset_id=dataset("r"), size_bytes=7)
        ),
        "DatasetService.GetDataset": lambda: datasets_pb2.GetDatasetRequest(dataset_id=dataset(request_id)),
        "DatasetService.ListDatasets": lambda: datasets_pb2.ListDatasetsRequest(),
        "DatasetService.DeleteDataset": lambda: datasets_pb2.DeleteDatasetRequest(dataset_id=dataset(request_id)),
        "SettlementService.GetStatement": lambda: settlement_pb2.GetStatementRequest(request_id=request_id),
        "LedgerService.ListBalances": lambda: ledger_pb2.ListBalancesRequest(),
        "LedgerService.GetBatch": lambda: ledger_pb2.GetBatchRequest(batch_id=batch_id),
        "LedgerService.ListPostings": lambda: ledger_pb2.ListPostingsRequest(batch_id=batch_id),
        "LedgerService.ExportJournal": lambda: ledger_pb2.ExportJournalRequest(),
        "DeliveryService.ListDeliveries": lambda: delivery_pb2.ListDeliveriesRequest(),
        "DeliveryService.ReplayDelivery": lambda: delivery_pb2.ReplayDeliveryRequest(batch_id=batch_id),
        "DeliveryService.VoidDelivery": lambda: delivery_pb2.VoidDeliveryRequest(batch_id=batch_id, reason="x"),
        "TradingService.Trade": lambda: trading_pb2.TradeRequest(
            open=trading_pb2.OpenBook(book_id=book_id, party="ann")
        ),
        "TradingService.GetBook": lambda: trading_pb2.GetBookRequest(book_id=book_id),
        "TradingService.RestoreBook": lambda: trading_pb2.RestoreBookRequest(
            book_id=book_id, snapshot=trading_pb2.BookSnapshot()
        ),
    }[name.removeprefix("c4e.opt.v1.")]()


#: Methods that name nothing of another tenant: they make something of their own, or list what is theirs.
_OWN = ("Solve", "SubmitJob", "UploadDataset", "OpenMarketSession", "OpenDispatchSession")


#: Methods that need more of a session or a batch than that it is there, or that do not end while it stands.
_LATER = (
    *("DeleteJob", "DeleteDataset"),
    *("ReplayDelivery", "VoidDelivery", "SubmitOrders", "AmendOrders", "WithdrawOrders", "TradeOrders", "CloseGate"),
    *("ClearMarketSession", "CancelMarketSession", "WatchMarketSession", "GetMarketResult", "GetPartyResult"),
    *("SubmitReadings", "GetMarketRecord", "RestoreBook"),
    *("UpdateForecasts", "RecordMeasurements", "WatchSchedules", "CloseDispatchSession"),
)


@pytest.mark.parametrize("name", [name for name in GUARDED if name.rpartition(".")[2] not in _OWN])
def test_what_another_tenant_has_looks_like_nothing(here: World, make_small: Make, name: str):
    batch = _batch(here)
    token = here.issuer.token("umbrella", ("operator",))
    theirs = call(here, token, name, asked(name, make_small, "r", batch, "b"))
    absent = call(here, token, name, asked(name, make_small, "no-such", "0" * len(batch), "no-such"))
    blank = [str(answer).replace("0" * len(batch), batch) for answer in absent[2]]
    assert theirs[0] is absent[0]
    assert theirs[0] in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.OK)
    assert re.sub(f"{batch}|'[rbs]'|{dataset('r')[7:]}", "", theirs[1]) == re.sub("0{64}|'no-such'", "", absent[1])
    assert [str(answer) for answer in theirs[2]] == blank
    assert not any("ann" in answer or "of-acme-alone" in answer or '"s"' in answer for answer in blank)


def _batch(here: World) -> str:
    with here.client("acme") as client:
        return client.job("r").batch_id


def test_the_owner_does_see_it(here: World, make_small: Make):
    """Without this the test above would pass on a service that shows nothing to anybody."""
    token, batch = here.issuer.token("acme", ("operator",)), _batch(here)
    seen = {
        name: call(here, token, name, asked(name, make_small, "r", batch, "b"))
        for name in GUARDED
        if name.rpartition(".")[2] not in (*_OWN, *_LATER)
    }
    assert {name: code for name, (code, _, _) in seen.items() if code is not grpc.StatusCode.OK} == {}
    assert "of-acme-alone" in str(seen["c4e.opt.v1.JobService.ListJobs"][2])
    assert dataset("r") in str(seen["c4e.opt.v1.DatasetService.ListDatasets"][2])
    assert '"s"' in str(seen["c4e.opt.v1.MarketSessionService.ListMarketSessions"][2])
    assert '"s"' in str(seen["c4e.opt.v1.DispatchSessionService.ListDispatchSessions"][2])
    assert "ann" in str(seen["c4e.opt.v1.LedgerService.ListBalances"][2])
    assert seen["c4e.opt.v1.DeliveryService.ListDeliveries"][2][0].deliveries[0].request_id == "r"


def test_two_tenants_use_the_same_names_and_never_meet(here: World, make_small: Make):
    with here.client("umbrella", ("market",)) as client:
        solved = client.solve(make_small(demand_kw=1.0), request_id="r")
        assert solved.outcome.has_schedule
        assert "r" in [job.request_id for job in client.jobs()]
        with pytest.raises(UnknownSession):
            client.book("b")
        begin(client, "b")
        assert list(client.trade("b", "eve", [[order()]])) is not None
        assert {each[1] for each in client.book("b").orders} == {"eve"}
    with here.client("acme", ("auditor",)) as client:
        assert client.get("r")[1].outcome != solved.outcome
        assert {each[1] for each in client.book("b").orders} == {"ann"}


def test_a_tenant_without_books_may_settle_and_not_post(here: World, make_small: Make):
    with here.client("umbrella", ("operator",)) as client:
        with pytest.raises(NoBooks, match="tenant 'umbrella' has no books"):
            client.solve(make_small(), request_id="p", settlement="post")
        with pytest.raises(NoBooks, match="tenant 'umbrella' has no books"):
            client.submit(make_small(), request_id="p", settlement="post")
        assert client.solve(make_small(), request_id="p", settlement="statement").statement is not None


def test_a_party_reads_its_own_lines_and_nothing_of_others(here: World):
    with here.client("acme", ("auditor",)) as client:
        whole = client.statement("r")
    with here.client("acme", ("party",), "ann") as client:
        part = client.statement("r")
        assert [line for line in whole.lines() if line.party == "ann"] == list(part.lines())
        assert 0 < len(part) < len(whole)
        assert set(part.balances()) == {"ann"}
        assert set(client.balances()[0]) == {"party:ann"}
        assert {each.account for each in client.postings(account="party:ann")} == {"party:ann"}
        with pytest.raises(NotAllowed, match="its own accounts"):
            list(client.postings(account="party:grid"))
        with pytest.raises(NotAllowed, match="its own accounts"):
            list(client.postings(batch_id=_batch(here)))
        parts = list(client.journal())
        assert [row["kind"] for row in parts if "kind" in row and not row["content"]] == ["batch"]
        assert "grid" not in str(parts)
    with here.client("umbrella", ("auditor",)) as client:
        assert list(client.journal()) == []
    with here.client("acme", ("party",), "mallory") as client, pytest.raises(UnknownRequest):
        client.statement("r")


@pytest.mark.parametrize(
    "name",
    [
        "SubmitOrders",
        "AmendOrders",
        "WithdrawOrders",
        "ListOrders",
        "TradeOrders",
        "WatchMarketSession",
        "GetPartyResult",
    ],
)
def test_a_party_is_in_markets_for_itself_alone(here: World, make_small: Make, name: str):
    full = f"c4e.opt.v1.MarketSessionService.{name}"
    token = here.issuer.token("acme", ("party",), "bob")
    code, message, _ = call(here, token, full, asked_of_market(full, make_small, "s"))
    assert code is grpc.StatusCode.PERMISSION_DENIED
    assert "not for 'ann'" in message


WRITES = ("SubmitOrders", "AmendOrders", "WithdrawOrders", "TradeOrders")


@pytest.mark.parametrize("name", ["Trade", *WRITES])
def test_a_party_that_also_reads_as_an_auditor_writes_for_itself_alone(here: World, make_small: Make, name: str):
    full = f"c4e.opt.v1.{'Trading' if name == 'Trade' else 'MarketSession'}Service.{name}"
    token = here.issuer.token("acme", ("party", "auditor"), "bob")
    code, message, _ = call(here, token, full, asked(full, make_small, "r", "", "b"))
    assert code is grpc.StatusCode.PERMISSION_DENIED
    assert "not for 'ann'" in message


def test_a_party_that_is_also_an_auditor_reads_everything(here: World):
    with here.client("acme", ("party", "auditor"), "bob") as client:
        assert set(client.statement("r").balances()) > {"ann"}
        assert set(client.balances()[0]) > {"party:ann"}
        assert all(row["content"] for row in client.journal() if row.get("kind") == "batch")
        assert client.markets.orders("b", "ann") is not None


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.MARKET])
def test_who_runs_a_market_writes_for_every_party_and_needs_to_name_one(here: World, role: Role):
    full = "c4e.opt.v1.MarketSessionService.WithdrawOrders"
    request = market_session_pb2.WithdrawOrdersRequest(session_id="s", request_id="w", order_ids=["o"])
    token = here.issuer.token("acme", (role.value, "party"), "bob")
    code, message, _ = call(here, token, full, request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "say for whom you speak" in message
    request.party = "ann"
    code, message, _ = call(here, token, full, request)
    assert code is not grpc.StatusCode.PERMISSION_DENIED, message


def test_a_party_trades_for_itself_alone(here: World):
    with here.client("acme", ("party",), "bob") as client:
        with pytest.raises(NotAllowed, match="not for 'ann'"):
            list(client.trade("b", "ann", [[order()]]))
        list(client.trade("b", "bob", [[order()]]))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", GUARDED)
def test_a_role_may_do_what_the_table_says_and_nothing_else(here: World, make_small: Make, name: str, role: Role):
    token = here.issuer.token("umbrella", (role.value,), "ann" if role is Role.PARTY else "")
    code, message, _ = call(here, token, name, asked(name, make_small, "none", "none", "none"))
    refused = code is grpc.StatusCode.PERMISSION_DENIED and "may not call" in message
    assert refused == (role not in RULES[name].roles)


@pytest.mark.parametrize("name", GUARDED)
def test_no_method_answers_who_shows_nothing_or_a_bad_token(here: World, make_small: Make, name: str):
    request = asked(name, make_small, "r", "none", "b")
    for token in (None, here.issuer.token(aud="another-service"), here.issuer.token()[:-6] + "AAAAAA"):
        assert call(here, token, name, request)[0] is grpc.StatusCode.UNAUTHENTICATED


def test_health_is_told_to_everybody(here: World):
    code, _, (answer,) = call(here, None, "grpc.health.v1.Health.Check", health_pb2.HealthCheckRequest())
    assert (code, answer.status) == (grpc.StatusCode.OK, health_pb2.HealthCheckResponse.SERVING)


def test_a_refusal_carries_a_reason_for_programs(here: World):
    with here.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/c4e.opt.v1.JobService/ListJobs")(b"")
    details = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    info = error_details_pb2.ErrorInfo()
    status_pb2.Status.FromString(details).details[0].Unpack(info)
    assert info.reason == "UNAUTHENTICATED"
