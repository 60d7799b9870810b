"""Cases: message to Case with every issue at once, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf.timestamp_pb2 import Timestamp

from c4e.opt.v1 import case_pb2
from c4e_opt.axes import Horizon
from c4e_opt.case import Case
from c4e_opt.case.build import Builder
from c4e_opt.fields import Field, fields_of
from c4e_opt.market.order_book import OrderBook
from c4e_server.convert import arrays
from c4e_server.convert.document import document_from_proto
from c4e_server.convert.names import enum_of, numbers_of, wire_name
from c4e_server.convert.orders import OrderColumns, orders_from_proto, orders_to_proto


def case_from_proto(message: case_pb2.Case, *, empty: bool = False) -> Case:
    """Read a case.

    Args:
        message: The case, in the units that it declares. Fields that this version does not know are dropped from it.
        empty: Whether it may have neither components nor orders, because orders are still to come.

    Returns:
        The case, checked; equal to the same case read from a folder.

    Raises:
        InvalidInput: With everything that is wrong; paths are those of a case file.
    """
    document, issues = document_from_proto(message)
    orders = orders_from_proto(message.orders, issues)
    builder = _Builder(document, orders)
    builder.issues[:0] = issues
    return builder.case(empty=empty)


class _Builder(Builder):
    """The reader of documents, with orders that come as places instead of words."""

    def __init__(self, document: dict[str, Any], columns: OrderColumns | None) -> None:
        super().__init__(document, {})
        self._columns = columns

    def _orders(self, parties: list[str], buses: list[str]) -> OrderBook:
        if self._columns is None:
            return OrderBook.empty()
        book = self._columns.book(self.units, parties, buses)
        if book is None:
            self.document = {**self.document, "orders": self._columns.document(self.units)}
            return super()._orders(parties, buses)
        return book


def case_to_proto(case: Case, *, packed: bool = True) -> case_pb2.Case:
    """Write a case, in MW, MWh and currency per MWh.

    Args:
        case: The case.
        packed: Long series as blocks of bytes; as lists of numbers when false.
    """
    message = case_pb2.Case(name=case.name, currency=case.currency, horizon=_horizon_to_proto(case.horizon))
    message.units.power = case_pb2.POWER_UNIT_MW
    message.units.energy = case_pb2.ENERGY_UNIT_MWH
    message.units.price = case_pb2.PRICE_UNIT_PER_MWH
    for records, target in ((case.parties, message.parties), (case.buses, message.buses)):
        for record in records:
            _fill(target.add(), record, packed)
    for kind, records in case.components.items():
        target = getattr(message.components, kind)
        for record in records:
            _fill(target.add(), record, packed)
    _fill(message.policy, case.policy, packed)
    if case.orders.orders:
        message.orders.CopyFrom(orders_to_proto(case, packed=packed))
    return message


def _horizon_to_proto(horizon: Horizon) -> case_pb2.Horizon:
    message = case_pb2.Horizon(start=Timestamp(seconds=horizon.start), time_zone=horizon.time_zone)
    lengths = horizon.step_seconds
    if lengths.size and (lengths == lengths[0]).all():
        message.even.step_seconds, message.even.steps = int(lengths[0]), lengths.size
    else:
        message.uneven.step_seconds.extend(lengths.tolist())
    if horizon.weights is not None:
        message.weights.extend(horizon.weights.tolist())
    return message


def _fill(message: Any, record: Any, packed: bool) -> None:
    """Write every declared field of a record; what is None, or an empty text by default, stays absent."""
    for name, field in fields_of(record.__class__).items():
        content = getattr(record, name)
        if content is None or (field.meta.kind in ("text", "party") and content == field.default == ""):
            continue
        put(message, field, content, packed=packed)


def put(message: Any, field: Field, content: Any, *, packed: bool) -> None:
    """Write one declared field of a record into its message."""
    kind, on_wire = field.meta.kind, wire_name(field.name, field.meta.unit)
    if kind == "series":
        values = np.asarray(content, dtype=np.float64)
        getattr(message, on_wire).CopyFrom(arrays.series_to_proto(values, packed=packed))
    elif kind == "moment":
        getattr(message, on_wire).seconds = content
    elif kind == "names":
        getattr(message, on_wire).extend(content)
    elif kind == "parts":
        for part in content:
            _fill(getattr(message, on_wire).add(), part, packed)
    elif kind == "choice":
        setattr(message, on_wire, numbers_of(enum_of(message.DESCRIPTOR, on_wire))[content])
    else:
        setattr(message, on_wire, content)
