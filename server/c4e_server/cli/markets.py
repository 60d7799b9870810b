"""market: sessions of a running service, from the opening of a gate to the lines of a party."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c4e_server.cli.imbalances import run_options
from c4e_server.cli.jobs import address_option
from c4e_server.cli.main import ANSWER, NO_ANSWER

if TYPE_CHECKING:
    from c4e.opt.v1 import market_session_pb2

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
_request_id = click.option("--request-id", default="", help="Name of the write; makes it repeatable.")
_party = click.option("--party", required=True, help="For whom.")


@click.group(short_help="Run market sessions of a running service, and take part in them.")
def market() -> None:
    """Open markets, send orders, and read what comes of them; all of it in a running service.

    \b
    c4e-opt market open day zones.yaml --for 10m
    c4e-opt market bid day --party ann --bus north --side sell --price 20 --energy 5
    c4e-opt market close day
    c4e-opt market result day
    """  # noqa: D301


@market.command("open")
@click.argument("session_id", metavar="SESSION")
@click.argument("case_path", metavar="CASE")
@address_option
@click.option("--opens", help="Moment at which the gate opens; now when absent.")
@click.option("--closes", help="Moment at which it closes.")
@click.option("--for", "duration", metavar="TIME", help="Or how long it stays open: 90s, 10m, 2h.")
@click.option("--every", "cadence", metavar="TIME", help="A rolling market: from one gate to the next. Needs --opens.")
@click.option("--continuous", is_flag=True, help="A continuous book instead of an auction.")
@click.option("--bus", default="", help="Of a continuous book: where it trades.")
@click.option("--tick", type=float, help="Of a continuous book: price of a tick; 0.01 when absent.")
@click.option("--lot", type=float, help="Of a continuous book: energy of a lot; 0.1 when absent.")
@click.option("--on-command", is_flag=True, help="Clear only with `c4e-opt market clear`.")
@click.option("--post", is_flag=True, help="Post the statement to the ledger.")
@click.option("--without-orders", is_flag=True, help="Leave the orders of CASE away.")
@_as_json
def open_(session_id: str, case_path: str, address: str, as_json: bool, **given: Any) -> int:
    """Open a market for the steps, zones, ties and parties of CASE, which has no orders.

    \b
    c4e-opt market open day zones.yaml --for 10m --post
    c4e-opt market open local zones.yaml --opens 2025-06-15T12:00Z --for 4m --every 5m
    """  # noqa: D301
    from dataclasses import replace

    from c4e_opt.case import read_case
    from c4e_opt.market.order_book import OrderBook
    from c4e_server.client import Client

    case = read_case(case_path, empty=True)
    if given["without_orders"]:
        case = replace(case, orders=OrderBook.empty())
    opens = None if given["opens"] is None else _moment("--opens", given["opens"])
    if (given["closes"] is None) == (given["duration"] is None):
        raise click.UsageError("say when the gate closes: either --closes or --for")
    if given["closes"] is not None:
        closes = _moment("--closes", given["closes"])
    else:
        closes = (opens or datetime.now(UTC)) + _span("--for", given["duration"])
    with Client(address) as client:
        session = client.markets.open(
            session_id,
            case,
            opens=opens,
            closes=closes,
            kind="continuous" if given["continuous"] else "auction",
            settlement="post" if given["post"] else "statement",
            on_command=given["on_command"],
            cadence=None if given["cadence"] is None else _span("--every", given["cadence"]),
            **{name: given[name] for name in ("bus", "tick", "lot")},
        )
    return _show(session, as_json)


@market.command()
@click.argument("session_id", metavar="SESSION")
@address_option
@_party
@click.option("--id", "name", default="", help="Id of the order; one is made when absent.")
@click.option("--bus", required=True, help="Where.")
@click.option("--step", type=click.IntRange(min=0), default=0, show_default=True, help="In which step.")
@click.option("--side", type=click.Choice(("buy", "sell")), required=True)
@click.option("--price", type=float, required=True, help="Limit, in the unit of the session.")
@click.option("--energy", type=float, required=True, help="Most, in the unit of the session.")
@click.option("--amend", is_flag=True, help="In the place of the order of this id.")
@_request_id
def bid(session_id: str, address: str, party: str, name: str, amend: bool, request_id: str, **given: Any) -> int:
    """Send one order; prints its id and the revision at which it stands.

    \b
    c4e-opt market bid day --party ann --bus north --side sell --price 20 --energy 5
    """  # noqa: D301
    import uuid

    from c4e_server.client import Client, Order

    order = Order(id=name or f"o{uuid.uuid4().hex[:8]}", **given)
    with Client(address) as client:
        revision = client.markets.submit(session_id, party, [order], request_id, amend=amend)
    click.echo(f"{order.id} stands at revision {revision}")
    return ANSWER


@market.command()
@click.argument("session_id", metavar="SESSION")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@address_option
@_party
@click.option("--amend", is_flag=True, help="In the place of the orders of these ids.")
@_request_id
def upload(session_id: str, file: Path, address: str, party: str, amend: bool, request_id: str) -> int:
    """Send all orders of a CSV file: id, bus, side, price, energy, and step, steps and ratio_min where they matter.

    \b
    c4e-opt market upload day orders.csv --party bob
    """  # noqa: D301
    from c4e_server.cli.order_files import read_orders
    from c4e_server.client import Client

    orders = read_orders(file)
    with Client(address) as client:
        revision = client.markets.submit(session_id, party, orders, request_id, amend=amend)
    click.echo(f"{len(orders)} orders stand at revision {revision}")
    return ANSWER


@market.command()
@click.argument("session_id", metavar="SESSION")
@click.argument("names", metavar="ID…", nargs=-1, required=True)
@address_option
@_party
@_request_id
def withdraw(session_id: str, names: tuple[str, ...], address: str, party: str, request_id: str) -> int:
    """Take orders out."""
    from c4e_server.client import Client

    with Client(address) as client:
        revision = client.markets.withdraw(session_id, party, names, request_id)
    click.echo(f"{len(names)} orders are gone at revision {revision}")
    return ANSWER


@market.command("list")
@address_option
@click.option("--series", default="", help="Only sessions of this rolling market.")
@_as_json
def list_(address: str, series: str, as_json: bool) -> int:
    """List sessions, the latest first."""
    from c4e_server.client import Client

    with Client(address) as client:
        found = [_told(each) for each in client.markets.list(series)]
    if as_json:
        click.echo(json.dumps({"sessions": found}))
        return ANSWER
    for each in found:
        click.echo(f"{each['id']:24}  {each['state']:10}  closes {each['closes']}  revision {each['revision']}")
    return ANSWER


@market.command()
@click.argument("session_id", metavar="SESSION")
@address_option
@_as_json
def show(session_id: str, address: str, as_json: bool) -> int:
    """Show how far a session has come."""
    from c4e_server.client import Client

    with Client(address) as client:
        return _show(client.markets.get(session_id), as_json)


@market.command()
@click.argument("session_id", metavar="SESSION")
@address_option
@_as_json
def close(session_id: str, address: str, as_json: bool) -> int:
    """Close a gate before its time, and wait for the result where it is cleared at once."""
    from c4e_server.client import Client

    with Client(address) as client:
        session = client.markets.close_gate(session_id)
        if _state(session) in ("clearing", "cleared"):
            session = client.markets.wait(session_id, timeout_s=3600.0)
        return _show(session, as_json)


@market.command()
@click.argument("session_id", metavar="SESSION")
@address_option
@_as_json
def clear(session_id: str, address: str, as_json: bool) -> int:
    """Clear a session whose gate is closed, and wait for the result."""
    from c4e_server.client import Client

    with Client(address) as client:
        client.markets.clear(session_id)
        return _show(client.markets.wait(session_id, timeout_s=3600.0), as_json)


@market.command()
@click.argument("session_id", metavar="SESSION")
@click.argument("reason")
@address_option
@_as_json
def cancel(session_id: str, reason: str, address: str, as_json: bool) -> int:
    """End a session without a result, for a reason that everybody reads."""
    from c4e_server.client import Client

    with Client(address) as client:
        _show(client.markets.cancel(session_id, reason), as_json)
    return ANSWER


@market.command()
@click.argument("session_id", metavar="SESSION")
@address_option
@click.option("--party", default="", help="For whom; everything when absent.")
@click.option("--after", type=click.IntRange(min=0), default=0, help="Revision of the last event that was seen.")
def watch(session_id: str, address: str, party: str, after: int) -> int:
    """Print what happens in a session, a line for each event, until it has ended."""
    from c4e_server.client import Client

    with Client(address) as client:
        for each in client.markets.watch(session_id, party, after):
            kind = _event(each.kind)
            said = [each.party, f"{each.orders} orders" if each.orders else "", each.detail]
            when = each.time.ToDatetime(UTC).strftime("%H:%M:%S.%f")[:-3]
            click.echo("  ".join([f"{each.revision:>6}", when, kind, *filter(None, said)]))
    return ANSWER


@market.command()
@click.argument("session_id", metavar="SESSION")
@address_option
@click.option("--party", default="", help="Also what became of the orders of this party.")
@_as_json
def result(session_id: str, address: str, party: str, as_json: bool) -> int:
    """Print prices and volumes of a session or the trades of a book, and what became of the orders of a party.

    \b
    c4e-opt market result day
    c4e-opt market result day --party ann --json
    """  # noqa: D301
    from c4e_server.cli.tables import cents
    from c4e_server.client import Client
    from c4e_server.convert.trading import executions_from_proto

    with Client(address) as client:
        public, prices, volumes = client.markets.result(session_id)
        own = client.markets.party_result(session_id, party) if party else None
    told: dict[str, Any] = {
        "session": session_id,
        "currency": public.currency,
        "certified": public.certificate.holds,
        "digest": {"case": public.case_digest, "outcome": public.outcome_digest},
    }
    if prices.quantities:
        told["prices"] = _by_bus(prices, "price_eur_per_mwh")
        told["volumes_mwh"] = _by_bus(volumes, "bought_mwh")
    if public.lot_mwh:
        trades = executions_from_proto(public.trades) if own is None else own.trades
        told["trades"] = [
            {"price_per_mwh": each.price * public.tick_per_mwh, "energy_mwh": each.quantity * public.lot_mwh}
            for each in trades
        ]
    if own is not None:
        told["orders"] = [
            {"id": name, "accepted_mwh": energy, "price_per_mwh": price, "why": reason}
            for name, energy, price, reason in zip(
                own.id.tolist(), own.accepted_mwh.tolist(), own.price_per_mwh.tolist(), own.reason, strict=True
            )
        ]
        told["balances"] = [
            {"act": each.act, "asset": balance.asset, "minor_units": balance.amount}
            for each in own.statements
            if not each.replaced
            for balance in each.balances
        ]
    if as_json:
        click.echo(json.dumps(told))
        return ANSWER
    for bus, column in told.get("prices", {}).items():
        click.echo(f"{bus}: {' '.join(map(cents, column))} {public.currency}/MWh")
    for each in told.get("trades", []):
        click.echo(f"traded {each['energy_mwh']:g} MWh at {cents(each['price_per_mwh'])}")
    for each in told.get("orders", []):
        word = each["why"].replace("_", " ")
        click.echo(f"order {each['id']}: {each['accepted_mwh']:g} MWh at {cents(each['price_per_mwh'])}, {word}")
    for each in told.get("balances", []):
        click.echo(f"{each['act']}: {each['minor_units']} minor units of {each['asset']}")
    return ANSWER


@market.command()
@click.argument("session_id", metavar="SESSION")
@click.argument("readings", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@address_option
@run_options
@_request_id
@_as_json
def readings(session_id: str, address: str, request_id: str, as_json: bool, **given: Any) -> int:
    """Settle the meter readings of a CSV file against what was cleared; a later run takes the place of the last.

    \b
    c4e-opt market readings day readings.csv --rules metering.yaml
    c4e-opt market readings day later.csv --rules metering.yaml --run final
    """  # noqa: D301
    from c4e_server.cli.imbalances import read_measurement
    from c4e_server.client import Client

    with Client(address) as client:
        zone = client.markets.get(session_id).horizon.time_zone or "UTC"
        statement, replaces = client.markets.readings(session_id, read_measurement(given, zone), request_id)
    if as_json:
        click.echo(json.dumps({**statement.to_json(), "replaces": replaces or None}))
        return ANSWER
    from c4e_server.cli.show import show_statement

    show_statement(statement)
    if replaces:
        click.echo(f"in the place of batch {replaces[:12]}")
    return ANSWER


def _by_bus(table: Any, name: str) -> dict[str, list[float]]:
    return dict(zip(table.labels["bus"].tolist(), table.values(name).tolist(), strict=True))


def _moment(option: str, text: str) -> datetime:
    from zoneinfo import ZoneInfo

    from c4e_opt.case.times import NotAMoment, seconds

    try:
        return datetime.fromtimestamp(seconds(text, ZoneInfo("UTC")), UTC)
    except NotAMoment as error:
        raise click.UsageError(f"{option} {error}") from None


def _span(option: str, text: str) -> timedelta:
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    try:
        return timedelta(**{units[text[-1:]]: float(text[:-1])})
    except (KeyError, ValueError, OverflowError):
        raise click.UsageError(f"{option} is {text!r}; write 90s, 10m, 2h or 1d") from None


def _state(session: market_session_pb2.MarketSession) -> str:
    from c4e.opt.v1 import market_session_pb2

    return market_session_pb2.MarketState.Name(session.state).removeprefix("MARKET_STATE_").lower()


def _event(kind: Any) -> str:
    from c4e.opt.v1 import market_session_pb2

    return market_session_pb2.MarketEventKind.Name(kind).removeprefix("MARKET_EVENT_KIND_").lower().replace("_", " ")


def _told(session: market_session_pb2.MarketSession) -> dict[str, Any]:
    return {
        "id": session.id,
        "series": session.series,
        "state": _state(session),
        "revision": session.revision,
        "opens": session.gate_opens.ToJsonString() if session.HasField("gate_opens") else "",
        "closes": session.gate_closes.ToJsonString(),
        "detail": session.detail,
    }


def _show(session: market_session_pb2.MarketSession, as_json: bool) -> int:
    told = _told(session)
    if as_json:
        click.echo(json.dumps(told))
    else:
        click.echo(f"{told['id']}: {told['state']}, revision {told['revision']}, gate closes {told['closes']}")
        if told["detail"]:
            click.echo(told["detail"])
    return NO_ANSWER if told["state"] in ("failed", "cancelled") else ANSWER
