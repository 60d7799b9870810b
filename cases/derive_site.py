"""Writes the series of `site_week` and `site_year` from closed formulas; only numpy is needed.

The formulas describe one site for the year 2025 in UTC: hour h counts from 2025-01-01T00:00Z, d = h / 24 is the day and
hod = h mod 24 the hour of the day. Every value of a step is taken at the step's start, the solar angle at its middle.
Weather noise is an exact integer sequence (a Weyl sequence modulo 65536), so nothing depends on a random generator.

    python cases/derive_site.py            writes both series files
    python cases/derive_site.py --check    compares them with what is committed, and with the oracle where it is present
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import io
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CASES = Path(__file__).resolve().parent
ORACLE = CASES.parent.parent / "shared" / "oracles" / "dispatch" / "reference_site.py"
START = datetime(2025, 1, 1)
FILES = {"site_week/series.csv": 168, "site_year/series.csv": 8760}

LATITUDE_DEG = 50.0
SUPPLY_TEMPERATURE_C = 55.0
CARNOT_QUALITY = 0.45
COP_MIN, COP_MAX = 1.5, 6.0
FULL_TURN = 2 * np.pi

#: Column of the series file -> key of the oracle's profile of the same meaning.
ORACLE_KEYS = {
    "temperature_c": "temp",
    "pv_ratio": "pv_pu",
    "demand_kw": "load_el",
    "heat_demand_kw": "load_th",
    "import_price_eur_per_mwh": "price_imp",
    "export_price_eur_per_mwh": "price_exp",
    "cop": "cop",
}


def noise(place: Ints, multiplier: int) -> Floats:
    """Exact noise in [0, 1): ((place + 1) * multiplier mod 65536) / 65536."""
    return (((place + 1) * multiplier) % 65536) / 65536.0


def temperature(hour: Floats) -> Floats:
    """Outdoor temperature in °C: a season, a day and weather of about ten days."""
    day, hour_of_day = hour / 24.0, hour % 24.0
    season = -10.0 * np.cos(FULL_TURN * (day - 15) / 365)
    daily = -4.0 * np.cos(FULL_TURN * (hour_of_day - 3) / 24)
    return 9.0 + season + daily + 2.5 * np.sin(FULL_TURN * hour / 232.8)


def pv_ratio(hour: Floats, step_hours: float) -> Floats:
    """PV power per installed power: sine of the sun's elevation times a clearness for each day."""
    day_of_year = np.floor(hour / 24.0).astype(np.int64)
    latitude = np.deg2rad(LATITUDE_DEG)
    declination = np.deg2rad(23.45) * np.sin(FULL_TURN * (284 + day_of_year + 1) / 365)
    hour_angle = np.deg2rad(15.0) * (hour % 24.0 + 0.5 * step_hours - 12.0)
    vertical = np.sin(latitude) * np.sin(declination)
    elevation = vertical + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    return np.maximum(0.0, elevation) * (0.35 + 0.65 * noise(day_of_year, 30011))


def electricity_demand(hour: Floats) -> Floats:
    """Electricity demand in kW: season, two peaks a day, quieter weekends, hourly noise."""
    day, hour_of_day = hour / 24.0, hour % 24.0
    weekend = np.isin(np.floor(day).astype(np.int64) % 7, (3, 4))  # 2025-01-01 is a Wednesday
    season = 400.0 * (1 + 0.10 * np.cos(FULL_TURN * (day - 15) / 365))
    single = 0.25 * np.sin(FULL_TURN * (hour_of_day - 8) / 24)
    double = 0.12 * np.sin(2 * FULL_TURN * (hour_of_day - 5) / 24)
    each_hour = 0.95 + 0.10 * noise(np.floor(hour).astype(np.int64), 40503)
    return season * (0.80 + single + double) * np.where(weekend, 0.8, 1.0) * each_hour


def heat_demand(hour: Floats) -> Floats:
    """Heat demand in kW: 25 kW for every degree below 17 °C, with hourly noise, and hot water."""
    each_hour = 0.90 + 0.20 * noise(np.floor(hour).astype(np.int64), 51749)
    rooms = np.maximum(0.0, 17.0 - temperature(hour)) * 25.0 * each_hour
    return rooms + 60.0 * (1.0 + 0.5 * np.sin(2 * FULL_TURN * (hour % 24.0 - 4) / 24))


