"""submit and jobs: through gRPC to a running service."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c4e_server.cli.main import ANSWER, NO_ANSWER
from c4e_server.cli.solving import gap_option, summary_of, write_answer

if TYPE_CHECKING:
    from c4e.opt.v1 import jobs_pb2

address_option = click.option(
    "--address", default="127.0.0.1:50551", show_default=True, envvar="C4E_OPT_ADDRESS", help="Host and port."
)
_STATES = ("queued", "running", "done", "failed")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")


@click.command(short_help="Submit a case to a running service.")
@click.argument("case_path", metavar="CASE")
@address_option
@click.option("--request-id", default="", help="Name of the job; makes submitting repeatable.")
@click.option("--settle", is_flag=True, help="Make the statement as well.")
@click.option("--post", is_flag=True, help="Make the statement and post it to the service's ledger.")
@click.option("--watch", is_flag=True, help="Wait for the answer, and show how far it is.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the answer; needs --watch.")
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Seconds of wall clock.")
@click.option("--priority", type=click.IntRange(-100, 100), default=0, help="The highest of what waits goes first.")
@gap_option
@_as_json
def submit(
    case_path: str,
    address: str,
    request_id: str,
    settle: bool,
    post: bool,
    watch: bool,
    out: Path | None,
    time_limit: float | None,
    priority: int,
    gap: float | None,
    as_json: bool,
) -> int:
    """Submit CASE as a job; with --watch, wait for its answer.

    CASE may be the id of a dataset as well; a case too large for one message is uploaded as one by itself.

    \b
    c4e-opt submit cases/site_week --watch
    c4e-opt submit sha256:…          what `c4e-opt datasets upload` printed
    c4e-opt submit cases/site_week --request-id monday --post
    """  # noqa: D301
    from c4e_opt.solve import SolveOptions
    from c4e_server.answers import PREFIX
    from c4e_server.cli.reading import load_case, plain
    from c4e_server.client import Client

    if out is not None and not watch:
        raise click.UsageError("--out needs --watch: there is no answer to write before the job has ended")
    case, default = None if case_path.startswith(PREFIX) else load_case(case_path), SolveOptions()
    options = SolveOptions(
        time_limit_s=default.time_limit_s if time_limit is None else time_limit,
        gap=default.gap if gap is None else gap,
    )
    settlement = "post" if post else "statement" if settle else "none"
    with Client(address) as client:
        job = client.submit(case or case_path, options, request_id=request_id, settlement=settlement, priority=priority)
        if not watch:
            click.echo(json.dumps(job_json(job)) if as_json else job.request_id)
            return ANSWER
        follow(client.watch(job.request_id), quiet=as_json)
        solved = client.result(job.request_id)
    if out is not None:
        write_answer(solved.outcome, out, case)
    if as_json:
        shown = {"request_id": job.request_id, **summary_of(solved.outcome, out)}
        click.echo(json.dumps(plain(shown), allow_nan=False))
    else:
        from c4e_server.cli.show import show_outcome, show_statement

        show_outcome(solved.outcome, out, () if case is None else case.components.get("line", ()))
        if solved.statement is not None:
            show_statement(solved.statement)
    return ANSWER if solved.outcome.has_schedule else NO_ANSWER


def follow(changes: Iterable[jobs_pb2.Job], *, quiet: bool) -> None:
    """Show on stderr how far a job is, until it has ended."""
    from rich.console import Console

    console = Console(stderr=True)
    last = ""
    with console.status("queued") as status:
        for job in changes:
            line = progress_line(job)
            if quiet or line == last:
                continue
            last = line
            if console.is_terminal:
                status.update(line)
            else:
                console.print(line, highlight=False)


def progress_line(job: jobs_pb2.Job) -> str:
    """How far a job is, in a few words."""
    from c4e_server.convert.job import state_of

    words = [state_of(job) if not job.phase else job.phase]
    if job.HasField("incumbent"):
        words.append(f"best {job.incumbent:.6g}")
    if job.HasField("bound"):
        words.append(f"bound {job.bound:.6g}")
    return ", ".join(words)


def job_json(job: jobs_pb2.Job) -> dict[str, Any]:
    """A job as JSON."""
    from c4e_server.convert.job import reason_of, state_of

    def moment(name: str) -> str | None:
        return getattr(job, name).ToJsonString() if job.HasField(name) else None

    failure = None
    if job.HasField("failure"):
        issues = [{"path": i.path, "rule": i.rule, "message": i.message} for i in job.failure.issues]
        failure = {"reason": job.failure.reason, "message": job.failure.message, "issues": issues}
    return {
        "request_id": job.request_id,
        "case": job.case_name,
        "state": state_of(job),
        "phase": job.phase or None,
        "reason": reason_of(job) or None,
        "submitted": moment("submitted"),
        "started": moment("started"),
        "ended": moment("ended"),
        "failure": failure,
        "batch_id": job.batch_id or None,
        "posted": job.posted,
        "ledger_says": job.ledger_says or None,
    }


@click.group(short_help="List, show, watch, cancel and delete jobs.")
def jobs() -> None:
    """List, show, watch, cancel and delete jobs of a running service.

    \b
    c4e-opt jobs list --state done --since 2025-03-01
    c4e-opt jobs watch monday
    c4e-opt jobs get monday --out out
    c4e-opt jobs cancel monday
    c4e-opt jobs delete monday
    """  # noqa: D301


@jobs.command("list")
@address_option
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@click.option("--state", "states", multiple=True, type=click.Choice(_STATES), help="Only those in this state.")
@click.option("--case", "case_name", default="", help="Only those whose case has this name.")
@click.option("--since", type=click.DateTime(), help="Only those submitted then or later, in UTC.")
@click.option("--until", type=click.DateTime(), help="Only those submitted before, in UTC.")
@_as_json
def list_jobs(
    address: str,
    limit: int,
    states: tuple[str, ...],
    case_name: str,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> int:
    """List jobs, the latest first."""
    from c4e_server.client import Client

    with Client(address) as client:
        found = client.jobs(limit, states=states, case_name=case_name, since=since, until=until)
    if as_json:
        click.echo(json.dumps([job_json(job) for job in found]))
    else:
        from c4e_server.cli.show import show_jobs

        show_jobs(found)
    return ANSWER


@jobs.command("get")
@click.argument("request_id")
@address_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the answer.")
@_as_json
def get_job(request_id: str, address: str, out: Path | None, as_json: bool) -> int:
    """Show a job and its answer."""
    from c4e_server.cli.reading import plain
    from c4e_server.client import Client

    with Client(address) as client:
        job, solved = client.get(request_id)
    if solved is not None and out is not None:
        write_answer(solved.outcome, out)
    if as_json:
        answer = None if solved is None else summary_of(solved.outcome, out)
        click.echo(json.dumps(plain({**job_json(job), "answer": answer}), allow_nan=False))
    else:
        from c4e_server.cli.show import show_jobs, show_outcome

        show_jobs([job])
        if solved is not None:
            show_outcome(solved.outcome, out)
    return ANSWER if solved is not None and solved.outcome.has_schedule else NO_ANSWER


@jobs.command("watch")
@click.argument("request_id")
@address_option
def watch_job(request_id: str, address: str) -> int:
    """Show how far a job is, with incumbents and bounds, until it has ended."""
    from c4e_server.client import Client
    from c4e_server.convert.job import state_of

    with Client(address) as client:
        follow(client.watch(request_id), quiet=False)
        click.echo(state_of(client.job(request_id)))
    return ANSWER


@jobs.command("delete")
@click.argument("request_id")
@address_option
def delete_job(request_id: str, address: str) -> int:
    """Delete a job that has ended, with its answer; its id stays taken."""
    from c4e_server.client import Client

    with Client(address) as client:
        client.delete(request_id)
    return ANSWER


@jobs.command("cancel")
@click.argument("request_id")
@address_option
def cancel_job(request_id: str, address: str) -> int:
    """Ask a job to end."""
    from c4e_server.client import Client
    from c4e_server.convert.job import state_of

    with Client(address) as client:
        client.cancel(request_id)
        follow(client.watch(request_id), quiet=True)
        click.echo(state_of(client.job(request_id)))
    return ANSWER
