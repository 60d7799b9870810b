"""A Case message as a plain document: mappings and lists as a case file has them, so that one reader reads both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.timestamp_pb2 import Timestamp

from c4e.opt.v1 import case_pb2
from c4e_opt.case import KINDS, Bus, Party, Policy
from c4e_opt.fields import Field, fields_of
from c4e_opt.issues import Issue
from c4e_opt.units import Units
from c4e_server.convert import arrays
from c4e_server.convert.names import UNITS, enum_of, wire_name, words_of

#: Content of a field, its place, and where issues go.
_Reader = Callable[[Any, str, list[Issue]], Any]


def document_from_proto(message: case_pb2.Case) -> tuple[dict[str, Any], list[Issue]]:
    """A message as a document, and what is wrong with the message itself.

    Args:
        message: The case as it travelled; fields that this version does not know are dropped and reported.

    Returns:
        The document without its orders, in the units that the message declares, and issues that no document can carry.
    """
    issues = _unknown_fields(message)
    document: dict[str, Any] = {name: getattr(message, name) for name in ("name", "currency") if message.HasField(name)}
    units, document["units"] = units_from_proto(message.units)
    document["horizon"] = _horizon(message.horizon)
    reader = _Records(units, issues)
    document["parties"] = reader.many("parties", Party, message.parties)
    document["buses"] = reader.many("buses", Bus, message.buses)
    document["components"] = components_from_proto(message.components, "components", units, issues)
    if message.HasField("policy"):
        document["policy"] = reader.one("policy", Policy, message.policy)
    return document, issues


def components_from_proto(
    message: Any, path: str, units: Units, issues: list[Issue]
) -> dict[str, list[dict[str, Any]]]:
    """Components by kind, each with the fields that its message has, in the units that the message declares.

    Args:
        message: The components.
        path: Where they stand.
        units: Those that hold for them.
        issues: Takes what no document can carry.
    """
    reader = _Records(units, issues)
    return {
        kind: reader.many(f"{path}.{kind}", KINDS[kind], records)
        for kind, records in ((field.name, records) for field, records in message.ListFields())
    }


def _unknown_fields(message: Any) -> list[Issue]:
    size = message.ByteSize()
    message.DiscardUnknownFields()
    unknown = size - message.ByteSize()
    if not unknown:
        return []
    text = f"holds {unknown} bytes of fields that this version of the contract does not have; drop them or upgrade"
    return [Issue("case", "unknown_field", text)]


def units_from_proto(message: case_pb2.Units) -> tuple[Units, dict[str, str]]:
    """The declared units, and as a case file writes them; those that are unknown are in the second only."""
    said = {field.name: UNITS[field.name].get(number, str(number)) for field, number in message.ListFields() if number}
    return Units(**{key: unit for key, unit in said.items() if unit in UNITS[key].values()}), said


def _horizon(message: case_pb2.Horizon) -> dict[str, Any]:
    horizon: dict[str, Any] = {}
    if message.HasField("start"):
        horizon["start"] = moment_from_proto(message.start)
    if message.HasField("time_zone"):
        horizon["time_zone"] = message.time_zone
    if message.HasField("even"):
        horizon |= {"step_seconds": message.even.step_seconds, "steps": message.even.steps}
    elif message.HasField("uneven"):
        horizon["step_seconds"] = list(message.uneven.step_seconds)
    if message.weights:
        horizon["weights"] = list(message.weights)
    return horizon


def moment_from_proto(message: Timestamp) -> str:
    """A point in time as a case file writes it, in UTC; a text that is no moment where it is outside the calendar."""
    try:
        whole = datetime.fromtimestamp(message.seconds, UTC).replace(tzinfo=None).isoformat()
    except (OverflowError, OSError, ValueError):
        return f"{message.seconds} s since 1970"
    return f"{whole}.{message.nanos // 1000:06d}Z" if message.nanos else f"{whole}Z"


class _Records:
    """Records of one message, read by what the library declares of their fields."""

    def __init__(self, units: Units, issues: list[Issue]) -> None:
        self.units = units
        self.issues = issues

    def many(self, path: str, cls: type[Any], messages: Any) -> list[dict[str, Any]]:
        return [self.one(f"{path}[{place}]", cls, message) for place, message in enumerate(messages)]

    def one(self, path: str, cls: type[Any], message: Any) -> dict[str, Any]:
        plan = _plan(cls, message.DESCRIPTOR, self.units)
        record: dict[str, Any] = {}
        for field, content in message.ListFields():
            name, read = plan[field.name]
            if read is None:
                part: Any = fields_of(cls)[name].meta.part
                record[name] = self.many(f"{path}.{name}", part, content)
                continue
            record[name] = read(content, f"{path}.{name}", self.issues)
        return record


@cache
def _plan(cls: type[Any], descriptor: Descriptor, units: Units) -> Mapping[str, tuple[str, _Reader | None]]:
    """For every field on the wire: its name in a document, and how its content is read; None for records inside."""
    plan: dict[str, tuple[str, _Reader | None]] = {}
    for name, field in fields_of(cls).items():
        on_wire = wire_name(name, field.meta.unit)
        read = None if field.meta.kind == "parts" else _reader(field, descriptor, on_wire)
        plan[on_wire] = (units.name(name, field.meta.unit), read)
    return plan


def _reader(field: Field, descriptor: Descriptor, on_wire: str) -> _Reader:
    if field.meta.kind == "series":
        return arrays.series_from_proto
    if field.meta.kind == "moment":
        return lambda content, path, issues: moment_from_proto(content)
    if field.meta.kind == "choice":
        words = words_of(enum_of(descriptor, on_wire))
        return lambda number, path, issues: words.get(number, str(number)) if number else None
    if field.meta.kind == "names":
        return lambda content, path, issues: list(content)
    return lambda content, path, issues: content
