"""account: what is settled besides clearings, by a file each: communities, tokens, certificates, charging, rights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from c4e_server.cli.exporting import check_export, export_entries, export_invoices, format_options
from c4e_server.cli.main import ANSWER
from c4e_server.cli.solving import as_json

if TYPE_CHECKING:
    from c4e_opt.settlement import Batch, Receipt, Statement

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came of a file.

    Attributes:
        entries: Name, statement and batch of everything that is settled; what is only given back has no statement.
        told: What there is to say besides, for JSON.
        zone: Time zone of invoices.
        whole: Whether the file is a history, of which no entry may go.
    """

    entries: Sequence[tuple[str, Statement | None, Batch]]
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    zone: str = "UTC"
    whole: bool = False


@click.group(short_help="Settle communities, tokens, certificates, charging, rights and responses.")
def account() -> None:
    """Settle what comes besides the clearing, each by one YAML file that names its readings.

    \b
    c4e-opt account community street.yaml
    c4e-opt account tokens tokens.yaml --post --data books
    c4e-opt account certificates registry.yaml --json
    c4e-opt account charging sessions.yaml --format hledger --to books.journal
    c4e-opt account rights rights.yaml --of cases/grid out
    c4e-opt account response response.yaml --of cases/site_week out

    A file may be settled as often as wanted: what is booked is booked once. A booked entry that was changed is refused.
    """  # noqa: D301


def _common(command: Any) -> Any:
    """The file, and what is done with what comes of it."""
    for option in (
        click.argument("file", type=_FILE),
        as_json,
        click.option("--post", is_flag=True, help="Post it to the configured ledger."),
        click.option("--data", type=_FOLDER, help="Data folder that holds the ledger."),
        click.option(
            "--config", type=click.Path(dir_okay=False, path_type=Path), help="TOML file of the configuration."
        ),
        format_options,
    )[::-1]:
        command = option(command)
    return command


def _single(command: Any) -> Any:
    """What only files of one statement have."""
    for option in (
        click.option("--instead-of", "replaced", metavar="BATCH", help="With --post: take this batch back for it."),
        click.option("--invoices", type=_FOLDER, help="Write an invoice (HTML) for every party to this folder."),
    ):
        command = option(command)
    return command


_of = click.option(
    "--of",
    nargs=2,
    type=click.Path(path_type=Path),
    required=True,
    metavar="CASE OUT",
    help="The case, and the folder of its answer.",
)


@account.command()
@_common
@_single
def community(file: Path, **given: Any) -> int:
    """Settle what members of a community share, by FILE.

    \b
    c4e-opt account community street.yaml --invoices invoices
    c4e-opt account community street.yaml --post --data books

    \b
    rules: rules.yaml
    readings: day.csv          # member,start,taken_wh,given_wh
    tariffs:
      volt: {import_eur_per_mwh: 300, export_eur_per_mwh: 100}
    """  # noqa: D301
    from c4e_opt.case.times import iso
    from c4e_opt.settlement import batch_of
    from c4e_opt.settlement.community.files import read_community

    told = read_community(file)
    statement, shared = told.settle()
    begin = iso(int(statement.starts[0]))
    members = {
        name: {"taken_wh": int(taken), "received_wh": int(got), "given_wh": int(gave), "sent_wh": int(sent)}
        for name, taken, got, gave, sent in zip(
            shared.readings.members,
            shared.readings.taken_wh.sum(axis=1),
            shared.received_wh.sum(axis=1),
            shared.readings.given_wh.sum(axis=1),
            shared.sent_wh.sum(axis=1),
            strict=True,
        )
    }
    entries = [(f"{told.rules.community} from {begin}", statement, batch_of(statement))]
    return _finished("community", file, Made(entries=entries, told={"members": members}, zone=told.time_zone), given)


