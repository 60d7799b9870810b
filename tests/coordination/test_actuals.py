"""Plan and actual by hand: energies, deviations, balances and what deviations cost by the tariff."""

from __future__ import annotations

import numpy as np
import pytest

from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.coordination.actuals import compare
from c4e_opt.verify import ports_of

NAN = np.nan


@pytest.fixture
def case() -> Case:
    """A meter that buys at 100 and sells at 40, a house and a roof; half an hour, then an hour, then an hour."""
    document = {
        "name": "site",
        "horizon": {"start": "2025-01-01T00:00Z", "step_seconds": [1800, 3600, 3600]},
        "buses": [{"id": "el"}],
        "components": {
            "grid_connection": [
                {
                    "id": "meter",
                    "bus": "el",
                    "import_max_mw": 9,
                    "export_max_mw": 9,
                    "import_price_eur_per_mwh": 100,
                    "export_price_eur_per_mwh": 40,
                }
            ],
            "renewable": [{"id": "roof", "bus": "el", "available_mw": 4}],
            "demand": [{"id": "house", "bus": "el", "demand_mw": 3}],
        },
    }
    return Builder(document, {}).case()


PLANNED = np.array([[2.0, -1.0, NAN], [1.0, 4.0, NAN], [-3.0, -3.0, NAN]])
MEASURED = np.array([[3.0, 0.5, 1.0], [1.0, 2.0, NAN], [-4.0, NAN, NAN]])


def test_energies_and_deviations_by_hand(case: Case):
    """Meter, step 0: 2 MW for half an hour are 1 MWh planned, 1.5 measured, 50 % more. Step 1: -1 planned, 0.5 came."""
    assert [port[0] for port in ports_of(case)] == ["grid_connection", "renewable", "demand"]
    ports = compare(case, PLANNED, MEASURED, 0, 2).ports
    assert ports.labels["port"].tolist() == ["grid_connection/meter@el", "renewable/roof@el", "demand/house@el"]
    assert ports.values("planned_mwh").tolist() == [[1.0, -1.0, 0.0], [0.5, 4.0, 0.0], [-1.5, -3.0, 0.0]]
    assert ports.values("measured_mwh").tolist() == [[1.5, 0.5, 1.0], [0.5, 2.0, 0.0], [-2.0, 0.0, 0.0]]
    assert ports.values("deviation_mwh").tolist() == [[0.5, 1.5, 0.0], [0.0, -2.0, 0.0], [-0.5, 0.0, 0.0]]
    assert ports.values("deviation_ratio")[0].tolist() == [0.5, 1.5, 0.0]
    assert ports.values("is_planned").tolist() == [[1.0, 1.0, 0.0]] * 3
    assert ports.values("is_measured").tolist() == [[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    assert ports.values("deviation_sum_mwh").tolist() == [2.0, -2.0, -0.5]
    assert ports.values("planned_sum_mwh").tolist() == [0.0, 4.5, -1.5]
    assert ports.values("deviation_sum_ratio").tolist() == [0.0, -2.0 / 4.5, -0.5 / 1.5]


def test_a_deviation_costs_what_the_tariff_says(case: Case):
    """0.5 MWh more at 100 are 50; in step 1 the 40 of 1 MWh sold are lost and 0.5 MWh are bought at 100: 90."""
    told = compare(case, PLANNED, MEASURED, 0, 2)
    assert told.ports.values("deviation_cost_eur").tolist() == [[50.0, 90.0, 0.0], [0.0] * 3, [0.0] * 3]
    assert told.deviation_cost_eur == 140.0
    assert compare(case, PLANNED, MEASURED, 1, 1).deviation_cost_eur == 90.0


def test_a_bus_balances_where_every_port_was_read(case: Case):
    """1.5 + 0.5 - 2 MWh in step 0; the house was not read in step 1, and nothing but the meter in step 2."""
    buses = compare(case, PLANNED, MEASURED, 0, 2).buses
    assert buses.values("planned_balance_mwh").tolist() == [[0.0, 0.0, 0.0]]
    assert buses.values("measured_balance_mwh").tolist() == [[0.0, 0.0, 0.0]]
    assert buses.values("is_measured").tolist() == [[1.0, 0.0, 0.0]]
    assert buses.values("unread_ports").tolist() == [[0.0, 1.0, 2.0]]
    off = MEASURED.copy()
    off[2, 0] = -3.0  # the house took 1.5 MWh: half a MWh is lost, or a meter lies
    assert compare(case, PLANNED, off, 0, 0).buses.values("measured_balance_mwh").tolist() == [[0.5]]
