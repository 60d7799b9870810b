"""PyPSA networks written by hand: the file format of `export_to_netcdf`, without PyPSA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray


def write_network(
    path: Path,
    steps: int,
    lists: Mapping[str, Mapping[str, Sequence[Any]]],
    varying: Mapping[tuple[str, str], Mapping[str, Sequence[float]]] | None = None,
    weights: Mapping[str, Sequence[float]] | None = None,
) -> Path:
    """Write a network.

    Args:
        path: The file.
        steps: Number of snapshots.
        lists: List -> attribute -> one content per component; `name` names them.
        varying: List, attribute -> component -> one number per snapshot.
        weights: objective, stores, generators -> one number per snapshot; 1 when absent.
    """
    coordinates: dict[str, Any] = {"snapshots": np.arange(steps)}
    variables: dict[str, Any] = {
        f"snapshots_{key}": ("snapshots", list((weights or {}).get(key, [1.0] * steps)))
        for key in ("objective", "stores", "generators")
    }
    for name, attributes in lists.items():
        axis = f"{name}_i"
        coordinates[axis] = list(attributes["name"])
        variables |= {f"{name}_{key}": (axis, list(values)) for key, values in attributes.items() if key != "name"}
    for (name, attribute), columns in (varying or {}).items():
        axis = f"{name}_t_{attribute}_i"
        coordinates[axis] = list(columns)
        variables[f"{name}_t_{attribute}"] = (("snapshots", axis), np.array(list(columns.values())).T)
    network: Any = xarray.Dataset(variables, coordinates)
    network.to_netcdf(path, engine="h5netcdf")
    return path
