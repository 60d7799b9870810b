"""What operators are given is true: alarms and runbook agree, commands exist, and the files to deploy by are sound."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner
from prometheus_client.metrics_core import Metric

from c4e_opt.settlement.conformance import sample_batch
from c4e_server.cli.main import command
from c4e_server.client import Client
from c4e_server.config import Config
from c4e_server.ledgers.registry import open_journal
from c4e_server.observability import metrics
from c4e_server.security.access import FILES, Access

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
GROUPS: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
RULES: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
ALARMS = PAGE.partition("## Alarms")[2]
BLOCK = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)[0].splitlines()
COMMANDS = sorted({*re.findall(r"`(c4e-opt [^`]+)`", PAGE), *BLOCK})


def tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def test_every_alarm_has_its_section_and_every_section_its_alarm() -> None:
    sections = re.findall(r"^### (\w+)$", ALARMS, re.MULTILINE)
    assert [rule["alert"] for rule in RULES] == sections
    texts = re.split(r"^### \w+$", ALARMS, flags=re.MULTILINE)[1:]
    for name, said in zip(sections, texts, strict=True):
        assert len(said.split()) > 25, name


def test_alarms_speak_of_metrics_that_there_are() -> None:
    known: set[str] = set()
    family: Metric
    for family in metrics.REGISTRY.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "info": ("_info",)}
        known |= {family.name + suffix for suffix in suffixes.get(family.type, ("",))}
    for rule in RULES:
        named = set(re.findall(r"\bc4e_\w+", rule["expr"]))
        assert named, rule
        assert named <= known, named - known


@pytest.mark.parametrize("said", COMMANDS)
def test_every_command_of_the_page_is_one(said: str) -> None:
    words = shlex.split(said.replace("…", "x"))[1:]
    here: click.Command = command
    with click.Context(command) as context:
        while isinstance(here, click.Group) and words and not words[0].startswith("-"):
            found = here.get_command(context, words[0])
            assert found is not None, said
            here, words = found, words[1:]
    known = {name for parameter in here.params if isinstance(parameter, click.Option) for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known, said


def test_the_commands_that_back_up_and_restore_do_so(tmp_path: Path) -> None:
    journal = open_journal(Config(data=tmp_path / "var/lib/c4e-opt"))
    journal.submit(sample_batch("one", {"party:ann": 1, "party:bob": -1}))
    journal.close()
    (tmp_path / "backups").mkdir()
    for line in BLOCK:
        words = [f"{tmp_path}{word}" if word.startswith("/") else word for word in line.split()[1:]]
        run = subprocess.run([tool("c4e-opt"), *words], capture_output=True, text=True, check=False)
        assert run.returncode == 0, f"{line}: {run.stdout}{run.stderr}"


def test_the_dockerfile_passes_its_linter_and_copies_what_there_is() -> None:
    run = subprocess.run([tool("hadolint"), str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "")
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    sources = [word for line in re.findall(r"^COPY (?!--)(.*)$", text, re.MULTILINE) for word in line.split()[:-1]]
    let_in = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in let_in, source


def test_the_compose_file_holds_to_the_specification_and_sets_what_there_is() -> None:
    check = [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml")]
    run = subprocess.run(check, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["service"]
    names = {f"C4E_OPT_{field.name.upper()}" for field in fields(Config)}
    assert {name for name in service["environment"] if name.startswith("C4E_OPT_")} <= names | set(FILES.values())
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert int(service["stop_grace_period"].removesuffix("s")) > float(service["environment"]["C4E_OPT_DRAIN_S"])


def test_the_services_of_the_compose_file_start_as_it_says(tmp_path: Path) -> None:
    """Without the containers: their commands and environments, with their folder elsewhere and a free port."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    folder, inside = tmp_path / "c4e-opt", "/var/lib/c4e-opt"
    words = [word.replace(inside, str(folder)) for word in services["certificates"]["command"]]
    words = [re.sub(r"\$\{\w+:-(.*)\}", r"\1", word) for word in words]
    for _ in range(2):  # the second start finds what the first one made
        assert CliRunner().invoke(command, words).exit_code == 0
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said = {name: text.replace(inside, str(folder)) for name, text in services["service"]["environment"].items()}
    del said["C4E_OPT_DATABASE"]
    said |= {"C4E_OPT_DATA": str(folder), "C4E_OPT_PORT": str(port), "C4E_OPT_DRAIN_S": "1"}
    process = subprocess.Popen([tool("c4e-opt"), "serve"], env=os.environ | said, stderr=subprocess.PIPE, text=True)
    try:
        ask = ["health", "--address", f"127.0.0.1:{port}", "--timeout-s", "1"]
        end = time.monotonic() + 60
        while "SERVING" not in CliRunner(env=said).invoke(command, ask).output:
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.2)
        tls = folder / "tls"
        access = Access(ca=tls / "ca.pem", certificate=tls / "desk.pem", key=tls / "desk.key")
        with Client(f"localhost:{port}", access) as client:
            assert client.jobs() == []
        assert "no answer" in CliRunner().invoke(command, ask).output  # who shows nothing
    finally:
        process.terminate()
        _, log = process.communicate(timeout=20)
    assert "INSECURE" not in log


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    text = (DEPLOY / "c4e-opt.service").read_text(encoding="utf-8")
    (line,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    program, name, *words = line.split()
    assert program.endswith("/bin/c4e-opt")
    serve = getattr(importlib.import_module("c4e_server.cli.serving"), name)
    known = {option for parameter in serve.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known
    drain = float(words[words.index("--drain-s") + 1])
    (limit,) = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert float(limit) > drain
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    (tmp_path / "c4e-opt.service").write_text(text.replace(program, sys.executable), encoding="utf-8")
    run = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "c4e-opt.service")], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr.strip()) == (0, "")
