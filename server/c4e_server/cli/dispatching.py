"""dispatch: sites of a running service, from what they measure to what they are to do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c4e_server.cli.jobs import address_option
from c4e_server.cli.main import ANSWER, NO_ANSWER

if TYPE_CHECKING:
    from c4e.opt.v1 import dispatch_session_pb2

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
_request_id = click.option("--request-id", default="", help="Name of the write; makes it repeatable.")


@click.group(short_help="Dispatch sites from what they measure, in a running service.")
def dispatch() -> None:
    """Open a site, send what was measured and what is expected, and get set-points; all of it in a running service.

    \b
    c4e-opt dispatch open home cases/site_week/linear.yaml
    c4e-opt dispatch plan home --step 0
    c4e-opt dispatch measure home 1 battery/battery.energy_start_mwh=0.42 --power grid_connection/grid=0.3
    c4e-opt dispatch plan home --step 1
    c4e-opt dispatch compare home
    """  # noqa: D301


@dispatch.command("open")
@click.argument("session_id", metavar="SESSION")
@click.argument("case_path", metavar="CASE")
@address_option
@click.option("--look-hours", type=click.FloatRange(min=0, min_open=True), default=24.0, show_default=True)
@click.option("--valid-hours", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True)
@click.option("--at-steps", is_flag=True, help="Dispatch at the start of every step by the clock of the service.")
@click.option("--on-data", is_flag=True, help="Dispatch when there are new forecasts or measurements.")
@click.option(
    "--fallback",
    type=click.Choice(("hold", "nearest")),
    default="hold",
    show_default=True,
    help="Where there is no schedule: hold the last one, or begin at the nearest state within limits.",
)
@_as_json
def open_(session_id: str, case_path: str, address: str, as_json: bool, **given: Any) -> int:
    """Open a session for the site and all the steps of CASE.

    \b
    c4e-opt dispatch open home cases/site_week/linear.yaml --look-hours 24 --valid-hours 2
    """  # noqa: D301
    from c4e_server.cli.reading import load_case
    from c4e_server.client import Client

    case = load_case(case_path)
    with Client(address) as client:
        return _show(client.sites.open(session_id, case, **given), as_json)


@dispatch.command("list")
@address_option
@_as_json
def list_(address: str, as_json: bool) -> int:
    """List sessions, the latest first."""
    from c4e_server.client import Client

    with Client(address) as client:
        found = [_told(each) for each in client.sites.list()]
    if as_json:
        click.echo(json.dumps({"sessions": found}))
        return ANSWER
    for each in found:
        click.echo(f"{each['id']:24}  {each['state']:8}  revision {each['revision']}")
    return ANSWER


@dispatch.command()
@click.argument("session_id", metavar="SESSION")
@click.argument("step", type=click.IntRange(min=0))
@click.argument("states", metavar="[KIND/ID.FIELD=NUMBER]…", nargs=-1)
@address_option
@click.option("--power", "powers", metavar="KIND/ID[@BUS]=MW", multiple=True, help="What a meter has read of a step.")
@click.option("--first-step", type=click.IntRange(min=0), help="That step; the one before STEP when absent.")
@_request_id
@_as_json
def measure(
    session_id: str,
    step: int,
    states: tuple[str, ...],
    address: str,
    powers: tuple[str, ...],
    first_step: int | None,
    request_id: str,
    as_json: bool,
) -> int:
    """Send states that were measured at the start of STEP, and mean powers into the bus of the step before.

    \b
    c4e-opt dispatch measure home 1 battery/battery.energy_start_mwh=0.42 --power grid_connection/grid=0.3
    """  # noqa: D301
    from c4e_server.client import Client

    found: dict[tuple[str, str], dict[str, Any]] = {}
    for text in states:
        place, number = _assigned(text)
        name, _, field = place.rpartition(".")
        found.setdefault(_component(text, name), {})[field] = number
    meters: dict[tuple[str, str, str], float] = {}
    for text in powers:
        place, number = _assigned(text)
        name, _, bus = place.partition("@")
        meters[(*_component(text, name), bus)] = number
    with Client(address) as client:
        answer = client.sites.measure(session_id, step, found, meters, first_step=first_step, request_id=request_id)
    issues = _issues(answer.issues)
    if as_json:
        click.echo(json.dumps({"revision": answer.revision, "issues": issues}))
        return ANSWER
    click.echo(f"taken at revision {answer.revision}")
    _show_issues(issues)
    return ANSWER


@dispatch.command()
@click.argument("session_id", metavar="SESSION")
@click.argument("first_step", type=click.IntRange(min=0))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@address_option
@_request_id
def forecast(session_id: str, first_step: int, file: Path, address: str, request_id: str) -> int:
    """Send new forecasts from FIRST_STEP on: a CSV file with a row for each step, its columns named KIND/ID.FIELD.

    \b
    c4e-opt dispatch forecast home 4 expected.csv
    """  # noqa: D301
    from c4e_server.client import Client

    with Client(address) as client:
        revision = client.sites.forecast(session_id, _columns(file), first_step, request_id)
    click.echo(f"taken at revision {revision}")
    return ANSWER


@dispatch.command()
@click.argument("session_id", metavar="SESSION")
@address_option
@click.option("--step", type=click.IntRange(min=0), help="The first step; the one that runs now when absent.")
@_request_id
@_as_json
def plan(session_id: str, address: str, step: int | None, request_id: str, as_json: bool) -> int:
    """Dispatch a site from a step on, and print its set-points."""
    from c4e_server.client import Client

    with Client(address) as client:
        return _show_points(client.sites.dispatch(session_id, step, request_id), as_json)


@dispatch.command("set-points")
@click.argument("session_id", metavar="SESSION")
@address_option
@_as_json
def set_points(session_id: str, address: str, as_json: bool) -> int:
    """Print the set-points of the last dispatch."""
    from c4e_server.client import Client

    with Client(address) as client:
        return _show_points(client.sites.set_points(session_id), as_json)


@dispatch.command()
@click.argument("session_id", metavar="SESSION")
@address_option
@click.option("--after", type=click.IntRange(min=0), default=0, help="Revision of the last event that was seen.")
def watch(session_id: str, address: str, after: int) -> int:
    """Print what happens in a session, a line for each event, until it has ended."""
    from c4e.opt.v1 import dispatch_session_pb2
    from c4e_server.client import Client

    with Client(address) as client:
        for each in client.sites.watch(session_id, after):
            kind = dispatch_session_pb2.DispatchEventKind.Name(each.kind).removeprefix("DISPATCH_EVENT_KIND_")
            said = f"step {each.set_points.step}" if each.HasField("set_points") else ""
            when = each.time.ToDatetime(UTC).strftime("%H:%M:%S.%f")[:-3]
            click.echo(f"{each.revision:>6}  {when}  {kind.lower().replace('_', ' ')}  {said}".rstrip())
    return ANSWER


@dispatch.command()
@click.argument("session_id", metavar="SESSION")
@address_option
@click.option("--first-step", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--steps", type=click.IntRange(min=0), default=0, help="How many; all that follow when absent.")
@click.option("--plot", "port", metavar="PORT", help="Draw plan and actual of a port, such as demand/house@el.")
@_as_json
def compare(session_id: str, address: str, first_step: int, steps: int, port: str | None, as_json: bool) -> int:
    """Print planned and measured energy of every port over the steps in which both are known.

    \b
    c4e-opt dispatch compare home
    c4e-opt dispatch compare home --plot grid_connection/grid@electricity
    """  # noqa: D301
    from c4e_server.cli.plots import plot_compared
    from c4e_server.client import Client

    with Client(address) as client:
        found = client.sites.compare(session_id, first_step, steps)
    names = found.ports.labels["port"].tolist()
    sums = {
        word: found.ports.values(name).tolist()
        for word, name in (
            ("planned_mwh", "planned_sum_mwh"),
            ("measured_mwh", "measured_sum_mwh"),
            ("deviation_mwh", "deviation_sum_mwh"),
            ("deviation_ratio", "deviation_sum_ratio"),
            ("deviation_cost", "deviation_cost_sum_eur"),
        )
    }
    ports = {name: {word: column[row] for word, column in sums.items()} for row, name in enumerate(names)}
    if as_json:
        told = {"ports": ports, "deviation_cost": found.deviation_cost, "currency": found.currency}
        click.echo(json.dumps(told))
        return ANSWER
    for name, each in ports.items():
        part = f"{100 * each['deviation_ratio']:+.1f} %" if each["planned_mwh"] else ""
        energy = f"{each['planned_mwh']:>12.6f} {each['measured_mwh']:>12.6f} {each['deviation_mwh']:>+12.6f} MWh"
        click.echo(f"{name:40} {energy}  {part}".rstrip())
    click.echo(f"deviations cost {found.deviation_cost:,.2f} {found.currency}")
    if port is not None:
        if port not in names:
            raise click.UsageError(f"--plot is {port!r}; ports are {', '.join(names)}")
        click.echo(plot_compared(found.ports, names.index(port)))
    return ANSWER


@dispatch.command()
@click.argument("session_id", metavar="SESSION")
@address_option
@_as_json
def close(session_id: str, address: str, as_json: bool) -> int:
    """End a session; its set-points stay valid until their validity ends."""
    from c4e_server.client import Client

    with Client(address) as client:
        return _show(client.sites.close(session_id), as_json)


def _assigned(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name, float(number)
    except ValueError:
        raise click.UsageError(f"{text!r} is no NAME=NUMBER") from None


def _component(text: str, name: str) -> tuple[str, str]:
    kind, _, component = name.partition("/")
    if not component:
        raise click.UsageError(f"{text!r} does not name a component; write KIND/ID, such as battery/b1")
    return kind, component


def _columns(file: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The columns of a CSV file, by component and field.

    Raises:
        InvalidInput: With everything that is wrong with it.
    """
    import csv

    import numpy as np

    from c4e_opt.errors import InvalidInput
    from c4e_opt.issues import Issue

    try:
        with file.open(encoding="utf-8", newline="") as lines:
            head, *rows = [row for row in csv.reader(lines) if row]
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        raise InvalidInput([Issue(str(file), "unreadable_file", f"cannot be read: {type(error).__name__}")]) from None
    found: dict[tuple[str, str], dict[str, Any]] = {}
    issues: list[Issue] = []
    for place, name in enumerate(head):
        component, _, field = name.strip().rpartition(".")
        try:
            found.setdefault(_component(name, component), {})[field] = np.array([float(row[place]) for row in rows])
        except (ValueError, IndexError):
            issues.append(Issue(f"{file.name}: {name}", "type", "must have a number in every row"))
    if issues:
        raise InvalidInput(issues)
    return found


