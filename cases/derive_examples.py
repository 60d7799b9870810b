"""Writes the series of the examples from closed formulas: `smart_home_day`, `hydrogen_island`, `industrial_site_week`.

Only numpy is needed. Hours count from the first midnight of an example, in its local time; every value of a step is
taken at the step's middle. Weather and people are the exact integer noise of `derive_site`, drawn on straight lines
between whole hours or days, so nothing depends on a random generator. Numbers are rounded as a person would write them.

    python cases/derive_examples.py            writes the series
    python cases/derive_examples.py --check    compares them with what is committed
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from derive_site import FULL_TURN, Floats, noise, read

CASES = Path(__file__).resolve().parent
DECIMALS = 4


@dataclass(frozen=True)
class Example:
    """One series file: its first step, and the formulas of its columns."""

    start: datetime
    minutes: int
    steps: int
    columns: Callable[[Floats], Mapping[str, Floats]]

    def derived(self) -> dict[str, Floats]:
        """Column name -> (time,), rounded."""
        first = self.start.hour + self.start.minute / 60
        middle = first + (np.arange(self.steps) + 0.5) * self.minutes / 60
        return {name: np.round(values, DECIMALS) + 0.0 for name, values in self.columns(middle).items()}

    def table(self) -> str:
        """The CSV text; times are local, without an offset."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        columns = self.derived()
        writer.writerow(["time", *columns])
        for place, row in enumerate(zip(*(values.tolist() for values in columns.values()), strict=True)):
            moment = self.start + timedelta(minutes=self.minutes * place)
            writer.writerow([moment.isoformat(timespec="minutes"), *(repr(value) for value in row)])
        return out.getvalue()


def weather(hour: Floats, multiplier: int, every: float = 1.0) -> Floats:
    """Noise in [0, 1) that is drawn every so many hours, with straight lines between."""
    knot = np.floor(hour / every).astype(np.int64)
    part = hour / every - knot
    return noise(knot, multiplier) * (1 - part) + noise(knot + 1, multiplier) * part


def bump(hour: Floats, peak: float, width: float) -> Floats:
    """A bell of height 1 around an hour of every day."""
    away = (hour - peak + 12) % 24 - 12
    return np.exp(-((away / width) ** 2))


def sun(hour: Floats, rise: float, fall: float, power: float = 1.3) -> Floats:
    """A half wave between sunrise and sunset, 0 at night, 1 at noon."""
    height = np.sin(np.pi * ((hour % 24) - rise) / (fall - rise))
    lit = (hour % 24 > rise) & (hour % 24 < fall)
    return np.where(lit, np.maximum(height, 0.0) ** power, 0.0)


def smart_home_day(hour: Floats) -> dict[str, Floats]:
    """One house from noon to noon in January: a mild afternoon, a frosty night, a clear morning."""
    outdoor = 0.5 + 3.5 * np.cos(FULL_TURN * (hour - 14.5) / 24) + 1.2 * (weather(hour, 30011, 3.0) - 0.5)
    clear = 0.45 + 0.5 * weather(hour, 51749)
    light = sun(hour, 8.2, 16.7) * clear
    people = 0.35 * bump(hour, 7.2, 1.0) + 0.75 * bump(hour, 19.3, 1.8) + 0.25 * bump(hour, 12.5, 1.2)
    spot = 0.085 + 0.05 * bump(hour, 8.3, 1.6) + 0.11 * bump(hour, 18.2, 1.9) - 0.05 * bump(hour, 3.2, 2.6)
    hour_of_day = hour % 24
    awake = (hour_of_day > 6.0) & (hour_of_day < 22.5)
    return {
        "outdoor_c": outdoor,
        "pv_per_kwp": 0.72 * light,
        "solar_gains_kw": 2.4 * light,
        "demand_kw": 0.18 + people + 0.12 * weather(hour, 40503, 0.25),
        "comfort_min_c": np.where(awake | (np.arange(hour.size) == hour.size - 1), 20.5, 18.5),
        "import_price_eur_per_kwh": 0.165 + spot + 0.03 * (weather(hour, 27449) - 0.5),
    }


