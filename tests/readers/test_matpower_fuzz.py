"""Broken MATPOWER files: a case, or InvalidInput; never another error, never without end, never out of proportion."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c4e_opt import InvalidInput
from c4e_opt.case.readers.matpower import case_of
from c4e_opt.case.readers.matpower.writing import text_of
from tests.readers.m_texts import BRANCH, GEN, m_text
from tests.readers.test_matpower import dc_line

CONVERSION = """
[PQ, PV, REF, NONE, BUS_I, BUS_TYPE, PD, QD, GS, BS, BUS_AREA, VM, ...
    VA, BASE_KV, ZONE, VMAX, VMIN] = idx_bus;
define_constants
Vbase = mpc.bus(1, BASE_KV) * 1e3;      %% in Volts
mpc.branch(:, [BR_R BR_X]) = mpc.branch(:, [BR_R BR_X]) / (Vbase^2 / mpc.baseMVA * 1e-6);
mpc.bus(2:end, [PD, QD]) = mpc.bus(2:end, [PD, QD]) .* [1 2; 3 4]' / 1e3;
"""
SEEDS = (
    m_text(more=CONVERSION),
    m_text(more=dc_line((-10, 50), (1, 0.1)) + "mpc.bus_name = {'a b'; \"c % d\"; 'it''s'};"),
    m_text(
        gen=GEN + "2 0 0 0 -20 1 100 1 0 -40;",
        gencost="1 0 0 3 -40 -2800 -25 -2500 0 0; 1 0 0 2 0 5 9 5 0 0; 2 0 0 3 0.1 2 3 0 0 0;",
        branch=BRANCH + "2 1 0.04 0.4 0.1 0 0 0 0.7 3 1 -10 20;",
        more="mpc.reserves.zones = [1 1 0]; mpc.reserves.req = 40;\n%{\n for \n%}\n mpc.x = struct('a', {1, 'b'});",
    ),
    "function [baseMVA, bus, gen] = old\nbaseMVA = 1;\nbus = [1 3 0 0 0 0 1 1 0 1 1 1.1 0.9];\n"
    "gen = [1 0 0 0 0 1 1 1 1 0];",
)
PIECES = (
    *"[](){};,'\"%#\n\t =.:*/^+-~@!&|<>\\\0\f\r", "...", "%{\n", "\n%}", "''", ".'", ".*", "./", ".^", "NaN", "Inf",
    "-Inf", "1e999", "1e-999", "-0", "1e308", "5e-324", "9" * 400, "1:9e5", "1:1e12", "end", "pi", "acos(2)", "0/0",
    "mpc.bus", "mpc.bus(:, :)", "mpc.bus(1, 1)", "mpc.gen = mpc.bus;", "mpc.baseMVA", "struct(", "struct('a', 1)", "[]",
    "function", "if", "for", "return;", "[A, B] = idx_bus;", "\u0663", "é", "\ud7ff", "\u2028", "[" * 60, "(" * 60,
    "-" * 60, "1 " * 300, "'" * 7, "2^2^2^2^999", "mpc.bus.x = 1;", "mpc = 3;", "version", "{1, {2, {3}}}",
)  # fmt: skip


#: Numbers that stand in for others: none, all, tiny, huge, and those that name rows, types and models.
NUMBERS = (
    "0", "1", "2", "3", "4", "7", "-1", "-5", "0.5", "1e-9", "1e9", "1e308", "-1e308", "5e-324", "1e999", "Inf", "-Inf",
    "NaN", "2.5", "9007199254740993", "[1 2]", "'1'", "(3)", "1/3", "",
)  # fmt: skip
_NUMBER = re.compile(r"(?<![\w.])-?\d+\.?\d*(?![\w.])")


@st.composite
def texts(draw: Any) -> str:
    """A case file with a few numbers exchanged, and things cut, doubled, moved or put in."""
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        found = list(_NUMBER.finditer(text))
        if found:
            number = found[draw(st.integers(0, len(found) - 1))]
            text = text[: number.start()] + draw(st.sampled_from(NUMBERS)) + text[number.end() :]
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2, 5)))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.sampled_from((0, 0, 1, 2, 5, 40))))
        put = draw(
            st.one_of(
                st.just(""),
                st.sampled_from(PIECES),
                st.just(text[begin:end] * 3),
                st.text(max_size=4),
                st.floats().map(repr),
                st.integers(-3, 9).map(str),
            )
        )
        text = text[:begin] + put + text[end:]
    return text


@contextmanager
def bounded(seconds: float) -> Generator[None]:
    """An error when something takes longer: a hang, and no slow machine."""

    def late(*_: Any) -> None:
        raise TimeoutError(f"not done within {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def judge(text: str) -> None:
    """A case that can be written again, or findings."""
    with bounded(20.0):
        case = tried(lambda: case_of(text, "fuzz.m"))
        if isinstance(case, InvalidInput):
            assert 0 < len(case.issues) < 500
            assert all(len(str(issue)) < 1000 for issue in case.issues)
            return
        assert sum(len(records) for records in case.components.values()) < len(text)
        tried(lambda: text_of(case))


def tried(act: Callable[[], Any]) -> Any:
    """What comes of it, which may be a refusal."""
    try:
        return act()
    except InvalidInput as refused:
        return refused


@settings(max_examples=300)
@given(texts())
def test_a_broken_file_is_a_case_or_findings(text: str) -> None:
    judge(text)


@pytest.mark.slow
@settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
@given(texts())
def test_ten_thousand_broken_files_are_cases_or_findings(text: str) -> None:
    judge(text)


@pytest.mark.parametrize(
    "text",
    [
        "mpc.x = [" * 10_000,
        "mpc.x = {" * 10_000,
        "mpc.x = " + "(" * 100_000,
        "mpc.x = " + "-" * 100_000 + "1",
        "mpc.x = " + "'" * 100_001,
        "mpc.x = [" + "1 2;\n" * 50_000,
        "mpc.x = " + "2^" * 50_000 + "2;",
        "mpc.x = " + "1+" * 50_000 + "1;",
        "%{\n" * 50_000,
        "...\n" * 50_000,
        "a = 1;\n" * 50_000,
        "a = 1:9e5;\n" * 1_000,
        "a = [1:9e5]; b = a(:, :); c = a .* a;\n" * 1_000,
        "mpc.x = [" + ", ".join(["1:9e5"] * 1_000) + "];",
        "x" * 1_000_000,
        "mpc." + "a." * 50_000 + "b = 1;",
        "mpc.x = 'a'; " * 50_000,
        "\n" * 1_000_000,
    ],
    ids=range(18),
)
def test_a_hostile_text_ends_soon(text: str) -> None:
    with bounded(20.0), pytest.raises(InvalidInput):
        case_of(text, "hostile.m")
