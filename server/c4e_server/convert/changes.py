"""Changes of components: a message with some fields of some components to fields in the units of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from c4e.opt.v1 import case_pb2, components_pb2
from c4e_opt.case import KINDS
from c4e_opt.case.build import Builder
from c4e_opt.coordination.changes import Changes
from c4e_opt.errors import InvalidInput
from c4e_opt.fields import fields_of
from c4e_opt.issues import Issue, unknown
from c4e_server.convert.case import put
from c4e_server.convert.document import components_from_proto, document_from_proto

#: Kinds of fields that may change while a site runs; what a component is and where it stands may not.
_RUNNING = ("series", "number", "flag", "count", "moment")


def changes_from_proto(
    case: case_pb2.Case, units: case_pb2.Units, path: str, message: components_pb2.Components
) -> Changes:
    """Read fields of components that are new.

    Args:
        case: The case whose currency and time zone hold; nothing else of it is read.
        units: Units of what is new.
        path: Where the message stands: "forecasts", "states".
        message: Components by id, with the fields that are new.

    Returns:
        Kind and id to new fields; a series is one number or an array of any length.

    Raises:
        InvalidInput: With everything that is wrong with them.
    """
    head = case_pb2.Case(currency=case.currency, horizon=case.horizon)
    head.units.CopyFrom(units)
    if not head.currency:
        head.ClearField("currency")
    document, issues = document_from_proto(head)
    reader = _Reader(document, {})
    reader.issues += issues
    found: dict[tuple[str, str], dict[str, Any]] = {}
    records = components_from_proto(message, path, reader.units, reader.issues)
    for kind, listed in records.items():
        for place, fields in enumerate(listed):
            where = f"{path}.{kind}[{place}]"
            name = str(fields.get("id", ""))
            if not name:
                reader.issues.append(Issue(f"{where}.id", "missing_field", "is missing; name the component"))
            elif (kind, name) in found:
                reader.issues.append(Issue(f"{where}.id", "duplicate_id", f"{name!r} comes twice; say all at once"))
            else:
                found[kind, name] = reader.changes(where, kind, fields)
    if not found and not reader.issues:
        reader.issues.append(Issue(path, "empty", "names no component; say what is new"))
    if reader.issues:
        raise InvalidInput(reader.issues)
    return found


def changes_to_proto(changes: Changes) -> components_pb2.Components:
    """Write fields of components that are new, in MW, MWh and currency per MWh.

    Raises:
        InvalidInput: A kind or a field is not known.
    """
    message = components_pb2.Components()
    issues: list[Issue] = []
    for (kind, name), fields in changes.items():
        if kind not in KINDS:
            issues.append(unknown(kind, "unknown_kind", "kind of component", kind, KINDS))
            continue
        record, declared = getattr(message, kind).add(id=name), fields_of(KINDS[kind])
        for field, content in fields.items():
            if field in declared:
                put(record, declared[field], content, packed=True)
            else:
                issues.append(unknown(f"{kind}.{name}", "unknown_field", "field", field, declared))
    if issues:
        raise InvalidInput(issues)
    return message


class _Reader(Builder):
    """The reader of documents, for some fields of a record."""

    def __init__(self, document: Mapping[str, Any], columns: Mapping[str, Any]) -> None:
        super().__init__(document, columns)
        self.horizon = None  # series need not cover it

    def changes(self, where: str, kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Fields by their inner names, in inner units."""
        names = {self.units.name(name, field.meta.unit): field for name, field in fields_of(KINDS[kind]).items()}
        found: dict[str, Any] = {}
        for name, content in fields.items():
            field = names[name]
            if name == "id" or content is None:
                continue
            if field.meta.kind not in _RUNNING:
                message = "says what the component is, which stays as the case says while the session runs"
                self.issues.append(Issue(f"{where}.{name}", "fixed", message))
                continue
            value = self._value(f"{where}.{name}", field, content)
            if value is not None:
                found[field.name] = value
        return found
