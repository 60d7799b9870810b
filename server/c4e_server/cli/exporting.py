"""settle --format and --invoices, ledger export: books as other programs and people read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from c4e_opt.settlement import Asset, Batch, Statement
    from c4e_opt.settlement.exports.plain_text import Row
    from c4e_server.ledgers.journal import Journal

FORMATS = ("hledger", "beancount", "csv", "parquet")
_PAGE = 10_000

_format = click.option(
    "--format", "form", type=click.Choice(FORMATS), help="Write it in this format, to --to or to the terminal."
)
_to = click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="The file of --format.")


def format_options(command: Any) -> Any:
    """In which format, and where."""
    return _format(_to(command))


def export_options(command: Any) -> Any:
    """The options of a settlement that is exported."""
    folder = click.Path(file_okay=False, path_type=Path)
    invoices = click.option("--invoices", type=folder, help="Write an invoice (HTML) for every party to this folder.")
    return format_options(invoices(command))


def check_export(form: str | None, to: Path | None, *, as_json: bool) -> None:
    """Refuse options that do not go together, before anything is settled."""
    if to is not None and form is None:
        raise click.UsageError("--to is the file of --format; say which")
    if form is not None and to is None and (as_json or form == "parquet"):
        raise click.UsageError(f"--format {form} needs a file here: name it with --to")
    if to is not None and not to.parent.is_dir():
        raise click.UsageError(f"there is no folder {to.parent}")


def export_statement(statement: Statement, form: str, to: Path | None) -> None:
    """Write a statement: its lines as a table, or the postings of its batch as plain-text accounting."""
    from c4e_opt.settlement import batch_of
    from c4e_opt.settlement.exports.plain_text import rows_of
    from c4e_opt.settlement.exports.tables import lines_table

    said = {"statement": statement.digest, "case": statement.case_digest, "outcome": statement.outcome_digest}
    if form in ("csv", "parquet"):
        _write_table(lines_table(statement), form, to, said)
    else:
        rows = rows_of(batch_of(statement))
        _write_text(form, rows, statement.assets, to, f"{statement.case_name}, {statement.act}")


def export_entries(entries: Sequence[tuple[str, Statement | None, Batch]], form: str, to: Path | None) -> None:
    """Write several statements: their lines as one table with the entry of each, or the postings of all batches."""
    if not entries:
        raise click.UsageError("there is nothing to write: the file settles nothing")
    if form in ("csv", "parquet"):
        import polars

        from c4e_opt.settlement.exports.tables import lines_table

        tables = [
            lines_table(each).select(polars.lit(name).alias("entry"), polars.all())
            for name, each, _ in entries
            if each is not None
        ]
        _write_table(polars.concat(tables), form, to, {})
        return
    from c4e_opt.settlement.exports.plain_text import rows_of

    assets = {asset.id: asset for _, _, batch in entries for asset in batch.assets}
    rows = [row for _, _, batch in entries for row in rows_of(batch)]
    _write_text(form, rows, list(assets.values()), to, entries[0][0])


def export_invoices(statement: Statement, folder: Path, zone: str) -> int:
    """Write the invoice of every party; how many."""
    from zoneinfo import ZoneInfo

    from c4e_opt.settlement.exports.invoices import write_invoices

    return len(write_invoices(statement, folder, ZoneInfo(zone)))


def _write_text(form: str, rows: Iterable[Row], assets: Sequence[Asset], to: Path | None, title: str) -> None:
    from c4e_opt.settlement.exports.plain_text import beancount, hledger

    text = hledger(rows, assets) if form == "hledger" else beancount(rows, assets, title)
    if to is None:
        for line in text:
            click.echo(line)
        return
    with to.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.writelines(f"{line}\n" for line in text)


def _write_table(table: Any, form: str, to: Path | None, said: dict[str, str]) -> None:
    from c4e_opt.settlement.exports.tables import csv_text, write_parquet

    if form == "parquet" and to is not None:
        write_parquet(table, to, said)
    elif to is not None:
        to.write_text(csv_text(table), encoding="utf-8", newline="")
    else:
        click.echo(csv_text(table), nl=False)


def export_journal(journal: Journal, form: str | None, to: Path | None) -> None:
    """Write all postings of the journal, in the order in which they were booked."""
    if form is None:
        raise click.UsageError(f"say --format: {', '.join(FORMATS)}")
    check_export(form, to, as_json=False)
    assets, rows = journal.assets(), _rows(journal)
    if form in ("csv", "parquet"):
        from c4e_opt.settlement.exports.tables import postings_table

        _write_table(postings_table(rows, assets), form, to, {})
    else:
        _write_text(form, rows, assets, to, "journal of c4e-opt")


def _rows(journal: Journal) -> Iterator[Row]:
    from c4e_opt.settlement.exports.plain_text import Row

    after = 0
    while page := journal.entries(after=after, limit=_PAGE):
        for entry in page:
            yield Row(entry.batch_id, entry.period, entry.account, entry.asset, entry.amount)
        after = page[-1].place
