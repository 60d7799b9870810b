"""Statements of tokens, certificates, communities and charging come back from the wire as they went."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from c4e.opt.v1 import statement_pb2
from c4e_opt.settlement import Batch, Purpose, Statement, batch_of
from c4e_opt.settlement.certificates.certificate_book import Device, certificate_book
from c4e_opt.settlement.certificates.certificates import issue
from c4e_opt.settlement.certificates.matching import match
from c4e_opt.settlement.charging.sessions import (
    ChargingEnd,
    ChargingSession,
    ChargingTariff,
    end_charging,
    hold_charging,
)
from c4e_opt.settlement.community.community import Tariff, settle_community
from c4e_opt.settlement.community.member_readings import member_readings
from c4e_opt.settlement.community.member_rules import read_rules
from c4e_opt.settlement.evidence_of_energy import metered_consumption, metered_production
from c4e_opt.settlement.tokens.token_book import TokenClass, token_book
from c4e_opt.settlement.tokens.tokens import mint, use
from c4e_server.convert.statement import batch_from_proto, batch_to_proto, statement_from_proto, statement_to_proto

BEGIN = 1_999_999_800


def acts() -> Iterator[tuple[Statement, Batch]]:
    readings = member_readings({"bob": [500]}, {"ann": [1000]}, starts=[BEGIN], step_seconds=900)
    made, used = metered_production(readings), metered_consumption(readings)
    book, minted = mint(token_book([TokenClass(id="t", issuer="volt")]), "t", made, BEGIN + 900)
    for statement in (minted, use(book, "t", used, BEGIN + 900)[1]):
        yield statement, batch_of(statement)
    issued, first = issue(certificate_book("reg", [Device(id="ann", owner="ann", source="solar")]), made, BEGIN + 900)
    for statement in (first, match(issued, used, BEGIN + 900)[1]):
        yield statement, batch_of(statement)
    rules = read_rules(
        {
            "community": "hub",
            "version": 1,
            "members": {name: {"supplier": "volt"} for name in ("ann", "bob")},
            "sharing": {"key": "level"},
            "price": {"rule": "middle"},
        }
    )
    statement, _ = settle_community(rules, readings, {"volt": Tariff(import_eur_per_mwh=300.0)})
    yield statement, batch_of(statement)
    session = ChargingSession(id="bob", driver="bob", site="park", begin=BEGIN, expires=BEGIN + 9000, held=100)
    held, hold = hold_charging(session)
    yield held, hold
    tariff = ChargingTariff(price_eur_per_mwh=np.array([300.0]))
    yield end_charging(session, hold, readings, ChargingEnd(done=BEGIN + 900, left=BEGIN + 900), tariff)


@pytest.mark.parametrize(("statement", "batch"), list(acts()), ids=[each[0].act for each in acts()])
def test_a_statement_comes_back(statement: Statement, batch: Batch) -> None:
    sent = statement_pb2.Statement.FromString(statement_to_proto(statement).SerializeToString())
    assert statement_from_proto(sent).digest == statement.digest
    told = statement_pb2.Batch.FromString(batch_to_proto(batch).SerializeToString())
    assert batch_from_proto(told).digest == batch.digest


def test_every_purpose_is_on_the_wire() -> None:
    names = {name.removeprefix("PURPOSE_").lower() for name in statement_pb2.Purpose.keys()}  # noqa: SIM118
    assert {purpose.value for purpose in Purpose} == names - {"unspecified"}
