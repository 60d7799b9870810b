"""One request, start to end, inside a worker: read, solve, settle."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from google.protobuf.message import DecodeError

from c4e.opt.v1 import case_pb2, solve_pb2
from c4e_opt.case import remarks
from c4e_opt.explain import explain
from c4e_opt.settlement import batch_of, settle
from c4e_opt.solve import solve
from c4e_server.convert.case import case_from_proto
from c4e_server.convert.options import options_from_proto
from c4e_server.convert.outcome import outcome_to_proto
from c4e_server.convert.statement import batch_to_proto, statement_to_proto
from c4e_server.errors import BrokenMessage
from c4e_server.workers.messages import Answer, CaseRead, Report, Task
from c4e_solvers import Basis, Interrupted, Progress, Reason, Resumed

_EXPLAIN_S = 30.0


def act(task: Task, tell: Callable[[Report | CaseRead], None], interrupt: Interrupted | None = None) -> Answer:
    """Read the case, solve it, and settle it where that is asked for; the answer does not name the request.

    Args:
        task: The request and its time.
        tell: Hears of every phase, incumbent and bound.
        interrupt: Set by the service when the solver is to stop at its best schedule.

    Raises:
        C4eError: Whatever the library raises.
    """
    begin = time.perf_counter()
    tell(Report(phase="read"))
    request = solve_pb2.SolveRequest.FromString(task.request)
    if task.case:
        _read_dataset(request.case, task.case)
    window = task.window
    case = case_from_proto(request.case) if window is None else window.case
    warm = None if window is None else Resumed(_basis(window.basis))
    if task.case:
        tell(CaseRead(name=case.name))
    read = time.perf_counter() - begin

    def progress(phase: str, state: Progress | None) -> None:
        tell(
            Report(phase=phase) if state is None else Report(phase=phase, objective=state.objective, bound=state.bound)
        )

    options = options_from_proto(request.options, max(task.seconds - read, 0.001))
    options = replace(options, threads=min(options.threads, task.threads))
    outcome = solve(case, options, progress=progress, interrupt=interrupt, warm=warm)
    if outcome.termination.reason in (Reason.INFEASIBLE, Reason.INFEASIBLE_OR_UNBOUNDED):
        tell(Report(phase="explain"))
        left = max(task.seconds - (time.perf_counter() - begin), 0.001)
        outcome = explain(case, outcome, time_limit_s=min(_EXPLAIN_S, left / 2), threads=options.threads)
    outcome = replace(outcome, warnings=tuple(remarks(case)) if window is None else ()).with_seconds(read=read)
    response = solve_pb2.SolveResponse(outcome=outcome_to_proto(outcome))
    reason = str(outcome.termination.reason)
    answered = partial(
        Answer, case_name=case.name, reason=reason, seconds=tuple(outcome.seconds.items()), gap=outcome.gap
    )
    if warm is not None:
        return answered(response=response.SerializeToString(), basis=_packed(warm.basis))
    if request.settlement <= solve_pb2.SETTLEMENT_NONE or not outcome.has_schedule:
        return answered(response=response.SerializeToString())
    tell(Report(phase="settle"))
    statement = settle(case, outcome)
    message = statement_to_proto(statement)
    response.statement.CopyFrom(message)
    answer = response.SerializeToString()
    if request.settlement != solve_pb2.SETTLEMENT_POST:
        return answered(response=answer, statement=message.SerializeToString())
    batch = batch_of(statement)
    return answered(
        response=answer,
        statement=message.SerializeToString(),
        batch=batch_to_proto(batch).SerializeToString(),
        batch_id=batch.id,
    )


def _packed(basis: Basis | None) -> bytes:
    """A basis as bytes: how many columns there are, then the status of every column and row."""
    if basis is None:
        return b""
    columns, rows = basis.column_status, basis.row_status
    return zlib.compress(len(columns).to_bytes(8, "little") + columns.tobytes() + rows.tobytes(), 1)


def _basis(packed: bytes) -> Basis | None:
    """A basis from bytes."""
    if not packed:
        return None
    content = zlib.decompress(packed)
    columns = int.from_bytes(content[:8], "little")
    status = np.frombuffer(content[8:], dtype=np.int8)
    return Basis(column_status=status[:columns], row_status=status[columns:])


def _read_dataset(case: case_pb2.Case, content: bytes) -> None:
    """Read a case that was uploaded.

    Raises:
        BrokenMessage: It is none.
    """
    try:
        case.ParseFromString(content)
    except DecodeError:
        raise BrokenMessage("the dataset is no serialized Case; build it with the contract's own code") from None
