"""Nothing that the library declares is missing on the wire, and nothing on the wire is without meaning."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from c4e.opt.v1 import (
    case_pb2,
    components_pb2,
    jobs_pb2,
    ledger_pb2,
    orders_pb2,
    outcome_pb2,
    solve_pb2,
    statement_pb2,
    trading_pb2,
)
from c4e_opt.case import KINDS, Bus, Case, Party, Policy
from c4e_opt.fields import Field, fields_of
from c4e_opt.market.order_book import OrderBook
from c4e_opt.outcome import Certificate, Clash, Outcome, Participant, Residual
from c4e_opt.settlement import Asset, Batch, Positions, Purpose, Receipt, State, Statement
from c4e_opt.solve import SolveOptions
from c4e_opt.units import DECLARABLE
from c4e_server.convert.names import UNITS, enum_of, wire_name, words_of
from c4e_solvers import Limit, Reason


def with_parts(cls: type[Any], descriptor: Descriptor) -> list[tuple[type[Any], Descriptor]]:
    """A record and the records inside it, each with its message."""
    found = [(cls, descriptor)]
    for name, field in fields_of(cls).items():
        if field.meta.part is not None:
            found += with_parts(field.meta.part, descriptor.fields_by_name[name].message_type)
    return found


RECORDS: list[tuple[type[Any], Descriptor]] = [
    (Party, case_pb2.Party.DESCRIPTOR),
    (Bus, case_pb2.Bus.DESCRIPTOR),
    (Policy, case_pb2.Policy.DESCRIPTOR),
    *(
        pair
        for kind, cls in KINDS.items()
        if kind in components_pb2.Components.DESCRIPTOR.fields_by_name
        for pair in with_parts(cls, components_pb2.Components.DESCRIPTOR.fields_by_name[kind].message_type)
    ),
]

TYPES = {
    "id": FieldDescriptor.TYPE_STRING,
    "text": FieldDescriptor.TYPE_STRING,
    "bus": FieldDescriptor.TYPE_STRING,
    "party": FieldDescriptor.TYPE_STRING,
    "choice": FieldDescriptor.TYPE_ENUM,
    "flag": FieldDescriptor.TYPE_BOOL,
    "count": FieldDescriptor.TYPE_UINT32,
    "number": FieldDescriptor.TYPE_DOUBLE,
    "moment": FieldDescriptor.TYPE_MESSAGE,
    "series": FieldDescriptor.TYPE_MESSAGE,
    "names": FieldDescriptor.TYPE_STRING,
    "parts": FieldDescriptor.TYPE_MESSAGE,
}
MESSAGES = {"moment": "google.protobuf.Timestamp", "series": "c4e.opt.v1.Series"}


def names(message: Any) -> set[str]:
    return {field.name for field in message.DESCRIPTOR.fields}


def test_every_kind_of_component_travels():
    assert names(components_pb2.Components) == set(KINDS)


@pytest.mark.parametrize(("cls", "descriptor"), RECORDS, ids=lambda each: getattr(each, "__name__", ""))
def test_every_declared_field_has_its_field_on_the_wire(cls: type[Any], descriptor: Descriptor):
    declared = {wire_name(name, field.meta.unit): field for name, field in fields_of(cls).items()}
    assert set(declared) == {field.name for field in descriptor.fields}
    for name, field in declared.items():
        check_type(field, descriptor.fields_by_name[name])


def check_type(declared: Field, on_wire: FieldDescriptor) -> None:
    kind = declared.meta.kind
    assert on_wire.type == TYPES[kind], on_wire.full_name
    if kind in ("names", "parts"):
        assert on_wire.is_repeated
        return
    assert on_wire.has_presence, f"{on_wire.full_name} must tell absent from zero: absent takes the library's default"
    assert not on_wire.is_repeated
    if kind in MESSAGES:
        assert on_wire.message_type is not None
        assert on_wire.message_type.full_name == MESSAGES[kind]


@pytest.mark.parametrize(
    ("cls", "descriptor", "name"),
    [
        (cls, descriptor, name)
        for cls, descriptor in RECORDS
        for name, field in fields_of(cls).items()
        if field.meta.kind == "choice"
    ],
    ids=lambda each: each if isinstance(each, str) else getattr(each, "__name__", ""),
)
def test_every_choice_has_its_word_on_the_wire(cls: type[Any], descriptor: Descriptor, name: str):
    words = words_of(enum_of(descriptor, name)).values()
    assert sorted(words) == sorted(fields_of(cls)[name].meta.choices)


def test_every_unit_that_a_case_may_declare_travels():
    assert {key: set(units.values()) for key, units in UNITS.items()} == {k: set(v) for k, v in DECLARABLE.items()}
    for key, enum in (("power", case_pb2.PowerUnit), ("energy", case_pb2.EnergyUnit), ("price", case_pb2.PriceUnit)):
        assert {number for number in enum.values() if number} == set(UNITS[key])


def test_the_case_travels_whole():
    """But for the notes of a reader and what is known of it, which are no part of it."""
    fields = {field.name for field in dataclasses.fields(Case)} - {"notes", "sound"}
    assert names(case_pb2.Case) == fields | {"units"}


def test_the_order_book_travels_whole():
    columns = {name.replace("_eur_per_mwh", "").replace("_mwh", "") for name in OrderBook.__dataclass_fields__}
    assert names(orders_pb2.OrderBook) == columns


def test_the_outcome_travels_whole():
    tables = {"schedule_table": "schedule", "flow_table": "flows", "price_table": "prices", "order_table": "orders"}
    tables |= {"limit_table": "limits", "uplift_table": "uplift"}
    fields = {tables.get(f.name, f.name) for f in dataclasses.fields(Outcome)} - {"seconds"} | {"times"}
    assert names(outcome_pb2.Outcome) == fields | {"digest", "gap"}
    pairs = ((Residual, outcome_pb2.Residual), (Clash, outcome_pb2.Clash), (Participant, outcome_pb2.Participant))
    for cls, message in pairs:
        assert names(message) == {field.name for field in dataclasses.fields(cls)}
    assert names(outcome_pb2.Certificate) == {f.name for f in dataclasses.fields(Certificate)} | {"holds"}


def test_the_words_of_mathopt_travel_unchanged():
    assert set(outcome_pb2.Reason.keys()) == {"REASON_UNSPECIFIED", *(f"REASON_{reason}" for reason in Reason)}
    assert set(outcome_pb2.Limit.keys()) == {"LIMIT_UNSPECIFIED", *(f"LIMIT_{limit}" for limit in Limit)}


def test_options_travel_whole():
    fields = {field.name.removesuffix("_s") for field in dataclasses.fields(SolveOptions)}
    assert names(solve_pb2.SolveOptions) == fields


def test_statement_batch_and_receipt_travel_whole():
    columns = {field.name for field in dataclasses.fields(Statement)}
    assert names(statement_pb2.Statement) == columns | {"digest", "balances", "batch_id"}
    assert names(statement_pb2.Position) == {field.name for field in dataclasses.fields(Positions)}
    assert names(statement_pb2.Batch) == {field.name for field in dataclasses.fields(Batch)}
    assert names(statement_pb2.Asset) == {field.name for field in dataclasses.fields(Asset)}
    assert names(ledger_pb2.GetBatchResponse) == {field.name for field in dataclasses.fields(Receipt)}
    assert set(statement_pb2.Purpose.keys()) == {"PURPOSE_UNSPECIFIED", *(f"PURPOSE_{p.name}" for p in Purpose)}
    assert set(ledger_pb2.BatchState.keys()) == {"BATCH_STATE_UNSPECIFIED", *(f"BATCH_STATE_{s.name}" for s in State)}


def test_a_job_and_a_call_take_the_same_request():
    assert names(jobs_pb2.SubmitJobRequest) == names(solve_pb2.SolveRequest)


@pytest.mark.parametrize(
    "module", [case_pb2, components_pb2, orders_pb2, outcome_pb2, statement_pb2, solve_pb2, jobs_pb2, trading_pb2]
)
def test_every_field_of_the_contract_has_a_comment(module: Any, contract: dict[str, str]):
    bare = [
        field.full_name
        for message in module.DESCRIPTOR.message_types_by_name.values()
        for field in message.fields
        if not contract.get(field.full_name)
    ]
    assert bare == []


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Leading comments of all fields, by full name, as protoc reads them."""
    import subprocess
    import sys
    from pathlib import Path

    from google.protobuf import descriptor_pb2

    image = tmp_path_factory.mktemp("contract") / "image.binpb"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "proto/generate.py", "--image", image], cwd=root, check=True)
    found: dict[str, str] = {}
    for file in descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes()).file:
        for location in file.source_code_info.location:
            if len(location.path) == 4 and (location.path[0], location.path[2]) == (4, 2):
                message = file.message_type[location.path[1]]
                name = f"{file.package}.{message.name}.{message.field[location.path[3]].name}"
                found[name] = location.leading_comments.strip()
    return found
