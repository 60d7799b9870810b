"""settle --readings: what was metered against what was cleared, and how a later run gets on the books."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c4e_server.cli.main import ANSWER

if TYPE_CHECKING:
    from c4e_opt.case import Case
    from c4e_opt.outcome import Outcome
    from c4e_opt.settlement import Ledger, Measurement, Metered, Receipt, Statement


_FILE = click.Path(dir_okay=False, path_type=Path)


def run_options(command: Any) -> Any:
    """The options that say by which rules readings are settled, and in which run."""
    for option in (
        click.option("--rules", type=_FILE, help="YAML file of meters, rules of imbalances and activations."),
        click.option(
            "--run", "kind", default="provisional", show_default=True, help="provisional, final or correction."
        ),
        click.option(
            "--number", type=click.IntRange(min=1), default=1, show_default=True, help="Which run of its kind."
        ),
        click.option("--until", help="Readings that were received after this moment are late and do not count."),
    )[::-1]:
        command = option(command)
    return command


def metering_options(command: Any) -> Any:
    """The options of a settlement by readings."""
    for option in (
        click.option(
            "--readings", type=_FILE, help="CSV file of meter readings: settle imbalances against the clearing."
        ),
        run_options,
        click.option("--tariff", type=_FILE, help="YAML file of fees, caps and taxes: charge what is settled."),
        click.option(
            "--instead-of", "replaced", metavar="BATCH", help="With --post: id of the batch of an earlier run."
        ),
    )[::-1]:
        command = option(command)
    return command


def imbalances(case: Case, outcome: Outcome, cleared: Statement, given: dict[str, Any]) -> tuple[Statement, Metered]:
    """The statement of imbalances, and what meters saw.

    Args:
        case: The case.
        outcome: Its answer.
        cleared: The statement of its clearing.
        given: The options of `metering_options`.
    """
    from c4e_opt.settlement import imbalance, measured

    measurement = read_measurement(given, case.horizon.time_zone)
    statement = imbalance(case, outcome, cleared, measurement)
    return statement, measured(case, outcome, cleared, measurement)


def read_measurement(given: dict[str, Any], zone: str) -> Measurement:
    """What was metered, from the files that the options name.

    Args:
        given: The options of `metering_options`.
        zone: The time zone of moments without an offset.

    Raises:
        InvalidInput: With everything that is wrong with the files.
    """
    from zoneinfo import ZoneInfo

    from c4e_opt.case.times import NotAMoment, seconds
    from c4e_opt.errors import InvalidInput
    from c4e_opt.issues import Issue
    from c4e_opt.settlement import Measurement, Run
    from c4e_opt.settlement.metering.files import read_readings, read_rules

    until = None
    if given["rules"] is None:
        raise InvalidInput([Issue("--rules", "missing_field", "is missing; name the YAML file of meters and rules")])
    if given["until"] is not None:
        try:
            until = seconds(given["until"], ZoneInfo(zone))
        except NotAMoment as error:
            raise InvalidInput([Issue("--until", "moment", str(error))]) from None
    meters, rules, activations = read_rules(given["rules"], zone)
    return Measurement(
        meters=meters,
        readings=read_readings(given["readings"], zone),
        rules=rules,
        activations=activations,
        run=Run(kind=given["kind"], number=given["number"], until=until),
    )


def charged(case: Case, cleared: Statement, further: Statement, path: Path) -> Statement:
    """The statement of fees, caps and taxes on a clearing and, where there are any, its imbalances."""
    from c4e_opt.settlement.charges.charges import charges
    from c4e_opt.settlement.charges.tariff_rules import read_tariff

    return charges(case, cleared, read_tariff(path), further=[further] if further is not cleared else [])


def post(ledger: Ledger, statement: Statement, replaced: str | None, folder: Path) -> Receipt:
    """Book a statement; what comes after a clearing is not booked beside an earlier run of it."""
    from c4e_opt.settlement import CLEARING_ACT, batch_of
    from c4e_server.cli.booked import Booked, book

    batch = batch_of(statement)
    if statement.act == CLEARING_ACT:
        return book(ledger, batch, replaced)
    kept = Booked(folder, "settle", Path(statement.case_digest), replaceable=True)
    return kept.post(ledger, [(f"{statement.act} of {statement.case_name}", batch)], replaced)[0]


def told(seen: Metered) -> dict[str, Any]:
    """How what was metered came about, as JSON."""
    from c4e_opt.settlement.metering.readings import ORIGINS

    origin: Any = seen.origin
    rules: list[str] = seen.substitution.rule.tolist()
    return {
        "meters": len(seen.meters),
        "steps": {word: int((origin == n).sum()) for n, word in enumerate(ORIGINS)},
        "substituted": dict(sorted(Counter(rules).items())),
        "late": seen.late,
        "superseded": seen.superseded,
        "digest": seen.digest,
    }


def show(statement: Statement, seen: Metered, receipt: Receipt | None, *, as_json: bool) -> int:
    """Print what came of it."""
    if as_json:
        posted = None if receipt is None else {"batch": receipt.batch_id, "state": str(receipt.state)}
        click.echo(json.dumps({**statement.to_json(), "metered": told(seen), "posted": posted}))
        return ANSWER
    from c4e_server.cli.show import show_statement

    show_statement(statement)
    counts = told(seen)
    steps = ", ".join(f"{count} {word}" for word, count in counts["steps"].items())
    click.echo(f"{counts['meters']} meters; steps: {steps}; {seen.late} readings late, {seen.superseded} superseded")
    for word, count in counts["substituted"].items():
        click.echo(f"{count} intervals substituted by {word}")
    if receipt is not None:
        click.echo(f"batch {receipt.batch_id[:12]}: {receipt.postings} postings, {receipt.state}")
    return ANSWER
