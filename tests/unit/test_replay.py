"""Schedules replayed by AC power flow: a line by hand, planted breaches, islands, taps, and held voltages."""

from __future__ import annotations

import json
import math
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from c4e.opt.v1 import outcome_pb2
from c4e_opt import solve
from c4e_opt.axes import Horizon
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.case.case import KINDS, Bus, Policy
from c4e_opt.coordination.rolling import RollOptions, roll
from c4e_opt.market.order_book import OrderBook
from c4e_opt.network.line import Line
from c4e_opt.network.reactive import Reactive
from c4e_opt.network.shunt import Shunt
from c4e_opt.outcome import Outcome, Table, quantity
from c4e_opt.replay import batch, newton, replay, wanted, with_replay
from c4e_opt.replayed import Replay
from c4e_server.cli.show import show_outcome
from c4e_server.cli.solving import summary_of
from c4e_server.convert.outcome import outcome_from_proto, outcome_to_proto
from c4e_solvers import Limit, Reason, Termination

Powers = dict[str, tuple[str, Any]]  # kind/id -> bus and power into it


def grid_case(
    buses: list[dict[str, Any]], lines: list[dict[str, Any]], steps: int = 1, base: float = 100.0, **more: Any
) -> Case:
    """A case of electric buses and lines alone, with reactive records and shunts on demand."""
    classes: dict[str, Any] = {"line": Line, "reactive": Reactive, "shunt": Shunt}
    groups = {"line": lines} | more
    return Case(
        name="grid",
        horizon=Horizon(0, np.full(steps, 3600)),
        buses=tuple(Bus(**bus) for bus in buses),
        components={kind: tuple(classes[kind](**record) for record in records) for kind, records in groups.items()},
        orders=OrderBook.empty(),
        policy=Policy(base_mva=base, replay="always"),
    )


def answer(case: Case, powers: Powers, **quantities: tuple[list[str], Any]) -> Outcome:
    """An answer in which components give power to buses, and quantities over (kind, time)."""
    steps = case.horizon.steps
    names = [(*name.split("/", 1), bus) for name, (bus, _) in powers.items()]
    flow = np.array([np.broadcast_to(power, steps) for _, power in powers.values()], dtype=np.float64)
    port = np.array([f"{kind}/{member}@{bus}" for kind, member, bus in names], dtype=np.str_)
    texts = {
        f"port_{word}": ("port", np.array([name[place] for name in names], dtype=np.str_))
        for place, word in enumerate(("kind", "component", "bus"))
    }
    time = case.horizon.axis.labels
    flows = Table({"port": port, "time": time}, {"flow_mw": quantity("flow_mw", ("port", "time"), flow, "")}, texts)
    schedule = {}
    labels: dict[str, Any] = {"time": time}
    for name, (ids, values) in quantities.items():
        kind = name.split("_")[0]
        labels[kind] = np.array(ids, dtype=np.str_)
        cells = np.array(np.broadcast_to(values, (len(ids), steps)), dtype=np.float64)
        schedule[name] = quantity(name, (kind, "time"), cells, "")
    return Outcome(
        case_name=case.name,
        case_digest="",
        currency="EUR",
        termination=Termination(reason=Reason.OPTIMAL, limit=Limit.NONE, detail=""),
        objective=0.0,
        flow_table=flows,
        schedule_table=Table(labels, schedule),
    )


PAIR = [{"id": "a", "slack": True}, {"id": "b"}]


def by_hand(power: float, reactive: float, r: float, x: float) -> tuple[float, float]:
    """Voltage at the end of a line with 1 p.u. at its begin, which takes power and reactive power; and the loss.

    With u the square of that voltage: u^2 + (2 (r p + x q) - 1) u + (r^2 + x^2)(p^2 + q^2) = 0, the larger root.
    """
    half = 2 * (r * power + x * reactive) - 1
    u = (-half + math.sqrt(half**2 - 4 * (r**2 + x**2) * (power**2 + reactive**2))) / 2
    return math.sqrt(u), r * (power**2 + reactive**2) / u


