"""Networks of pandapower (JSON) as cases, read by pandapower itself (extra `pandapower`) in a process of its own.

A network knows one moment, so its case has one step of an hour. What it says means:
    buses         those of the equations: closed switches make them one
    branches      per unit as pandapower computes them, with taps, shifts and magnetisation; transformers of three
                  windings and extended wards have an inner bus; limits from max_i_ka * df * parallel * kV * sqrt 3, or
                  from rated powers, times max_loading_percent where that is given
    loads         demands with fixed reactive power, as are motors, wards and the sum of three phases; the part of them
                  that depends on voltage is read as constant power
    sgen          a renewable of that power, which may be curtailed where it is controllable; a generator within its
                  limits where it has costs or may take power
    gen           a generator within its limits, or of its power where it has none or is not controllable; holds the
                  voltage of its bus
    ext_grid      a grid connection at a slack bus, its price the linear cost, to buy and to sell; a generator there
                  where the cost is not linear or the least power above 0
    storage       a battery of its sizes, with half of the losses either way
    dcline        a tie, with its constant loss as a demand
    costs         linear, quadratic (continuous problems) and piecewise, for generators and grid connections

Refused: branches with other impedances one way than the other, DC buses and converters, static compensators, costs of
anything else. Left out by name: what is out of service or has no supply.

Source: pandapower 3, documentation of elements, https://pandapower.readthedocs.io/en/latest/elements.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from c4e_opt.case.case import Case
from c4e_opt.case.readers.draft import START, one_step
from c4e_opt.case.readers.outside import Program, tables_of_file
from c4e_opt.case.readers.pandapower import branches, costs, devices, plants
from c4e_opt.case.readers.pandapower.network import Network

PROGRAM = Program(
    file=Path(__file__).with_name("extract.py"), package="pandapower", extra="pandapower", what="a pandapower network"
)


def read_pandapower(path: str | Path) -> Case:
    """Read a network that pandapower has written with `to_json`.

    Args:
        path: The file.

    Returns:
        The case, checked, with notes of what was passed over and assumed.

    Raises:
        InvalidInput: It cannot be read, or uses what has no counterpart; everything of that is named.
    """
    return case_of(*tables_of_file(PROGRAM, path))


def case_of(tables: Mapping[str, Any], name: str) -> Case:
    """The case that the tables of `extract` describe.

    Raises:
        InvalidInput: They use what has no counterpart, or numbers that are none.
    """
    network = Network(tables, one_step(START))
    network.draft.assume(
        "horizon", "a network tells no moment: the case has one step of an hour from 2000-01-01T00:00Z"
    )
    return built(network, name)


def built(network: Network, name: str) -> Case:
    """The case of a network, whatever its horizon."""
    draft = network.draft
    branches.read(network)
    devices.read(network)
    told = costs.read(network)
    plants.read(network, told)
    draft.pass_over("tables", "tables hold objects that act on the network and are left out", network.left_out)
    if not told:
        draft.assume(
            "costs", "no costs are told: power costs 0, but for what is lost; give costs to choose between sources"
        )
    return network.finish(name)
