"""Rows of a benchmark: measured side by side in one run, printed as a table or as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison; `ratio` is ours over other, `holds` whether it keeps to the bar (None: no bar, or no peer)."""

    what: str
    ours: float | None
    other: float | None
    other_name: str
    ratio: float | None
    unit: str
    bar: str
    holds: bool | None
    versions: dict[str, str]


def versions(*names: str) -> dict[str, str]:
    """Installed versions of these distributions, and of Python."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def at_most(what: str, ours: float, other: float, other_name: str, unit: str, bar: float, *names: str) -> Row:
    """A comparison whose ratio must not exceed the bar."""
    ratio = ours / other
    return Row(
        what=what,
        ours=ours,
        other=other,
        other_name=other_name,
        ratio=ratio,
        unit=unit,
        bar=f"ratio <= {bar:g}",
        holds=ratio <= bar,
        versions=versions("c4e-opt", *names),
    )


def at_least(what: str, ours: float, other: float, other_name: str, unit: str, bar: float, *names: str) -> Row:
    """A comparison in which the other must cost at least `bar` times what we do."""
    ratio = ours / other
    return Row(
        what=what,
        ours=ours,
        other=other,
        other_name=other_name,
        ratio=ratio,
        unit=unit,
        bar=f"ratio <= 1/{bar:g}",
        holds=ratio <= 1 / bar,
        versions=versions("c4e-opt", *names),
    )


def below(what: str, ours: float, unit: str, bar: float, *names: str) -> Row:
    """A figure of ours that must stay below a bound."""
    return Row(
        what=what,
        ours=ours,
        other=None,
        other_name="",
        ratio=None,
        unit=unit,
        bar=f"<= {bar:g} {unit}",
        holds=ours <= bar,
        versions=versions("c4e-opt", *names),
    )


def missing(what: str, other_name: str, unit: str) -> Row:
    """A peer that is not installed here: a visible row, never silence."""
    return Row(
        what=what,
        ours=None,
        other=None,
        other_name=f"{other_name} (not installed)",
        ratio=None,
        unit=unit,
        bar="",
        holds=None,
        versions=versions(),
    )


def cpu_side_by_side(ours: Callable[[], object], other: Callable[[], object], runs: int) -> tuple[float, float]:
    """Median CPU seconds of two acts, run in turn so that both meet the same machine; one warm-up each."""
    ours()
    other()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(max(runs, 3)):
        for act, store in zip((ours, other), times, strict=True):
            begin = time.process_time()
            act()
            store.append(time.process_time() - begin)
    return statistics.median(times[0]), statistics.median(times[1])


def figure(
    what: str, ours: float | None, other: float | None, other_name: str, unit: str, *names: str, ratio: bool = True
) -> Row:
    """Figures without a bar."""
    both = ratio and ours is not None and other is not None and other > 0.0
    return Row(
        what=what,
        ours=ours,
        other=other,
        other_name=other_name,
        ratio=ours / other if both else None,
        unit=unit,
        bar="",
        holds=None,
        versions=versions("c4e-opt", *names),
    )


@contextmanager
def quiet() -> Generator[None]:
    """Let nobody else write on standard output, not even a library's own code, nor warn."""
    sys.stdout.flush()
    kept, nothing = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nothing)


def show(rows: Sequence[Row], as_json: bool) -> int:
    """Print the rows; exit code 1 when one misses its bar."""
    if as_json:
        print(json.dumps([asdict(row) for row in rows]))
    else:
        print(f"{'what':58} {'ours':>10} {'other':>10} {'ratio':>7} {'unit':6} {'bar':16} holds  other is")
        for row in rows:
            mark = {True: "yes", False: "NO", None: "-"}[row.holds]
            numbers = f"{_cell(row.ours):>10} {_cell(row.other):>10} {_cell(row.ratio):>7}"
            print(f"{row.what:58} {numbers} {row.unit:6} {row.bar:16} {mark:6} {row.other_name}")
        print("versions:", ", ".join(f"{k} {v}" for k, v in _all_versions(rows).items()))
    return int(any(row.holds is False for row in rows))


def _cell(number: float | None) -> str:
    return "" if number is None else f"{number:.4g}"


def _all_versions(rows: Sequence[Row]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for row in rows:
        merged |= row.versions
    return merged
