"""The command `c4e-opt`: which commands there are, and what its exit codes mean.

Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Sequence

import click

#: Command -> (module below this package, one line of help).
COMMANDS = {
    "solve": ("solving:solve", "Solve a case: schedule, prices, accepted orders."),
    "roll": ("rolling:roll", "Solve a long case window by window."),
    "price": ("pricing:price", "Price one answer by several rules, with uplift and rents of each."),
    "why": ("reasons:why", "Say why orders are accepted or not, and what sets prices."),
    "envelopes": ("envelopes:envelopes", "Find the operating envelopes of a feeder."),
    "check": ("solving:check", "List everything that is wrong with a case."),
    "verify": ("solving:verify", "Recheck an answer from the case and the answer alone."),
    "settle": ("solving:settle", "Make the statement of an answer, and post it."),
    "account": ("account:account", "Settle communities, tokens, certificates, charging, rights and responses."),
    "plot": ("plotting:plot", "Draw an answer: PNG, SVG, PDF or an HTML page."),
    "convert": ("converting:convert", "Convert between case formats."),
    "serve": ("serving:serve", "Run the gRPC service."),
    "submit": ("jobs:submit", "Submit a case to a running service."),
    "jobs": ("jobs:jobs", "List, show, watch, cancel and delete jobs of a running service."),
    "datasets": ("datasets:datasets", "Upload, list and delete large cases of a running service."),
    "health": ("health:health", "Ask a running service whether it is ready."),
    "backup": ("backups:backup", "Copy all that the service keeps into one file."),
    "restore": ("backups:restore", "Put a backup where no service is yet."),
    "audit": ("audit:audit", "Check the log of all writes."),
    "tls": ("tls:tls", "Make certificates for a service and its callers."),
    "market": ("markets:market", "Run market sessions of a running service, and take part in them."),
    "dispatch": ("dispatching:dispatch", "Dispatch sites from what they measure, in a running service."),
    "ledger": ("books:ledger", "Read and verify the ledger."),
    "evm": ("evm:evm", "Bring the ledger's contracts onto a chain."),
    "demo": ("demo:demo", "Show the whole path: service, client, answer, settlement, ledger."),
}

#: What an error means to a script.
ANSWER, NO_ANSWER, BAD_INPUT, OUR_FAILURE = 0, 1, 2, 3
_EXITS = {
    "NO_SOLUTION": NO_ANSWER,
    "DEADLINE": NO_ANSWER,
    "CANCELLED": NO_ANSWER,
    "INVALID_INPUT": BAD_INPUT,
    "BROKEN_MESSAGE": BAD_INPUT,
    "INVALID_CONFIG": BAD_INPUT,
    "REQUEST_ID_REUSED": BAD_INPUT,
    "UNKNOWN_REQUEST": BAD_INPUT,
    "UNKNOWN_SESSION": BAD_INPUT,
    "GATE_CLOSED": NO_ANSWER,
    "WRONG_STATE": NO_ANSWER,
    "SOLVER_UNAVAILABLE": BAD_INPUT,
    "UNSUPPORTED_PROGRAM": BAD_INPUT,
    "MESSAGE_TOO_LARGE": BAD_INPUT,
}


class _Lazy(click.Group):
    """Commands that are imported when they are called; their help lines stand in the table above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        return getattr(importlib.import_module(f"c4e_server.cli.{module}"), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="c4e-opt", prog_name="c4e-opt")
def command() -> None:
    """Clear energy markets and dispatch multi-energy microgrids in one optimisation, and settle the result.

    \b
    c4e-opt demo                          see the whole path
    c4e-opt check cases/site_week         what is wrong with a case
    c4e-opt solve cases/site_week --out out
    c4e-opt verify cases/site_week out
    c4e-opt settle cases/site_week out
    c4e-opt plot cases/site_week out --to out/dispatch.html

    Exit codes: 0 an optimal or feasible answer, 1 none (infeasible, limit), 2 bad input, 3 our own failure.
    """  # noqa: D301


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code; no error ever shows a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = command.main(given, prog_name="c4e-opt", standalone_mode=False)
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as error:
        if "--json" in given:
            _print_error("USAGE", error.format_message(), [])
        else:
            error.show()
        code = BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        click.echo("ended by you", err=True)
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = OUR_FAILURE
    except Exception as error:
        code = _failed(error, "--json" in given)
    sys.exit(code if isinstance(code, int) else ANSWER)


def _failed(error: Exception, as_json: bool) -> int:
    """Say what went wrong, and return what it means to a script."""
    from c4e_server.failures import failure_of

    failure = failure_of(error)
    message = failure.message
    if failure.reason == "INTERNAL":
        message = f"c4e-opt failed: {type(error).__name__}; set C4E_OPT_TRACE=1 to see where"
    if os.environ.get("C4E_OPT_TRACE"):
        import traceback

        traceback.print_exc()
    if as_json:
        _print_error(failure.reason, message, [(i.path, i.rule, i.message) for i in failure.issues])
    elif failure.issues:
        for issue in failure.issues:
            click.echo(str(issue), err=True)
        count = len(failure.issues)
        click.echo(f"{count} issue{'s' if count != 1 else ''}", err=True)
    else:
        click.echo(message, err=True)
    return _EXITS.get(failure.reason, OUR_FAILURE)


def _print_error(reason: str, message: str, issues: Sequence[tuple[str, str, str]]) -> None:
    listed = [{"path": path, "rule": rule, "message": said} for path, rule, said in issues]
    click.echo(json.dumps({"error": {"reason": reason, "message": message}, "issues": listed}))