def test_a_line_between_two_buses_is_the_root_of_its_quadratic() -> None:
    case = grid_case(
        PAIR,
        [{"id": "l", "from_bus": "a", "to_bus": "b", "resistance_pu": 0.02, "reactance_pu": 0.06, "limit_mw": 100.0}],
        steps=2,
        reactive=[{"id": "q", "member": "demand/d", "ratio": 0.5}],
    )
    found = replay(case, answer(case, {"demand/d": ("b", [-80.0, -20.0])}))
    for step, load in enumerate((0.8, 0.2)):
        voltage, loss = by_hand(load, 0.5 * load, 0.02, 0.06)
        assert found.voltage_pu[:, step] == pytest.approx([1.0, voltage], abs=1e-10)
        assert found.loss_mw[step] == pytest.approx(100 * loss, abs=1e-8)
        sent = math.hypot(load + loss, 0.5 * load + 3 * loss)
        assert found.loading_ratio[0, step] == pytest.approx(sent, abs=1e-8)
    assert found.lowest.places.tolist() == ["b", "b"]
    assert found.holds


def test_reactive_power_of_the_schedule_comes_before_ratios() -> None:
    case = grid_case(
        PAIR,
        [{"id": "l", "from_bus": "a", "to_bus": "b", "resistance_pu": 0.02, "reactance_pu": 0.06}],
        reactive=[{"id": "q", "member": "demand/d", "ratio": 0.5}],
    )
    outcome = answer(case, {"demand/d": ("b", -80.0)}, reactive_power_mvar=(["q"], -10.0))
    assert replay(case, outcome).voltage_pu[1, 0] == pytest.approx(by_hand(0.8, 0.1, 0.02, 0.06)[0], abs=1e-10)


def test_a_fixed_reactive_power_and_a_shunt_count() -> None:
    """A bank of 10 Mvar at 1 p.u. gives 10 v^2; with q = 0.2 - 0.1 v^2 the voltage fulfils the quadratic."""
    case = grid_case(
        PAIR,
        [{"id": "l", "from_bus": "a", "to_bus": "b", "resistance_pu": 0.02, "reactance_pu": 0.06}],
        reactive=[{"id": "q", "bus": "b", "reactive_min_mvar": -20.0, "reactive_max_mvar": -20.0}],
        shunt=[{"id": "c", "bus": "b", "susceptance_mvar": 10.0}],
    )
    voltage = replay(case, answer(case, {"demand/d": ("b", -50.0)})).voltage_pu[1, 0]
    assert by_hand(0.5, 0.2 - 0.1 * voltage**2, 0.02, 0.06)[0] == pytest.approx(voltage, abs=1e-9)


@pytest.mark.parametrize(
    ("field", "bus", "words"),
    [
        ({"voltage_min_pu": 0.97}, 1, "below 0.97"),
        ({"voltage_max_pu": 0.99}, 0, "above 0.99"),
    ],
)
def test_a_narrowed_voltage_band_fails(field: dict[str, float], bus: int, words: str) -> None:
    line = {"id": "l", "from_bus": "a", "to_bus": "b", "resistance_pu": 0.02, "reactance_pu": 0.06}
    buses = [dict(each) for each in PAIR]
    case = grid_case(buses, [line], steps=3)
    flows: Powers = {"demand/d": ("b", [-10.0, -170.0, -10.0])}
    assert replay(case, answer(case, flows)).holds
    buses[bus] |= field
    narrowed = grid_case(buses, [line], steps=3)
    found = replay(narrowed, answer(narrowed, flows))
    assert not found.holds
    assert words in " ".join(found.breaches())
    assert "FAILS" in found.sentence()


def test_a_line_beyond_its_limit_fails_unless_it_has_a_price() -> None:
    line = {"id": "l", "from_bus": "a", "to_bus": "b", "reactance_pu": 0.06, "limit_mw": 50.0}
    case = grid_case(PAIR, [line])
    found = replay(case, answer(case, {"demand/d": ("b", -51.0)}))
    assert not found.holds
    assert "line 'l'" in next(found.breaches())
    priced = grid_case(PAIR, [line | {"overload_price_eur_per_mwh": 100.0}])
    assert replay(priced, answer(priced, {"demand/d": ("b", -51.0)})).holds


