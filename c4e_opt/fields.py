"""What a field of a case is: its unit, range, default and meaning, written once beside the field.

The declarations drive everything that treats all fields alike: reading and unit conversion, range checks, the wire,
the digest and the reference pages.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar, dataclass_transform

from c4e_opt.arrays import FloatArray

Kind = Literal["id", "text", "choice", "flag", "count", "moment", "bus", "party", "number", "series", "names", "parts"]

_T = TypeVar("_T")
_REQUIRED = dataclasses.MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What a reader, a checker and a page of documentation need to know about a field."""

    kind: Kind
    doc: str
    unit: str = ""
    minimum: float = -float("inf")
    maximum: float = float("inf")
    choices: tuple[str, ...] = ()
    carrier: str = ""  # the carrier that a bus must have; any when empty
    part: type[Any] | None = None  # of "parts": the class of the records inside


@dataclass(frozen=True, slots=True)
class Field:
    """A declared field of a record: its name, its meta, its default."""

    name: str
    meta: Meta
    default: Any

    @property
    def required(self) -> bool:
        """Whether a record without this field is incomplete."""
        return self.default is _REQUIRED


def _field(meta: Meta, default: Any) -> Any:
    return dataclasses.field(default=default, metadata={"c4e": meta})


def identity(*, doc: str) -> str:
    """The id of a record, unique among its kind."""
    return _field(Meta(kind="id", doc=doc), _REQUIRED)


def text(*, doc: str, default: str = "") -> str:
    """Free text."""
    return _field(Meta(kind="text", doc=doc), default)


def choice(*choices: str, doc: str, default: Any = _REQUIRED) -> str:
    """One of a few words."""
    return _field(Meta(kind="choice", doc=doc, choices=choices), default)


def flag(*, doc: str, default: bool) -> bool:
    """True or false."""
    return _field(Meta(kind="flag", doc=doc), default)


def count(*, doc: str, default: Any = _REQUIRED, minimum: int = 0, maximum: int = 2**31 - 1) -> int:
    """A whole number."""
    return _field(Meta(kind="count", doc=doc, minimum=minimum, maximum=maximum), default)


def moment(*, doc: str, default: Any = _REQUIRED) -> int:
    """A point in time; inside, whole seconds since 1970-01-01T00:00Z."""
    return _field(Meta(kind="moment", doc=doc), default)


def bus(*, doc: str, carrier: str = "", default: Any = _REQUIRED) -> str:
    """The id of a bus, of one carrier when named."""
    return _field(Meta(kind="bus", doc=doc, carrier=carrier), default)


def party(*, doc: str) -> str:
    """The id of a party; the policy's operator when empty."""
    return _field(Meta(kind="party", doc=doc), "")


def number(
    *, unit: str, doc: str, default: Any = _REQUIRED, minimum: float = -float("inf"), maximum: float = float("inf")
) -> Any:
    """One number; `default=None` makes it optional."""
    return _field(Meta(kind="number", doc=doc, unit=unit, minimum=minimum, maximum=maximum), default)


def series(
    *, unit: str, doc: str, default: Any = _REQUIRED, minimum: float = -float("inf"), maximum: float = float("inf")
) -> FloatArray:
    """One number per step, shape (time,); a single number holds for every step. `default=None` makes it optional."""
    return _field(Meta(kind="series", doc=doc, unit=unit, minimum=minimum, maximum=maximum), default)


def names(*, doc: str) -> tuple[str, ...]:
    """A list of words, such as the ids of members; empty when absent."""
    return _field(Meta(kind="names", doc=doc), ())


def parts(part: type[_T], *, doc: str) -> tuple[_T, ...]:
    """A list of small records inside this one, in their order; empty when absent."""
    return _field(Meta(kind="parts", doc=doc, part=part), ())


@dataclass_transform(
    kw_only_default=True,
    frozen_default=True,
    eq_default=False,
    field_specifiers=(identity, text, choice, flag, count, moment, bus, party, number, series, names, parts),
)
def record(cls: type[_T]) -> type[_T]:
    """A frozen, keyword-only dataclass whose fields are declared with the functions of this module."""
    return dataclass(frozen=True, slots=True, kw_only=True, eq=False)(cls)


@cache
def fields_of(cls: type[Any]) -> Mapping[str, Field]:
    """The declared fields of a record class, by name: its own in order, then those that it shares with other kinds."""
    declared = [f for f in dataclasses.fields(cls) if "c4e" in f.metadata]
    declared.sort(key=lambda f: f.name not in cls.__annotations__)
    return {f.name: Field(f.name, f.metadata["c4e"], f.default) for f in declared}
