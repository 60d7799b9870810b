"""How laws and limits of a programme read to people who run a grid: plain words, amounts in units that one can picture.

A law is said by its name, a limit by what its variable is: "energy balance", "heat given to the heat bus at most
500 kW". So a component finds its words by naming its laws and describing its variables, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from c4e_opt.program.blocks import Constraint, Variable
from c4e_opt.units import unit_of

_WORDS = {"chp": "CHP", "ev": "EV"}
#: Units of laws by how their names end; others are said without one.
_LAW_UNITS = {
    "MWh": ("energy", "energy_balance", "energy_maximum", "energy_minimum", "energy_size_limit", "energy_size_floor"),
    "MW": (
        "power", "power_balance", "required_up", "required_down", "giving_limit", "taking_limit", "no_exchange",
        "ramp_up_limit", "ramp_down_limit", "upper_limit", "lower_limit", "up_headroom", "down_headroom",
        "up_stop_headroom", "down_stop_headroom", "up_activation", "down_activation",
    ),
    "t": ("emissions",),
}  # fmt: skip
#: Above this, in MW or MWh, an amount is not said in thousandths.
_LARGE = 10.0


def plain(name: str) -> str:
    """A name of the programme in words: `heat_store` is "heat store", `ev_session` is "EV session"."""
    return " ".join(_WORDS.get(word, word) for word in name.split("_"))


def place(labels: Mapping[str, str]) -> str:
    """Where something is, by axis and label, time left out: "heat store 'tank'"."""
    return ", ".join(f"{plain(axis)} {label!r}" for axis, label in labels.items())


def many(axis: str, count: int) -> str:
    """So many of one kind: "12 batteries"."""
    word = plain(axis)
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}es" if word.endswith("s") else f"{word}s"
    return f"{count} {plural}"


def law(constraint: Constraint) -> str:
    """A law of a component without the component's kind: `heat_store_energy_balance` is "energy balance"."""
    return plain(_without_kind(constraint))


def law_unit(constraint: Constraint) -> str:
    """The unit of a law's two sides, as far as its name tells; empty where it does not."""
    ends = (unit for unit, names in _LAW_UNITS.items() if constraint.name.endswith(tuple(f"_{name}" for name in names)))
    return "MW" if constraint.name == "power_balance" else next(ends, "")


def limit(variable: Variable, side: str, least: float, most: float) -> str:
    """A limit of a variable, whose bounds may differ between its cells.

    Args:
        variable: The variable.
        side: Which of its bounds, or that it must be a whole number.
        least: The smallest of the bounds, in the unit of the variable.
        most: The largest of them.
    """
    if variable.integral:
        adjective = plain(_without_kind(variable))
        if side == "integral":
            return f"either {adjective} or not"
        if least == most:
            return f"must be {adjective}" if most else f"must not be {adjective}"
    if side == "integral":
        return f"{variable.doc}, a whole number"
    return (
        f"{variable.doc} at {'least' if side == 'lower' else 'most'} {amount(least, most, unit=unit_of(variable.name))}"
    )


def is_natural(variable: Variable, side: str, least: float, most: float) -> bool:
    """Whether nobody would mention a limit: no flow below zero, no switch beyond on and off. An empty store is said."""
    if variable.integral and side == "upper":
        return least == most == 1.0
    return side == "lower" and least == most == 0.0 and not variable.name.endswith("_energy_mwh")


def is_bookkeeping(block: Constraint | Variable) -> bool:
    """Whether it only carries the amounts of one component on, as the energy balance of a store does."""
    return isinstance(block, Constraint) and block.name.endswith("_balance") and block.name != "power_balance"


def amount(*ends: float, unit: str) -> str:
    """An amount, or the two ends of a span, with its unit: "12.4 kW", "0 to 120 kW", "49.6 MW"."""
    scale = 1.0
    if unit in ("MW", "MWh") and max(map(abs, ends)) < _LARGE:
        scale, unit = 1000.0, unit.replace("M", "k", 1)
    said = dict.fromkeys(f"{end * scale + 0.0:.6g}" for end in ends)
    return f"{' to '.join(said)} {unit}".removesuffix(" 1")


def listed(parts: Sequence[str]) -> str:
    """Parts of a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _without_kind(block: Constraint | Variable) -> str:
    for axis in block.axes:
        if block.name.startswith(f"{axis.name}_"):
            return block.name.removeprefix(f"{axis.name}_")
    return block.name
