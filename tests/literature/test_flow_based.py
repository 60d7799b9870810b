"""Flow-based constraints with every bus as a zone are the linear power flow: the five buses of PJM, as published.

Source: data of case5 of MATPOWER; cost, dispatch and the prices of C and E as published with its lossless power flow,
https://prep-next.github.io/PREP-SHOT/en/latest/PJM5.html; those of A, B and D follow from them by the shift factors of
the one line at its limit, and are those of Li, Bo (2010), Small test systems for power system economic studies,
https://doi.org/10.1109/PES.2010.5589973.
"""

from __future__ import annotations

import numpy as np
import pytest

from c4e_opt import solve
from tests.unit.small_cases import generator, load, margin, small_case

ZONES = ("A", "B", "C", "D", "E")
#: Ends and reactance of every line.
LINES = (
    ("A", "B", 0.0281), ("A", "D", 0.0304), ("A", "E", 0.0064), ("B", "C", 0.0108), ("C", "D", 0.0297),
    ("D", "E", 0.0297),
)  # fmt: skip
#: Bus, MW and price per MWh of every unit.
UNITS = (("A", 40.0, 14.0), ("A", 170.0, 15.0), ("C", 520.0, 30.0), ("D", 200.0, 40.0), ("E", 600.0, 10.0))
DEMAND = {"B": 300.0, "C": 300.0, "D": 400.0}


def zone_to_hub(hub: str) -> dict[tuple[str, str], dict[str, float]]:
    """PTDF of every line, from the reactances, with one zone as the hub."""
    place = {zone: n for n, zone in enumerate(ZONES)}
    ends = np.zeros((len(LINES), len(ZONES)))
    for row, (start, end, _) in enumerate(LINES):
        ends[row, place[start]], ends[row, place[end]] = 1.0, -1.0
    weighed = ends / np.array([reactance for _, _, reactance in LINES])[:, None]
    others = [n for n in range(len(ZONES)) if n != place[hub]]
    ptdf = np.zeros(ends.shape)
    ptdf[:, others] = weighed[:, others] @ np.linalg.inv((ends.T @ weighed)[np.ix_(others, others)])
    return {
        (start, end): dict(zip(ZONES, ptdf[row].tolist(), strict=True)) for row, (start, end, _) in enumerate(LINES)
    }


@pytest.mark.parametrize("hub", ["A", "D"])
def test_prices_of_the_five_buses_of_pjm_are_those_published(hub: str) -> None:
    """Whichever zone PTDF are counted to; no price but three is an offer."""
    ptdf = zone_to_hub(hub)
    case = small_case(
        (60,),
        buses=[{"id": zone} for zone in ZONES],
        generator=[
            generator(id=f"{zone}{n}", bus=zone, power_max_mw=most, cost_eur_per_mwh=cost)
            for n, (zone, most, cost) in enumerate(UNITS)
        ],
        demand=[load(power, zone) for zone, power in DEMAND.items()],
        flow_based_constraint=[
            margin("DE", ptdf["D", "E"], ram_mw=240.0, ram_backward_mw=240.0),
            margin("AB", ptdf["A", "B"], ram_mw=400.0, ram_backward_mw=400.0),
        ],
    )
    outcome = solve(case)
    assert outcome.objective == pytest.approx(17479.89, abs=0.01)
    assert outcome.schedule_table.values("generator_power_mw")[:, 0] == pytest.approx(
        [40.0, 170.0, 323.49, 0.0, 466.51], abs=0.01
    )
    found = outcome.price_table.values("price_eur_per_mwh")[:, 0]
    assert found == pytest.approx([16.98, 26.38, 30.0, 39.94, 10.0], abs=0.005)
