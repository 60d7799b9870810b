"""serve: the gRPC service in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from c4e_server.cli.main import ANSWER


@click.command(short_help="Run the gRPC service.")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="TOML file; flags outweigh it.")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port; 0 for a free one.  [default: 50551]")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder of the database and the ledger.")
@click.option("--workers", type=int, help="Solves at once.  [default: 2]")
@click.option("--grace-s", type=float, help="Seconds that a solver may take to obey.  [default: 0.5]")
@click.option("--queue-limit", type=int, help="Requests that may wait or run.  [default: 1000]")
@click.option("--solve-limit-s", type=float, help="Seconds that any solve may take.  [default: 3600]")
@click.option("--memory-mib", type=int, help="Most memory of a worker; 0 for no limit.  [default: 0]")
@click.option("--cache-mib", type=int, help="Answers kept for whoever asks the same; 0 for none.  [default: 64]")
@click.option("--executor", help="Who solves: dask://HOST:PORT.  [default: processes of its own]")
@click.option("--message-mib", type=int, help="Largest message.  [default: 64]")
@click.option("--ledger", help="Name of the ledger adapter.  [default: journal]")
@click.option("--database", help="URL of the database.  [default: an SQLite file in the data folder]")
@click.option("--drain-s", type=float, help="Seconds that calls and solves may take to end at a stop.  [default: 2]")
@click.option("--metrics-port", type=int, help="Port on 127.0.0.1 for Prometheus; 0 for none.  [default: 0]")
@click.option("--traces", help="OpenTelemetry collector, http://HOST:4318/v1/traces.  [default: none]")
def serve(config: Path | None, **flags: Any) -> int:
    """Serve until SIGINT or SIGTERM; prints its address as the first line.

    Every option may stand in the file of --config (name = content) or in the environment (C4E_OPT_PORT=…) as well.

    \b
    c4e-opt serve
    c4e-opt serve --port 0 --data ./data --workers 4
    """  # noqa: D301
    import asyncio
    import os

    os.umask(0o077)  # what the service writes is for its own user alone

    from c4e_server.workers.warm import start_fork_server

    start_fork_server()  # it imports what the workers need while this process imports what the service needs

    from c4e_server.config import read_config
    from c4e_server.main import serve as act
    from c4e_server.observability.log import set_up

    chosen = read_config(config, **flags)
    set_up(chosen.log_level)
    if chosen.lacking:
        click.secho(f"INSECURE: calls are {chosen.lacking}; only this machine can make them", fg="red", err=True)
    asyncio.run(act(chosen, lambda address: click.echo(address)))
    return ANSWER
