"""Units: the inner unit of every name, and the factors of the units that a case may declare instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.issues import Issue

#: Inner units by the last words of a name, longest first, as results carry them.
SUFFIXES: dict[str, str] = {
    "eur_per_mw_hour": "EUR/MW/h",
    "eur_per_mwh": "EUR/MWh",
    "eur_per_mw": "EUR/MW",
    "per_hour": "1/h",
    "hours": "h",
    "minutes": "min",
    "mvar": "Mvar",
    "mva": "MVA",
    "rad": "rad",
    "deg": "°",
    "mwh": "MWh",
    "mw": "MW",
    "eur": "EUR",
    "c": "°C",
    "t": "t",
}

#: What a case file may declare: dimension -> unit as written -> (word in a field's name, power of ten to the inner).
DECLARABLE: dict[str, dict[str, tuple[str, int]]] = {
    "power": {"MW": ("mw", 0), "kW": ("kw", -3), "W": ("w", -6), "GW": ("gw", 3)},
    "energy": {"MWh": ("mwh", 0), "kWh": ("kwh", -3), "Wh": ("wh", -6), "GWh": ("gwh", 3)},
    "price": {"EUR/MWh": ("eur_per_mwh", 0), "EUR/kWh": ("eur_per_kwh", 3), "ct/kWh": ("ct_per_kwh", 1)},
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

    def exponent(self, unit: str) -> int:
        """The power of ten from numbers of the file to the inner `unit`."""
        return DECLARABLE[_DIMENSION[unit]][self.declared(unit)][1] if unit in _DIMENSION else 0

    def inward(self, numbers: FloatArray, unit: str) -> FloatArray:
        """Numbers of the file in the inner `unit`, exact as decimals: 5.114 kW is the double of "0.005114"."""
        return _shifted(np.asarray(numbers, dtype=np.float64), self.exponent(unit))

    def outward(self, numbers: FloatArray, unit: str) -> FloatArray:
        """Numbers in the inner `unit` as the file writes them."""
        return _shifted(np.asarray(numbers, dtype=np.float64), -self.exponent(unit))

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


def _shifted(numbers: FloatArray, exponent: int) -> FloatArray:
    """Numbers times a power of ten, rounded once from the decimal that each was written as.

    A double of up to nine decimals is n / 10**k for a whole n; n and powers of ten are exact, so one operation on them
    rounds correctly, where a factor on the double would round twice. Longer decimals take the factor.
    """
    if exponent == 0:
        return numbers
    flat = numbers.ravel()
    shifted = flat * 10.0**exponent if exponent > 0 else flat / 10.0**-exponent
    left = np.flatnonzero(np.isfinite(flat))
    for decimals in range(10):
        whole = np.rint(flat[left] * 10.0**decimals)
        exact = (whole / 10.0**decimals == flat[left]) & (np.abs(whole) < 2.0**53)
        found, power = left[exact], exponent - decimals
        shifted[found] = whole[exact] * 10.0**power if power > 0 else whole[exact] / 10.0**-power
        left = left[~exact]
        if not left.size:
            break
    return shifted.reshape(numbers.shape)


DIMENSIONS = tuple(f.name for f in fields(Units))


def unit_of(name: str) -> str:
    """The inner unit that the last words of a name declare; "1" for a ratio, a flag or a count."""
    for suffix, unit in SUFFIXES.items():
        if name.endswith("_" + suffix):
            return unit
    return "1"
