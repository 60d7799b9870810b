"""CHPs with a region or segments and boilers with rules cross the seams of a rolling horizon."""

from __future__ import annotations

import numpy as np

from c4e_opt.coordination.rolling import RollOptions, roll
from tests.unit.small_cases import boiler, chp, grid, load, meter, small_case
from tests.unit.test_chp_shapes import FALLING, PLAIN, region


def test_what_was_reached_in_a_window_binds_in_the_next() -> None:
    """A boiler that rises by 0.2 an hour, a region with ramps, and segments in every window."""
    region_ = region((0.5, 0.0, 1.0), (0.4, 0.4, 1.0), (0.0, 0.0, 0.0), ramp_up_ratio_per_hour=0.25)
    case = small_case(
        (60,) * 6,
        grid_connection=[grid([100, 90, -50, 80, 95, 60]), meter(30)],
        demand=[load(1.0), load([1.0, 1.2, 0.9, 1.0, 1.1, 1.0], "h")],
        boiler=[
            boiler(
                id="slow", heat_max_mw=1.0, ramp_up_ratio_per_hour=0.2, load_initially_ratio=0.0, start_cost_eur=1.0
            ),
            boiler(id="dear", efficiency=0.4, minimum_load_ratio=0.001),
        ],
        chp=[
            chp(**PLAIN, **region_, id="region", load_initially_ratio=0.0, minimum_up_hours=2.0),
            chp(**PLAIN, **FALLING, id="segments"),
        ],
    )
    whole, rolled = (
        roll(case, RollOptions(keep_hours=keep, look_hours=look)).outcome for keep, look in ((6, 6), (2, 3))
    )
    for outcome in (whole, rolled):
        assert outcome.certificate is not None
        assert outcome.certificate.holds, outcome.certificate.broken
    table = rolled.schedule_table
    assert np.diff(table.values("boiler_heat_mw")[0]).max() <= 0.2 + 1e-9
    assert table.values("chp_vertex_share").shape == (3, 6)
    assert table.values("chp_segment_mw").shape == (2, 6)
