"""datasets: cases too large for a message, kept by a running service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from c4e_server.cli.jobs import address_option
from c4e_server.cli.main import ANSWER
from c4e_server.cli.solving import as_json as _as_json

if TYPE_CHECKING:
    from c4e.opt.v1 import datasets_pb2

_MIB = 2**20


@click.group(short_help="Upload, list and delete large cases.")
def datasets() -> None:
    """Upload, list and delete cases that a running service keeps, so that requests name them instead.

    \b
    c4e-opt datasets upload cases/site_week
    c4e-opt datasets list
    c4e-opt datasets delete sha256:…
    """  # noqa: D301


@datasets.command("upload")
@click.argument("case_path", metavar="CASE")
@address_option
def upload(case_path: str, address: str) -> int:
    """Upload CASE and print the id, which `submit` takes in its place.

    What was there is not sent again, and an upload that was cut off goes on where it was.
    """
    from rich.console import Console
    from rich.progress import Progress

    from c4e_server.cli.reading import load_case
    from c4e_server.client import Client

    case = load_case(case_path)
    with Client(address) as client, Progress(console=Console(stderr=True), transient=True) as shown:
        bar = shown.add_task("upload", total=None)
        name = client.datasets.upload(case, lambda done, size: shown.update(bar, completed=done, total=size))
    click.echo(name)
    return ANSWER


@datasets.command("list")
@address_option
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@_as_json
def list_datasets(address: str, limit: int, as_json: bool) -> int:
    """List datasets, the latest first."""
    from c4e_server.client import Client

    with Client(address) as client:
        found = client.datasets.list(limit)
    if as_json:
        click.echo(json.dumps([_json(each) for each in found]))
        return ANSWER
    from c4e_server.cli.show import console
    from c4e_server.cli.tables import table

    shown = table("", "dataset", "MiB", "received", "expires")
    for each in found:
        received = "all" if each.complete else f"{each.received_bytes / each.size_bytes:.0%}"
        expires = each.expires.ToJsonString()[:10] if each.HasField("expires") else ""
        shown.add_row(each.dataset_id, f"{each.size_bytes / _MIB:.2f}", received, expires)
    console().print(shown, soft_wrap=True)
    return ANSWER


@datasets.command("delete")
@click.argument("dataset_id")
@address_option
def delete(dataset_id: str, address: str) -> int:
    """Delete a dataset."""
    from c4e_server.client import Client

    with Client(address) as client:
        client.datasets.delete(dataset_id)
    return ANSWER


def _json(each: datasets_pb2.Dataset) -> dict[str, Any]:
    return {
        "dataset_id": each.dataset_id,
        "size_bytes": each.size_bytes,
        "received_bytes": each.received_bytes,
        "complete": each.complete,
        "created": each.created.ToJsonString(),
        "expires": each.expires.ToJsonString() if each.HasField("expires") else None,
    }
