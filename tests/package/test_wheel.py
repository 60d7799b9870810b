"""The wheel is all that a user gets: it installs into an empty environment and works there, without this checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import uv

ROOT = Path(__file__).parents[2]
PACKAGES = {"c4e_opt", "c4e_solvers", "c4e_server", "c4e"}

pytestmark = pytest.mark.xdist_group("wheel")  # one worker builds and installs once


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command that must succeed, away from the caller's Python paths, and return what it prints."""
    environment = {
        name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "COV_"))
    }
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel with the locked versions of what it asks for, and return the folder of its commands."""
    folder = tmp_path_factory.mktemp("environment")
    tool = uv.find_uv_bin()
    constraints = run(
        tool, "export", "--frozen", "--no-default-groups", "--no-emit-project", "--no-hashes", "--quiet", cwd=ROOT
    )
    (folder / "constraints.txt").write_text(constraints)
    run(tool, "venv", "--python", sys.executable, folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    run(tool, "pip", "install", "--python", python, "--constraints", folder / "constraints.txt", wheel, cwd=folder)
    return python.parent


def test_the_wheel_holds_our_four_packages_and_nothing_else(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        top = {name.split("/")[0] for name in archive.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES


def test_the_wheel_carries_licence_and_notice(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name).name for name in archive.namelist() if ".dist-info/licenses/" in name}
    assert {"LICENSE", "NOTICE"} <= names


def test_the_wire_contract_travels_with_its_generated_code(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.startswith("c4e/opt/v1/")}
    contracts = {name for name in names if name.endswith(".proto")}
    assert contracts
    assert {name.removesuffix(".proto") + "_pb2.py" for name in contracts} <= names


def test_the_installed_command_explains_itself(environment: Path, tmp_path: Path):
    assert "Usage" in run(environment / "c4e-opt", "--help", cwd=tmp_path)


def test_every_package_imports_from_the_installed_wheel(environment: Path, tmp_path: Path):
    lines = "import c4e_opt, c4e_solvers, c4e_server, c4e.opt.v1; print(c4e_opt.__file__)"
    assert str(environment.parent) in run(environment / "python", "-c", lines, cwd=tmp_path)


def test_every_generated_module_imports_from_the_installed_wheel(environment: Path, wheel: Path, tmp_path: Path):
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(("_pb2.py", "_pb2_grpc.py"))]
    modules = ", ".join(name.removesuffix(".py").replace("/", ".") for name in names)
    run(environment / "python", "-c", f"import {modules}", cwd=tmp_path)


def test_no_generic_name_is_installed(environment: Path, tmp_path: Path):
    lines = (
        "from importlib.util import find_spec\n"
        "print([name for name in ('tests', 'solvers', 'server', 'proto', 'generate', 'cases') if find_spec(name)])"
    )
    assert run(environment / "python", "-c", lines, cwd=tmp_path).strip() == "[]"
