"""Market sessions on the wire: how far one has come, and what happened in it."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from c4e.opt.v1 import market_session_pb2
from c4e_server.convert.trading import execution_to_proto
from c4e_server.sessions.continuous import product_to_proto
from c4e_server.sessions.log import Row, State
from c4e_server.sessions.session import Happened, seen_by

_STATES = {state: f"MARKET_STATE_{state.upper()}" for state in State}
STATES_BACK = {market_session_pb2.MarketState.Value(word): state for state, word in _STATES.items()}


def session_to_proto(
    row: Row, request: market_session_pb2.OpenMarketSessionRequest, detail: str
) -> market_session_pb2.MarketSession:
    """Write a session as everybody may see it.

    Args:
        row: The session.
        request: What it was opened with.
        detail: Why it failed or was cancelled; empty otherwise.
    """
    kind = request.kind or market_session_pb2.MARKET_KIND_AUCTION
    message = market_session_pb2.MarketSession(
        id=row.id,
        series=row.series,
        kind=kind,
        state=_STATES[row.state],
        revision=row.revision,
        gate_closes=request.gate_closes,
        currency=request.case.currency or "EUR",
        units=request.case.units,
        horizon=request.case.horizon,
        buses=[bus.id for bus in request.case.buses],
        detail=detail,
        settlement=request.settlement,
        product=product_to_proto(request) if kind == market_session_pb2.MARKET_KIND_CONTINUOUS else None,
    )
    if request.HasField("gate_opens"):
        message.gate_opens.CopyFrom(request.gate_opens)
    return message


def happened_to_proto(before: int, happened: Happened, party: str) -> market_session_pb2.WatchMarketSessionResponse:
    """Write an event as a party may see it; the operator, who has no name here, sees everything.

    Args:
        before: Revision of the one before it among those that the party sees.
        happened: The event.
        party: Who watches.
    """
    own = party in ("", happened.party)
    return market_session_pb2.WatchMarketSessionResponse(
        revision=happened.revision,
        previous_revision=before,
        kind=f"MARKET_EVENT_KIND_{happened.kind.upper()}",
        time=moment_to_proto(happened.at),
        party=happened.party if own else "",
        request_id=happened.request_id if own else "",
        orders=happened.orders if own else 0,
        executions=[execution_to_proto(each) for each in seen_by(happened.executions, party)],
        detail=happened.detail,
    )


def moment_to_proto(seconds: float) -> Timestamp:
    """Write seconds since 1970, to the microsecond."""
    message = Timestamp()
    message.FromMicroseconds(round(seconds * 1e6))
    return message