def test_a_step_that_does_not_converge_is_told_and_not_raised() -> None:
    """p.u. 1 over x = 0.06 can carry at most 1 / (2 * 0.06) = 8.3 p.u. = 833 MW to a load."""
    line = {"id": "l", "from_bus": "a", "to_bus": "b", "reactance_pu": 0.06}
    case = grid_case(PAIR, [line], steps=3)
    found = replay(case, answer(case, {"demand/d": ("b", [-10.0, -900.0, -10.0])}))
    assert found.converged.tolist() == [True, False, True]
    assert np.isnan(found.loss_mw[1])
    assert not found.holds
    assert "1 step did not converge" in next(found.breaches())
    assert found.to_json()["failed_steps"] == 1
    json.loads(json.dumps(found.to_json(), allow_nan=False))


def test_islands_are_solved_each_with_a_slack_of_its_own() -> None:
    """Two equal islands; the second has no slack bus: its grid connection's bus is, and heat buses do not count."""
    buses = [{"id": name} for name in ("a", "b", "c", "d", "lonely")] + [{"id": "h", "carrier": "heat"}]
    buses[0] |= {"slack": True}
    lines = [
        {"id": "one", "from_bus": "a", "to_bus": "b", "resistance_pu": 0.02, "reactance_pu": 0.06},
        {"id": "two", "from_bus": "d", "to_bus": "c", "resistance_pu": 0.02, "reactance_pu": 0.06},
        {"id": "off", "from_bus": "a", "to_bus": "d", "reactance_pu": 0.06, "in_service": False},
    ]
    case = grid_case(buses, lines)
    grids = KINDS["grid_connection"](id="g", bus="d", import_max_mw=100.0, import_price_eur_per_mwh=1.0)
    case = changed(case, components={**case.components, "grid_connection": (grids,)})
    outcome = answer(case, {"demand/b": ("b", -80.0), "demand/c": ("c", -80.0), "demand/h": ("h", -3.0)})
    found = replay(case, outcome)
    low = by_hand(0.8, 0.0, 0.02, 0.06)[0]
    assert found.bus.tolist() == ["a", "b", "c", "d"]
    assert found.voltage_pu[:, 0] == pytest.approx([1.0, low, low, 1.0], abs=1e-10)


RING = [
    {"id": "t", "from_bus": "a", "to_bus": "b", "resistance_pu": 0.01, "reactance_pu": 0.1, "tap_ratio": 0.97,
     "phase_shift_deg": 4.0, "susceptance_pu": 0.05, "conductance_pu": 0.01},
    {"id": "u", "from_bus": "b", "to_bus": "c", "resistance_pu": 0.02, "reactance_pu": 0.06, "susceptance_pu": 0.2},
    {"id": "v", "from_bus": "c", "to_bus": "a", "resistance_pu": 0.03, "reactance_pu": 0.08},
]  # fmt: skip


def test_the_batch_engine_and_the_equations_agree_on_taps_shifts_and_charging() -> None:
    """Power into every bus, from voltages and the pi model written out here, is what was asked for."""
    case = grid_case([{"id": "a", "slack": True, "voltage_set_pu": 1.02}, {"id": "b"}, {"id": "c"}], RING)
    outcome = answer(case, {"demand/b": ("b", -40.0), "demand/c": ("c", -90.0)})
    from c4e_opt.replay.grid import grid_of, settings
    from c4e_opt.replay.injections import injections

    grid = grid_of(case)
    setting = next(settings(case, outcome, grid))[0]
    given = injections(case, outcome, grid)
    one = batch.voltages(grid, setting, given)[:, 0]
    two = newton.voltages(grid, setting, given, np.zeros(3, dtype=np.bool_))[:, 0]
    assert one == pytest.approx(two, abs=1e-9)
    into = np.zeros(3, dtype=complex)
    for line in RING:
        start, stop = "abc".index(line["from_bus"]), "abc".index(line["to_bus"])
        turn = line.get("tap_ratio", 1.0) * np.exp(1j * np.deg2rad(line.get("phase_shift_deg", 0.0)))
        inner, far = one[start] / turn, one[stop]
        earth = (line.get("conductance_pu", 0.0) + 1j * line.get("susceptance_pu", 0.0)) / 2
        across = (inner - far) / (line["resistance_pu"] + 1j * line["reactance_pu"])
        into[start] += inner * (across + inner * earth).conj()
        into[stop] += far * (far * earth - across).conj()
    assert into[1:] == pytest.approx([-0.4, -0.9], abs=1e-8)
    assert abs(one[0]) == pytest.approx(1.02, abs=1e-10)


