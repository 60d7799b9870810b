"""What is published of a cleared session: the result for everybody, and for each party what became of its orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from c4e.opt.v1 import case_pb2, market_session_pb2, outcome_pb2, solve_pb2, statement_pb2
from c4e_opt.arrays import IntArray
from c4e_opt.case import Case
from c4e_opt.market.order_book import BUY, SELL
from c4e_opt.outcome import Outcome, Quantity, Table
from c4e_opt.reasons import CODES, why
from c4e_server.convert import arrays
from c4e_server.convert.case import case_from_proto
from c4e_server.convert.outcome import outcome_from_proto, table_to_proto
from c4e_server.sessions.orders import SEPARATOR

_NOTHING_MWH = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Everything that is kept of an answer, as messages."""

    public: bytes  # a MarketResult
    parties: Mapping[str, bytes]  # party -> PartyResult


def published(session_id: str, message: case_pb2.Case, response: solve_pb2.SolveResponse) -> Published:
    """Work out what is published.

    Args:
        session_id: The session.
        message: The case with all orders.
        response: Its answer, with a schedule.
    """
    case, outcome = case_from_proto(message), outcome_from_proto(response.outcome)
    result = market_session_pb2.MarketResult(
        session_id=session_id,
        case_digest=outcome.case_digest,
        outcome_digest=outcome.digest,
        statement_digest=response.statement.digest,
        termination=response.outcome.termination,
        currency=outcome.currency,
        prices=_prices(response.outcome.prices),
        volumes=table_to_proto(_volumes(case, outcome)),
        certificate=_certificate(response.outcome.certificate),
    )
    if outcome.welfare is not None:
        result.welfare = outcome.welfare
    return Published(public=result.SerializeToString(), parties=_parties(case, outcome))


def _prices(table: outcome_pb2.Table) -> outcome_pb2.Table:
    """The prices without the table's other parts, which may name components of others."""
    wanted = ("bus", "time")
    return outcome_pb2.Table(
        axes=[each for each in table.axes if each.name in wanted],
        quantities=[each for each in table.quantities if tuple(each.axes) == wanted],
        notes=[each for each in table.notes if each.axis in wanted],
    )


def _certificate(certificate: outcome_pb2.Certificate) -> outcome_pb2.Certificate:
    """The certificate without the worst places, which may be orders."""
    told = outcome_pb2.Certificate()
    told.CopyFrom(certificate)
    for residual in told.residuals:
        residual.where = ""
    return told


def _volumes(case: Case, outcome: Outcome) -> Table:
    """What orders buy and sell and how many are accepted, (bus, time)."""
    book, accepted = case.orders, _accepted(case, outcome)
    shape = (len(case.buses), case.horizon.steps)
    first = _first_steps(case, outcome)
    spread = book.spread(case.horizon.hours, first)
    part = spread.energy_mwh * (accepted / book.energy_mwh)[spread.order] if book.orders else spread.energy_mwh
    bought, sold, count = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for side, total in ((BUY, bought), (SELL, sold)):
        mine = book.side[spread.order] == side
        np.add.at(total, (book.bus[spread.order[mine]], spread.step[mine]), part[mine])
    there = part > _NOTHING_MWH
    np.add.at(count, (book.bus[spread.order[there]], spread.step[there]), 1.0)
    axes = ("bus", "time")
    quantities = {
        "bought_mwh": Quantity(axes, bought, "MWh", "Energy that accepted orders take out of the bus"),
        "sold_mwh": Quantity(axes, sold, "MWh", "Energy that accepted orders give into the bus"),
        "accepted_orders": Quantity(axes, count, "1", "Orders that are accepted at least in part"),
    }
    labels = outcome.price_table.labels
    return Table({"bus": labels["bus"], "time": labels["time"]}, quantities)


def _accepted(case: Case, outcome: Outcome) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return outcome.order_table.values("accepted_mwh") if case.orders.orders else np.zeros(0)


def _first_steps(case: Case, outcome: Outcome) -> IntArray | None:
    """First steps of orders that the market may move; None where none moves."""
    if not case.orders.orders or "first_step" not in outcome.order_table.quantities:
        return None
    return np.rint(outcome.order_table.values("first_step")).astype(np.int64)


def _parties(case: Case, outcome: Outcome) -> dict[str, bytes]:
    """What became of the orders of every party that has some."""
    book = case.orders
    if not book.orders:
        return {}
    found = why(case, outcome)
    accepted, price = _accepted(case, outcome), outcome.order_table.values("cleared_eur_per_mwh")
    results: dict[str, bytes] = {}
    reasons = [f"ORDER_REASON_{code.name}" for code in CODES]
    places: list[int] = np.unique(book.party).tolist()
    for place in places:
        party, rows = case.parties[place].id, np.flatnonzero(book.party == place)
        before = party + SEPARATOR
        words, entries = np.unique(found.element[rows], return_inverse=True)
        result = market_session_pb2.PartyResult(
            party=party,
            id=[name.removeprefix(before) for name in book.id[rows].tolist()],
            accepted_mwh=arrays.column_to_proto(accepted[rows]),
            price_per_mwh=arrays.column_to_proto(price[rows]),
            reason=[reasons[int(code)] for code in found.code[rows]],
            number=arrays.column_to_proto(found.number[rows]),
            element=arrays.words_to_proto([word.removeprefix(before) for word in words.tolist()], entries),
        )
        results[party] = result.SerializeToString()
    return results


def party_statement(
    statement: statement_pb2.Statement, party: str, *, posted: bool, replaced: bool, run: bytes
) -> market_session_pb2.PartyStatement:
    """The lines of one party.

    Args:
        statement: The whole statement.
        party: Whose lines.
        posted: Whether the batch was put on its way to the ledger.
        replaced: Whether a later run stands in its place.
        run: A MeteringRun; empty of the clearing.
    """
    mine = [n for n, position in enumerate(statement.positions) if position.party == party]
    where = np.full(len(statement.positions) + 1, -1, dtype=np.int64)
    where[mine] = np.arange(len(mine))
    position = where[arrays.places_from_proto(statement.position, "", [])]
    rows = np.flatnonzero(position >= 0)
    listed = rows.tolist()
    own = market_session_pb2.PartyStatement(
        party=party,
        digest=statement.digest,
        act=statement.act,
        replaced=replaced,
        batch_id=statement.batch_id,
        posted=posted,
        assets=statement.assets,
        starts=statement.starts,
        step_seconds=statement.step_seconds,
        positions=[_own_position(statement.positions[n], party) for n in mine],
        position=arrays.places_to_proto(position[rows]),
        step=arrays.places_to_proto(arrays.places_from_proto(statement.step, "", [])[rows]),
        asset=arrays.places_to_proto(arrays.places_from_proto(statement.asset, "", [])[rows]),
        energy=[statement.energy[n] for n in listed],
        price=[statement.price[n] for n in listed],
        amount=[statement.amount[n] for n in listed],
        balances=[balance for balance in statement.balances if balance.party == party],
    )
    if run:
        own.run.ParseFromString(run)
    return own


def _own_position(position: statement_pb2.Position, party: str) -> statement_pb2.Position:
    """A position that names orders as their party does."""
    own = statement_pb2.Position()
    own.CopyFrom(position)
    own.component = own.component.replace(f"order/{party}{SEPARATOR}", "order/", 1)
    return own
