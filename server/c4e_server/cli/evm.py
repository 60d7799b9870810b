"""evm: the operator's key, contracts onto a chain, and what a chain says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from c4e_server.cli.main import ANSWER
from c4e_server.config import Config
from c4e_server.errors import InvalidConfig

_config = click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), help="TOML file of the configuration."
)
_data = click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder with the key.")
_url = click.option("--url", help="The node: http://…, https://… or the path of a socket; evm_url by default.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


@click.group(short_help="Bring the ledger's contracts onto a chain.")
def evm() -> None:
    """Bring the contracts of the ledger "evm" onto a chain (needs c4e-opt[evm]).

    \b
    c4e-opt evm key --data ./data                       make the operator's key; fund its address
    c4e-opt evm deploy settlement --data ./data --url http://127.0.0.1:8545
    c4e-opt evm status --config evm.toml                with ledger, evm_url and evm_contract in it
    """  # noqa: D301


def _configured(config: Path | None, data: Path | None, url: str | None = None) -> Config:
    from c4e_server.config import read_config

    try:
        import web3  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError:
        raise InvalidConfig("this needs web3: pip install 'c4e-opt[evm]'") from None
    return read_config(config, data=data, evm_url=url)


def _tell(found: dict[str, Any], as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(found))
    else:
        for name, content in found.items():
            click.echo(f"{name.replace('_', ' '):16} {content}")
    return ANSWER


@evm.command()
@_config
@_data
@_as_json
def key(config: Path | None, data: Path | None, as_json: bool) -> int:
    """Make the operator's key, in a file that only its owner can read; one that is there stays as it is."""
    said = _configured(config, data)
    from c4e_server.ledgers.evm.keys import make_account, read_account
    from c4e_server.ledgers.evm.opening import key_file

    file = key_file(said)
    file.parent.mkdir(parents=True, exist_ok=True)
    account = read_account(file) if file.exists() else make_account(file)
    return _tell({"address": account.address, "file": str(file)}, as_json)


@evm.command()
@click.argument("contract", type=click.Choice(["settlement", "token", "certificate"]))
@_config
@_data
@_url
@click.option("--name", default="Energy", show_default=True, help="Of the token.")
@click.option("--symbol", default="kWh", show_default=True, help="Of the token.")
@click.option("--decimals", default=6, show_default=True, type=click.IntRange(0, 77), help="Of the token.")
@_as_json
def deploy(
    contract: str,
    config: Path | None,
    data: Path | None,
    url: str | None,
    name: str,
    symbol: str,
    decimals: int,
    as_json: bool,
) -> int:
    """Deploy a contract whose operator or issuer is the key in the data folder."""
    said = _configured(config, data, url)
    from c4e_server.ledgers.evm.deploy import deploy as bring
    from c4e_server.ledgers.evm.keys import read_account
    from c4e_server.ledgers.evm.opening import key_file, provider_of

    account = read_account(key_file(said))
    own: tuple[Any, ...] = (name, symbol, decimals) if contract == "token" else ()
    address = bring(provider_of(said), account, contract, *own, account.address)
    return _tell({"contract": contract, "address": address, "operator": account.address}, as_json)


@evm.command()
@_config
@_data
@_as_json
def status(config: Path | None, data: Path | None, as_json: bool) -> int:
    """Show the chain, the contract, what the operator can spend, and the last anchor."""
    said = _configured(config, data)
    from c4e_server.ledgers.evm.opening import open_evm

    ledger = open_evm(said)
    try:
        return _tell(ledger.facts(), as_json)
    finally:
        ledger.close()