def test_taps_and_opened_lines_of_the_schedule_are_set_step_by_step() -> None:
    free = {"tap_min_ratio": 0.9, "tap_max_ratio": 1.1, "phase_shift_min_deg": -9.0, "phase_shift_max_deg": 9.0}
    lines = [RING[0] | free | {"switchable": True}, *RING[1:]]
    case = grid_case([{"id": "a", "slack": True}, {"id": "b"}, {"id": "c"}], lines, steps=3)
    flows: Powers = {"demand/b": ("b", -40.0), "demand/c": ("c", -90.0)}
    names = ["t", "u", "v"]
    set_ = {
        "line_tap_ratio": np.array([[0.97, 1.0, 0.97], [0.0] * 3, [0.0] * 3]),
        "line_shift_rad": np.array([[np.pi / 30, np.pi / 30, 0.0], [0.0] * 3, [0.0] * 3]),
        "line_closed": np.array([[1.0, 1.0, 0.0], [0.0] * 3, [0.0] * 3]),
    }
    found = replay(case, answer(case, flows, **{name: (names, values) for name, values in set_.items()}))
    single = grid_case(
        [{"id": "a", "slack": True}, {"id": "b"}, {"id": "c"}], [RING[0] | {"phase_shift_deg": 6.0}, *RING[1:]]
    )
    same = replay(single, answer(single, flows))
    assert found.voltage_pu[:, 0] == pytest.approx(same.voltage_pu[:, 0], abs=1e-9)
    assert found.voltage_pu[1, 1] < found.voltage_pu[1, 0] - 0.005
    assert found.loading_ratio.shape == (3, 3)
    opened = grid_case([{"id": "a", "slack": True}, {"id": "b"}, {"id": "c"}], RING[1:])
    assert found.voltage_pu[:, 2] == pytest.approx(replay(opened, answer(opened, flows)).voltage_pu[:, 0], abs=1e-9)


def test_free_reactive_power_holds_the_voltage_within_its_limits() -> None:
    """The condenser at b needs q to hold 1.0; with less than that it gives all it has and the voltage sinks."""
    line = {"id": "l", "from_bus": "a", "to_bus": "b", "resistance_pu": 0.02, "reactance_pu": 0.06}
    for most, holds in ((60.0, True), (5.0, False)):
        case = grid_case(
            PAIR, [line], reactive=[{"id": "q", "bus": "b", "reactive_min_mvar": -60.0, "reactive_max_mvar": most}]
        )
        voltage = replay(case, answer(case, {"demand/d": ("b", -80.0)})).voltage_pu[1, 0]
        expected = 1.0 if holds else by_hand(0.8, -0.05, 0.02, 0.06)[0]
        assert voltage == pytest.approx(expected, abs=1e-9)


def test_losses_of_the_schedule_stand_beside_those_of_the_replay() -> None:
    case = grid_case(PAIR, [{"id": "l", "from_bus": "a", "to_bus": "b", "resistance_pu": 0.02, "reactance_pu": 0.06}])
    found = replay(case, answer(case, {"demand/d": ("b", -80.0)}, line_loss_mw=(["l"], 1.0)))
    assert found.loss_beyond_answer_mw[0] == pytest.approx(100 * by_hand(0.8, 0.0, 0.02, 0.06)[1] - 1.0, abs=1e-8)


def test_the_policy_decides_whether_to_replay() -> None:
    case = grid_case(PAIR, [{"id": "l", "from_bus": "a", "to_bus": "b", "reactance_pu": 0.06}])
    for network, rule, expected in (
        ("dc", "auto", False),
        ("dc", "always", True),
        ("lindistflow", "auto", True),
        ("socp", "never", False),
    ):
        assert wanted(changed(case, policy=Policy(network=network, replay=rule))) is expected
    bare = grid_case(PAIR, [])
    assert not wanted(bare)


def _same(left: Replay | None, right: Replay) -> None:
    assert left is not None
    for name in Replay.__dataclass_fields__:
        assert np.array_equal(
            getattr(left, name), getattr(right, name), equal_nan=getattr(left, name).dtype.kind == "f"
        )


