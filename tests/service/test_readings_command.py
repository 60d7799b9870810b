"""`c4e-opt market readings`: files of meter readings, settled against a session of a running service."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from c4e_opt.case.build import Builder
from c4e_server.cli.main import main
from c4e_server.client import Client, Order
from c4e_server.local import Local

RULES = "price: dual\ncomponent_eur_per_mwh: 10\nmeters: [{id: m, party: bob, bus: el, minutes: 60}]\n"


def settled(capsys: pytest.CaptureFixture[str], *flags: str) -> dict[str, object]:
    """What the command prints."""
    with pytest.raises(SystemExit) as ended:
        main(["market", "readings", "metered", "readings.csv", "--rules", "rules.yaml", "--json", *flags])
    said = capsys.readouterr()
    assert ended.value.code == 0, said.err
    return json.loads(said.out)


def test_readings_of_a_file_are_settled_and_a_later_run_takes_their_place(
    service: Local,
    client: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """Bob bought 4 MWh at 20 and took 5: 1 MWh short at 20 + 10; then, without an offset in Warsaw, 4.5 MWh."""
    horizon = {"start": "2025-06-15T10:00+02:00", "time_zone": "Europe/Warsaw", "step_minutes": 60, "steps": 1}
    case = Builder({"horizon": horizon, "parties": [{"id": "ann"}, {"id": "bob"}], "buses": [{"id": "el"}]}, {}).case(
        empty=True
    )
    client.markets.open("metered", case, closes=datetime.now(UTC) + timedelta(minutes=9))
    client.markets.submit("metered", "ann", [Order(id="s", bus="el", side="sell", price=20, energy=9)])
    client.markets.submit("metered", "bob", [Order(id="b", bus="el", side="buy", price=60, energy=4)])
    client.markets.close_gate("metered")
    client.markets.wait("metered")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("C4E_OPT_ADDRESS", service.address)
    Path("rules.yaml").write_text(RULES, encoding="utf-8")
    readings = Path("readings.csv")
    readings.write_text("meter,start,energy_wh\nm,2025-06-15T08:00Z,-5000000\n", encoding="utf-8")
    first = settled(capsys, "--request-id", "one")
    assert settled(capsys, "--request-id", "one") == first
    assert first["replaces"] is None
    readings.write_text("meter,start,energy_wh\nm,2025-06-15T10:00,-4500000\n", encoding="utf-8")
    second = settled(capsys, "--run", "final")
    assert second["replaces"]
    paid = [
        sum(int(balance.amount) for balance in each.balances if balance.asset == "EUR")
        for each in client.markets.party_result("metered", "bob").statements
        if each.act == "imbalance"
    ]
    assert paid == [-3000, -1500]
