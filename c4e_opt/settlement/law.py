"""A law of a statement, as its checkers keep it: how far it is off at its worst place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from c4e_opt.outcome import Residual


@dataclass(slots=True)
class Law:
    """The worst place of one law so far."""

    name: str
    unit: str
    tolerance: float = 0.0
    largest: float = 0.0
    where: Any = ""

    @classmethod
    def of(cls, name: str, unit: str, found: Iterable[tuple[Fraction | int, str]], tolerance: float = 0.0) -> Law:
        """The law after everything that was found of it: how far it is off, of either sign, and where."""
        law = cls(name, unit, tolerance)
        for off, where in found:
            law.see(abs(off), where)
        return law

    def see(self, off: Any, where: Any) -> None:
        """Remember the worst; what is not a number is the worst of all."""
        if not off <= self.largest:
            self.largest, self.where = float(off), where

    def count(self, where: Any) -> None:
        """One more break; the first place stands."""
        self.where = where if self.largest == 0 else self.where
        self.largest += 1

    def residual(self) -> Residual:
        """The law as a certificate says it."""
        return Residual(
            law=self.name, largest=self.largest, unit=self.unit, tolerance=self.tolerance, where=str(self.where)
        )