def hydrogen_island(hour: Floats) -> dict[str, Floats]:
    """Three October days on an island: a front with wind, then a calm, then wind again."""
    front = 0.5 + 0.42 * np.cos(FULL_TURN * (hour - 10) / 58) + 0.25 * (weather(hour, 30011, 4.0) - 0.5)
    speed = np.clip(front, 0.0, 1.0)
    outdoor = 10.0 + 3.0 * np.cos(FULL_TURN * (hour - 15) / 24) - 2.0 * np.sin(FULL_TURN * hour / 72)
    village = 0.55 + 0.29 * bump(hour, 8.0, 2.2) + 0.5 * bump(hour, 19.0, 2.6) + 0.1 * weather(hour, 40503)
    price = 78.0 + 30.0 * bump(hour, 8.5, 2.0) + 55.0 * bump(hour, 19.0, 2.2) - 25.0 * bump(hour, 3.0, 3.0)
    return {
        "wind_ratio": speed**1.6,
        "pv_ratio": 0.8 * sun(hour, 6.9, 17.6) * (0.4 + 0.6 * weather(hour, 51749, 2.0)),
        "village_mw": village,
        "harbour_mw": 0.16 + 0.05 * bump(hour, 6.0, 2.0) + 0.02 * weather(hour, 27449),
        "heat_mw": 0.035 * np.maximum(17.0 - outdoor, 0.0) + 0.12 * bump(hour, 7.0, 1.6) + 0.1 * bump(hour, 20.0, 2.0),
        "ferry_hydrogen_mw": np.where((hour % 24 > 4.0) & (hour % 24 < 6.0), 0.9, 0.0),
        "import_price_eur_per_mwh": price + 16.0 * (weather(hour, 26801) - 0.5),
        "cable_carbon_t_per_mwh": 0.30 + 0.16 * bump(hour, 19.0, 3.0) + 0.06 * bump(hour, 8.0, 2.0),
    }


def industrial_site_week(hour: Floats) -> dict[str, Floats]:
    """A factory in a hot week of June, Monday to Sunday: two shifts, no shift on Sunday, Saturday a short one."""
    day, hour_of_day = np.floor(hour / 24), hour % 24
    closes = np.where(day < 5, 22.0, 14.0)
    shift = ((hour_of_day > 6.0) & (hour_of_day < closes) & (day < 6)).astype(np.float64)
    outdoor = 21.0 + 7.0 * np.cos(FULL_TURN * (hour - 15.5) / 24) + 3.0 * np.sin(FULL_TURN * hour / 168)
    price = 82.0 + 26.0 * bump(hour, 8.0, 2.2) + 52.0 * bump(hour, 20.0, 2.4) - 58.0 * bump(hour, 13.2, 2.6)
    weekend = np.where(day >= 5, 0.72, 1.0)
    return {
        "condenser_c": outdoor + 10.0,
        "pv_ratio": 0.85 * sun(hour, 5.1, 21.5, 1.5) * (0.55 + 0.45 * weather(hour, 30011, 5.0)),
        "lines_mw": 1.1 + 2.6 * shift + 0.35 * weather(hour, 40503),
        "furnace_mw": 1.5 * shift,
        "steam_mw": 1.6 + 4.2 * shift + 0.7 * weather(hour, 51749),
        "cold_mw": 0.7 + 1.1 * shift + 0.07 * np.maximum(outdoor - 16.0, 0.0),
        "import_price_eur_per_mwh": weekend * (price + 18.0 * (weather(hour, 27449) - 0.5)),
    }


EXAMPLES = {
    "smart_home_day": Example(datetime(2025, 1, 15, 12), 15, 96, smart_home_day),
    "hydrogen_island": Example(datetime(2025, 10, 14), 60, 72, hydrogen_island),
    "industrial_site_week": Example(datetime(2025, 6, 16), 60, 168, industrial_site_week),
}


def against_files() -> list[str]:
    """Columns that differ from the formulas by more than a last decimal, which another machine's sine may turn."""
    wrong: list[str] = []
    for name, example in EXAMPLES.items():
        text = (CASES / name / "series.csv").read_text(encoding="utf-8")
        stored = read(text)
        bad = [
            f"{name}: {column}"
            for column, values in example.derived().items()
            if not np.allclose(stored[column], values, rtol=0.0, atol=1.5 * 10.0**-DECIMALS)
        ]
        wrong += bad
        same = "same bytes" if text == example.table() else "same numbers but for the last decimals"
        print(f"{name}: {'differs' if bad else same}")
    return wrong


def main() -> int:
    """Write the files, or check them; 1 when a check fails."""
    parser = argparse.ArgumentParser(description="Derive the series of the examples.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args().check:
        for name, example in EXAMPLES.items():
            (CASES / name / "series.csv").write_text(example.table(), encoding="utf-8", newline="\n")
    wrong = against_files()
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
