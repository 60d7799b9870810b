"""demo: the whole path on one screen, with a real service in a process of its own."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c4e_server.cli.main import ANSWER, NO_ANSWER
from c4e_server.cli.solving import gap_option

if TYPE_CHECKING:
    from c4e_opt.outcome import Outcome
    from c4e_server.client import Client

_CASE = "community_day"
_START_S = 60.0


@click.command(short_help="Show the whole path.")
@click.argument("case_path", metavar="[CASE]", required=False)
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder; a temporary one if absent."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the answer; inside the data folder if absent.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="S",
    help="Seconds of wall clock.",
)
@gap_option
def demo(case_path: str | None, data: Path | None, out: Path | None, time_limit: float, gap: float | None) -> int:
    """Start a service with its ledger on a free loopback port, submit CASE (cases/community_day), show what comes.

    \b
    c4e-opt demo
    c4e-opt demo cases/site_week --data ./data
    """  # noqa: D301
    from c4e_opt.solve import SolveOptions
    from c4e_server.cli.jobs import follow
    from c4e_server.cli.reading import load_case
    from c4e_server.cli.show import console, show_balances, show_outcome, show_statement
    from c4e_server.cli.solving import write_answer
    from c4e_server.client import Client
    from c4e_server.local import local_service

    say = console().print
    where = Path(case_path) if case_path else find_case()
    case = load_case(where)
    folder = data or Path(tempfile.mkdtemp(prefix="c4e-opt-demo-"))
    counts = f"{case.horizon.steps} steps, {len(case.buses)} buses, {len(case.parties)} parties"
    say(f"case {case.name} from {where}: {counts}", soft_wrap=True)
    with local_service(folder) as service, Client(service.address) as client:
        say(f"service on {service.address}, its database and ledger in {folder}")
        options = SolveOptions(time_limit_s=time_limit, gap=SolveOptions().gap if gap is None else gap)
        job = client.submit(case, options, request_id=f"demo-{case.digest()[:12]}", settlement="post")
        say(f"job {job.request_id}")
        follow(client.watch(job.request_id), quiet=False)
        solved = client.result(job.request_id)
        target = out or folder / "out"
        files = write_answer(solved.outcome, target, case)
        show_outcome(solved.outcome, None, case.components.get("line", ()))
        if solved.statement is not None:
            _plots(solved.outcome, case.components.get("line", ()))
            show_statement(solved.statement)
            _wait_for_posting(client, job.request_id)
            show_balances(*client.balances())
            solved.statement.to_csv(target / "statement.csv")
            files.append(target / "statement.csv")
    say("files: " + " ".join(str(file) for file in files), soft_wrap=True)
    say(f"the ledger: c4e-opt ledger verify --data {folder}", soft_wrap=True)
    return ANSWER if solved.outcome.has_schedule else NO_ANSWER


def find_case() -> Path:
    """The demonstration's case: below the working folder, or beside the packages of a checkout.

    Raises:
        InvalidInput: There is none.
    """
    from c4e_opt.errors import InvalidInput
    from c4e_opt.issues import Issue

    for root in (Path.cwd(), Path(__file__).parents[3]):
        where = root / "cases" / _CASE
        if (where / "case.yaml").is_file():
            return where.relative_to(Path.cwd()) if where.is_relative_to(Path.cwd()) else where
    raise InvalidInput([Issue(f"cases/{_CASE}", "missing_file", "is not here; run in a checkout, or name a case")])


def _plots(outcome: Outcome, lines: Sequence[Any]) -> None:
    from c4e_server.cli.plots import plot_flows, plot_loading, plot_prices

    carriers = dict.fromkeys(outcome.price_table.texts["carrier"][1].tolist())
    for carrier in carriers:
        for plot in (plot_prices, plot_flows):
            drawn = plot(outcome, carrier)
            if drawn:
                click.echo(drawn)
    drawn = plot_loading(outcome, lines)
    if drawn:
        click.echo(drawn)


def _wait_for_posting(client: Client, request_id: str) -> None:
    end = time.monotonic() + _START_S
    while not client.job(request_id).posted and time.monotonic() < end:
        time.sleep(0.05)
