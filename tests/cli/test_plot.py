"""The command that draws an answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Done


def test_plot_draws_what_was_solved(
    inside: Callable[..., Done], answered: tuple[Path, Done], house: Path, tmp_path: Path
):
    out, _ = answered
    done = inside("plot", house, out)
    assert (done.code, done.out.split()) == (0, [str(out / "dispatch.html")]), done.err
    done = inside("plot", house, out, "--to", tmp_path / "a.svg", "--to", tmp_path / "a.png")
    assert done.code == 0, done.err
    assert (tmp_path / "a.svg").is_file()
    assert (tmp_path / "a.png").is_file()


def test_a_wrong_target_is_told_and_nothing_is_written(
    inside: Callable[..., Done], answered: tuple[Path, Done], house: Path, tmp_path: Path
):
    out, _ = answered
    done = inside("plot", house, out, "--to", tmp_path / "a.svg", "--to", tmp_path / "a.bmp")
    assert done.code == 2
    assert "a.bmp" in done.err
    assert not (tmp_path / "a.svg").exists()


def test_an_answer_to_another_case_is_not_drawn(
    inside: Callable[..., Done], answered: tuple[Path, Done], broken: Callable[[str, str, str], Path]
):
    out, _ = answered
    done = inside("plot", broken("case.yaml", "demand_kw: load", "demand_kw: 1"), out)
    assert done.code == 2
    assert "another case" in done.err
