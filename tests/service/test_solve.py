"""Solving through a real service with a real client."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from c4e.opt.v1 import solve_pb2
from c4e_opt.case import Case
from c4e_opt.errors import InvalidInput, SolverUnavailable
from c4e_opt.explain import explain
from c4e_opt.settlement import batch_of, settle
from c4e_opt.solve import SolveOptions, solve
from c4e_server.client import Client
from c4e_server.convert.case import case_to_proto
from c4e_server.errors import DeadlineReached, RequestIdReused, UnknownRequest
from c4e_server.local import Local
from c4e_solvers import Limit, Reason

pytestmark = pytest.mark.xdist_group("solve")
Make = Callable[..., Case]


def new() -> str:
    return uuid.uuid4().hex


def raw_solve(service: Local, request: solve_pb2.SolveRequest, timeout: float | None = None) -> bytes:
    """The bytes of an answer, as any client in any language gets them."""
    with grpc.insecure_channel(service.address) as channel:
        call = channel.unary_unary("/c4e.opt.v1.OptimisationService/Solve", solve_pb2.SolveRequest.SerializeToString)
        return call(request, timeout=timeout)


def test_the_service_gives_the_answer_that_the_library_gives(client: Client, make_small: Make):
    case = make_small()
    there, here = client.solve(case), solve(case)
    assert there.outcome.digest == here.digest
    assert there.outcome.case_digest == case.digest()
    assert there.outcome.certificate is not None
    assert there.outcome.certificate.holds
    assert there.statement is None


def test_a_statement_comes_on_demand(client: Client, make_small: Make):
    case = make_small()
    solved = client.solve(case, settlement="statement")
    assert solved.statement == settle(case, solved.outcome)


def test_an_infeasible_case_is_an_answer_that_says_what_clashes(client: Client, make_small: Make):
    case = make_small(demand_kw=50)
    solved = client.solve(case, settlement="statement")
    assert solved.outcome.termination.reason is Reason.INFEASIBLE
    assert solved.outcome.clashes == explain(case, solve(case)).clashes
    (clash,) = solved.outcome.clashes
    assert "kW are missing; it clashes" in clash.message
    assert "grid connection 'meter' (power taken from the network at most" in clash.message
    assert ("limit", "grid_connection_import_mw", "upper") in {(p.kind, p.name, p.side) for p in clash.participants}
    assert clash.proven
    assert solved.statement is None


def test_the_same_request_twice_has_one_answer_to_the_byte(service: Local, make_small: Make):
    request = solve_pb2.SolveRequest(request_id=new(), case=case_to_proto(make_small()), settlement="SETTLEMENT_POST")
    assert raw_solve(service, request) == raw_solve(service, request)


def test_the_same_request_at_the_same_time_has_one_answer(service: Local, make_small: Make):
    from concurrent.futures import ThreadPoolExecutor

    request = solve_pb2.SolveRequest(request_id=new(), case=case_to_proto(make_small("at once")))
    with ThreadPoolExecutor(6) as threads:
        answers = set(threads.map(lambda _: raw_solve(service, request), range(6)))
    assert len(answers) == 1


def test_other_content_under_a_known_id_is_refused(client: Client, make_small: Make):
    name = new()
    client.solve(make_small(), request_id=name)
    with pytest.raises(RequestIdReused, match="repeat the message"):
        client.solve(make_small(demand_kw=1.5), request_id=name)
    with pytest.raises(RequestIdReused):
        client.solve(make_small(), SolveOptions(gap=0.5), request_id=name)


def test_a_failed_id_stays_failed(client: Client, make_small: Make):
    name, wrong = new(), SolveOptions(solver="oracle of Delphi")
    for _ in range(2):
        with pytest.raises(SolverUnavailable, match="oracle of Delphi"):
            client.solve(make_small(), wrong, request_id=name)


def test_all_issues_of_a_case_come_back_at_once(service: Local, make_small: Make):
    message = case_to_proto(make_small())
    message.components.battery[0].charge_max = -1
    message.components.demand[0].bus = "le"
    message.components.grid_connection[0].ClearField("import_price")
    request = solve_pb2.SolveRequest(case=message)
    with pytest.raises(grpc.RpcError) as caught:
        raw_solve(service, request)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    with Client(service.address) as client, pytest.raises(InvalidInput) as issues:
        client.call("OptimisationService/Solve", request, solve_pb2.SolveResponse)
    assert {issue.path for issue in issues.value.issues} >= {
        "components.battery[0].charge_max_mw",
        "components.demand[0].bus",
        "components.grid_connection[0].import_price_eur_per_mwh",
    }


def test_thousands_of_issues_reach_whoever_can_take_them(service: Local, make_small: Make):
    message = case_to_proto(make_small())
    for number in range(3000):
        message.components.battery.add(id=f"bad {number}", bus="nowhere")
    request = solve_pb2.SolveRequest(case=message)
    with Client(service.address) as client, pytest.raises(InvalidInput) as issues:
        client.call("OptimisationService/Solve", request, solve_pb2.SolveResponse)
    assert len(issues.value.issues) > 12_000
    with pytest.raises(grpc.RpcError) as caught:  # a client that takes no more than gRPC's usual 8 KiB
        raw_solve(service, request)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "issues" in caught.value.details()


def test_the_rules_of_the_message_itself_are_checked(service: Local, make_small: Make):
    request = solve_pb2.SolveRequest(request_id="no blanks, please", options=solve_pb2.SolveOptions(gap=-1))
    request.options.time_limit.FromSeconds(0)
    with Client(service.address) as client, pytest.raises(InvalidInput) as issues:
        client.call("OptimisationService/Solve", request, solve_pb2.SolveResponse)
    assert {i.path for i in issues.value.issues} == {"request_id", "", "options.time_limit", "options.gap"}


def test_posting_needs_a_request_id(client: Client, make_small: Make):
    with pytest.raises(InvalidInput, match="request_id"):
        client.solve(make_small(), settlement="post")


def test_the_deadline_bounds_the_solve_and_the_best_schedule_comes_before_it(client: Client, hard_case: Case):
    begin = time.monotonic()
    outcome = client.solve(hard_case, SolveOptions(gap=0.0), timeout_s=12.0).outcome
    assert time.monotonic() - begin < 12.0
    assert outcome.termination.reason in (Reason.FEASIBLE, Reason.NO_SOLUTION_FOUND)
    assert outcome.termination.limit in (Limit.TIME, Limit.INTERRUPTED)


def test_a_deadline_too_short_for_any_answer_is_a_clean_error(client: Client, hard_case: Case, make_small: Make):
    begin = time.monotonic()
    with pytest.raises(DeadlineReached):
        client.solve(hard_case, timeout_s=0.05)
    assert time.monotonic() - begin < 2.0
    assert client.solve(make_small()).outcome.has_schedule  # the worker is free again


def test_a_time_limit_is_an_answer(client: Client, hard_case: Case):
    outcome = client.solve(hard_case, SolveOptions(time_limit_s=1.0, gap=0.0)).outcome
    assert outcome.termination.limit in (Limit.TIME, Limit.INTERRUPTED)


def test_a_posted_answer_arrives_on_the_ledger_once(client: Client, make_small: Make):
    case, name = make_small("posted"), new()
    for _ in range(3):
        solved = client.solve(case, request_id=name, settlement="post")
    client.solve(case, request_id=new(), settlement="post")  # the same settlement under another name
    assert solved.statement is not None
    batch = batch_of(solved.statement)
    wait_for(lambda: client.job(name).posted)
    assert client.batch(batch.id).counted
    booked = list(client.postings(batch_id=batch.id, page_size=2))
    assert [posting.id for posting in booked] == [posting.id for posting in batch.postings()]
    held, assets = client.balances()
    assert all(sum(amounts.get(asset, 0) for amounts in held.values()) == 0 for asset in assets)
    assert client.statement(name) == solved.statement


def test_what_is_unknown_is_said_to_be_unknown(client: Client, make_small: Make):
    name = new()
    for act in (lambda: client.get(name), lambda: client.statement(name), lambda: client.cancel(name)):
        with pytest.raises(UnknownRequest, match=name):
            act()
    client.solve(make_small(), request_id=name)
    with pytest.raises(UnknownRequest, match="statement"):
        client.statement(name)


def test_health_is_served(service: Local):
    with grpc.insecure_channel(service.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", "c4e.opt.v1.OptimisationService", "c4e.opt.v1.LedgerService"):
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_no_error_ever_shows_a_traceback_or_a_path_of_ours(service: Local, make_small: Make):
    """Last in this module: everything above has been logged and answered."""
    requests = [
        solve_pb2.SolveRequest(case=case_to_proto(make_small()), options=solve_pb2.SolveOptions(solver="x")),
        solve_pb2.SolveRequest(),
    ]
    for request in requests:
        with pytest.raises(grpc.RpcError) as caught:
            raw_solve(service, request)
        assert "Traceback" not in caught.value.details()
        assert ".py" not in caught.value.details()
    assert "trace" not in service.log.read_text(encoding="utf-8")


def wait_for(happened: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
