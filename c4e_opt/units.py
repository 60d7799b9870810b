"""Units: the inner unit of every name, and the factors of the units that a case may declare instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.issues import Issue

#: Inner units by the last words of a name, longest first, as results carry them.
SUFFIXES: dict[str, str] = {
    "eur_per_mwh": "EUR/MWh",
    "eur_per_mw": "EUR/MW",
    "per_hour": "1/h",
    "hours": "h",
    "minutes": "min",
    "mwh": "MWh",
    "mw": "MW",
    "eur": "EUR",
}

#: What a case file may declare: dimension -> unit as written -> (word in a field's name, factor to the inner unit).
DECLARABLE: dict[str, dict[str, tuple[str, float]]] = {
    "power": {"MW": ("mw", 1.0), "kW": ("kw", 1e-3), "W": ("w", 1e-6), "GW": ("gw", 1e3)},
    "energy": {"MWh": ("mwh", 1.0), "kWh": ("kwh", 1e-3), "Wh": ("wh", 1e-6), "GWh": ("gwh", 1e3)},
    "price": {"EUR/MWh": ("eur_per_mwh", 1.0), "EUR/kWh": ("eur_per_kwh", 1e3), "ct/kWh": ("ct_per_kwh", 10.0)},
}

_DIMENSION = {"MW": "power", "MWh": "energy", "EUR/MWh": "price"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The units that a case file or a message speaks; inside, everything is MW, MWh and EUR/MWh."""

    power: str = "MW"
    energy: str = "MWh"
    price: str = "EUR/MWh"

    def declared(self, unit: str) -> str:
        """The unit that the file uses in place of an inner unit."""
        return str(getattr(self, _DIMENSION[unit])) if unit in _DIMENSION else unit

    def factor(self, unit: str) -> float:
        """Multiply a number of the file by this to get the inner `unit`."""
        if unit not in _DIMENSION:
            return 1.0
        return DECLARABLE[_DIMENSION[unit]][self.declared(unit)][1]

    def inward(self, numbers: FloatArray, unit: str) -> FloatArray:
        """Numbers of the file in the inner `unit`.

        A factor below one divides by its whole inverse, so that whole numbers come out as the decimals that they are:
        3 kW is 0.003 MW, the double that "0.003" reads as. Fractions may differ in the last bit.
        """
        factor = self.factor(unit)
        if factor == 1.0:
            return numbers
        return numbers / round(1 / factor) if factor < 1 else numbers * factor

    def outward(self, numbers: FloatArray, unit: str) -> FloatArray:
        """Numbers in the inner `unit` as the file writes them."""
        factor = self.factor(unit)
        if factor == 1.0:
            return numbers
        return numbers * round(1 / factor) if factor < 1 else numbers / factor

    def name(self, name: str, unit: str) -> str:
        """The name of a field in the file: `charge_max_mw` is `charge_max_kw` where power is declared in kW."""
        if unit not in _DIMENSION:
            return name
        inner = {"MW": "mw", "MWh": "mwh", "EUR/MWh": "eur_per_mwh"}[unit]
        return name.removesuffix(inner) + DECLARABLE[_DIMENSION[unit]][self.declared(unit)][0]

    def say(self, number: float, unit: str) -> str:
        """A number in the inner `unit` as the writer of the file reads it, with its unit."""
        return f"{float(self.outward(np.asarray(number, dtype=np.float64), unit)):g} {self.declared(unit)}".rstrip()

    def within(self, path: str, name: str, number: float, lower: float, upper: float, unit: str) -> Iterator[Issue]:
        """Find a field outside [lower, upper].

        Args:
            path: The record that has the field.
            name: Name of the field inside.
            number: What it holds, in the inner `unit`.
            lower: Smallest allowed number.
            upper: Largest allowed number.
            unit: The inner unit of all three.
        """
        if not lower <= number <= upper:
            low = self.say(lower, unit).removesuffix(self.declared(unit)).rstrip()
            bounds = f"[{low}, {self.say(upper, unit).removesuffix(self.declared(unit)).rstrip()}]"
            message = f"is {self.say(number, unit)}; it must lie within {bounds} {self.declared(unit)}".rstrip()
            yield Issue(f"{path}.{self.name(name, unit)}", "range", message)


DIMENSIONS = tuple(f.name for f in fields(Units))


def unit_of(name: str) -> str:
    """The inner unit that the last words of a name declare; "1" for a ratio, a flag or a count."""
    for suffix, unit in SUFFIXES.items():
        if name.endswith("_" + suffix):
            return unit
    return "1"