@account.command()
@_common
def tokens(file: Path, **given: Any) -> int:
    """Mint, transfer, use and decay energy tokens, act after act of FILE.

    \b
    c4e-opt account tokens tokens.yaml --post --data books

    \b
    classes:
      - {id: sun token, issuer: volt, rates: [{lost_per_day: 1/100}]}
    acts:
      - {act: mint, moment: "2030-01-02T00:00Z", token: sun token, readings: day.csv}
      - {act: use, moment: "2030-01-02T00:00Z", token: sun token, readings: day.csv}
    """  # noqa: D301
    from c4e_opt.settlement import batch_of
    from c4e_opt.settlement.tokens.files import read_tokens

    told = read_tokens(file)
    after, statements = told.replay()
    entries = [(f"acts[{n}] {each.act}", each, batch_of(each)) for n, each in enumerate(statements)]
    wallets = {owner: {name: str(wh) for name, wh in held.items()} for owner, held in after.wallets().items()}
    return _finished("tokens", file, Made(entries=entries, told={"wallets": wallets}, whole=True), given)


@account.command()
@_common
def certificates(file: Path, **given: Any) -> int:
    """Issue, transfer, store, match and expire certificates of origin, act after act of FILE.

    \b
    c4e-opt account certificates registry.yaml --json

    \b
    issuer: registry
    devices:
      - {id: roof, owner: ann, source: solar, zone: north}
    acts:
      - {act: issue, moment: "2030-01-02T00:00Z", readings: made.csv}
      - {act: match, moment: "2030-01-02T00:00Z", readings: used.csv, zones: {bob: north}}
    """  # noqa: D301
    from c4e_opt.settlement import batch_of
    from c4e_opt.settlement.certificates.files import read_certificates

    told = read_certificates(file)
    after, statements = told.replay()
    entries = [(f"acts[{n}] {each.act}", each, batch_of(each)) for n, each in enumerate(statements)]
    scored = {
        name: {
            "hourly": float(score.hourly),
            "volumetric": float(score.volumetric),
            "consumed_wh": score.consumed_wh,
            "matched_wh": score.matched_wh,
            "own_wh": score.own_wh,
            "local_wh": score.local_wh,
            "others_wh": score.others_wh,
            "stored_wh": score.stored_wh,
        }
        for name, score in told.scores(after).items()
    }
    wallets = {owner: {name: str(wh) for name, wh in held.items()} for owner, held in after.wallets().items()}
    said = {"wallets": wallets, "fates": after.fates(), "scores": scored}
    return _finished("certificates", file, Made(entries=entries, told=said, whole=True), given)


@account.command()
@_common
def charging(file: Path, **given: Any) -> int:
    """Hold for charging sessions, and bill those that their meters confirm, by FILE.

    \b
    c4e-opt account charging sessions.yaml --post --data books

    \b
    tariffs:
      park: {price_eur_per_mwh: 300, idle_eur_per_minute: 0.10, grace_minutes: 15}
    sessions:
      - {id: ev1, driver: ann, site: lot, tariff: park, held_eur: 10,
         begin: "2033-05-18T08:00Z", expires: "2033-05-19T08:00Z",
         readings: ev1.csv, done: "2033-05-18T08:30Z", left: "2033-05-18T08:40Z"}
    """  # noqa: D301
    from c4e_opt.errors import InvalidInput
    from c4e_opt.issues import Issue
    from c4e_opt.settlement.charging.files import read_sessions

    entries: list[tuple[str, Statement | None, Batch]] = []
    found: list[Issue] = []
    for each in read_sessions(file):
        try:
            entries += each.settle()
        except InvalidInput as error:
            found += error.issues
    if found:
        raise InvalidInput(found)
    return _finished("charging", file, Made(entries=entries), given)


@account.command()
@_common
@_single
@_of
def rights(file: Path, of: tuple[Path, Path], **given: Any) -> int:
    """Pay financial transmission rights out of the congestion rents of an answer, by FILE.

    \b
    c4e-opt account rights rights.yaml --of cases/grid out

    \b
    rights:
      - {id: r1, holder: ann, source: north, sink: south, power_mw: 5, kind: option}
    shares_percent: {dso: 80}
    """  # noqa: D301
    from c4e_opt.settlement import batch_of
    from c4e_opt.settlement.rights.files import read_rights
    from c4e_opt.settlement.rights.rights import rights as act

    rules = read_rights(file)
    case, outcome, cleared = _cleared(of)
    with _naming(file):
        statement = act(case, outcome, cleared, rules)
    made = Made(entries=[(_name("rights", statement), statement, batch_of(statement))], zone=case.horizon.time_zone)
    return _finished("rights", file, made, given)


