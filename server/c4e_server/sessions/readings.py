"""Imbalances of a cleared session: from readings to a statement, and to the batches that get it on the books."""

from __future__ import annotations

from dataclasses import dataclass

from c4e.opt.v1 import case_pb2, metering_pb2, solve_pb2, statement_pb2
from c4e_opt.settlement import Batch, batch_of, imbalance, restate
from c4e_server.convert.case import case_from_proto
from c4e_server.convert.metering import measurement_from_proto
from c4e_server.convert.outcome import outcome_from_proto
from c4e_server.convert.statement import statement_from_proto, statement_to_proto


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A statement of imbalances and how it gets on the books."""

    statement: statement_pb2.Statement
    reversal: Batch | None  # what takes back the batch of the last run; None for the first
    batch: Batch
    replaces: str  # id of the batch of the last run; empty for the first


def run_of(
    case: case_pb2.Case,
    response: solve_pb2.SolveResponse,
    measurement: metering_pb2.Measurement,
    last: statement_pb2.Statement | None,
) -> Run:
    """Settle readings against the clearing.

    Args:
        case: The case with all orders.
        response: Its answer with the statement of the clearing.
        measurement: Meters, readings, rules, activations and which run this is.
        last: The statement of the last run; None before the first.

    Raises:
        InvalidInput: With everything that is wrong with the measurement, or that it is a run that was there already.
        C4eError: Whatever settlement raises.
    """
    whole = case_from_proto(case)
    read = measurement_from_proto(measurement, whole.horizon.steps)
    cleared = statement_from_proto(response.statement)
    statement = imbalance(whole, outcome_from_proto(response.outcome), cleared, read)
    batch = batch_of(statement)
    if last is None:
        return Run(statement=statement_to_proto(statement), reversal=None, batch=batch, replaces="")
    change = restate(statement_from_proto(last), statement)
    return Run(
        statement=statement_to_proto(statement), reversal=change.reversal, batch=change.batch, replaces=last.batch_id
    )
