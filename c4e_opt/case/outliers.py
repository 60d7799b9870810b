"""Numbers that look as if their unit were off by a thousand, or a percentage stood where a ratio belongs.

Every finding is a warning: such a number may be meant. A number is compared with its own series, with the same field of
others of its kind, with what else stands at its site, and with what its field can sensibly be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case.case import Case
from c4e_opt.fields import Field, fields_of
from c4e_opt.issues import Issue
from c4e_opt.units import Units

#: From so many times the usual on, a number is said to be off by a thousand.
_FAR = 500.0
#: Numbers a thousand times too small, or too large among peers, lie within this factor of a thousand.
_NEAR = 2.0
#: So few steps of a series are too few to know what is usual.
_STEPS = 8
#: Part of the steps that may be spikes or gaps; more are a pattern.
_FEW = 0.02
#: Sensible hours of storage at full power, by kind.
_HOURS = {"battery": (0.02, 100.0), "ev_session": (0.02, 500.0), "heat_store": (0.02, 5000.0)}
#: Kinds whose limits are often "as much as you like", and which say nothing of the size of a site.
_WITHOUT_SIZE = ("grid_connection", "tie")
_BESIDE = "times as much as the steps beside it"
_WITHOUT_UNIT = ("standing_loss_per_hour", "minimum_up_hours", "minimum_down_hours")
_LOST_VALUES = ("shed_value_eur_per_mwh", "unserved_value_eur_per_mwh")


@dataclass(frozen=True, slots=True)
class _Number:
    """A field of a component with what it holds, (time,) or one number."""

    kind: str
    place: int
    written: str  # its name as its writer knows it
    record: Any
    name: str
    field: Field
    values: FloatArray
    typical: float  # the median amount of what is not zero; 0 where all is
    least: float  # the smallest amount that is not zero; 0 where all is
    most: float  # the largest amount

    @property
    def path(self) -> str:
        """Where it stands."""
        return f"components.{self.kind}[{self.place}].{self.written}"

    @property
    def unit(self) -> str:
        """The inner unit."""
        return self.field.meta.unit


def outliers(case: Case) -> Iterator[Issue]:
    """Find numbers that look wrong in a case whose fields are all sound."""
    numbers = list(_numbers(case))
    for number in numbers:
        yield from _in_its_series(number, case)
        yield from _by_itself(number)
    sizes = [number for number in numbers if _is_size(number)]
    yield from _among(_of_one_kind(sizes), "others of its kind", case.units)
    yield from _among(_at_one_site(sizes, case), "what else stands at its site", case.units)
    yield from _hours(case)
    yield from _prices(numbers, case)


def _numbers(case: Case) -> Iterator[_Number]:
    for kind, records in case.components.items():
        fields: Mapping[str, Field] = fields_of(records[0].__class__) if records else {}
        looked_at = [
            (name, field, case.units.name(name, field.meta.unit))
            for name, field in fields.items()
            if _is_looked_at(name, field)
        ]
        for place, record in enumerate(records):
            for name, field, written in looked_at:
                content = getattr(record, name)
                if content is not None:
                    values = np.atleast_1d(np.asarray(content, np.float64))
                    yield _Number(kind, place, written, record, name, field, values, *_amounts(values))


def _amounts(values: FloatArray) -> tuple[float, float, float]:
    """The median, the least and the most of what is not zero, without its sign; 0 where all is."""
    if values.size == 1:
        amount = abs(values.item())
        return amount, amount, amount
    some = np.abs(values[values != 0])
    if not some.size:
        return 0.0, 0.0, 0.0
    some.partition(some.size // 2)  # `np.median` takes ten times as long for a day
    middle = some[some.size // 2].item()
    if not some.size % 2:
        middle = 0.5 * (middle + some[: some.size // 2].max().item())
    return middle, some.min().item(), some.max().item()


def _is_looked_at(name: str, field: Field) -> bool:
    """Whether there is a rule for a field; of most numbers without a unit there is none."""
    return field.meta.kind in ("number", "series") and bool(field.meta.unit or name in _WITHOUT_UNIT)


def _warning(path: str, message: str) -> Issue:
    return Issue(path, "outlier", message, "warning")


def _in_its_series(number: _Number, case: Case) -> Iterator[Issue]:
    """Steps that are far from the other steps of a series."""
    values, usual, unit = np.abs(number.values), number.typical, number.unit
    if values.size < _STEPS or not usual or unit not in ("MW", "MWh", "EUR/MWh", "MWh/MWh"):
        return
    gaps = number.name == "demand_mw" and not values.all()
    if number.most <= _FAR / 20 * usual and number.least >= 5 * _NEAR / 1000 * usual and not gaps:
        return  # whatever stands beside a step, none of the rules below can find it far from that
    before, after = np.concatenate([values[1:2], values[:-1]]), np.concatenate([values[1:], values[-2:-1]])
    around = 0.5 * (before + after)
    steady = (np.minimum(before, after) > usual / 5) & (around < usual * 5)
    low = steady & (values > 0) & (values * 1000 > around / _NEAR) & (values * 1000 < around * _NEAR)
    high = (around > usual / 20) & (values > _FAR * around)
    kinds = [(values > _FAR * usual, "times as much as the median"), (high, _BESIDE), (low, _BESIDE)]
    if gaps:
        least = float(np.min(values[values > 0]))
        kinds.append((steady & (values == 0) & (least > usual / 20), "unlike every other step; a missing value?"))
    for far, how in kinds:
        places = np.flatnonzero(far)
        if 0 < places.size <= max(_FEW * values.size, 1):
            step = int(places[0])
            more = f" ({places.size - 1} more steps like it)" if places.size > 1 else ""
            least = around[step] if "beside" in how else usual
            times = f"{values[step] / least:.4g} " if "times" in how else ""
            said = case.units.say(float(number.values[step]), unit)
            compared = f", {case.units.say(float(least), unit)}" if "times" in how else ""
            yield _warning(
                f"{number.path}[{step}]",
                f"is {said} at {case.horizon.axis.labels[step]}Z, {times}{how}{compared}{more}; {_mend(unit)}",
            )


def _by_itself(number: _Number) -> Iterator[Issue]:
    """Ratios and durations that no plant has."""
    usual, unit, name = number.typical, number.unit, number.name
    if unit == "MWh/MWh" and usual and not 0.02 <= usual <= 20.0:
        yield _warning(number.path, f"is {usual:g}; a ratio is meant, 0.95 for 95 %, and a COP of 3.5 for 350 %")
    if name == "standing_loss_per_hour" and usual > 0.2:
        message = f"is {usual:g} per hour, so that {usual:.0%} of the energy is lost within an hour; "
        yield _warning(number.path, message + "a ratio is meant, 0.005 for 0.5 % per hour")
    if name in ("minimum_up_hours", "minimum_down_hours") and usual > 168.0:
        message = f"is {usual:g} h, more than a week; hours are meant, not minutes"
        yield _warning(number.path, message)


def _is_size(number: _Number) -> bool:
    """Whether a number tells how large a component is."""
    power = number.unit == "MW" and number.name.endswith(("_max_mw", "demand_mw", "available_mw", "rated_mw"))
    return number.kind not in _WITHOUT_SIZE and (power or number.name == "energy_max_mwh")


def _of_one_kind(sizes: Iterable[_Number]) -> Iterator[list[_Number]]:
    groups: dict[tuple[str, str], list[_Number]] = {}
    for number in sizes:
        groups.setdefault((number.kind, number.name), []).append(number)
    yield from groups.values()


def _at_one_site(sizes: Iterable[_Number], case: Case) -> Iterator[list[_Number]]:
    """The largest of the powers of every component, by site."""
    sites = {bus.id: bus.site or bus.id for bus in case.buses}
    groups: dict[str, dict[int, _Number]] = {}
    for number in sizes:
        site = next((sites.get(getattr(number.record, n)) for n in _bus_fields(number.record)), None)
        if site is not None and number.unit == "MW":
            largest = groups.setdefault(site, {})
            known = largest.get(id(number.record))
            if known is None or known.typical < number.typical:
                largest[id(number.record)] = number
    for group in groups.values():
        if len(group) > 3:
            yield list(group.values())


def _bus_fields(record: Any) -> list[str]:
    return [name for name, field in fields_of(record.__class__).items() if field.meta.kind == "bus"]


def _among(groups: Iterable[list[_Number]], whom: str, units: Units) -> Iterator[Issue]:
    """Numbers that are far from the median of the others of a group."""
    for group in groups:
        some = [number for number in group if number.typical > 0]
        if len(some) < 3:
            continue
        size = np.array([number.typical for number in some])
        usual = medians_of_others(size)
        ratio = size / usual
        for row in np.flatnonzero((ratio >= _FAR) & (ratio <= 1000 * _NEAR)).tolist():
            number = some[row]
            said, than = units.say(float(size[row]), number.unit), units.say(float(usual[row]), number.unit)
            message = f"is {said}, {ratio[row]:.4g} times the median of {whom}, {than}; {_mend(number.unit)}"
            yield _warning(number.path, message)


def medians_of_others(size: FloatArray) -> FloatArray:
    """Of two numbers or more, for each the median of all the others."""
    order = np.argsort(size, kind="stable")
    place, ordered, others = np.argsort(order, kind="stable"), size[order], size.size - 1
    middle = (np.array([(others - 1) // 2, others // 2]))[:, None]
    return ordered[middle + (middle >= place)].mean(axis=0)


def _hours(case: Case) -> Iterator[Issue]:
    """Stores that are filled within seconds, or only within months."""
    units = case.units
    for kind, (shortest, longest) in _HOURS.items():
        for place, store in enumerate(case.components.get(kind, ())):
            power, energy = max(store.charge_max_mw, store.discharge_max_mw), store.energy_max_mwh
            if power > 0 and energy > 0 and not shortest <= energy / power <= longest:
                hours = f"{energy / power:.3g} h" if energy / power >= shortest else f"{3600 * energy / power:.3g} s"
                message = (
                    f"is {units.say(energy, 'MWh')}, which {units.say(power, 'MW')} fill in {hours}; "
                    f"{_mend('MWh')}, and that of the power"
                )
                yield _warning(f"components.{kind}[{place}].{units.name('energy_max_mwh', 'MWh')}", message)


def _prices(numbers: Iterable[_Number], case: Case) -> Iterator[Issue]:
    """Prices far from the other prices of the case, of the wrong sign, or as if they were per kWh."""
    numbers, units = list(numbers), case.units
    market = [
        number
        for number in numbers
        if number.kind == "grid_connection"
        and number.name in ("import_price_eur_per_mwh", "export_price_eur_per_mwh")
        and number.typical
    ]
    price = _medians(market)
    for number in market:
        others = [each for path, each in price.items() if path != number.path]
        usual = float(np.median(others)) if others else 0.0
        ratio = price[number.path] / usual if usual else 1.0
        said = units.say(price[number.path], "EUR/MWh").replace("EUR", case.currency)
        bought = number.name == "import_price_eur_per_mwh"
        if len(others) >= 2 and not 1 / _FAR < ratio < _FAR:
            than = units.say(usual, "EUR/MWh").replace("EUR", case.currency)
            yield _warning(
                number.path, f"is {said} in the median, {ratio:.4g} times the other prices, {than}; {_PRICE}"
            )
        elif bought and price[number.path] < 1.0:
            yield _warning(number.path, f"is {said} in the median, less than 1 {case.currency}/MWh; {_PRICE}")
        elif bought and price[number.path] > 5000.0 and case.currency in ("EUR", "USD", "GBP", "CHF"):
            yield _warning(number.path, f"is {said} in the median, more than 5 {case.currency}/kWh; {_PRICE}")
        elif float(np.median(number.values)) < 0:
            message = f"is {units.say(float(np.median(number.values)), 'EUR/MWh')} in the median, below zero; "
            yield _warning(number.path, message + "a price is positive when the buyer pays")
    if price:
        yield from _costs(numbers, float(np.median(list(price.values()))), case)


def _costs(numbers: Iterable[_Number], usual: float, case: Case) -> Iterator[Issue]:
    """Costs far above the prices of the market, and worths of served energy far below them."""
    for number in numbers:
        if number.unit != "EUR/MWh" or number.kind == "grid_connection" or not number.typical:
            continue
        lost, typical = number.name in _LOST_VALUES, number.typical
        said = case.units.say(typical, "EUR/MWh").replace("EUR", case.currency)
        than = case.units.say(usual, "EUR/MWh").replace("EUR", case.currency)
        if lost and typical < usual / 20:
            yield _warning(number.path, f"is {said}, far below the price of energy, {than}; {_PRICE}")
        elif not lost and typical > _FAR * usual:
            yield _warning(number.path, f"is {said}, {typical / usual:.4g} times the price of energy, {than}; {_PRICE}")


def _medians(numbers: Iterable[_Number]) -> Mapping[str, float]:
    return {number.path: number.typical for number in numbers}


_PRICE = "check whether it is per kWh or per MWh"


def _mend(unit: str) -> str:
    """What to look at first."""
    if unit == "EUR/MWh":
        return _PRICE
    return f"check its unit: {unit.replace('M', 'k', 1)} or {unit}" if unit in ("MW", "MWh") else "check its unit"
