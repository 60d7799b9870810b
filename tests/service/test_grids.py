"""Cases with lines through a real service: the same answer, its limits and price parts, and the rent on the ledger."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from c4e_opt import read_case, solve
from c4e_opt.case import Case
from c4e_opt.errors import InvalidInput
from c4e_opt.settlement import settle
from c4e_server.client import Client

pytestmark = pytest.mark.xdist_group("solve")
CASES = Path(__file__).parents[2] / "cases"


@pytest.fixture(scope="module", params=["meshed_day", "feeder_day"])
def case(request: pytest.FixtureRequest) -> Case:
    return read_case(CASES / request.param)


def test_a_grid_comes_back_with_all_its_tables(client: Client, case: Case):
    here = solve(case)
    there = client.solve(case, settlement="statement")
    assert there.outcome.case_digest == case.digest()
    assert there.outcome.digest == here.digest
    assert set(there.outcome.limit_table.quantities) == set(here.limit_table.quantities)
    for name, table in here.tables.items():
        other = there.outcome.tables[name]
        assert {text: words.tolist() for text, (_, words) in table.texts.items()} == {
            text: words.tolist() for text, (_, words) in other.texts.items()
        }
        for quantity, content in table.quantities.items():
            np.testing.assert_array_equal(other.values(quantity), content.values)
    assert there.statement == settle(case, here)
    assert (there.outcome.replay is None) == (here.replay is None)


def test_a_grid_is_submitted_settled_and_its_rent_posted(client: Client):
    case = read_case(CASES / "meshed_day")
    case = replace(case, name=f"meshed-{uuid.uuid4().hex[:8]}")
    job = client.submit(case, request_id=uuid.uuid4().hex, settlement="post")
    *_, last = client.watch(job.request_id)
    solved = client.result(last.request_id)
    assert solved.outcome.certificate is not None
    assert solved.outcome.certificate.holds
    assert solved.statement is not None
    balances = solved.statement.balances()
    assert sum(each["EUR"] for each in balances.values()) == 0
    # What lines earn between cheap and dear buses, and the connection at its limit; see cases/meshed_day/README.md.
    assert balances["system"]["EUR"] == 18_163_936


def test_a_network_model_that_does_not_fit_the_grid_is_told_with_its_place(client: Client):
    case = read_case(CASES / "meshed_day")
    wrong = replace(case, policy=replace(case.policy, network="lindistflow"))
    with pytest.raises(InvalidInput) as caught:
        client.solve(wrong)
    assert any(issue.path == "components.line" and "loop" in issue.message for issue in caught.value.issues)
