"""health: whether a running service is ready, for supervisors and load balancers."""

from __future__ import annotations

import click

from c4e_server.cli.main import ANSWER, NO_ANSWER

_PEM = click.Path(dir_okay=False, exists=True)


@click.command(short_help="Ask a running service whether it is ready.")
@click.option(
    "--address", envvar="C4E_OPT_ADDRESS", default="127.0.0.1:50551", show_default=True, help="Of the service."
)
@click.option("--service", default="", help="Only this one, such as c4e.opt.v1.JobService; all of it if absent.")
@click.option("--ca", envvar="C4E_OPT_CA", type=_PEM, help="PEM file of its authority, where it has TLS.")
@click.option("--certificate", envvar="C4E_OPT_CLIENT_CERTIFICATE", type=_PEM, help="Our own, where it asks for one.")
@click.option("--key", envvar="C4E_OPT_CLIENT_KEY", type=_PEM, help="Key of our certificate.")
@click.option("--timeout-s", type=click.FloatRange(min=0, min_open=True), default=5.0, show_default=True)
def health(
    address: str, service: str, ca: str | None, certificate: str | None, key: str | None, timeout_s: float
) -> int:
    """Ask by the standard health protocol; exit 0 when it is ready, and 1 when it is not or does not answer.

    \b
    c4e-opt health
    c4e-opt health --address 127.0.0.1:50551 --service c4e.opt.v1.JobService
    """  # noqa: D301
    from pathlib import Path
    from typing import Any, cast

    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    if ca is None:
        channel = grpc.insecure_channel(address)
    else:
        pems = [None if path is None else Path(path).read_bytes() for path in (ca, key, certificate)]
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(*pems))
    with channel:
        stub: Any = cast("Any", health_pb2_grpc).HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=timeout_s, wait_for_ready=True)
        except grpc.RpcError as error:
            click.echo(f"no answer: {cast('Any', error).code().name}", err=True)
            return NO_ANSWER
    click.echo(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
    return ANSWER if answer.status == health_pb2.HealthCheckResponse.SERVING else NO_ANSWER
