"""The committed protobuf code is what the contract says, and the contract follows the common rules of its language."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUF = Path(sys.executable).with_name("buf")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def generated(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("c4e/**/*_pb2*.py*"))
        if "__pycache__" not in path.parts
    }


def test_the_committed_code_is_what_the_contract_generates(tmp_path: Path):
    done = run(sys.executable, "proto/generate.py", "--out", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    fresh, committed = generated(tmp_path), generated(ROOT / "proto")
    assert fresh
    assert sorted(committed) == sorted(fresh), "run `make proto`, and remove generated files that have no contract"
    assert [name for name in fresh if fresh[name] != committed[name]] == [], "run `make proto`"


def test_the_contract_passes_buf_lint(tmp_path: Path):
    image = tmp_path / "contract.binpb"
    done = run(sys.executable, "proto/generate.py", "--image", image)
    assert done.returncode == 0, done.stdout + done.stderr
    # An image from protoc does not say which of its files are imports, so the path does; buf.yaml holds the rules.
    done = run(BUF, "lint", image, "--config", "buf.yaml", "--path", "c4e")
    assert done.returncode == 0, done.stdout + done.stderr


def breaking(image: Path) -> subprocess.CompletedProcess[str]:
    """What a contract breaks of what the last release promised."""
    return run(BUF, "breaking", image, "--against", "proto/golden/v1.binpb", "--config", "buf.yaml", "--path", "c4e")


def test_the_contract_breaks_nothing_that_was_released(tmp_path: Path):
    image = tmp_path / "contract.binpb"
    done = run(sys.executable, "proto/generate.py", "--image", image)
    assert done.returncode == 0, done.stdout + done.stderr
    done = breaking(image)
    assert done.returncode == 0, f"{done.stdout}; the wire stays compatible within v1: see docs/contributing.md"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("solve", "uint32 threads = 4", "uint32 threads = 94", '"4" with name "threads"'),
        ("jobs", "bool without_answer = 2", "string without_answer = 2", 'from "bool" to "string"'),
        ("jobs", "rpc CancelJob(", "rpc EndJob(", 'RPC "CancelJob"'),
        ("jobs", "JOB_STATE_DONE = 3", "JOB_STATE_DONE = 93", 'enum value "3"'),
    ],
)
def test_a_change_that_breaks_callers_is_refused(tmp_path: Path, file: str, old: str, new: str, said: str):
    shutil.copytree(ROOT / "proto", tmp_path / "proto")
    changed = tmp_path / f"proto/c4e/opt/v1/{file}.proto"
    text = changed.read_text(encoding="utf-8")
    assert old in text
    changed.write_text(text.replace(old, new), encoding="utf-8")
    image = tmp_path / "contract.binpb"
    done = run(sys.executable, tmp_path / "proto/generate.py", "--image", image)
    assert done.returncode == 0, done.stdout + done.stderr
    done = breaking(image)
    assert done.returncode != 0
    assert said in done.stdout


def test_the_contract_is_formatted():
    done = run(BUF, "format", "--diff", "--exit-code")
    assert done.returncode == 0, done.stdout + done.stderr
