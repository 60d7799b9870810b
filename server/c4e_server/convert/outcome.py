"""Outcomes: message to Outcome and back without loss; the digest stays what it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from c4e.opt.v1 import outcome_pb2
from c4e_opt.issues import Issue
from c4e_opt.outcome import (
    Certificate,
    Clash,
    Outcome,
    Participant,
    Quantity,
    Residual,
    SecondObjective,
    Table,
    replay_of,
    replay_table,
)
from c4e_opt.replayed import Replay
from c4e_server.convert import arrays
from c4e_server.errors import BrokenMessage
from c4e_solvers import Limit, Reason, Termination

_TABLES = ("schedule", "flows", "prices", "orders", "limits", "uplift")


def outcome_to_proto(outcome: Outcome) -> outcome_pb2.Outcome:
    """Write an answer."""
    message = outcome_pb2.Outcome(
        case_name=outcome.case_name,
        case_digest=outcome.case_digest,
        digest=outcome.digest,
        currency=outcome.currency,
        termination=outcome_pb2.Termination(
            reason=f"REASON_{outcome.termination.reason}",
            limit=f"LIMIT_{outcome.termination.limit}",
            detail=outcome.termination.detail,
        ),
        objective=outcome.objective,
        bound=outcome.bound,
        welfare=outcome.welfare,
        gap=outcome.gap,
        terms=[outcome_pb2.Term(name=name, amount=amount) for name, amount in outcome.terms.items()],
        price_rule=outcome.price_rule,
        price_basis=outcome.price_basis,
        solver=outcome.solver,
        size=outcome_pb2.ProblemSize(**outcome.size) if outcome.size else None,
        times=[outcome_pb2.PhaseTime(phase=phase, seconds=each) for phase, each in outcome.seconds.items()],
        clashes=[_clash_to_proto(clash) for clash in outcome.clashes],
        warnings=[outcome_pb2.Warning(path=w.path, rule=w.rule, message=w.message) for w in outcome.warnings],
    )
    if outcome.second is not None:
        message.second.CopyFrom(outcome_pb2.SecondObjective(**_fields(outcome.second)))
    if outcome.certificate is not None:
        message.certificate.holds = outcome.certificate.holds
        residuals = [outcome_pb2.Residual(**_fields(residual)) for residual in outcome.certificate.residuals]
        message.certificate.residuals.extend(residuals)
    for name, table in outcome.tables.items():
        if table.labels or table.quantities:
            getattr(message, name).CopyFrom(table_to_proto(table))
    if outcome.replay is not None:
        message.replay.CopyFrom(table_to_proto(replay_table(outcome.replay)))
    return message


def outcome_from_proto(message: outcome_pb2.Outcome) -> Outcome:
    """Read an answer.

    Raises:
        BrokenMessage: The numbers do not fit their axes, or the digest is not that of the content.
    """
    tables = {name: table_from_proto(getattr(message, name)) for name in _TABLES}
    certificate = Certificate(residuals=tuple(_read(Residual, residual) for residual in message.certificate.residuals))
    outcome = Outcome(
        case_name=message.case_name,
        case_digest=message.case_digest,
        currency=message.currency,
        termination=Termination(
            reason=Reason(outcome_pb2.Reason.Name(message.termination.reason).removeprefix("REASON_")),
            limit=Limit(outcome_pb2.Limit.Name(message.termination.limit).removeprefix("LIMIT_")),
            detail=message.termination.detail,
        ),
        objective=_optional(message, "objective"),
        bound=_optional(message, "bound"),
        welfare=_optional(message, "welfare"),
        terms={term.name: term.amount for term in message.terms},
        price_rule=message.price_rule,
        price_basis=message.price_basis,
        second=_read(SecondObjective, message.second) if message.HasField("second") else None,
        solver=message.solver,
        size=_read(dict, message.size) if message.HasField("size") else {},
        seconds={time.phase: time.seconds for time in message.times},
        schedule_table=tables["schedule"],
        flow_table=tables["flows"],
        price_table=tables["prices"],
        order_table=tables["orders"],
        limit_table=tables["limits"],
        uplift_table=tables["uplift"],
        certificate=certificate if message.HasField("certificate") else None,
        replay=_replay_from_proto(message),
        clashes=tuple(_clash_from_proto(clash) for clash in message.clashes),
        warnings=tuple(Issue(w.path, w.rule, w.message, "warning") for w in message.warnings),
    )
    if outcome.digest != message.digest:
        raise BrokenMessage(f"the answer to case {message.case_name!r} does not have the digest that it carries")
    return outcome


def _replay_from_proto(message: outcome_pb2.Outcome) -> Replay | None:
    try:
        return replay_of(table_from_proto(message.replay))
    except (KeyError, ValueError):
        raise BrokenMessage(f"the replay of case {message.case_name!r} is not complete") from None


def _clash_to_proto(clash: Clash) -> outcome_pb2.Clash:
    fields = _fields(clash)
    fields["participants"] = [outcome_pb2.Participant(**_fields(each)) for each in clash.participants]
    return outcome_pb2.Clash(**fields)


def _clash_from_proto(message: outcome_pb2.Clash) -> Clash:
    participants = tuple(_read(Participant, each) for each in message.participants)
    return replace(_read(Clash, message), participants=participants)


def _optional(message: Any, name: str) -> float | None:
    return getattr(message, name) if message.HasField(name) else None


def _fields(content: Any) -> dict[str, Any]:
    return {name: getattr(content, name) for name in content.__dataclass_fields__}


def _read(cls: type[Any], message: Any) -> Any:
    """Every field of a message by its name."""
    return cls(**{field.name: getattr(message, field.name) for field in message.DESCRIPTOR.fields})


def table_to_proto(table: Table) -> outcome_pb2.Table:
    """Write a table of results."""
    message = outcome_pb2.Table()
    for name, labels in table.labels.items():
        axis = message.axes.add(name=name)
        if labels.dtype.kind == "M":
            axis.moments.seconds.extend(labels.astype("datetime64[s]").astype(np.int64).tolist())
        else:
            axis.names.names.extend(labels.astype(np.str_).tolist())
    for name, quantity in table.quantities.items():
        message.quantities.add(
            name=name,
            axes=quantity.axes,
            unit=quantity.unit,
            doc=quantity.doc,
            packed=arrays.doubles_to_packed(quantity.values),
        )
    for name, (axis, words) in table.texts.items():
        message.notes.add(name=name, axis=axis, words=words.tolist())
    return message


def table_from_proto(message: outcome_pb2.Table) -> Table:
    """Read a table of results.

    Raises:
        BrokenMessage: Numbers do not fit their axes.
    """
    labels = {axis.name: _labels(axis) for axis in message.axes}
    quantities: dict[str, Quantity] = {}
    for each in message.quantities:
        try:
            shape = tuple(labels[axis].size for axis in each.axes)
            values = np.frombuffer(each.packed, dtype="<f8").reshape(shape)
        except (KeyError, ValueError):
            size = len(each.packed)
            raise BrokenMessage(f"{each.name} over {', '.join(each.axes)} does not fit its {size} bytes") from None
        quantities[each.name] = Quantity(tuple(each.axes), values, each.unit, each.doc)
    texts = {note.name: (note.axis, np.array(note.words, dtype=np.str_)) for note in message.notes}
    return Table(labels, quantities, texts)


def _labels(axis: outcome_pb2.Axis) -> Any:
    if axis.HasField("moments"):
        return np.array(axis.moments.seconds, dtype=np.int64).astype("datetime64[s]")
    return np.array(axis.names.names, dtype=np.str_)
