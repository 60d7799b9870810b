"""A program: AC load flows of files by pypowsybl (OpenLoadFlow), voltages by bus, with the slack that is asked for."""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    import pypowsybl.loadflow as loadflow
    import pypowsybl.network as network

    found: dict[str, Any] = {}
    for path, slack in json.loads(sys.stdin.read()):
        grid = network.load(path)
        provider = {
            "slackBusSelectionMode": "NAME", "slackBusesIds": slack, "maxVoltageMismatch": "1e-10",
            "newtonRaphsonStoppingCriteriaType": "UNIFORM_CRITERIA", "newtonRaphsonConvEpsPerEq": "1e-10",
        }  # fmt: skip
        parameters = loadflow.Parameters(
            distributed_slack=False, use_reactive_limits=True, provider_parameters=provider
        )
        loadflow.run_ac(grid, parameters)
        buses = grid.get_buses()
        found[path] = dict(zip(buses.index.tolist(), buses["v_mag"].tolist(), strict=True))
    print("c4e:" + json.dumps(found))


if __name__ == "__main__":
    main()
