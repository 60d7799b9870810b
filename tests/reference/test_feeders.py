"""Random feeders beside the branch flow equations written the textbook way in cvxpy: objective, voltages and prices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from c4e_opt import Case, solve
from tests.unit.feeders import feeder

cp: Any = pytest.importorskip("cvxpy")

BUSES, STEPS = 7, 3


def drawn(seed: int, network: str) -> Case:
    """A random tree with loads, suns, a battery, two limits and tight voltages; the grid's price changes."""
    rng = np.random.default_rng(seed)
    buses: list[dict[str, Any]] = [{"id": "0", "slack": True, "voltage_set_pu": 1.02}]
    lines: list[dict[str, Any]] = []
    demands: list[dict[str, Any]] = []
    reactive: list[dict[str, Any]] = []
    suns: list[dict[str, Any]] = []
    for bus in range(1, BUSES):
        buses.append({"id": str(bus), "voltage_min_pu": 0.9, "voltage_max_pu": 1.05})
        ends = [str(int(rng.integers(bus))), str(bus)]
        start, end = ends if rng.random() < 0.7 else ends[::-1]
        lines.append(
            {"id": f"l{bus}", "from_bus": start, "to_bus": end, "resistance_pu": float(rng.uniform(0.01, 0.06)),
             "reactance_pu": float(rng.uniform(0.005, 0.05))}
        )  # fmt: skip
        demands.append({"id": f"d{bus}", "bus": str(bus), "demand_mw": rng.uniform(0.02, 0.2, STEPS).tolist()})
        reactive.append({"id": f"q{bus}", "member": f"demand/d{bus}", "ratio": float(rng.uniform(0.1, 0.5))})
        if rng.random() < 0.5:
            suns.append({"id": f"s{bus}", "bus": str(bus), "available_mw": rng.uniform(0.1, 1.5, STEPS).tolist()})
    battery = {
        "id": "b", "bus": str(BUSES - 1), "charge_max_mw": 0.3, "discharge_max_mw": 0.3, "energy_max_mwh": 0.5,
        "energy_start_mwh": 0.1, "charge_efficiency": 0.95, "discharge_efficiency": 0.9,
    }  # fmt: skip
    grid = {"import_price_eur_per_mwh": rng.uniform(40, 120, STEPS).tolist(), "export_price_eur_per_mwh": 20.0}
    grid |= {"id": "market", "bus": "0", "import_max_mw": 9.0, "export_max_mw": 9.0}
    generator = {"id": "g", "bus": "0", "power_max_mw": 0.0}  # nothing
    case = feeder(
        network, steps=STEPS, buses=buses, line=lines, demand=demands, reactive=reactive, renewable=suns,
        battery=[battery], grid_connection=[grid], generator=[generator],
    )  # fmt: skip
    rest = tuple(each for each in case.components["grid_connection"] if each.id == "market")
    object.__setattr__(case, "components", {**case.components, "grid_connection": rest})
    return case


def textbook(case: Case, *, losses: bool) -> tuple[float, Any, Any]:
    """Least cost, voltages (bus, step) and prices (bus, step)."""
    lines, count = case.components["line"], BUSES
    start = np.array([int(line.from_bus) for line in lines])
    end = np.array([int(line.to_bus) for line in lines])
    ohm = np.array([line.resistance_pu for line in lines])[:, None]
    react = np.array([line.reactance_pu for line in lines])[:, None]
    leave, arrive = np.zeros((count, len(lines))), np.zeros((count, len(lines)))
    leave[start, np.arange(len(lines))], arrive[end, np.arange(len(lines))] = 1.0, 1.0
    power, across = cp.Variable((len(lines), STEPS)), cp.Variable((len(lines), STEPS))
    squared, current = cp.Variable((count, STEPS)), cp.Variable((len(lines), STEPS), nonneg=True)
    root, slack = cp.Variable(STEPS), cp.Variable(STEPS)
    bought, sold = cp.Variable(STEPS, nonneg=True), cp.Variable(STEPS, nonneg=True)
    charge, discharge = cp.Variable(STEPS, nonneg=True), cp.Variable(STEPS, nonneg=True)
    suns = case.components.get("renewable", ())
    sun = cp.Variable((max(len(suns), 1), STEPS), nonneg=True)
    given, reactive = np.zeros((count, STEPS)), np.zeros((count, STEPS))
    for demand, record in zip(case.components["demand"], case.components["reactive"], strict=True):
        given[int(demand.bus)] -= demand.demand_mw
        reactive[int(demand.bus)] -= record.ratio * np.asarray(demand.demand_mw)
    place = np.zeros((count, max(len(suns), 1)))
    for row, each in enumerate(suns):
        place[int(each.bus), row] = 1.0
    first, last = np.eye(count)[:, :1], np.eye(count)[:, count - 1 :]
    wide = cp.reshape(discharge - charge, (1, STEPS), order="C")
    balance = (
        given + place @ sun + first @ cp.reshape(root, (1, STEPS), order="C") + last @ wide
        - leave @ power + arrive @ (power - cp.multiply(ohm, current)) == 0
    )  # fmt: skip
    laws = [
        balance,
        reactive + first @ cp.reshape(slack, (1, STEPS), order="C") - leave @ across
        + arrive @ (across - cp.multiply(react, current)) == 0,
        arrive.T @ squared == leave.T @ squared - 2 * (cp.multiply(ohm, power) + cp.multiply(react, across))
        + cp.multiply(ohm**2 + react**2, current),
        squared[0] == 1.02**2, squared[1:] >= 0.81, squared[1:] <= 1.05**2, root == bought - sold,
        charge <= 0.3, discharge <= 0.3,
        sun <= (np.array([np.broadcast_to(each.available_mw, STEPS) for each in suns]) if suns else 0.0),
    ]  # fmt: skip
    energy = 0.1 + cp.cumsum(0.95 * charge - discharge / 0.9)
    laws += [energy >= 0, energy <= 0.5]
    if losses:
        near = leave.T @ squared
        for line in range(len(lines)):
            for step in range(STEPS):
                tail = cp.hstack(
                    [2 * power[line, step], 2 * across[line, step], current[line, step] - near[line, step]]
                )
                laws.append(cp.norm(tail) <= current[line, step] + near[line, step])
    else:
        laws.append(current == 0)
    grid = case.components["grid_connection"][0]
    problem = cp.Problem(cp.Minimize(grid.import_price_eur_per_mwh @ bought - 20.0 * cp.sum(sold)), laws)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    return float(problem.value), np.sqrt(squared.value), -balance.dual_value


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("network", ["lindistflow", "socp"])
def test_a_random_feeder_agrees_in_cost_and_prices(seed: int, network: str) -> None:
    case = drawn(seed, network)
    outcome = solve(case)
    cost, _, prices = textbook(case, losses=network == "socp")
    assert outcome.objective == pytest.approx(cost, abs=1e-6)
    ours = outcome.price_table.values("price_eur_per_mwh")
    order = [outcome.price_table.labels["bus"].tolist().index(str(bus)) for bus in range(BUSES)]
    assert ours[order] == pytest.approx(prices, abs=2e-2)
    parts = [outcome.price_table.values(f"{part}_eur_per_mwh") for part in ("energy", "congestion", "loss", "voltage")]
    assert np.sum(parts, axis=0) == pytest.approx(ours, abs=1e-9)
    if network == "lindistflow":
        assert parts[2] == pytest.approx(0.0, abs=1e-6)
        assert np.abs(parts[1]).max() < 1e-6
