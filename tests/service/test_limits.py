"""What is too much is refused cleanly: messages, memory, hosts, folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from c4e.opt.v1 import solve_pb2
from c4e_opt.case import Case
from c4e_server.client import Client
from c4e_server.config import Config, read_config
from c4e_server.convert.case import case_to_proto
from c4e_server.errors import InvalidConfig, MessageTooLarge, OutOfMemory, QueueFull, ServiceError
from c4e_server.local import local_service
from c4e_server.security.access import FILES

Make = Callable[..., Case]


def test_a_message_over_the_limit_is_refused_and_the_service_goes_on(tmp_path: Path, make_small: Make):
    with local_service(tmp_path, "--workers", "1", "--message-mib", "1") as running, Client(running.address) as client:
        case = make_small()
        message = case_to_proto(case)
        message.name = "x" * 2**21
        with grpc.insecure_channel(running.address) as channel, pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/c4e.opt.v1.OptimisationService/Solve")(
                b"\x12" + length(message) + message.SerializeToString()
            )
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        with pytest.raises(MessageTooLarge, match=r"larger than max \(2.* vs\. 1048576\); upload the case"):
            client.call("OptimisationService/Solve", solve_pb2.SolveRequest(case=message), solve_pb2.SolveResponse)
        assert client.solve(case).outcome.has_schedule


def test_a_case_that_only_this_service_finds_too_large_is_uploaded_by_itself(tmp_path: Path, make_small: Make):
    with local_service(tmp_path, "--workers", "1", "--message-mib", "1") as running, Client(running.address) as client:
        case = make_small(name="x" * 2**21)
        assert client.solve(case).outcome.has_schedule
        assert client.result(client.submit(case).request_id).outcome.has_schedule
        assert [each.size_bytes > 2**21 for each in client.datasets.list()] == [True]


def test_a_crowded_service_is_called_again_and_nothing_is_uploaded(tmp_path: Path, make_small: Make):
    (tmp_path / "service.toml").write_text("calls_limit = 1\n", encoding="utf-8")
    flags = ("--workers", "1", "--config", str(tmp_path / "service.toml"))
    with local_service(tmp_path / "data", *flags) as running, grpc.insecure_channel(running.address) as channel:
        health = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"")
        next(health)
        with Client(running.address, patience_s=0.0) as client, pytest.raises(QueueFull, match="oncurrent"):
            client.solve(make_small())
        health.cancel()
        with Client(running.address) as client:
            assert client.solve(make_small()).outcome.has_schedule
            assert not list(client.datasets.list())


def length(message) -> bytes:
    from google.protobuf.internal.encoder import _VarintBytes

    return _VarintBytes(message.ByteSize())


def test_bytes_that_are_no_message_are_refused(tmp_path: Path, make_small: Make):
    with local_service(tmp_path, "--workers", "1") as running:
        with grpc.insecure_channel(running.address) as channel, pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/c4e.opt.v1.OptimisationService/Solve")(b"\xff\xff\xff not a message")
        assert "Traceback" not in str(caught.value.details())
        with Client(running.address) as client:
            assert client.solve(make_small()).outcome.has_schedule


def test_a_solve_that_needs_too_much_memory_is_a_clean_error(tmp_path: Path, make_small: Make):
    endless = make_small(
        horizon={"start": "2025-01-01T00:00Z", "step_seconds": 60, "steps": 5_000_000},
        components={
            "grid_connection": [{"id": "m", "bus": "el", "import_max_kw": 9, "import_price_eur_per_kwh": 1}],
            "demand": [{"id": f"d{number}", "bus": "el", "demand_kw": 1} for number in range(9)],
        },
    )
    with (
        local_service(tmp_path, "--workers", "1", "--memory-mib", "1500") as running,
        Client(running.address) as client,
    ):
        with pytest.raises(OutOfMemory):
            client.solve(endless)
        assert client.solve(make_small()).outcome.has_schedule


def test_only_one_service_uses_a_data_folder(tmp_path: Path):
    with local_service(tmp_path, "--workers", "1"):
        with pytest.raises(ServiceError, match="did not start"), local_service(tmp_path):
            pass
        assert "another service uses" in (tmp_path / "service.log").read_text(encoding="utf-8")


def test_others_may_not_reach_a_service_that_is_not_safe():
    with pytest.raises(InvalidConfig, match="neither encrypted nor authenticated"):
        Config(host="0.0.0.0")
    assert Config(host="localhost").loopback
    assert Config(host="::1").loopback


def test_flags_outweigh_the_environment_and_that_outweighs_the_file(tmp_path: Path):
    file = tmp_path / "c4e.toml"
    file.write_text('port = 1\nworkers = 3\nhost = "127.0.0.3"\n', encoding="utf-8")
    chosen = read_config(file, {"C4E_OPT_PORT": "2", "C4E_OPT_HOST": "127.0.0.2"}, port=3, data=None)
    assert (chosen.port, chosen.host, chosen.workers) == (3, "127.0.0.2", 3)


def test_a_misspelt_setting_is_named_with_the_one_that_was_meant(tmp_path: Path):
    file = tmp_path / "c4e.toml"
    file.write_text("tls_certifcate = 'x'\nqueue = 3\n", encoding="utf-8")
    with pytest.raises(InvalidConfig) as caught:
        read_config(file, {"C4E_OPT_TOKEN_KEY": "k", "C4E_OPT_LEDGER_TENENT": "acme", "C4E_OPT_PROT": "1"})
    for text in (
        "'tls_certifcate'; did you mean 'tls_certificate'?",
        "'queue'; known are host, ",
        "did you mean C4E_OPT_TOKEN_KEYS?",
        "did you mean C4E_OPT_LEDGER_TENANT?",
        "did you mean C4E_OPT_PORT?",
    ):
        assert text in str(caught.value)
    others = [*FILES.values(), "C4E_OPT_ADDRESS", "C4E_OPT_TRACE", "C4E_OPT_EVM_PASSWORD", "C4E_OPT_SOMETHING_ELSE"]
    assert read_config(None, dict.fromkeys(others, "x")) == Config()


@pytest.mark.parametrize("text", ["prot = 1", "port = 'x'", "port = 70000", "workers = 0", "port = ", "grace_s = inf"])
def test_a_wrong_configuration_is_refused_by_name(tmp_path: Path, text: str):
    file = tmp_path / "c4e.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidConfig, match=r"c4e\.toml|port|workers|grace_s"):
        read_config(file, {})
