"""A continuous book as a session: what it trades, the book that another one hands on, and what comes of its trades."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from c4e.opt.v1 import market_session_pb2
from c4e_opt.case import Case
from c4e_opt.issues import Issue, unknown
from c4e_opt.settlement import Product, check_product
from c4e_opt.settlement.rounding import READ_DECIMALS, read
from c4e_opt.trading.events import Execution
from c4e_opt.trading.snapshot import Snapshot, unsound
from c4e_server.convert.trading import execution_to_proto
from c4e_server.sessions.orders import SEPARATOR

_TICK, _LOT = 0.01, 0.1  # where a session does not say


def product_of(request: market_session_pb2.OpenMarketSessionRequest, case: Case) -> Product:
    """What a continuous book trades; of a session without one, whatever it would."""
    told = request.product
    tick, lot = (told.tick if told.HasField("tick") else _TICK), (told.lot if told.HasField("lot") else _LOT)
    return Product(
        bus=told.bus or case.buses[0].id,
        tick=int(read(case.units.inward(np.array([tick]), "EUR/MWh"))[0]),
        lot=int(read(case.units.inward(np.array([lot]), "MWh"))[0]),
    )


def product_issues(request: market_session_pb2.OpenMarketSessionRequest, case: Case) -> Iterator[Issue]:
    """What is wrong with the product of a session that is to be opened."""
    if request.kind != market_session_pb2.MARKET_KIND_CONTINUOUS:
        if request.HasField("product"):
            yield Issue("product", "conflict", "is given; orders of an auction say bus and energy themselves")
        return
    if not request.product.bus and len(case.buses) > 1:
        yield Issue("product.bus", "missing_field", f"is missing; the case has {len(case.buses)} buses, name one")
    for issue in check_product(case, product_of(request, case)) if case.buses else ():
        yield Issue(f"product.{issue.path}", issue.rule, issue.message)


def product_to_proto(request: market_session_pb2.OpenMarketSessionRequest) -> market_session_pb2.ContinuousProduct:
    """What a continuous book trades, with what it does not say itself."""
    told = request.product
    return market_session_pb2.ContinuousProduct(
        bus=told.bus or request.case.buses[0].id,
        tick=told.tick if told.HasField("tick") else _TICK,
        lot=told.lot if told.HasField("lot") else _LOT,
    )


def snapshot_issues(kept: Snapshot, parties: Sequence[str], now: int) -> Iterator[Issue]:
    """What keeps a session from beginning with the orders of another book.

    Args:
        kept: The other book; ids of its orders are "<party>/<id>".
        parties: Who takes part in the session.
        now: Microseconds since 1970.
    """
    yield from unsound(kept)
    if kept.time > now:
        yield Issue("snapshot.time_us", "range", f"is {kept.time}, which is yet to come")
    for place, (name, party, *_) in enumerate(kept.orders):
        if party not in parties:
            yield unknown(f"snapshot.orders[{place}].party", "unknown_reference", "party", party, list(parties))
        elif not name.startswith(party + SEPARATOR):
            told = f"is {name[:40]!r}; ids in the books of sessions are {party + SEPARATOR + '<id>'!r}"
            yield Issue(f"snapshot.orders[{place}].order_id", "id", told)


def without_names(trades: Iterable[Execution]) -> list[Execution]:
    """Trades as everybody may see them."""
    return [each._replace(id="", other="", party="", other_party="") for each in trades]


def result_of(
    case: Case, product: Product, trades: Sequence[Execution], digest: str
) -> market_session_pb2.MarketResult:
    """What everybody may know of a book that has ended; the digest is that of the statement, if there is one."""
    return market_session_pb2.MarketResult(
        session_id=case.name,
        case_digest=case.digest(),
        statement_digest=digest,
        currency=case.currency,
        trades=map(execution_to_proto, without_names(trades)),
        tick_per_mwh=product.tick / 10**READ_DECIMALS,
        lot_mwh=product.lot / 10**READ_DECIMALS,
    )
