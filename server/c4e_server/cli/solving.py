"""solve, check, verify, settle: the path of a case on this machine, without a service."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c4e_server.cli.exporting import check_export, export_invoices, export_options, export_statement
from c4e_server.cli.imbalances import metering_options
from c4e_server.cli.main import ANSWER, BAD_INPUT, NO_ANSWER

if TYPE_CHECKING:
    from c4e_opt.case import Case
    from c4e_opt.outcome import Certificate, Outcome
    from c4e_opt.verify.exact import Deviation

_PHASES = ("read", "check", "formulate", "solve", "verify", "price", "total")
#: Seconds between two lines about a long solve, where nobody watches it live.
_LINE_S = 10.0
_SIZES = ("variables", "integers", "constraints", "nonzeros")


def _finite(context: click.Context, parameter: click.Parameter, number: float | None) -> float | None:
    if number is not None and not math.isfinite(number):
        raise click.BadParameter(f"is {number}; it must be a finite number")
    return number


gap_option = click.option(
    "--gap",
    type=click.FloatRange(min=0),
    callback=_finite,
    help="Relative gap at which a mixed-integer solve may stop.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


@click.command(short_help="Solve a case.")
@click.argument("case_path", metavar="CASE")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for outcome.nc, .json and .png.")
@as_json
@click.option("--solver", default="auto", show_default=True, help="Name of a solver.")
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Seconds of wall clock.")
@gap_option
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Threads of the solver.")
@click.option(
    "--network",
    metavar="MODEL",
    help="Network model, in place of the case's own: transport, dc, dcp, lindistflow, socp or soc.",
)
@click.option("--pricing", metavar="RULE", help="Price rule, in place of the case's own.")
def solve(
    case_path: str,
    out: Path | None,
    as_json: bool,
    solver: str,
    time_limit: float | None,
    gap: float | None,
    threads: int,
    network: str | None,
    pricing: str | None,
) -> int:
    """Solve CASE: a case folder, a YAML file, a Case message (.binpb, .json), or a file of another program.

    Lines obey the network model of the case, or MODEL: transport (limits alone), dc and dcp (linear power flow by
    MATPOWER's and by PGLib's convention), lindistflow and socp (feeders with voltage, linear and with losses), soc
    (meshed grids with voltage, a bound).

    \b
    c4e-opt solve cases/site_week
    c4e-opt solve cases/site_week --out out --time-limit 60
    c4e-opt solve network.nc        PyPSA; also .m, CGMES, UCTE, PSS/E …: docs/readers.md
    c4e-opt solve grid.m --network dcp
    c4e-opt solve cases/feeder_day --network socp
    c4e-opt solve case.binpb --json | jq .objective
    """  # noqa: D301
    from c4e_server.cli.reading import load_case, plain

    begin = time.perf_counter()
    case = load_case(case_path, network=network, pricing=pricing)
    read = time.perf_counter() - begin
    from c4e_opt.case import remarks
    from c4e_opt.explain import explain
    from c4e_opt.solve import SolveOptions
    from c4e_opt.solve import solve as act

    default = SolveOptions()
    options = SolveOptions(
        solver=solver,
        time_limit_s=default.time_limit_s if time_limit is None else time_limit,
        gap=default.gap if gap is None else gap,
        threads=threads,
    )
    with _progress(quiet=as_json) as progress:
        outcome = act(case, options, progress=progress)
        outcome = explain(case, outcome, time_limit_s=min(options.time_limit_s, 60.0)).with_seconds(read=read)
        outcome = replace(outcome, warnings=tuple(remarks(case)))
    if out is not None:
        write_answer(outcome, out, case)
    if as_json:
        click.echo(json.dumps(plain(summary_of(outcome, out)), allow_nan=False))
    else:
        from c4e_server.cli.show import show_outcome

        show_outcome(outcome, out, case.components.get("line", ()))
    return ANSWER if outcome.has_schedule else NO_ANSWER


def summary_of(outcome: Outcome, out: Path | None) -> dict[str, Any]:
    """What `--json` prints of an answer; scripts rely on its names."""
    summary: dict[str, Any] = {
        "termination": {"reason": str(outcome.termination.reason), "limit": str(outcome.termination.limit)},
        "objective": outcome.objective,
        "bound": outcome.bound,
        "gap": outcome.gap,
        "size": {name: outcome.size.get(name, 0) for name in _SIZES},
        "seconds": {name: outcome.seconds.get(name, 0.0) for name in _PHASES},
        "certificate": None if outcome.certificate is None else outcome.certificate.to_json(),
        "digest": {"case": outcome.case_digest, "outcome": outcome.digest},
        "out": None if out is None else str(out),
    }
    summary["seconds"]["total"] += outcome.seconds.get("read", 0.0)
    if outcome.welfare is not None:
        summary["welfare"] = outcome.welfare
    if outcome.replay is not None:
        summary["replay"] = outcome.replay.to_json()
    if outcome.warnings:
        summary["warnings"] = [str(warning) for warning in outcome.warnings]
        summary["warning_details"] = [asdict(warning) for warning in outcome.warnings]
    if outcome.clashes:
        summary["clashes"] = [clash.message for clash in outcome.clashes]
        summary["clash_details"] = [asdict(clash) for clash in outcome.clashes]
    return summary


def write_answer(outcome: Outcome, out: Path, case: Case | None = None) -> list[Path]:
    """Write an answer into a folder: everything, the summary, and a picture where there is a schedule.

    Args:
        outcome: The answer.
        out: The folder.
        case: Its case, where it is at hand: its lines say how much they are loaded.
    """
    outcome.write(out)
    written = [out / "outcome.nc", out / "outcome.json"]
    if outcome.has_schedule:
        from c4e_opt.plot import draw

        lines = () if case is None else case.components.get("line", ())
        written.append(draw(outcome, out / "outcome.png", lines=lines))
    return written


@contextmanager
def _progress(*, quiet: bool) -> Generator[Any]:
    """Phases and incumbents on stderr: live where a person looks at it, in a log a line now and then."""
    from rich.console import Console

    console = Console(stderr=True)
    if quiet:
        yield None
    elif console.is_terminal:
        with console.status("check") as status:

            def update(phase: str, report: Any) -> None:
                status.update(_told(phase, report))

            yield update
    else:
        last = time.monotonic()

        def line(phase: str, report: Any) -> None:
            nonlocal last
            if report is not None and time.monotonic() - last >= _LINE_S:
                last = time.monotonic()
                click.echo(_told(phase, report), err=True)

        yield line


def _told(phase: str, report: Any) -> str:
    if report is None:
        return phase
    best = "no schedule yet" if report.objective is None else f"best {report.objective:.6g}"
    bound = "" if report.bound is None else f", bound {report.bound:.6g}"
    return f"{phase}: {best}{bound}, {report.seconds:.0f} s"


@click.command(short_help="List everything that is wrong with a case.")
@click.argument("case_path", metavar="CASE")
@as_json
@click.option("--scaling", "listed", is_flag=True, help="List the sizes of the numbers in every block of the problem.")
def check(case_path: str, as_json: bool, listed: bool) -> int:
    """List everything that is wrong with CASE; exit 2 when there is anything.

    A sound case may still hold numbers that look as if their unit were off by a thousand, ask for more power than can
    ever be there, or lie too far apart for a solver: these are warnings, and no errors.

    \b
    c4e-opt check cases/site_week
    c4e-opt check cases/site_week --scaling
    """  # noqa: D301
    from c4e_opt.case import remarks
    from c4e_opt.formulate import formulate
    from c4e_opt.supply import shortages
    from c4e_server.cli.reading import load_case
    from c4e_solvers import scaling

    case = load_case(case_path)
    formulation = formulate(case)
    sizes = scaling(formulation.program.matrices())
    found = [*shortages(case, formulation), *remarks(case)]
    warnings = [*map(str, found), *sizes.warnings()]
    if as_json:
        shown: dict[str, Any] = {
            "issues": [],
            "warnings": warnings,
            "warning_details": [asdict(each) for each in found],
            "digest": {"case": case.digest()},
        }
        if listed:
            shown["scaling"] = [asdict(each) for each in sizes.ranges]
        click.echo(json.dumps(shown))
    else:
        components = sum(len(records) for records in case.components.values())
        click.echo(
            f"{case.name}: sound; {case.horizon.steps} steps, {len(case.buses)} buses, {components} components, "
            f"{case.orders.orders} orders"
        )
        for line in (*(f"warning: {each}" for each in warnings), *(str(each) for each in sizes.ranges if listed)):
            click.echo(line)
        if len(warnings) > len(found) or listed:
            click.echo(f"numbers as the solver gets them: MW, MWh, hours, {case.currency}/MWh")
    return ANSWER


@click.command(short_help="Recheck an answer.")
@click.argument("case_path", metavar="CASE")
@click.argument("out", type=click.Path(path_type=Path))
@as_json
def verify(case_path: str, out: Path, as_json: bool) -> int:
    """Recheck the answer in OUT from CASE and the answer alone, without solving.

    Exit 0 when every law holds, 1 when OUT has no schedule, 2 when the answer is broken or answers another case.

    \b
    c4e-opt verify cases/site_week out
    """  # noqa: D301
    from c4e_opt.errors import InvalidInput
    from c4e_opt.issues import Issue
    from c4e_opt.outcome import Outcome
    from c4e_opt.verify import exact
    from c4e_opt.verify import verify as act
    from c4e_server.cli.reading import load_case, plain

    case, outcome = load_case(case_path), Outcome.read(out)
    if outcome.case_digest != case.digest():
        message = f"answers another case (digest {outcome.case_digest[:12]}, this case has {case.digest()[:12]})"
        raise InvalidInput([Issue(str(out), "other_case", f"{message}; solve this case first")])
    certificate = act(case, outcome)
    settled = exact.check(case, outcome) if case.policy.pricing == "european" and certificate.holds else ()
    if as_json:
        digest = {"case": outcome.case_digest, "outcome": outcome.digest}
        shown: dict[str, Any] = {
            "certificate": certificate.to_json(), "has_schedule": outcome.has_schedule, "digest": digest,
        }  # fmt: skip
        if settled:
            shown["settled"] = [_deviation(each) for each in settled]
        click.echo(json.dumps(plain(shown), allow_nan=False))
    else:
        _show_certificate(certificate)
        _show_settled(settled)
    if not certificate.holds or not all(each.holds for each in settled):
        return BAD_INPUT
    return ANSWER if outcome.has_schedule else NO_ANSWER


def _show_certificate(certificate: Certificate) -> None:
    for residual in certificate.residuals:
        sign = "holds" if residual.holds else "BROKEN"
        where = f" at {residual.where}" if residual.where else ""
        size = f"{residual.largest:9.2e} of {residual.tolerance:.0e} {residual.unit}"
        click.echo(f"{sign:6} {residual.law:32} {size}{where if not residual.holds else ''}")
    click.echo("every law holds" if certificate.holds else f"{len(certificate.broken)} laws are broken")


def _deviation(each: Deviation) -> dict[str, Any]:
    """A deviation with its fractions as texts."""
    numbers = {"largest": str(each.largest), "allowed": str(each.allowed)}
    return {"law": each.law, **numbers, "unit": each.unit, "where": each.where, "holds": each.holds}


def _show_settled(settled: Sequence[Deviation]) -> None:
    if not settled:
        return
    click.echo("as settled, in fractions of rounded prices and energies:")
    for each in settled:
        sign = "holds" if each.holds else "BROKEN"
        size = f"{float(each.largest):9.2e} of {float(each.allowed):.0e} {each.unit} for rounding"
        click.echo(f"{sign:6} {each.law:32} {size}{'' if each.holds else f' at {each.where}'}")


@click.command(short_help="Make the statement of an answer.")
@click.argument("case_path", metavar="CASE")
@click.argument("out", type=click.Path(path_type=Path))
@as_json
@click.option("--csv", type=click.Path(dir_okay=False, path_type=Path), help="Write every line of it to a CSV file.")
@click.option("--post", is_flag=True, help="Post it to the configured ledger.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder that holds the ledger.")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="TOML file of the configuration.")
@metering_options
@export_options
def settle(
    case_path: str,
    out: Path,
    as_json: bool,
    csv: Path | None,
    post: bool,
    data: Path | None,
    config: Path | None,
    form: str | None,
    to: Path | None,
    invoices: Path | None,
    **metering: Any,
) -> int:
    """Make the statement of the answer in OUT to CASE, in whole minor units; --post sends it to the ledger.

    \b
    c4e-opt settle cases/site_week out --csv lines.csv
    c4e-opt settle cases/site_week out --post --data books
    c4e-opt settle cases/site_week out --readings readings.csv --rules metering.yaml
    c4e-opt settle cases/site_week out --tariff tariff.yaml
    c4e-opt settle cases/site_week out --format hledger --to books.journal
    c4e-opt settle cases/site_week out --format parquet --to lines.parquet --invoices invoices
    """  # noqa: D301
    from c4e_opt.errors import CertificateFailed, InvalidInput
    from c4e_opt.issues import Issue
    from c4e_opt.outcome import Outcome
    from c4e_opt.settlement import settle as act
    from c4e_server.cli.imbalances import charged, imbalances, show
    from c4e_server.cli.imbalances import post as book
    from c4e_server.cli.reading import load_case

    check_export(form, to, as_json=as_json)
    case, outcome = load_case(case_path), Outcome.read(out)
    try:
        statement = act(case, outcome)
    except CertificateFailed as error:
        raise InvalidInput([Issue(str(out), "certificate", str(error))]) from None
    seen, receipt, cleared = None, None, statement
    if metering["readings"] is not None:
        statement, seen = imbalances(case, outcome, cleared, metering)
    if metering["tariff"] is not None:
        statement = charged(case, cleared, statement, metering["tariff"])
    if csv is not None:
        statement.to_csv(csv)
    if invoices is not None:
        export_invoices(statement, invoices, case.horizon.time_zone)
    if form is not None:
        export_statement(statement, form, to)
    if post:
        from c4e_server.config import read_config
        from c4e_server.ledgers.registry import open_ledger

        chosen = read_config(config, data=data)
        chosen.data.mkdir(parents=True, exist_ok=True)
        receipt = book(open_ledger(chosen), statement, metering["replaced"], chosen.data)
    if form is not None and to is None:
        return ANSWER
    if seen is not None:
        return show(statement, seen, receipt, as_json=as_json)
    if as_json:
        posted = None if receipt is None else {"batch": receipt.batch_id, "state": str(receipt.state)}
        click.echo(json.dumps({**statement.to_json(), "posted": posted}))
    else:
        from c4e_server.cli.show import show_statement

        show_statement(statement)
        if receipt is not None:
            click.echo(f"batch {receipt.batch_id[:12]}: {receipt.postings} postings, {receipt.state}")
    return ANSWER
