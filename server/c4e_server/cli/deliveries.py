"""ledger deliveries, replay, void: batches on their way to the ledger, in a running service."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from c4e_server.cli.main import ANSWER

if TYPE_CHECKING:
    from c4e.opt.v1 import delivery_pb2

_address = click.option(
    "--address", envvar="C4E_OPT_ADDRESS", default="127.0.0.1:50551", show_default=True, help="Address of the service."
)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
_STATES = ("waiting", "sent", "delivered", "dead", "voiding", "void")


@click.command()
@_address
@click.option("--state", "states", type=click.Choice(_STATES), multiple=True, help="Only those in this state.")
@_as_json
def deliveries(address: str, states: tuple[str, ...], as_json: bool) -> int:
    """List batches on their way to the ledger; dead letters wait for `replay` or `void`.

    \b
    c4e-opt ledger deliveries --state dead
    c4e-opt ledger deliveries --state waiting --state sent --json
    """  # noqa: D301
    from c4e_server.client import Client

    with Client(address) as client:
        found = [_told(each) for each in client.deliveries(states)]
    if as_json:
        click.echo(json.dumps({"deliveries": found}))
        return ANSWER
    for each in found:
        click.echo(f"{each['batch_id'][:16]}  {each['state']:9} tried {each['attempts']:>3}  {each['detail']}")
    if not found:
        click.echo("nothing is on its way")
    return ANSWER


@click.command()
@click.argument("batch_id")
@_address
@_as_json
def replay(batch_id: str, address: str, as_json: bool) -> int:
    """Send a dead letter on its way to the ledger again; what is there already is not booked twice.

    \b
    c4e-opt ledger replay 3f9a…
    """  # noqa: D301
    from c4e_server.client import Client

    with Client(address) as client:
        _show(_told(client.replay(batch_id)), as_json)
    return ANSWER


@click.command()
@click.argument("batch_id")
@click.option("--reason", required=True, help="Why, for those who ask later.")
@_address
@_as_json
def void(batch_id: str, reason: str, address: str, as_json: bool) -> int:
    """Give a dead letter up: the journal takes it back, and the ledger too, should it turn up there.

    \b
    c4e-opt ledger void 3f9a… --reason "paid by hand"
    """  # noqa: D301
    from c4e_server.client import Client

    with Client(address) as client:
        _show(_told(client.void(batch_id, reason)), as_json)
    return ANSWER


def _told(delivery: delivery_pb2.Delivery) -> dict[str, Any]:
    from c4e.opt.v1 import delivery_pb2

    return {
        "batch_id": delivery.batch_id,
        "request_id": delivery.request_id,
        "state": delivery_pb2.DeliveryState.Name(delivery.state).removeprefix("DELIVERY_STATE_").lower(),
        "attempts": delivery.attempts,
        "next_try": None if not delivery.next_try else _moment(delivery.next_try),
        "reference": delivery.reference,
        "detail": delivery.detail,
        "created": _moment(delivery.created),
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _show(told: dict[str, Any], as_json: bool) -> None:
    click.echo(json.dumps(told) if as_json else f"batch {told['batch_id'][:16]} is {told['state']}: {told['detail']}")
