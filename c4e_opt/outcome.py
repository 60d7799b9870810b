"""The answer to a case: termination, schedule, flows, prices, orders, certificate, and what it took to get them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from c4e_opt.arrays import FloatArray
from c4e_opt.digest import Digest
from c4e_opt.errors import InvalidInput, NoSolution
from c4e_opt.issues import Issue
from c4e_opt.replayed import Replay
from c4e_opt.units import unit_of
from c4e_solvers import Limit, Reason, Termination

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, slots=True)
class Quantity:
    """One result: its axes by name, its numbers over them, its unit and what it is."""

    axes: tuple[str, ...]
    values: FloatArray
    unit: str
    doc: str


@dataclass(frozen=True, slots=True)
class Table:
    """Results over shared axes, and texts that describe the labels of an axis."""

    labels: Mapping[str, NDArray[Any]]  # axis -> its labels
    quantities: Mapping[str, Quantity]
    texts: Mapping[str, tuple[str, NDArray[np.str_]]] = field(default_factory=dict[str, tuple[str, NDArray[np.str_]]])

    def values(self, name: str) -> FloatArray:
        """The numbers of one quantity; a KeyError names what there is."""
        if name not in self.quantities:
            raise KeyError(f"{name!r} is not among {', '.join(self.quantities)}")
        return self.quantities[name].values

    def dataset(self) -> xarray.Dataset:
        """The same as an `xarray.Dataset`, with `units` and `long_name` on every variable."""
        import xarray

        coordinates: dict[str, Any] = {axis: (axis, labels) for axis, labels in self.labels.items()}
        coordinates |= {name: (axis, words, {"long_name": name}) for name, (axis, words) in self.texts.items()}
        if "time" in self.labels:
            note = {"long_name": "start of the step, UTC"}
            coordinates["time"] = ("time", self.labels["time"].astype("datetime64[ns]"), note)
        variables = {
            name: (quantity.axes, quantity.values, {"units": quantity.unit, "long_name": quantity.doc})
            for name, quantity in self.quantities.items()
        }
        return xarray.Dataset(variables, coordinates)


EMPTY = Table({}, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """How far an answer is from one law, at its worst place."""

    law: str
    largest: float  # absolute, in `unit`
    unit: str
    tolerance: float  # in `unit`
    where: str  # the worst place, in the words of the case

    @property
    def holds(self) -> bool:
        """Whether the law is fulfilled within its tolerance; not a number never is."""
        return self.largest <= self.tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Every law recomputed from the case and the answer alone."""

    residuals: tuple[Residual, ...]

    @property
    def holds(self) -> bool:
        """Whether every law is fulfilled."""
        return all(residual.holds for residual in self.residuals)

    @property
    def broken(self) -> tuple[Residual, ...]:
        """The laws that are not fulfilled."""
        return tuple(residual for residual in self.residuals if not residual.holds)

    def to_json(self) -> dict[str, Any]:
        """Whether all holds, and the worst residual of every law."""
        return {"holds": self.holds, "residuals": [asdict(residual) for residual in self.residuals]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A law or a limit that a clash cannot do without, at one place in neighbouring steps."""

    kind: str  # "law", or "limit" of a variable
    name: str  # of the law or the variable in the programme, such as "boiler_heat_mw"
    place: str  # bus, component …; "120 batteries" where there are very many
    first: str  # start of the first step, UTC
    last: str  # start of the last step
    side: str  # which bound: "lower", "upper", "both", or "integral" for on or off and nothing between
    least: float  # smallest of the bounds of these steps, in `unit`; 0 for "integral"
    most: float  # largest of them
    unit: str  # empty where a law has none of its own
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """One law that cannot be kept, by how much, and what it clashes with, in the words of the case."""

    law: str
    place: str  # bus, component …
    first: str  # start of the first step, UTC
    last: str  # start of the last step
    largest: float
    unit: str
    message: str
    participants: tuple[Participant, ...] = ()  # these cannot all hold, the law among them; empty where unknown
    proven: bool = False  # whether without any one of the participants the others were shown to have a solution


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondObjective:
    """What was made least among the schedules that cost little more than the least."""

    name: str  # "emissions", or a term of the objective
    unit: str
    least: float  # what it is in this answer
    at_least_cost: float  # what it was at the least cost
    least_cost: float  # the objective of that schedule, in the currency
    allowed_cost: float  # what this one might cost, in the currency


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """The answer to a case; complete enough to be verified and settled without solving again."""

    case_name: str
    case_digest: str
    currency: str
    termination: Termination
    objective: float | None = None  # cost minus order welfare, minimised, in the currency
    bound: float | None = None  # no schedule can cost less
    welfare: float | None = None  # of the orders alone; None when there are none
    terms: Mapping[str, float] = field(default_factory=dict[str, float])  # the objective, term by term
    price_rule: str = "marginal"
    price_basis: str = ""  # "of the convex problem", "of the fixed commitment", "of the least cost" …
    second: SecondObjective | None = None
    solver: str = ""
    size: Mapping[str, int] = field(default_factory=dict[str, int])
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    schedule_table: Table = EMPTY
    flow_table: Table = EMPTY
    price_table: Table = EMPTY
    order_table: Table = EMPTY
    limit_table: Table = EMPTY
    uplift_table: Table = EMPTY
    certificate: Certificate | None = None
    replay: Replay | None = None  # by an AC power flow, where the policy wants it; no part of the answer
    clashes: tuple[Clash, ...] = ()
    warnings: tuple[Issue, ...] = ()  # what looks wrong with the case, where the caller asked; no part of the answer

    @property
    def has_schedule(self) -> bool:
        """Whether there is a schedule, optimal or merely feasible."""
        return self.objective is not None

    @property
    def gap(self) -> float | None:
        """(objective - bound) / |objective|, a ratio; None without both."""
        if self.objective is None or self.bound is None:
            return None
        distance = max(self.objective - self.bound, 0.0)
        return distance / max(abs(self.objective), 1e-9) if distance else 0.0

    @cached_property
    def schedule(self) -> xarray.Dataset:
        """Every variable of the components, dims (entity, time): power in MW, energy at the end of the step in MWh."""
        return self._dataset(self.schedule_table)

    @cached_property
    def flows(self) -> xarray.Dataset:
        """Power of every port into its bus, (port, time), with kind, component and bus of the port."""
        return self._dataset(self.flow_table)

    @cached_property
    def prices(self) -> xarray.Dataset:
        """Price of every bus and step, positive when one more MWh costs more."""
        return self._dataset(self.price_table)

    @cached_property
    def orders(self) -> xarray.Dataset:
        """Energy accepted of every order and the price that it clears at."""
        return self._dataset(self.order_table)

    @cached_property
    def uplift(self) -> xarray.Dataset:
        """What everybody who decides something earns and loses at the prices, and is paid besides, (participant,)."""
        return self._dataset(self.uplift_table)

    @cached_property
    def limits(self) -> xarray.Dataset:
        """Limits of lines and interfaces that bind, with their shadow prices, (limit,)."""
        return self._dataset(self.limit_table)

    def _dataset(self, table: Table) -> xarray.Dataset:
        if not self.has_schedule:
            raise NoSolution(f"case {self.case_name!r}: {self.termination.reason}; there is no schedule")
        dataset = table.dataset()
        for variable in dataset.variables.values():
            if "units" in variable.attrs:
                variable.attrs["units"] = variable.attrs["units"].replace("EUR", self.currency)
        return dataset

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the answer; run times are not part of it."""
        digest = Digest(b"c4e-opt outcome 1")
        reason, limit = self.termination.reason, self.termination.limit
        for word in (self.case_digest, self.currency, str(reason), str(limit), self.price_rule, self.price_basis):
            digest.word(word)
        for number in (self.objective, self.bound, self.welfare):
            digest.number(number)
        for table in self.tables.values():
            for name, quantity in table.quantities.items():
                digest.word(f"{name} {quantity.axes}")
                digest.array(quantity.values)
            for axis, labels in sorted(table.labels.items()):
                digest.word(axis)
                digest.array(labels.astype(np.int64) if labels.dtype.kind == "M" else labels)
        return digest.hex()

    def __eq__(self, other: object) -> bool:
        """Outcomes are equal when their digests are; run times do not count."""
        return self is other or (isinstance(other, Outcome) and self.digest == other.digest)

    def __hash__(self) -> int:
        """By the digest."""
        return hash(self.digest)

    @property
    def tables(self) -> dict[str, Table]:
        """The tables of results, by name."""
        return {
            "schedule": self.schedule_table,
            "flows": self.flow_table,
            "prices": self.price_table,
            "orders": self.order_table,
            "limits": self.limit_table,
            "uplift": self.uplift_table,
        }

    def summary(self) -> dict[str, Any]:
        """What `--json` prints and `outcome.json` holds: everything but the tables."""
        summary: dict[str, Any] = {
            "case": self.case_name,
            "currency": self.currency,
            "termination": {
                "reason": str(self.termination.reason),
                "limit": str(self.termination.limit),
                "detail": self.termination.detail,
            },
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "terms": dict(self.terms),
            "prices": {"rule": self.price_rule, "basis": self.price_basis},
            "solver": self.solver,
            "size": dict(self.size),
            "seconds": dict(self.seconds),
            "certificate": None if self.certificate is None else self.certificate.to_json(),
            "replay": None if self.replay is None else self.replay.to_json(),
            "clashes": [asdict(clash) for clash in self.clashes],
            "warnings": [asdict(warning) for warning in self.warnings],
            "digest": {"case": self.case_digest, "outcome": self.digest},
        }
        if self.welfare is not None:
            summary["welfare"] = self.welfare
        if self.second is not None:
            summary["second_objective"] = asdict(self.second)
        return summary

    def with_seconds(self, **phases: float) -> Outcome:
        """The same answer with more phases timed."""
        return replace(self, seconds={**phases, **self.seconds})

    def to_netcdf(self, path: str | Path) -> Path:
        """Write the whole answer into one NetCDF file, from which `Outcome.read` restores it.

        Args:
            path: The file; its folder must exist.
        """
        xarray: Any = import_module("xarray")
        whole = xarray.Dataset(attrs={"summary": json.dumps(self.summary(), sort_keys=True)})
        replayed = {} if self.replay is None else {"replay": replay_table(self.replay)}
        for name, table in (self.tables | replayed).items():
            part = table.dataset()
            whole = whole.merge(part, join="exact")
            whole.attrs[name] = " ".join(table.quantities)
        encoding = {"time": {"units": "seconds since 1970-01-01", "dtype": "float64"}} if "time" in whole.coords else {}
        whole.to_netcdf(path, engine="scipy", format="NETCDF3_64BIT", encoding=encoding)
        return Path(path)

    def write(self, folder: str | Path) -> Path:
        """Write `outcome.nc` (everything) and `outcome.json` (the summary) into a folder, made when missing."""
        where = Path(folder)
        where.mkdir(parents=True, exist_ok=True)
        self.to_netcdf(where / "outcome.nc")
        (where / "outcome.json").write_text(json.dumps(self.summary(), indent=2) + "\n", encoding="utf-8")
        return where

    @classmethod
    def read(cls, path: str | Path) -> Outcome:
        """Read an answer from an `outcome.nc`, or from the folder that holds it.

        Raises:
            InvalidInput: There is no such file, or it is not one of ours.
        """
        xarray: Any = import_module("xarray")
        where = Path(path)
        file = where / "outcome.nc" if where.is_dir() else where
        if not file.is_file():
            raise InvalidInput(
                [Issue(str(path), "missing_file", "there is no outcome.nc; solve the case with --out first")]
            )
        try:
            with xarray.open_dataset(file, engine="scipy") as whole:
                whole.load()
                summary = json.loads(whole.attrs["summary"])
                tables = {
                    name: _table(whole, str(whole.attrs[name]).split())
                    for name in ("schedule", "flows", "prices", "orders", "limits", "uplift", "replay")
                    if name in whole.attrs
                }
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidInput(
                [Issue(str(file), "unreadable_file", f"is no outcome: {error.__class__.__name__}")]
            ) from None
        return cls.restored(summary, tables)

    @classmethod
    def restored(cls, summary: Mapping[str, Any], tables: Mapping[str, Table]) -> Outcome:
        """Put an answer together again from its summary and its tables."""
        termination = summary["termination"]
        certificate = summary.get("certificate")
        return cls(
            case_name=summary["case"],
            case_digest=summary["digest"]["case"],
            currency=summary["currency"],
            termination=Termination(
                reason=Reason(termination["reason"]), limit=Limit(termination["limit"]), detail=termination["detail"]
            ),
            objective=summary["objective"],
            bound=summary["bound"],
            welfare=summary.get("welfare"),
            terms=summary["terms"],
            price_rule=summary["prices"]["rule"],
            price_basis=summary["prices"]["basis"],
            second=SecondObjective(**summary["second_objective"]) if "second_objective" in summary else None,
            solver=summary["solver"],
            size=summary["size"],
            seconds=summary["seconds"],
            schedule_table=tables["schedule"],
            flow_table=tables["flows"],
            price_table=tables["prices"],
            order_table=tables["orders"],
            limit_table=tables.get("limits", EMPTY),
            uplift_table=tables.get("uplift", EMPTY),
            certificate=None
            if certificate is None
            else Certificate(
                residuals=tuple(
                    Residual(**{k: residual[k] for k in ("law", "largest", "unit", "tolerance", "where")})
                    for residual in certificate["residuals"]
                )
            ),
            replay=replay_of(tables.get("replay", EMPTY)),
            clashes=tuple(_clash(clash) for clash in summary["clashes"]),
            warnings=tuple(Issue(**warning) for warning in summary.get("warnings", ())),
        )


def replay_table(replay: Replay) -> Table:
    """A replay as a table."""
    labels = {"replay_bus": replay.bus, "replay_line": replay.line, "time": replay.time}
    return Table(labels, {name: quantity(name, *content) for name, content in replay.columns().items()})


def replay_of(table: Table) -> Replay | None:
    """A table as the replay that it was written from; None where it is empty."""
    if not table.quantities:
        return None
    return Replay.restored(table.labels, {name: each.values for name, each in table.quantities.items()})


def quantity(name: str, axes: Sequence[str], values: FloatArray, doc: str) -> Quantity:
    """A result whose unit is the last word of its name."""
    return Quantity(tuple(axes), values, unit_of(name), doc)


def _clash(summary: Mapping[str, Any]) -> Clash:
    content = dict(summary)
    content["participants"] = tuple(Participant(**each) for each in content.get("participants", ()))
    return Clash(**content)


def _table(whole: Any, names: Sequence[str]) -> Table:
    part = whole[list(names)]
    axes = {str(axis) for variable in part.data_vars.values() for axis in variable.dims}
    labels = {axis: _labels(part[axis].values) for axis in sorted(axes)}
    texts = {
        str(name): (str(coordinate.dims[0]), _labels(coordinate.values))
        for name, coordinate in part.coords.items()
        if name not in axes and len(coordinate.dims) == 1
    }
    quantities = {
        name: Quantity(
            tuple(str(axis) for axis in part[name].dims),
            np.ascontiguousarray(part[name].values, dtype=np.float64),
            str(part[name].attrs["units"]),
            str(part[name].attrs["long_name"]),
        )
        for name in names
    }
    return Table(labels, quantities, texts)


def _labels(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind == "M":
        return values.astype("datetime64[s]")
    return values.astype(np.str_)
