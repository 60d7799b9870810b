"""A PyPSA network file (NetCDF) as tables of attributes, with PyPSA's defaults where the file says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import FloatArray
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue

#: Every list of components of PyPSA 1.4; those that are empty in a file do not matter.
LISTS = (
    "buses", "carriers", "loads", "generators", "links", "processes", "stores", "storage_units", "lines",
    "transformers", "global_constraints", "shunt_impedances", "sub_networks", "line_types", "transformer_types",
    "shapes",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One component of a network: what the file says of it, else the default that the caller names."""

    place: str  # list and name, for messages
    name: str
    fixed: Mapping[str, Any]
    varying: Mapping[str, FloatArray]

    def text(self, attribute: str, default: str = "") -> str:
        """A word; blank where the file has none."""
        content = self.fixed.get(attribute, default)
        return str(content) if isinstance(content, str) else default

    def number(self, attribute: str, default: float = 0.0) -> float:
        """One number; the default where the file has none."""
        return float(self.fixed.get(attribute, default))

    def flag(self, attribute: str, *, default: bool = False) -> bool:
        """True or false."""
        return bool(self.fixed.get(attribute, default))

    def series(self, attribute: str, default: float, steps: int) -> FloatArray:
        """One number per snapshot, (time,), whether the file says one or many."""
        if attribute in self.varying:
            return self.varying[attribute]
        return np.full(steps, float(self.fixed.get(attribute, default)))

    def says(self, attribute: str) -> bool:
        """Whether the file says anything of an attribute."""
        if attribute in self.varying:
            return True
        content = self.fixed.get(attribute)
        return content is not None and not (isinstance(content, float) and np.isnan(content))


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """What a file says, list by list; of a network with scenarios, what it says of one of them."""

    snapshots: NDArray[Any]  # (time,)
    weights: Mapping[str, FloatArray]  # objective, stores, generators -> (time,)
    rows: Mapping[str, tuple[Row, ...]]
    piecewise: Mapping[tuple[str, str], Mapping[str, FloatArray]]  # list, attribute -> name -> (breakpoint, 2)
    periods: NDArray[Any] | None = None  # investment period of every snapshot, (time,); None without such
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    scenario: str = ""
    probability: float = 1.0

    def of(self, name: str) -> Iterator[Row]:
        """The active components of a list, in order."""
        return (row for row in self.rows.get(name, ()) if row.flag("active", default=True))


def read_network_file(path: Path) -> tuple[NetworkFile, ...]:
    """Read a file.

    Returns:
        The network, or one for each of its scenarios.

    Raises:
        InvalidInput: It cannot be read, or is no network.
    """
    if find_spec("h5netcdf") is None:
        mend = "reading a PyPSA network needs the package h5netcdf: install c4e-opt with the extra pypsa"
        raise InvalidInput([Issue(str(path), "missing_package", mend)])
    xarray: Any = import_module("xarray")
    try:
        with xarray.open_dataset(path, engine="h5netcdf", decode_timedelta=False) as dataset:
            dataset.load()
    except FileNotFoundError:
        raise InvalidInput([Issue(str(path), "missing_file", "there is no such file")]) from None
    except Exception as error:  # the reader behind xarray raises what it likes
        message = f"is no NetCDF file that can be read: {error.__class__.__name__}"
        raise InvalidInput([Issue(str(path), "unreadable_file", message)]) from None
    if "snapshots" not in dataset.coords or "buses_i" not in dataset.coords:
        raise InvalidInput([Issue(str(path), "no_network", "has no snapshots or no buses; it is no PyPSA network")])
    if "scenario" not in dataset.coords:
        return (_network(dataset),)
    names = [str(name) for name in dataset["scenario"].values.tolist()]
    weights = dataset["scenario_weight"].values if "scenario_weight" in dataset else np.full(len(names), 1 / len(names))
    return tuple(
        replace(_network(dataset.isel(scenario=place)), scenario=name, probability=float(weights[place]))
        for place, name in enumerate(names)
    )


def _network(dataset: Any) -> NetworkFile:
    names = [str(name) for name in dataset.data_vars]
    moments = next(
        name for name in ("snapshots_snapshot", "snapshots_timestep", "snapshots") if name in (*names, "snapshots")
    )
    steps = dataset.sizes["snapshots"]
    weights = {
        key: np.asarray(dataset[f"snapshots_{key}"].values, np.float64)
        if f"snapshots_{key}" in names
        else np.ones(steps)
        for key in ("objective", "stores", "generators")
    }
    return NetworkFile(
        snapshots=dataset[moments].values,
        weights=weights,
        rows={name: _rows(dataset, name) for name in LISTS if f"{name}_i" in dataset.coords},
        piecewise={_pair(name): _curves(dataset, name) for name in names if "_pw_" in name},
        periods=dataset["snapshots_period"].values if "snapshots_period" in names else None,
        attributes=dict(dataset.attrs),
    )


def _pair(name: str) -> tuple[str, str]:
    """The list and the attribute of a piecewise variable: generators_pw_marginal_cost."""
    owner, _, attribute = name.partition("_pw_")
    return owner, attribute


def _curves(dataset: Any, name: str) -> dict[str, FloatArray]:
    """The points of every curve, (breakpoint, 2): part of the nominal power, and what holds there."""
    _, attribute = _pair(name)
    said = [str(each) for each in dataset[f"{name}_attr_i"].values.tolist()]
    order = [next(place for place, each in enumerate(said) if each != attribute), said.index(attribute)]
    content = dataset[name].transpose(f"{name}_i", "breakpoint", f"{name}_attr_i").values[:, :, order]
    found: dict[str, FloatArray] = {}
    for row, each in enumerate(map(str, dataset[f"{name}_i"].values.tolist())):
        points = np.asarray(content[row], np.float64)
        points = points[~np.isnan(points).any(axis=1)]
        found[each] = points[np.argsort(points[:, 0], kind="stable")]
    return found


def _rows(dataset: Any, name: str) -> tuple[Row, ...]:
    ids = [str(each) for each in dataset[f"{name}_i"].values.tolist()]
    fixed: list[dict[str, Any]] = [{} for _ in ids]
    varying: list[dict[str, FloatArray]] = [{} for _ in ids]
    place = {each: row for row, each in enumerate(ids)}
    for variable in map(str, dataset.data_vars):
        if not variable.startswith(f"{name}_"):
            continue
        attribute, content = variable.removeprefix(f"{name}_"), dataset[variable]
        if attribute.startswith("t_"):
            axis = f"{variable}_i"
            if axis in content.dims and "snapshots" in content.dims:
                whole = np.asarray(content.transpose("snapshots", axis).values, np.float64)
                for column, each in enumerate(map(str, dataset[axis].values.tolist())):
                    if each in place:
                        varying[place[each]][attribute.removeprefix("t_")] = whole[:, column]
        elif content.dims == (f"{name}_i",):
            for row, each in enumerate(content.values.tolist()):
                fixed[row][attribute] = each
    return tuple(Row(f"{name}.{each}", each, fixed[row], varying[row]) for row, each in enumerate(ids))