def import_price(hour: Floats, step_hours: float) -> Floats:
    """Price of imports in EUR/MWh: season, two peaks a day, low where the sun shines, hourly noise."""
    day, hour_of_day = hour / 24.0, hour % 24.0
    season = 85.0 + 20.0 * np.cos(FULL_TURN * (day - 15) / 365)
    single = 20.0 * np.sin(FULL_TURN * (hour_of_day - 8) / 24)
    double = 18.0 * np.sin(2 * FULL_TURN * (hour_of_day - 5) / 24)
    each_hour = 24.0 * (noise(np.floor(hour).astype(np.int64), 27449) - 0.5)
    return season + single + double - 60.0 * pv_ratio(hour, step_hours) + each_hour


def heat_pump_cop(hour: Floats) -> Floats:
    """Heat per electric power: 45 % of Carnot between the outdoor air and 55 °C, within [1.5, 6]."""
    supply = CARNOT_QUALITY * (SUPPLY_TEMPERATURE_C + 273.15)  # in this order: the oracle's bits depend on it
    return np.clip(supply / (SUPPLY_TEMPERATURE_C - temperature(hour)), COP_MIN, COP_MAX)


def profiles(steps: int, step_hours: float = 1.0, first_hour: float = 0.0) -> dict[str, Floats]:
    """Every series of the site.

    Args:
        steps: How many steps.
        step_hours: Length of a step in hours.
        first_hour: Hour of the year at which the first step starts.

    Returns:
        Column name -> (time,).
    """
    hour = first_hour + np.arange(steps) * step_hours
    price = import_price(hour, step_hours)
    return {
        "temperature_c": temperature(hour),
        "pv_ratio": pv_ratio(hour, step_hours),
        "demand_kw": electricity_demand(hour),
        "heat_demand_kw": heat_demand(hour),
        "import_price_eur_per_mwh": price,
        "export_price_eur_per_mwh": 0.85 * price - 10.0,
        "cop": heat_pump_cop(hour),
    }


def table(columns: Mapping[str, Floats]) -> str:
    """A CSV text of hourly steps; numbers as the shortest decimals that read back to the same double."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["time", *columns])
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    for place, row in enumerate(rows):
        writer.writerow([f"{(START + timedelta(hours=place)).isoformat()}Z", *map(repr, row)])
    return out.getvalue()


def read(text: str) -> dict[str, Floats]:
    """The numeric columns of a CSV text."""
    header, *rows = list(csv.reader(io.StringIO(text)))
    values = np.array([row[1:] for row in rows], dtype=np.float64)
    return {name: values[:, place] for place, name in enumerate(header[1:])}


def against_oracle() -> list[str]:
    """Columns whose formulas differ from the oracle in any bit; nothing, with a note, where it is absent."""
    if not ORACLE.is_file():
        print("the oracle is not here: formulas are not compared with it")
        return []
    spec = importlib.util.spec_from_file_location("reference_site", ORACLE)
    assert spec is not None
    assert spec.loader is not None
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    wrong: list[str] = []
    for steps, step_hours, first_hour in ((8760, 1.0, 0.0), (168, 1.0, 0.0), (96, 0.25, 480.0)):
        ours, theirs = profiles(steps, step_hours, first_hour), oracle.profiles(steps, step_hours, first_hour)
        wrong += [
            f"{name} differs from the oracle ({steps} steps)"
            for name, key in ORACLE_KEYS.items()
            if not np.array_equal(ours[name], theirs[key])
        ]
    if not wrong:
        print("every column equals the oracle bit for bit")
    return wrong


def against_files() -> list[str]:
    """Files that hold other numbers than the formulas give.

    Another machine's sine may differ in the last bit, so one part in 10^12 of the column's range is allowed; equality
    to the byte is printed.
    """
    wrong: list[str] = []
    for name, steps in FILES.items():
        columns = profiles(steps)
        text = (CASES / name).read_text(encoding="utf-8")
        stored = read(text)
        same = "same bytes" if text == table(columns) else "same numbers but for the last bits"
        bad = [
            f"{name}: {column}"
            for column, values in columns.items()
            if not np.allclose(stored[column], values, rtol=0.0, atol=1e-12 * float(np.ptp(values)))
        ]
        wrong += bad
        print(f"{name}: {'differs' if bad else same}")
    return wrong


def main() -> int:
    """Write the files, or check them; 1 when a check fails."""
    parser = argparse.ArgumentParser(description="Derive the series of site_week and site_year.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args().check:
        for name, steps in FILES.items():
            (CASES / name).write_text(table(profiles(steps)), encoding="utf-8", newline="\n")
    wrong = against_files() + against_oracle()
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
