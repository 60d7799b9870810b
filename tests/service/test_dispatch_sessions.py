"""Dispatch sessions through a real service: forecasts and measurements in, verified set-points out, plan and actual."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e.opt.v1 import case_pb2, components_pb2, dispatch_session_pb2
from c4e_opt import read_case, solve
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.errors import InvalidInput, UnsupportedProgram
from c4e_opt.verify import verify
from c4e_server.client import AsyncClient, Client, Dispatches
from c4e_server.client.acts import Call
from c4e_server.config import Config
from c4e_server.convert.case import case_to_proto
from c4e_server.convert.changes import changes_to_proto
from c4e_server.desk import Desk
from c4e_server.errors import RequestIdReused, ServiceError, UnknownSession
from c4e_server.failures import failure_of
from c4e_server.ledgers.registry import open_journal
from c4e_server.local import local_service
from c4e_server.sessions.dispatch.session import Session as DispatchSession
from c4e_server.sessions.dispatch.sites import Sites
from c4e_server.store.store import Store
from c4e_server.workers.executor import open_executor
from tests.databases import new_database

D = dispatch_session_pb2
CASES = Path(__file__).parents[2] / "cases"
CELLS, TANK = ("battery", "cells"), ("heat_store", "tank")
STEPS, LOOK = 96, 24
HOURS_OF_AGES = {"start": "2025-01-01T00:00Z", "step_minutes": 60, "steps": 300_000}


def document(begin: int, end: int, cells_mwh: float, tank_mwh: float, seed: int = 5, minutes: float = 15) -> Any:
    """Some quarter-hours of a day of a site: a meter with a price of every step, PV, loads, a battery, heat."""
    chance = np.random.default_rng(seed)
    price, sun = chance.uniform(20, 120, STEPS), np.clip(np.sin((np.arange(STEPS) - 28) / 44 * np.pi), 0, None)
    load, heat = chance.uniform(0.1, 0.3, STEPS), chance.uniform(0.05, 0.15, STEPS)
    own = slice(begin, end)
    store = {"charge_max_mw": 0.1, "discharge_max_mw": 0.1, "energy_max_mwh": 0.3, "discharge_cost_eur_per_mwh": 1.0}
    cells = store | {
        "standing_loss_per_hour": 0.002
    }  # without losses of their own, where and when to store is the same
    tank = store | {"standing_loss_per_hour": 0.01}
    start = np.datetime64("2025-03-12T00:00") + np.timedelta64(round(begin * minutes * 60), "s")
    return {
        "name": "site",
        "horizon": {"start": f"{start}Z", "step_seconds": round(minutes * 60), "steps": end - begin},
        "buses": [{"id": "el"}, {"id": "heat", "carrier": "heat"}],
        "components": {
            "grid_connection": [
                {
                    "id": "meter",
                    "bus": "el",
                    "import_max_mw": 1,
                    "export_max_mw": 1,
                    "import_price_eur_per_mwh": price[own].tolist(),
                    "export_price_eur_per_mwh": (0.5 * price[own]).tolist(),
                }
            ],
            "demand": [
                {"id": "house", "bus": "el", "demand_mw": load[own].tolist()},
                {"id": "rooms", "bus": "heat", "demand_mw": heat[own].tolist()},
            ],
            "renewable": [{"id": "pv", "bus": "el", "available_mw": (0.4 * sun[own]).tolist()}],
            "battery": [{"id": "cells", "bus": "el", "energy_start_mwh": cells_mwh, "energy_min_mwh": 0.03} | cells],
            "heat_store": [{"id": "tank", "bus": "heat", "energy_start_mwh": tank_mwh} | tank],
            "heat_pump": [
                {"id": "pump", "electricity_bus": "el", "heat_bus": "heat", "electric_max_mw": 0.1, "cop": 3.0}
            ],
        },
    }


def site(**more: Any) -> Case:
    return Builder(document(0, STEPS, 0.15, 0.15, **more), {}).case()


@pytest.fixture
def sites(client: Client) -> Dispatches:
    return client.sites


@pytest.fixture
def name() -> str:
    return f"d{uuid.uuid4().hex[:10]}"


def powers(points: Any) -> dict[tuple[str, str, str], list[float]]:
    return {(each.kind, each.component, each.bus): list(each.power_mw) for each in points.points}


def test_a_day_of_random_measurements_is_what_a_loop_of_solves_gives(sites: Dispatches, name: str):
    """96 quarter-hours, each dispatched over six hours, beside windows that are written and solved one by one."""
    sites.open(name, site(), look_hours=6, valid_hours=1)
    chance = np.random.default_rng(11)
    cells, tank = 0.15, 0.15
    for step in range(STEPS):
        if step and chance.random() < 0.5:  # half of the time what is measured differs from what was planned
            cells = float(np.clip(cells + chance.uniform(-0.02, 0.02), 0.03, 0.3))
            answer = sites.measure(name, step, {CELLS: {"energy_start_mwh": cells}})
            assert not answer.issues
        told = sites.dispatch(name, step)
        expected = solve(Builder(document(step, min(step + LOOK, STEPS), cells, tank), {}).case())
        assert told.objective == pytest.approx(expected.objective, rel=1e-7)
        flows = expected.flow_table
        steps = min(4, STEPS - step)
        assert len(told.step_seconds) == steps
        for row, port in enumerate(flows.labels["port"].tolist()):
            kind, _, rest = port.partition("/")
            component, _, bus = rest.partition("@")
            given = powers(told)[kind, component, bus]
            assert given == pytest.approx(flows.values("flow_mw")[row, :steps].tolist(), abs=2e-6), (step, port)
        schedule = expected.schedule_table
        cells = float(np.clip(schedule.values("battery_energy_mwh")[0, 0], 0.03, 0.3))
        tank = float(np.clip(schedule.values("heat_store_energy_mwh")[0, 0], 0.0, 0.3))
    assert sites.get(name).revision > STEPS


def test_set_points_say_until_when_and_on_what_they_rest(sites: Dispatches, name: str):
    opened = sites.open(name, site(), look_hours=6, valid_hours=0.6)
    assert (opened.state, opened.revision, opened.HasField("step")) == (D.DISPATCH_STATE_OPEN, 1, False)
    with pytest.raises(ServiceError, match="no set-points yet"):
        sites.set_points(name)
    told = sites.dispatch(name, 3)
    assert told.basis == D.SET_POINT_BASIS_SCHEDULE
    assert told.verified
    assert (told.step, told.schedule_revision, told.revision) == (3, 2, 2)
    start = site().horizon.start
    assert told.valid_from.seconds == start + 3 * 900
    assert told.valid_until.seconds == start + 6 * 900  # 36 minutes end within the third step
    assert list(told.step_seconds) == [900] * 3
    assert list(told.assumed_states) == ["battery/cells", "heat_store/tank"]
    assert sites.set_points(name) == told
    sites.measure(name, 4, {CELLS: {"energy_start_mwh": 0.1}})
    told = sites.dispatch(name, 4)
    assert (list(told.measured_states), list(told.assumed_states)) == (["battery/cells"], ["heat_store/tank"])
    assert (told.data_revision, told.revision) == (3, 4)
    session = sites.get(name)
    assert (session.step, session.valid_until) == (4, told.valid_until)


def test_the_plan_is_verified_by_anyone(sites: Dispatches, name: str):
    sites.open(name, site(), look_hours=6)
    sites.measure(name, 2, {CELLS: {"energy_start_mwh": 0.2}})
    told = sites.dispatch(name, 2)
    case, outcome = sites.plan(name)
    assert verify(case, outcome).holds
    assert (case.digest(), outcome.digest) == (told.case_digest, told.outcome_digest)
    assert case.components["battery"][0].energy_start_mwh == 0.2
    assert case.horizon.steps == LOOK


def test_new_forecasts_hold_from_their_step_on_and_in_their_units(sites: Dispatches, name: str):
    sites.open(name, site(), look_hours=6, valid_hours=1)
    sites.forecast(name, {("demand", "house"): {"demand_mw": np.array([0.5, 0.25])}}, first_step=1)
    house = powers(sites.dispatch(name, 0))["demand", "house", "el"]
    assert house[1:3] == [-0.5, -0.25]
    assert house[0] != -0.5
    request = D.UpdateForecastsRequest(session_id=name, request_id="kw", first_step=2)
    request.units.power = case_pb2.POWER_UNIT_KW
    request.forecasts.demand.add(id="house").demand.constant = 125.0
    sites.run(_asked(request, "UpdateForecasts", D.UpdateForecastsResponse))
    assert powers(sites.dispatch(name, 0))["demand", "house", "el"][1:] == [-0.5, -0.125, -0.125]


def test_what_is_late_or_absurd_is_told_and_not_used(sites: Dispatches, name: str):
    sites.open(name, site(), look_hours=6)
    plain = sites.open(f"{name}-plain", site(), look_hours=6).id
    for each in (name, plain):
        sites.dispatch(each, 0)
        sites.dispatch(each, 5)
    (late,) = sites.measure(name, 4, {CELLS: {"energy_start_mwh": 0.2}}).issues
    assert (late.rule, "step 5" in late.message) == ("late", True)
    (absurd,) = sites.measure(name, 6, {CELLS: {"energy_start_mwh": 3.0}}).issues
    assert (absurd.rule, absurd.path) == ("impossible", "states.battery.cells.energy_start_mwh")
    assert "3 MWh" in absurd.message
    told, expected = sites.dispatch(name, 6), sites.dispatch(plain, 6)
    assert [issue.rule for issue in told.issues] == ["late", "impossible"]
    assert not told.measured_states
    assert told.points == expected.points
    assert not sites.dispatch(name, 7).issues


def test_writes_are_repeatable_and_other_content_is_refused(sites: Dispatches, name: str):
    sites.open(name, site(), look_hours=6)
    assert sites.open(name, site(), look_hours=6).revision == 1
    with pytest.raises(RequestIdReused):
        sites.open(name, site(), look_hours=5)
    states = {CELLS: {"energy_start_mwh": 9.0}}
    first = sites.measure(name, 1, states, request_id="m")
    assert sites.measure(name, 1, states, request_id="m") == first
    with pytest.raises(RequestIdReused):
        sites.measure(name, 2, states, request_id="m")
    told = sites.dispatch(name, 1, request_id="d")
    sites.dispatch(name, 2)
    assert sites.dispatch(name, 1, request_id="d") == told
    for act in (
        lambda: sites.dispatch(name, 3, request_id="d"),
        lambda: sites.forecast(name, {("demand", "house"): {"demand_mw": 0.1}}, request_id="d"),
    ):
        with pytest.raises(RequestIdReused):
            act()
    revision = sites.forecast(name, {("demand", "house"): {"demand_mw": 0.1}}, request_id="f")
    assert sites.forecast(name, {("demand", "house"): {"demand_mw": 0.1}}, request_id="f") == revision
    assert sites.get(name).revision == revision == 5


def test_everything_wrong_is_said_at_once_and_nothing_is_taken(sites: Dispatches, name: str):
    sites.open(name, site(), look_hours=6)
    request = D.RecordMeasurementsRequest(session_id=name, request_id="r", step=1)
    request.states.battery.add(id="cell").energy_start = 0.1
    request.states.battery.add(id="cells").energy_max = 0.1
    request.meters.add(kind="demand", component="hose", first_step=0).power.numbers.values.append(1.0)
    request.meters.add(kind="heat_pump", component="pump", first_step=0).power.numbers.values.append(1.0)
    request.meters.add(kind="demand", component="house", first_step=95).power.numbers.values.extend([1.0, 2.0])
    request.meters.add(kind="demand", component="house", first_step=0).power.numbers.values.append(float("nan"))
    with pytest.raises(InvalidInput) as caught:
        sites.run(_asked(request, "RecordMeasurements", D.RecordMeasurementsResponse))
    told = " ".join(map(str, caught.value.issues))
    for word in ("'cell'", "energy_max", "hose", "meters[1].bus", "meters[2].power", "meters[3].power"):
        assert word in told
    forecasts = components_pb2.Components()
    forecasts.demand.add(id="house", bus="heat").demand.numbers.values.extend([1.0] * 97)
    update = D.UpdateForecastsRequest(session_id=name, request_id="f", forecasts=forecasts)
    with pytest.raises(InvalidInput, match="stays as the case says"):
        sites.run(_asked(update, "UpdateForecasts", D.UpdateForecastsResponse))
    for changes in (
        {("demand", "house"): {"demand_mw": float("nan")}},
        {("renewable", "pv"): {"available_mw": np.arange(97.0)}},
    ):
        with pytest.raises(InvalidInput):
            sites.forecast(name, changes)
    for step in (96, 10**6):
        with pytest.raises(InvalidInput, match="95"):
            sites.dispatch(name, step)
    with pytest.raises(InvalidInput, match="say which one"):
        sites.dispatch(name)
    sites.dispatch(name, 5)
    with pytest.raises(InvalidInput, match=r"\[5, 95\]"):
        sites.dispatch(name, 4)
    assert sites.get(name).revision == 2
    with pytest.raises(UnknownSession):
        sites.get("nowhere")


def _asked(request: Any, method: str, answer: Any) -> Any:
    return (yield from Call(method=f"DispatchSessionService/{method}", request=request, answer=answer))


def test_a_case_that_cannot_be_cut_is_refused(sites: Dispatches, name: str):
    case = site()
    meter = replace(case.components["grid_connection"][0], energy_max_mwh=5.0)
    case = replace(case, components={**case.components, "grid_connection": (meter,)})
    with pytest.raises(UnsupportedProgram, match="energy_max_mwh"):
        sites.open(name, case)
    long = Builder(document(0, STEPS, 0.15, 0.15) | {"horizon": HOURS_OF_AGES}, {})
    long.document["components"]["grid_connection"][0] |= {"import_price_eur_per_mwh": 1, "export_price_eur_per_mwh": 0}
    for kind, field in (("demand", "demand_mw"), ("renewable", "available_mw")):
        for record in long.document["components"][kind]:
            record[field] = 0.1
    with pytest.raises(InvalidInput, match="2,000,000"):
        sites.open(name, long.case())
    with pytest.raises(UnknownSession):
        sites.get(name)


def test_from_a_state_outside_of_limits_the_last_schedule_holds_as_long_as_it_is_valid(sites: Dispatches, name: str):
    sites.open(name, site(), look_hours=6, valid_hours=1)
    first = sites.dispatch(name, 0)
    (issue,) = sites.measure(name, 1, {CELLS: {"energy_start_mwh": 0.01}}).issues
    assert issue.rule == "limit"
    held = sites.dispatch(name, 1)
    assert (held.basis, held.schedule_revision, held.verified) == (D.SET_POINT_BASIS_HELD, first.revision, True)
    assert powers(held) == {port: each[1:] for port, each in powers(first).items()}
    assert (held.valid_until, held.step_seconds) == (first.valid_until, [900] * 3)
    assert "0.01 MWh" in held.issues[0].message
    sites.measure(name, 4, {CELLS: {"energy_start_mwh": 0.01}})
    gone = sites.dispatch(name, 4)
    assert (gone.basis, len(gone.points), gone.verified) == (D.SET_POINT_BASIS_NONE, 0, False)
    assert gone.valid_until == gone.valid_from
    sites.measure(name, 4, {CELLS: {"energy_start_mwh": 0.1}})
    assert sites.dispatch(name, 4).basis == D.SET_POINT_BASIS_SCHEDULE
    kinds = [event.kind for event in _until(sites, name, 8)]
    assert kinds.count(D.DISPATCH_EVENT_KIND_FELL_BACK) == 2


def test_a_session_may_ask_for_the_nearest_state_instead(sites: Dispatches, name: str):
    sites.open(name, site(), look_hours=6, fallback="nearest")
    sites.measure(name, 1, {CELLS: {"energy_start_mwh": 0.01}})
    told = sites.dispatch(name, 1)
    assert (told.basis, told.verified) == (D.SET_POINT_BASIS_NEAREST, True)
    assert [issue.rule for issue in told.issues] == ["limit"]
    assert sites.plan(name)[0].components["battery"][0].energy_start_mwh == 0.03


def test_where_no_schedule_exists_the_answer_says_which_law_and_by_how_much(sites: Dispatches, name: str):
    sites.open(name, site(), look_hours=6)
    sites.dispatch(name, 0)
    sites.forecast(name, {("demand", "house"): {"demand_mw": 5.0}}, 2)
    told = sites.dispatch(name, 1)
    assert told.basis == D.SET_POINT_BASIS_HELD
    assert told.issues
    assert any("balance" in issue.rule for issue in told.issues)
    assert told.termination.reason == 2  # INFEASIBLE


def test_plan_and_actual_come_by_port_and_bus(sites: Dispatches, name: str):
    """A quarter-hour of the meter: planned p MW, 0.2 MW more were read, which is 0.05 MWh at the price of the step."""
    case = site()
    sites.open(name, case, look_hours=6)
    told = powers(sites.dispatch(name, 0))
    read = {port: power[0] for port, power in told.items()}
    meter = ("grid_connection", "meter", "el")
    read[meter] += 0.2
    sites.measure(name, 1, meters=read, first_step=0)
    found = sites.compare(name, 0, 2)
    row = found.ports.labels["port"].tolist().index("grid_connection/meter@el")
    assert found.ports.values("planned_mwh")[row, 0] == pytest.approx(told[meter][0] / 4)
    assert found.ports.values("deviation_mwh")[:, 0] == pytest.approx([0.05] + [0.0] * (len(told) - 1))
    assert found.ports.values("is_measured")[row].tolist() == [1.0, 0.0]
    price = float(case.components["grid_connection"][0].import_price_eur_per_mwh[0])
    assert told[meter][0] > 0
    assert found.deviation_cost == pytest.approx(0.05 * price)
    electric = found.buses.labels["bus"].tolist().index("el")
    assert found.buses.values("measured_balance_mwh")[electric, 0] == pytest.approx(0.05)
    assert found.buses.values("planned_balance_mwh") == pytest.approx(np.zeros((2, 2)), abs=1e-9)
    sites.dispatch(name, 1)
    again = sites.compare(name, 0, 1)  # what was planned of a step stays as it was when the step began
    assert again.ports.values("planned_mwh")[row, 0] == pytest.approx(told[meter][0] / 4)
    with pytest.raises(InvalidInput, match="95"):
        sites.compare(name, 96)


def _until(sites: Dispatches, name: str, revision: int) -> list[Any]:
    found: list[Any] = []
    for event in sites.watch(name, timeout_s=30):
        found.append(event)
        if event.revision == revision:
            break
    return found


def test_a_watch_goes_on_from_any_revision_without_gap_or_double(sites: Dispatches, name: str):
    sites.open(name, site(), look_hours=2)
    watched = sites.watch(name, timeout_s=30)
    assert next(watched).kind == D.DISPATCH_EVENT_KIND_OPENED
    sites.measure(name, 1, {CELLS: {"energy_start_mwh": 9.0}}, request_id="m")
    event = next(watched)
    assert (event.kind, event.request_id) == (D.DISPATCH_EVENT_KIND_MEASUREMENTS_RECORDED, "m")
    assert [issue.rule for issue in event.issues] == ["impossible"]
    told = sites.dispatch(name, 1)
    event = next(watched)
    assert (event.kind, event.set_points) == (D.DISPATCH_EVENT_KIND_DISPATCHED, told)
    sites.forecast(name, {("demand", "house"): {"demand_mw": 0.1}})
    assert sites.close(name).state == D.DISPATCH_STATE_CLOSED
    assert sites.close(name).revision == 5
    assert [each.kind for each in watched] == [2, 6]
    whole = list(sites.watch(name))
    assert [each.revision for each in whole] == [1, 2, 3, 4, 5]
    assert [each.previous_revision for each in whole] == [0, 1, 2, 3, 4]
    for after in range(6):
        assert list(sites.watch(name, after)) == whole[after:]
    with pytest.raises(InvalidInput, match="after_revision"):
        list(sites.watch(name, 6))
    for act in (lambda: sites.dispatch(name, 2), lambda: sites.measure(name, 2, {CELLS: {"energy_start_mwh": 0.1}})):
        with pytest.raises(ServiceError, match="is closed"):
            act()
    assert sites.set_points(name) == told


def running(seconds: int, **more: Any) -> Case:
    """A site whose steps run now."""
    case = site(minutes=seconds / 60)
    begin = int(time.time()) + 1
    return replace(case, horizon=type(case.horizon)(begin, case.horizon.step_seconds), **more)


def test_a_session_dispatches_by_its_clock_and_on_new_data(sites: Dispatches, name: str):
    sites.open(name, running(2), look_hours=0.01, valid_hours=0.001, at_steps=True, on_data=True)
    seen = list[Any]()
    for event in sites.watch(name, timeout_s=60):
        if event.kind == D.DISPATCH_EVENT_KIND_DISPATCHED:
            seen.append(event)
            if len(seen) == 1:
                sites.forecast(name, {("demand", "house"): {"demand_mw": 0.123}})
            if len(seen) == 4:
                break
    steps = [event.set_points.step for event in seen]
    assert steps == sorted(steps)
    assert {event.request_id for event in seen} == {""}
    assert powers(seen[1].set_points)["demand", "house", "el"][0] == -0.123
    for event in seen[2:]:
        late_s = event.time.ToNanoseconds() / 1e9 - event.set_points.valid_from.seconds
        assert -0.01 <= late_s < 2.0
    sites.close(name)


def test_many_sites_are_dispatched_at_once(client: Client, name: str):
    async def one(sites: Any, place: int) -> Any:
        own = f"{name}-{place}"
        await sites.open(own, site(seed=place), look_hours=2)
        await sites.measure(own, 1, {CELLS: {"energy_start_mwh": 0.1 + 0.01 * place}})
        return await sites.dispatch(own, 1)

    async def all_() -> list[Any]:
        async with AsyncClient(client.address) as other:
            return await asyncio.gather(*(one(other.sites, place) for place in range(6)))

    told = asyncio.run(all_())
    assert len({each.outcome_digest for each in told}) == 6
    listed = [each.id for each in client.sites.list(limit=6)]
    assert sorted(listed) == sorted(f"{name}-{place}" for place in range(6))


def course(sites: Dispatches, name: str, steps: range) -> list[Any]:
    """Measure, expect and dispatch, step after step."""
    chance = np.random.default_rng(3)
    found: list[Any] = []
    for step in range(steps.stop):
        level, load = float(chance.uniform(0.03, 0.3)), chance.uniform(0.1, 0.3, 4)
        if step in steps:
            sites.measure(name, step, {CELLS: {"energy_start_mwh": level}} if step % 2 else None, {
                ("demand", "house", ""): 0.2}, request_id=f"m{step}")  # fmt: skip
            sites.forecast(name, {("demand", "house"): {"demand_mw": load}}, step, request_id=f"f{step}")
            found.append(sites.dispatch(name, step, request_id=f"d{step}"))
    return found


def bare(points: Any) -> Any:
    """Set-points without when they were made."""
    message = type(points)()
    message.CopyFrom(points)
    message.ClearField("time")
    message.ClearField("session_id")
    return message


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_session_survives_a_kill_and_goes_on_as_if_nothing_was(tmp_path: Path, kind: str):
    """Prices are flat, so that many schedules cost the same: the same one comes from a service that just began."""
    case = site()
    meter = replace(case.components["grid_connection"][0], import_price_eur_per_mwh=50.0, export_price_eur_per_mwh=50.0)
    case = replace(case, components={**case.components, "grid_connection": (meter,)})
    flags = ("--workers", "1", "--database", new_database(kind, tmp_path))
    with local_service(tmp_path / "one", *flags) as running_, Client(running_.address) as client:
        client.sites.open("a", case, look_hours=6)
        client.sites.open("b", case, look_hours=6)
        expected = course(client.sites, "b", range(8))
        began = course(client.sites, "a", range(5))
        plan = client.sites.plan("a")[1].digest
        running_.kill()
    with local_service(tmp_path / "one", *flags) as running_, Client(running_.address) as client:
        sites = client.sites
        assert sites.set_points("a") == began[-1]
        assert sites.plan("a")[1].digest == plan
        assert sites.dispatch("a", 4, request_id="d4") == began[-1]
        found = [*began, *course(sites, "a", range(5, 8))]
        assert [bare(each) for each in found] == [bare(each) for each in expected]
        ports = [sites.compare(each).ports for each in ("a", "b")]
        for quantity in ports[0].quantities:
            assert np.array_equal(ports[0].values(quantity), ports[1].values(quantity)), quantity


def test_a_caller_that_goes_away_while_it_is_written_leaves_no_half_of_a_dispatch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    plain, found, applied, go_on = DispatchSession.apply, dict[str, Any](), threading.Event(), threading.Event()

    def slow(self: DispatchSession, *told: Any) -> None:
        plain(self, *told)
        applied.set()
        go_on.wait(10)

    def asked(name: str, step: int) -> Any:
        return D.DispatchRequest(session_id=name, request_id=f"d{step}", step=step)

    async def act() -> None:
        async with dispatching(tmp_path) as sites:
            for name in ("calm", "cut"):
                request = D.OpenDispatchSessionRequest(session_id=name, case=case_to_proto(site()))
                request.look_ahead.FromSeconds(6 * 3600)
                await sites.open("", request)
                await sites.dispatch("", asked(name, 0))
                if name == "calm":
                    await sites.dispatch("", asked(name, 8))
                else:
                    monkeypatch.setattr(DispatchSession, "apply", slow)
                    running = asyncio.ensure_future(sites.dispatch("", asked(name, 8)))
                    await asyncio.to_thread(applied.wait, 10)
                    running.cancel()
                    await asyncio.sleep(0)
                    monkeypatch.setattr(DispatchSession, "apply", plain)
                    go_on.set()
                    await asyncio.wait([running])
                    assert running.cancelled()
                told = await sites.dispatch("", asked(name, 9))
                found[name] = (told.objective, (await sites.plan("", name)).states)

    asyncio.run(act())
    assert found["cut"] == found["calm"]


def test_data_after_a_dispatch_ahead_of_the_clock_cause_the_next_from_there(tmp_path: Path):
    case = site()
    clock = float(case.horizon.start) + 10.0

    async def act() -> None:
        async with dispatching(tmp_path) as sites:
            await sites.open(
                "", D.OpenDispatchSessionRequest(session_id="s", case=case_to_proto(case), dispatch_on_data=True)
            )
            await sites.dispatch("", D.DispatchRequest(session_id="s", request_id="d", step=10))
            measured = D.RecordMeasurementsRequest(session_id="s", request_id="m", step=10)
            measured.states.CopyFrom(changes_to_proto({CELLS: {"energy_start_mwh": 0.1}}))
            await sites.measure("", measured)
            assert (await sites.session("", "s")).due(clock) == (0.0, 10)

    asyncio.run(act())


@asynccontextmanager
async def dispatching(folder: Path) -> AsyncGenerator[Sites]:
    """The sites of a service without its wire."""
    config = Config(data=folder, workers=1)
    pool, journal = open_executor(config), open_journal(config)
    store = Store(journal.engine, journal, is_ledger=True)
    desk = Desk(config, store, pool, lambda: None)
    await asyncio.to_thread(pool.start)
    try:
        yield Sites(store, desk)
    finally:
        await desk.close()
        journal.close()
        store.close()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_kills_at_any_moment_lose_nothing_that_was_answered(tmp_path: Path, kind: str):
    """A controller that repeats what was not answered sees the set-points of a service that was never killed."""
    case = site()
    with local_service(tmp_path / "calm", "--workers", "1") as running_, Client(running_.address) as client:
        client.sites.open("a", case, look_hours=6)
        expected = [bare(each) for each in course(client.sites, "a", range(16))]
    chance, url = np.random.default_rng(17), new_database(kind, tmp_path)
    found, wrong, begin = list[Any](), list[Any](), 0
    while begin < 16:
        with (
            local_service(tmp_path / "killed", "--workers", "1", "--database", url) as running_,
            Client(running_.address, patience_s=0) as client,
        ):
            client.sites.open("a", case, look_hours=6)
            end = begin + int(chance.integers(1, 5))
            timer = threading.Timer(float(chance.uniform(0.05, 0.6)), running_.kill)
            timer.start()
            try:
                for step in range(begin, min(end, 16)):
                    found.append(bare(course(client.sites, "a", range(step, step + 1))[0]))
                    begin = step + 1
            except ServiceError as error:
                wrong += [failure_of(error)] * (failure_of(error).code not in ("UNAVAILABLE", "CANCELLED", "UNKNOWN"))
            timer.cancel()
            timer.join()
            running_.kill()
    assert (found, wrong) == (expected, [])


def test_a_real_site_with_a_plant_that_starts_and_stops(sites: Dispatches, name: str):
    """The site of `cases/site_week`, a MILP: two days ahead of it are dispatched from six of its hours."""
    case = read_case(CASES / "site_week/case.yaml")
    sites.open(name, case, look_hours=12, valid_hours=2)
    for step in range(6):
        told = sites.dispatch(name, step)
        assert told.basis == D.SET_POINT_BASIS_SCHEDULE
        assert told.verified
    window, outcome = sites.plan(name)
    assert verify(window, outcome).holds
    assert outcome.objective == pytest.approx(solve(window).objective, rel=2e-4)
