"""The 3-bus unit commitment of MATPOWER's scheduling tool MOST (its test t_most_uc) as cases, run by run.

What each run knows, as t_most_uc.m sets it up; a period is an hour:
    ed       economic dispatch: on/off and least loads of three plants, wind and a load, no network
    dcopf    the same with DC power flow on the three lines
    wstart   with costs of starts and stops
    wminup   with a minimum up time of three periods for plant 2

How MOST's data become ours (its loadxgendata.m, most.m and CHANGES.md, https://github.com/MATPOWER/most):
    initial state   InitialState is absent, hence on for ever where GEN_STATUS is 1: on_initially, its age unbounded
    initial power   InitialPg is PG of the case; since MOST 1.2 the ramp into the first period counts like every other
    ramps           power may change by PositiveLoadFollowReserveQuantity, at most 2 RAMP_30, from period to period,
                    whether a plant starts, stops or runs: the ramps, and the start and stop ramps from no power; none
                    binds in these runs
    end             the horizon is open: no state, power or minimum time binds past its last period
    load            a generator between -load and 0 at 1000 per MWh with CommitKey 2, always on: it needs no state
    wind            a generator between 0 and 100 MW times the profile, without cost and always on, likewise; what
                    ex_wind_profile_d takes is the mean over the columns of ex_wind_profile
    reserves        mpc.reserves of ex_case3b is not given to MOST (FixedReserves), so it is left out
    prices of contingency reserve and deltas   bought by nobody, for there is no contingency

Every load of ex_load_profile is 1e-3 MW below a whole number, so that some powers end in .999 or .001.
What is not said by our records is the price of load-following reserve, see `RAMP_PRICE`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from c4e_opt import Case, read_case
from c4e_opt.arrays import FloatArray
from c4e_opt.axes import Horizon
from c4e_opt.case.readers.matpower import m_file
from c4e_opt.case.readers.matpower.m_file import MFile
from c4e_opt.components.generator import Generator
from c4e_opt.network.line import Line

MOST = Path(os.environ.get("C4E_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")) / "network" / "most"

RUNS = ("ed", "dcopf", "wstart", "wminup")
#: Plants that start and stop; the other generators are the load and the wind, in this order.
PLANTS = ("gen1", "gen2", "gen3")
#: Price of every MW of ramp, up or down, from the initial power on, in all four runs.
RAMP_PRICE = 1e-6

# Columns of MATPOWER's gen and gencost.
_BUS, _PG, _PMAX, _RAMP_30 = 0, 1, 8, 18
_STARTUP, _SHUTDOWN = 1, 2


def most_case(run: str, *, hours: int = 1) -> Case:
    """One run of t_most_uc.

    Args:
        run: Its name, of `RUNS`.
        hours: Length of a period; what MOST counts in periods, ramps and minimum times, stays so.
    """
    base, load = read_case(MOST / "ex_case3b.m"), _profile("ex_load_profile")[:, 0]
    *plants, sink = base.of(Generator)
    generators = [*_with_rules(plants, run, hours), replace(sink, power_min_mw=-load), _wind(sink)]
    buses, lines = base.buses, base.of(Line)
    if run == "ed":
        buses, lines = buses[:1], ()
        generators = [replace(each, bus=buses[0].id) for each in generators]
    components = {"generator": generators, "line": lines}
    return replace(
        base,
        name=f"most_{run}",
        horizon=Horizon(base.horizon.start, np.full(load.size, 3600 * hours, dtype=np.int64)),
        buses=buses,
        components={kind: tuple(_over(each, load.size) for each in records) for kind, records in components.items()},
    )


def ramped_mw(power_mw: FloatArray) -> float:
    """All changes of power, (generator, time), from the initial power on, in MW: what `RAMP_PRICE` is paid for."""
    initial = [*_table("ex_case3b", "gen")[:, _PG], _wind_farm("InitialPg")]
    return float(np.abs(np.diff(power_mw, axis=1, prepend=np.array(initial)[:, None])).sum())


def _with_rules(plants: Sequence[Generator], run: str, hours: int) -> list[Generator]:
    """The plants with the rules of a run."""
    gen, cost = _table("ex_case3b", "gen"), _table("ex_case3b", "gencost")
    up_mw, down_mw, minimum_up, minimum_down = (
        _more(name)
        for name in ("PositiveLoadFollowReserveQuantity", "NegativeLoadFollowReserveQuantity", "MinUp", "MinDown")
    )
    up_mw[2] = 250.0  # t_most_uc: "remove ramp reserve constraint"
    if run != "wminup":
        minimum_up[1] = 1.0  # t_most_uc: "remove min up-time constraint"
    found: list[Generator] = []
    for row, plant in enumerate(plants):
        rated, within = gen[row, _PMAX], 2 * gen[row, _RAMP_30] * hours
        up, down = (min(1.0, float(min(limit[row], within) / rated)) for limit in (up_mw, down_mw))
        rules: dict[str, Any] = {
            "switchable": True,
            "on_initially": True,
            "load_initially_ratio": float(gen[row, _PG] / rated),
            "minimum_up_hours": float(minimum_up[row]) * hours,
            "minimum_down_hours": float(minimum_down[row]) * hours,
            "ramp_up_ratio_per_hour": np.array([up / hours]),
            "ramp_down_ratio_per_hour": np.array([down / hours]),
            "start_ramp_ratio": up,
            "stop_ramp_ratio": down,
        }
        if run in ("wstart", "wminup"):
            rules |= {"start_cost_eur": float(cost[row, _STARTUP]), "stop_cost_eur": float(cost[row, _SHUTDOWN])}
        found.append(replace(plant, **rules))
    return found


def _file(name: str) -> MFile:
    return m_file.read_text((MOST / f"{name}.m").read_text(encoding="utf-8"), name)


def _table(name: str, field: str) -> FloatArray:
    matrix = _file(name).matrix(field)
    assert matrix is not None
    return matrix


def _more(name: str) -> FloatArray:
    """A column of ex_xgd_uc, by its name."""
    names: Any = _file("ex_xgd_uc").fields["colnames"]
    return _table("ex_xgd_uc", "data")[:, names[0].index(name)].copy()


def _wind_farm(name: str) -> float:
    """A value of ex_wind_uc, by the name of its column."""
    names: Any = _file("ex_wind_uc").fields["xgd_table.colnames"]
    return float(_table("ex_wind_uc", "xgd_table.data")[0, names[0].index(name)])


def _wind(like: Generator) -> Generator:
    """The wind farm, which is as free of rules as the load."""
    bus, largest = _table("ex_wind_uc", "gen")[0, [_BUS, _PMAX]].tolist()
    free = replace(like, id="wind", bus=f"{bus:g}", power_min_mw=np.zeros(1), cost_eur_per_mwh=np.zeros(1))
    return replace(free, power_max_mw=largest * _profile("ex_wind_profile").mean(axis=1))


def _profile(name: str) -> FloatArray:
    """The values of a profile: the one statement of its function that assigns them, (period, column)."""
    text = (MOST / f"{name}.m").read_text(encoding="utf-8")
    found = re.search(r"^\w+\.values\([^)]*\) = (.*)", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    matrix = m_file.read_text(f"function profile = {name}\nprofile.values = {found[1]}", name).matrix("values")
    assert matrix is not None
    return matrix


def _over(record: Any, steps: int) -> Any:
    """A record of one step for so many: its series repeated."""
    values: dict[str, Any] = {each.name: getattr(record, each.name) for each in fields(record)}
    series: dict[str, FloatArray] = {name: each for name, each in values.items() if isinstance(each, np.ndarray)}
    return replace(record, **{name: np.repeat(each, steps) for name, each in series.items() if each.size == 1})
