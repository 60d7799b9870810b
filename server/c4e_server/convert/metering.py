"""Meter readings: message to what settlement takes, with every issue at once, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from c4e.opt.v1 import metering_pb2
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.settlement import Activation, ImbalanceRules, Measurement, Meter, Readings, Run
from c4e_server.convert import arrays

_SUBSTITUTES = {
    metering_pb2.SUBSTITUTE_LINEAR: "linear",
    metering_pb2.SUBSTITUTE_LAST_WEEK: "last_week",
    metering_pb2.SUBSTITUTE_SCHEDULE: "schedule",
    metering_pb2.SUBSTITUTE_ZERO: "zero",
}
_RULES = {
    metering_pb2.IMBALANCE_PRICE_RULE_UNSPECIFIED: "single",
    metering_pb2.IMBALANCE_PRICE_RULE_GIVEN: "given",
    metering_pb2.IMBALANCE_PRICE_RULE_SINGLE: "single",
    metering_pb2.IMBALANCE_PRICE_RULE_DUAL: "dual",
}
_RUNS = {
    metering_pb2.METERING_RUN_KIND_UNSPECIFIED: "provisional",
    metering_pb2.METERING_RUN_KIND_PROVISIONAL: "provisional",
    metering_pb2.METERING_RUN_KIND_FINAL: "final",
    metering_pb2.METERING_RUN_KIND_CORRECTION: "correction",
}


def measurement_from_proto(message: metering_pb2.Measurement, steps: int) -> Measurement:
    """Read a measurement.

    Args:
        message: The measurement. Rules that are not said are single prices, and a run that is not said is the first
            provisional one; meters without rules of substitution follow the schedule.
        steps: How many steps the case has; a price for every step stands for so many.

    Raises:
        InvalidInput: Columns do not fit one another, or a number of an enum is unknown.
    """
    issues: list[Issue] = []
    measurement = Measurement(
        meters=tuple(_meter(f"meters[{n}]", each, issues) for n, each in enumerate(message.meters)),
        readings=_readings(message.readings, issues),
        rules=_rules(message.rules, steps, issues),
        activations=tuple(
            Activation(
                component=each.component,
                bus=each.bus,
                start=each.start,
                energy_wh=each.energy_wh,
                price_per_mwh=each.price_per_mwh,
            )
            for each in message.activations
        ),
        run=_run(message.run, issues),
    )
    if issues:
        raise InvalidInput(issues)
    return measurement


def measurement_to_proto(measurement: Measurement) -> metering_pb2.Measurement:
    """Write a measurement; `measurement_from_proto` reads it back with the same digests.

    Raises:
        InvalidInput: It says a word that nobody knows.
    """
    issues: list[Issue] = []
    readings, rules, run = measurement.readings, measurement.rules, measurement.run
    names, entries = np.unique(readings.meter, return_inverse=True)
    message = metering_pb2.Measurement(
        meters=[
            metering_pb2.Meter(
                id=each.id,
                party=each.party,
                bus=each.bus,
                component=each.component,
                seconds=each.seconds,
                substitutes=[
                    _number(f"meters[{n}].substitutes[{m}]", _SUBSTITUTES, word, issues)
                    for m, word in enumerate(each.substitutes)
                ],
                gap_seconds=each.gap_seconds,
            )
            for n, each in enumerate(measurement.meters)
        ],
        readings=metering_pb2.Readings(
            meter=arrays.words_to_proto(names.tolist(), entries.astype(np.int64)),
            **{name: getattr(readings, name).tolist() for name in ("start", "energy_wh", "version", "received")},
        ),
        rules=metering_pb2.ImbalanceRules(
            version=rules.version,
            price=_number("rules.price", _RULES, rules.price, issues),
            component_per_mwh=rules.component_per_mwh,
            balance_groups=rules.balance_groups,
            areas=rules.areas,
        ),
        activations=[metering_pb2.Activation(**asdict(each)) for each in measurement.activations],
        run=metering_pb2.MeteringRun(
            kind=_number("run.kind", _RUNS, run.kind, issues), number=run.number, until=run.until or 0
        ),
    )
    if issues:
        raise InvalidInput(issues)
    for name in ("short_per_mwh", "long_per_mwh"):
        for area, prices in getattr(rules, name).items():
            getattr(message.rules, name)[area].CopyFrom(arrays.series_to_proto(np.array(prices, dtype=np.float64)))
    return message


def _meter(path: str, message: metering_pb2.Meter, issues: list[Issue]) -> Meter:
    known: dict[str, Any] = {}
    if message.seconds:
        known["seconds"] = message.seconds
    if message.substitutes:
        known["substitutes"] = tuple(
            _word(f"{path}.substitutes[{n}]", _SUBSTITUTES, each, issues) for n, each in enumerate(message.substitutes)
        )
    if message.gap_seconds:
        known["gap_seconds"] = message.gap_seconds
    return Meter(id=message.id, party=message.party, bus=message.bus, component=message.component, **known)


def _readings(message: metering_pb2.Readings, issues: list[Issue]) -> Readings:
    before = len(issues)
    entries = arrays.entries_from_proto(message.meter, "readings.meter", issues)
    count = entries.size
    columns: dict[str, Any] = {}
    for name, required in (("start", True), ("energy_wh", True), ("version", False), ("received", False)):
        column = np.array(getattr(message, name), dtype=np.int64)
        if column.size != count and (required or column.size):
            told = f"has {column.size} entries for {count} readings; give one for every reading"
            issues.append(Issue(f"readings.{name}", "length", told))
        columns[name] = column if column.size else np.zeros(count, dtype=np.int64)
    if len(issues) > before:
        return Readings.of([])
    return Readings(meter=np.array([*message.meter.words, ""], dtype=np.str_)[entries], **columns)


def _rules(message: metering_pb2.ImbalanceRules, steps: int, issues: list[Issue]) -> ImbalanceRules:
    def prices(name: str) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for area, series in sorted(getattr(message, name).items()):
            numbers = arrays.series_from_proto(series, f"rules.{name}[{area}]", issues)
            if numbers is None:
                issues.append(Issue(f"rules.{name}[{area}]", "missing_field", "says no price; give one for every step"))
                continue
            found[area] = np.broadcast_to(numbers, (steps,)).tolist() if np.ndim(numbers) == 0 else list(numbers)  # type: ignore[arg-type]
        return found

    return ImbalanceRules(
        version=message.version,
        price=_word("rules.price", _RULES, message.price, issues),
        component_per_mwh=message.component_per_mwh,
        short_per_mwh=prices("short_per_mwh"),
        long_per_mwh=prices("long_per_mwh"),
        balance_groups=dict(message.balance_groups),
        areas=dict(message.areas),
    )


def _run(message: metering_pb2.MeteringRun, issues: list[Issue]) -> Run:
    kind = _word("run.kind", _RUNS, message.kind, issues)
    return Run(kind=kind, number=message.number or 1, until=message.until or None)


def _word(path: str, words: dict[Any, str], number: int, issues: list[Issue]) -> str:
    if number not in words:
        issues.append(Issue(path, "choice", f"is {number}; known are {', '.join(dict.fromkeys(words.values()))}"))
        return next(iter(words.values()))
    return words[number]


def _number(path: str, words: dict[Any, str], word: str, issues: list[Issue]) -> Any:
    numbers = {known: number for number, known in words.items()}  # of two numbers the later, which is not "unspecified"
    if word not in numbers:
        issues.append(Issue(path, "choice", f"is {word!r}; known are {', '.join(numbers)}"))
    return numbers.get(word, 0)