@account.command()
@_common
@_single
@_of
def response(file: Path, of: tuple[Path, Path], **given: Any) -> int:
    """Pay measured demand response against declared baselines, by FILE.

    \b
    c4e-opt account response response.yaml --of cases/site_week out

    \b
    readings: readings.csv     # meter,start,energy_wh
    meters:
      - {id: m1, party: ann, bus: e, component: demand/house, minutes: 15}
    events:
      - {id: evening, meter: m1, begin: "2025-04-03T18:00", end: "2025-04-03T19:00",
         committed_mw: 0.002, reward_eur_per_mwh: 400, method: {method: high, high: 4, days: 5}}
    """  # noqa: D301
    from c4e_opt.settlement import batch_of
    from c4e_opt.settlement.metering.response import respond
    from c4e_opt.settlement.metering.response_files import read_response

    case, _, cleared = _cleared(of)
    zone = case.horizon.time_zone
    told = read_response(file, zone)
    with _naming(file):
        statement = respond(case, cleared, told.meters, told.readings, told.events)
    made = Made(entries=[(_name("response", statement), statement, batch_of(statement))], zone=zone)
    return _finished("response", file, made, given)


def _naming(file: Path) -> Any:
    from c4e_opt.settlement.documents import within

    return within(file.name)


def _name(kind: str, statement: Statement) -> str:
    """What an entry on an answer is called; another answer to the case is another entry."""
    return f"{kind} of {statement.case_name} {statement.case_digest[:12]}"


def _cleared(of: tuple[Path, Path]) -> tuple[Any, Any, Statement]:
    """A case, its answer and the statement of its clearing."""
    from c4e_opt.errors import CertificateFailed, InvalidInput
    from c4e_opt.issues import Issue
    from c4e_opt.outcome import Outcome
    from c4e_opt.settlement import settle
    from c4e_server.cli.reading import load_case

    case, outcome = load_case(of[0]), Outcome.read(of[1])
    try:
        return case, outcome, settle(case, outcome)
    except CertificateFailed as error:
        raise InvalidInput([Issue(str(of[1]), "certificate", str(error))]) from None


def _finished(kind: str, file: Path, made: Made, given: dict[str, Any]) -> int:
    """Export, post and print what came of a file."""
    form, to, replaced = given["form"], given["to"], given.get("replaced")
    check_export(form, to, as_json=given["as_json"])
    if replaced and not given["post"]:
        raise click.UsageError("--instead-of says what is taken back on the ledger; add --post")
    receipts = _posted(kind, file, made, given, replaced) if given["post"] else []
    if given.get("invoices") is not None and made.entries[0][1] is not None:
        export_invoices(made.entries[0][1], given["invoices"], made.zone)
    if form is not None:
        export_entries(made.entries, form, to)
        if to is None:
            return ANSWER
    if given["as_json"]:
        click.echo(json.dumps(_json(made, receipts)))
        return ANSWER
    from c4e_server.cli.show import show_statement

    for n, (name, statement, _) in enumerate(made.entries):
        click.echo(f"{name}{f': batch {receipts[n].batch_id}, {receipts[n].state}' if receipts else ''}")
        if statement is not None:
            show_statement(statement)
    for name, score in made.told.get("scores", {}).items():
        click.echo(f"{name}: {score['hourly']:.1%} of {score['consumed_wh']} Wh matched in the same intervals")
    return ANSWER


def _posted(kind: str, file: Path, made: Made, given: dict[str, Any], replaced: str | None) -> list[Receipt]:
    from c4e_server.cli.booked import Booked
    from c4e_server.config import read_config
    from c4e_server.ledgers.registry import open_ledger

    chosen = read_config(given["config"], data=given["data"])
    chosen.data.mkdir(parents=True, exist_ok=True)
    booked = Booked(chosen.data, kind, file, replaceable="replaced" in given)
    batches = [(name, batch) for name, _, batch in made.entries]
    return booked.post(open_ledger(chosen), batches, replaced, whole=made.whole)


def _json(made: Made, receipts: list[Receipt]) -> dict[str, Any]:
    entries: list[dict[str, Any]] = []
    for n, (name, statement, batch) in enumerate(made.entries):
        entries.append({
            "entry": name,
            "batch": batch.id,
            "posted": str(receipts[n].state) if receipts else None,
            "statement": None if statement is None else statement.to_json(),
        })  # fmt: skip
    return {**made.told, "entries": entries}
