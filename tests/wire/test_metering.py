"""Meter readings go over the wire and come back as they were, down to every digest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from c4e_opt.errors import InvalidInput
from c4e_opt.settlement import Activation, ImbalanceRules, Measurement, Meter, Readings, Run
from c4e_server.convert.metering import measurement_from_proto, measurement_to_proto

MEASUREMENT = Measurement(
    meters=(
        Meter(id="m1", party="ann", bus="north"),
        Meter(id="m2", party="bob", bus="south", component="order/o", seconds=3600, substitutes=("linear", "zero")),
    ),
    readings=Readings.of([("m2", 3600, -5, 2, 99), ("m1", 0, 7), ("m2", 0, 2**40)]),
    rules=ImbalanceRules(
        version="2030",
        price="given",
        component_per_mwh=5.0,
        short_per_mwh={"north": [100.0, -110.5]},
        long_per_mwh={"north": [80.0, 70.0]},
        balance_groups={"ann": "bob"},
        areas={"south": "north"},
    ),
    activations=(Activation(component="order/o", bus="south", start=3600, energy_wh=-500, price_per_mwh=12.5),),
    run=Run(kind="correction", number=3, until=7200),
)


@pytest.mark.parametrize("price", ["given", "single", "dual"])
@pytest.mark.parametrize("kind", ["provisional", "final", "correction"])
def test_a_measurement_comes_back_as_it_was(price: str, kind: str):
    sent = replace(MEASUREMENT, rules=replace(MEASUREMENT.rules, price=price), run=Run(kind=kind))
    got = measurement_from_proto(measurement_to_proto(sent), steps=2)
    assert got.meters == sent.meters
    assert (got.rules.digest, got.run.digest) == (sent.rules.digest, sent.run.digest)
    assert got.activations_digest == sent.activations_digest
    for column in ("meter", "start", "energy_wh", "version", "received"):
        assert getattr(got.readings, column).tolist() == getattr(sent.readings, column).tolist()


def test_the_moment_until_which_readings_count_travels():
    assert measurement_from_proto(measurement_to_proto(MEASUREMENT), steps=2).run == MEASUREMENT.run


def test_words_that_nobody_knows_are_all_named():
    wrong = replace(
        MEASUREMENT,
        meters=(replace(MEASUREMENT.meters[0], substitutes=("guess",)),),
        rules=replace(MEASUREMENT.rules, price="triple"),
        run=Run(kind="last"),
    )
    with pytest.raises(InvalidInput) as caught:
        measurement_to_proto(wrong)
    assert [issue.path for issue in caught.value.issues] == ["meters[0].substitutes[0]", "rules.price", "run.kind"]
