"""tls: an authority of one's own and the certificates that it signs, where nobody else signs them."""

from __future__ import annotations

from pathlib import Path

import click

from c4e_server.cli.main import ANSWER


@click.command(short_help="Make certificates for a service and its callers.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--host", "hosts", multiple=True, help="Name or address by which callers reach the service; repeatable.")
@click.option("--caller", help="Make a certificate for this caller: its subject and, of a party, the party.")
@click.option("--tenant", help="Tenant of the caller.")
@click.option("--role", "roles", multiple=True, help="Role of the caller; repeatable.  [default: operator]")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="How long certificates are good."
)
@click.option("--renew", is_flag=True, help="Make them again, signed by the authority that is there.")
def tls(
    folder: Path,
    hosts: tuple[str, ...],
    caller: str | None,
    tenant: str | None,
    roles: tuple[str, ...],
    days: int,
    renew: bool,
) -> int:
    """Make ca.pem, server.pem and, with --caller, NAME.pem, each with its key; what is there stays unless --renew.

    The authority (ca.pem) is good for ten years, and no certificate for longer than it; --renew leaves it as it is.
    For a closed network or a trial, where no other authority signs. Keep ca.key away from the service: whoever has it
    is every tenant. A service with tls_client_ca takes only callers who show such a certificate.

    \b
    c4e-opt tls ./tls --host optimiser.example --caller desk --tenant acme
    c4e-opt serve --config service.toml
    c4e-opt health --ca ./tls/ca.pem --certificate ./tls/desk.pem --key ./tls/desk.key
    """  # noqa: D301
    from c4e_server.security.authority import Authority

    authority = Authority(folder, days=days)
    made = authority.server(hosts, renew=renew)
    if caller is not None:
        made += authority.caller(caller, tenant or "", roles or ("operator",), renew=renew)
    for file in made:
        click.echo(str(file))
    return ANSWER
