"""Operating envelopes of two points on wires of 0.1 + 0.2j behind a slack at 1 per unit, per unit of 1 MVA."""

from __future__ import annotations

import numpy as np
import pytest

from c4e_opt import InvalidInput, NoSolution
from c4e_opt.study.envelopes import operating_envelopes
from tests.unit.feeders import feeder, load, var, wire

ROW = [wire(), wire("1", "2")]
DEMANDS = [load(power=[0.1, 0.2]), load("2", 0.1)]


def test_a_fair_share_is_the_same_everywhere_where_voltage_binds() -> None:
    """1.1^2 - 1 = 0.21 = 0.2 * (E + E) + 0.2 * E; the AC power flow stays below, and imports need a tighter band."""
    found = operating_envelopes(feeder(steps=2, line=ROW, demand=DEMANDS))
    assert found.point.tolist() == ["1", "2"]
    assert found.export_max_mw == pytest.approx(np.full((2, 2), 0.35), abs=1e-6)
    assert found.holds
    # 1 - 0.9^2 = 0.19 = 0.6 * I in the linear model, which loses nothing: 0.317 would be too much.
    assert np.ptp(found.import_max_mw) < 1e-6
    assert 0.2 < found.import_max_mw[0, 0] < 0.317
    assert 0.9 <= found.lowest_pu.min() < 0.903


def test_the_largest_sum_goes_to_the_nearer_point() -> None:
    """0.2 * E1 + 0.4 * E2 <= 0.21: all to the first, up to its own 1 MW, the rest to the second."""
    found = operating_envelopes(feeder(line=ROW, demand=[load(power=0.1), load("2", 0.1)]), share="sum", most_mw=1.0)
    assert found.export_max_mw[:, 0] == pytest.approx([1.0, 0.025], abs=1e-6)


def test_a_limit_of_a_line_counts_both_corners_and_what_is_fixed() -> None:
    """Point 2 alone; a demand of 0.1 at bus 1 leaves room for its export and takes it from its import."""
    lines = [wire(limit_mw=0.2), wire("1", "2")]
    case = feeder(line=lines, demand=[load(power=0.1)])
    found = operating_envelopes(case, ["2"], samples=4)
    assert found.export_max_mw[0, 0] == pytest.approx(0.3, abs=1e-2)
    assert found.import_max_mw[0, 0] == pytest.approx(0.1, abs=1e-2)
    assert found.loading.max() <= 1.0 + 1e-4


def test_reactive_power_of_points_and_of_what_is_fixed_moves_the_voltage() -> None:
    """0.1 * E + 0.2 * (-0.25 * E) - 0.2 * 0.1 = 0.105 allows 2.5, more than the 2 MW of the point; without, 1.25."""
    case = feeder(line=[wire()], demand=[load("1", 0.0)], reactive=[var("1", -0.1)])
    found = operating_envelopes(case, ["1"], ratio=-0.25, most_mw=2.0, samples=0)
    assert found.export_max_mw[0, 0] == pytest.approx(2.0)
    plain = operating_envelopes(case, ["1"], most_mw=2.0, samples=0)
    assert plain.export_max_mw[0, 0] == pytest.approx(1.25, abs=1e-3)


def test_samples_are_the_same_every_time_and_the_dataset_tells_the_limits() -> None:
    case = feeder(line=ROW, demand=[load(power=0.1), load("2", 0.1)])
    one, two = (operating_envelopes(case, samples=3) for _ in range(2))
    assert one.export_max_mw.tobytes() == two.export_max_mw.tobytes()
    assert one.dataset()["import_max_mw"].dims == ("point", "time")


@pytest.mark.parametrize(
    ("lines", "points", "words"),
    [
        ([wire(), wire("1", "2"), wire("2", "0")], None, "form a loop"),
        ([wire(tap_min_ratio=0.9, tap_max_ratio=1.1)], None, "fix the tap_ratio"),
        ([wire()], ["x"], "'x'"),
    ],
)
def test_what_the_study_does_not_know_is_refused(lines: list[dict[str, object]], points: object, words: str) -> None:
    case = feeder("dc" if len(lines) > 1 else "lindistflow", line=lines, demand=[load()])
    with pytest.raises(InvalidInput, match=words):
        operating_envelopes(case, points)  # pyright: ignore[reportArgumentType]


def test_a_battery_at_another_bus_is_refused_by_name() -> None:
    battery = {"id": "b", "bus": "1", "charge_max_mw": 1.0, "discharge_max_mw": 1.0, "energy_max_mwh": 1.0}
    case = feeder(line=ROW, demand=DEMANDS[:0], battery=[{**battery, "energy_start_mwh": 0.0}])
    with pytest.raises(InvalidInput, match="'b' is at bus '1', which is no connection point"):
        operating_envelopes(case, ["2"])


def test_a_feeder_that_leaves_its_band_by_itself_has_no_envelopes() -> None:
    with pytest.raises(NoSolution, match="although no point gives or takes"):
        operating_envelopes(feeder(line=ROW, demand=[load(power=1.0)]), ["2"])
