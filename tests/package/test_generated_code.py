"""The committed protobuf code is what the contract says, and the contract follows the common rules of its language."""

import subprocess
import sys
from pathlib import Path

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


def test_the_contract_is_formatted():
    done = run(BUF, "format", "--diff", "--exit-code")
    assert done.returncode == 0, done.stdout + done.stderr
