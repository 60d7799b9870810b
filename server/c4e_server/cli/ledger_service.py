"""ledger serve and conformance: the service of a marketplace's own ledger, and whether one implements it rightly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from c4e_server.cli.main import ANSWER, BAD_INPUT

_PEM = click.Path(dir_okay=False, path_type=Path)
_SERVED = "127.0.0.1:50552"


@click.command(short_help="Offer a ledger as LedgerAdapterService.")
@click.option("--address", default=_SERVED, show_default=True, help="Where to listen; port 0 for a free one.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Keep the books in this folder.")
@click.option("--config", type=_PEM, help="TOML file that says which ledger keeps the books.")
@click.option("--certificate", type=_PEM, help="Encrypt: certificate of the server (PEM).")
@click.option("--key", type=_PEM, help="Private key of the certificate (PEM).")
@click.option("--client-ca", type=_PEM, help="Take only callers whose certificate one of these signed (PEM).")
@click.option("--signed-by", type=_PEM, multiple=True, help="Take only what this Ed25519 key signed (public, PEM).")
def serve(
    address: str,
    data: Path | None,
    config: Path | None,
    certificate: Path | None,
    key: Path | None,
    client_ca: Path | None,
    signed_by: tuple[Path, ...],
) -> int:
    """Offer a ledger as LedgerAdapterService until SIGINT or SIGTERM; prints its address as the first line.

    This is the reference implementation of the service that the ledger "grpc" calls. Without --data and --config its
    books are in memory and end with it.

    \b
    c4e-opt ledger serve
    c4e-opt ledger serve --data books --address 0.0.0.0:50552 --certificate me.pem --key me.key --client-ca ca.pem
    """  # noqa: D301
    import asyncio

    from c4e_opt.settlement import MemoryLedger
    from c4e_server.config import read_config
    from c4e_server.errors import InvalidConfig
    from c4e_server.ledgers.marketplace.line import is_loopback
    from c4e_server.ledgers.marketplace.signing import public_key
    from c4e_server.ledgers.registry import open_ledger
    from c4e_server.observability.log import set_up
    from c4e_server.services.ledger_adapter import LedgerAdapterService, ServerTls

    if (certificate is None) != (key is None) or (client_ca is not None and certificate is None):
        raise InvalidConfig("to encrypt, give --certificate and --key; --client-ca goes with them")
    if certificate is None and not is_loopback(address):
        raise InvalidConfig(f"{address} is open to others; encrypt with --certificate and --key, or take 127.0.0.1")
    tls = None
    if certificate is not None and key is not None:
        tls = ServerTls(certificate=certificate, key=key, client_ca=client_ca)
    keys = [public_key(path) for path in signed_by]
    if data is None and config is None:
        ledger: Any = MemoryLedger()
    else:
        chosen = read_config(config, data=data)
        chosen.data.mkdir(parents=True, exist_ok=True)
        ledger = open_ledger(chosen)
    set_up()
    asyncio.run(_serve(LedgerAdapterService(ledger, keys), address, tls))
    close = getattr(ledger, "close", None)
    if close is not None:
        close()
    return ANSWER


async def _serve(service: Any, address: str, tls: Any) -> None:
    import asyncio
    import signal

    from c4e_server.services.ledger_adapter import offered

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with offered(service, address, tls) as listening:
        click.echo(listening)
        await stop.wait()


@click.command(short_help="Hold a LedgerAdapterService to every rule.")
@click.option("--address", default=_SERVED, show_default=True, help="Host and port of the service.")
@click.option("--ca", type=_PEM, help="Encrypt: certificates of who signed the server's (PEM).")
@click.option("--certificate", type=_PEM, help="Certificate to show to the server (PEM).")
@click.option("--key", type=_PEM, help="Private key of that certificate (PEM).")
@click.option("--signing-key", type=_PEM, help="Ed25519 key that signs what is booked (PEM).")
@click.option("--timeout-s", type=click.FloatRange(min=0, min_open=True), default=30.0, help="Deadline of a call.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def conformance(
    address: str,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
    signing_key: Path | None,
    timeout_s: float,
    as_json: bool,
) -> int:
    """Hold an implementation of LedgerAdapterService to every rule; exit 2 when it breaks one.

    It BOOKS on that ledger, under accounts and assets that nobody else has: let it be one for tests.

    \b
    c4e-opt ledger conformance --address 127.0.0.1:50552
    c4e-opt ledger conformance --address ledger.example:443 --ca ca.pem --certificate me.pem --key me.key --json
    """  # noqa: D301
    from c4e_server.ledgers.marketplace.conformance import examine
    from c4e_server.ledgers.marketplace.line import tls_of
    from c4e_server.ledgers.marketplace.signing import private_key

    signer = None if signing_key is None else private_key(signing_key)
    tls = tls_of(address, ca, certificate, key)
    rules: list[dict[str, Any]] = []
    for finding in examine(address, tls, signing_key=signer, timeout_s=timeout_s):
        said = str(finding.error) if isinstance(finding.error, AssertionError) else repr(finding.error)
        rules.append({"rule": finding.rule, "holds": finding.holds, "detail": "" if finding.holds else said})
        if not as_json:
            click.echo(f"{'holds' if finding.holds else 'BROKEN':6} {finding.rule}")
            if not finding.holds:
                click.echo(f"       {said}")
    broken = sum(not each["holds"] for each in rules)
    if as_json:
        click.echo(json.dumps({"holds": not broken, "rules": rules}))
    else:
        click.echo(f"{len(rules)} rules hold" if not broken else f"{broken} of {len(rules)} rules are broken")
    return BAD_INPUT if broken else ANSWER