def test_a_replay_survives_files_and_the_wire_and_leaves_the_digest_alone(tmp_path: Path) -> None:
    case = grid_case(PAIR, [{"id": "l", "from_bus": "a", "to_bus": "b", "reactance_pu": 0.06}], steps=2)
    bare = answer(case, {"demand/d": ("b", [-10.0, -900.0])})
    outcome = with_replay(case, bare)
    assert outcome.replay is not None
    assert outcome.digest == bare.digest
    _same(Outcome.read(outcome.write(tmp_path)).replay, outcome.replay)
    message = outcome_pb2.Outcome()
    message.ParseFromString(outcome_to_proto(outcome).SerializeToString())
    _same(outcome_from_proto(message).replay, outcome.replay)
    assert outcome_from_proto(outcome_to_proto(bare)).replay is None
    assert Outcome.read(bare.write(tmp_path / "bare")).replay is None
    assert json.loads((tmp_path / "outcome.json").read_text())["replay"]["holds"] is False


def feeder(replay_rule: str, network: str = "lindistflow", **bus: float) -> Case:
    """A grid connection at a, and a load of 0.6 p.u. at b, behind 0.02 + 0.06j."""
    document = {
        "name": "feeder",
        "horizon": {"start": "2025-01-01T00:00Z", "step_minutes": [60, 60]},
        "buses": [{"id": "a", "slack": True}, {"id": "b", **bus}],
        "components": {
            "grid_connection": [{"id": "g", "bus": "a", "import_max_mw": 100.0, "import_price_eur_per_mwh": 10.0}],
            "demand": [{"id": "d", "bus": "b", "demand_mw": 60.0}],
            "line": [{"id": "l", "from_bus": "a", "to_bus": "b", "resistance_pu": 0.02, "reactance_pu": 0.06}],
        },
        "policy": {"network": network, "replay": replay_rule},
    }
    return Builder(document, {}).case()


def test_solve_replays_what_the_policy_wants_and_says_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """LinDistFlow sees v^2 = 1 - 2 * 0.02 * 0.6, v = 0.98793; with the losses it is lower, as by the quadratic."""
    assert solve(feeder("never")).replay is None
    assert solve(feeder("auto", "dc")).replay is None
    seen = math.sqrt(1 - 2 * 0.02 * 0.6)
    truth, loss = by_hand(0.6, 0.0, 0.02, 0.06)
    outcome = solve(feeder("auto", voltage_min_pu=(seen + truth) / 2))
    assert outcome.replay is not None
    assert outcome.replay.voltage_pu[1] == pytest.approx(truth, abs=1e-8)
    assert outcome.replay.loss_beyond_answer_mw == pytest.approx(100 * loss, abs=1e-6)
    assert not outcome.replay.holds
    assert "replay" in outcome.seconds
    show_outcome(outcome, None)
    said = " ".join(capsys.readouterr().out.split())
    assert "AC power flow of 2 of 2 steps: FAILS" in said
    assert "warning: voltage at bus 'b'" in said
    assert summary_of(outcome, None)["replay"]["holds"] is False


def test_a_large_grid_is_solved_as_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every entry of the equations or with those that are not zero: the same voltages, some of them held."""
    lines = [
        {"id": f"l{end}", "from_bus": str(end // 2), "to_bus": str(end), "resistance_pu": 0.01, "reactance_pu": 0.03}
        for end in range(1, 31)
    ]
    buses = [{"id": str(place), "slack": place == 0, "voltage_set_pu": 1.01} for place in range(31)]
    free = {"reactive_min_mvar": -9.0, "reactive_max_mvar": 4.0}
    case = grid_case(buses, lines, steps=2, reactive=[{"id": str(b), "bus": str(b), **free} for b in (7, 30)])
    outcome = answer(case, {f"demand/{place}": (str(place), [-3.0, 0.5]) for place in range(1, 31)})
    one = replay(case, outcome)
    monkeypatch.setattr(newton, "_DENSE", 0)
    two = replay(case, outcome)
    assert one.converged.all()
    assert two.voltage_pu == pytest.approx(one.voltage_pu, abs=1e-10)
    assert one.voltage_pu[7, 1] == pytest.approx(1.01)
    assert one.voltage_pu[7, 0] < 1.005  # at its limit


def test_a_rolled_horizon_is_replayed_as_a_whole() -> None:
    rolled = roll(feeder("auto"), RollOptions(keep_hours=1.0, look_hours=1.0))
    assert len(rolled.windows) == 2
    assert rolled.outcome.replay is not None
    assert rolled.outcome.replay.voltage_pu[1] == pytest.approx(by_hand(0.6, 0.0, 0.02, 0.06)[0], abs=1e-8)