def _issues(issues: Iterable[Any]) -> list[dict[str, str]]:
    return [{"path": each.path, "rule": each.rule, "message": each.message} for each in issues]


def _show_issues(issues: list[dict[str, str]]) -> None:
    for each in issues:
        click.echo(f"{each['path']}: {each['message']} [{each['rule']}]")


def _show_points(points: dispatch_session_pb2.SetPoints, as_json: bool) -> int:
    from c4e.opt.v1 import dispatch_session_pb2

    basis = dispatch_session_pb2.SetPointBasis.Name(points.basis).removeprefix("SET_POINT_BASIS_").lower()
    told: dict[str, Any] = {
        "session": points.session_id,
        "revision": points.revision,
        "basis": basis,
        "step": points.step,
        "valid_from": points.valid_from.ToJsonString(),
        "valid_until": points.valid_until.ToJsonString(),
        "step_seconds": list(points.step_seconds),
        "power_mw": {f"{each.kind}/{each.component}@{each.bus}": list(each.power_mw) for each in points.points},
        "measured_states": list(points.measured_states),
        "assumed_states": list(points.assumed_states),
        "issues": _issues(points.issues),
        "verified": points.verified,
    }
    if as_json:
        click.echo(json.dumps(told))
    else:
        click.echo(f"{told['session']}, step {told['step']}, revision {told['revision']}: {basis}")
        click.echo(f"valid from {told['valid_from']} until {told['valid_until']}")
        for name, powers in told["power_mw"].items():
            click.echo(f"{name:40} {' '.join(f'{power:10.6f}' for power in powers[:8])}{' …' if powers[8:] else ''} MW")
        _show_issues(told["issues"])
    return ANSWER if told["power_mw"] else NO_ANSWER


def _told(session: dispatch_session_pb2.DispatchSession) -> dict[str, Any]:
    from c4e.opt.v1 import dispatch_session_pb2

    state = dispatch_session_pb2.DispatchState.Name(session.state).removeprefix("DISPATCH_STATE_").lower()
    return {
        "id": session.id,
        "state": state,
        "revision": session.revision,
        "step": session.step if session.HasField("step") else None,
        "valid_until": session.valid_until.ToJsonString() if session.HasField("valid_until") else "",
    }


def _show(session: dispatch_session_pb2.DispatchSession, as_json: bool) -> int:
    told = _told(session)
    if as_json:
        click.echo(json.dumps(told))
    else:
        until = f", set-points valid until {told['valid_until']}" if told["valid_until"] else ""
        click.echo(f"{told['id']}: {told['state']}, revision {told['revision']}{until}")
    return ANSWER
