"""What a field and a choice are called on the wire: the library's names without the unit that a message declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from google.protobuf.descriptor import Descriptor, EnumDescriptor

from c4e.opt.v1 import case_pb2
from c4e_opt.units import DECLARABLE

#: Inner unit -> the words that end a name in it, for the units that a message declares: MW -> mw.
UNIT_WORDS: Mapping[str, str] = {
    unit: word for units in DECLARABLE.values() for unit, (word, exponent) in units.items() if exponent == 0
}

#: Units as a case declares them, by dimension and number of the enum; those left out mean the inner unit.
UNITS: Mapping[str, Mapping[int, str]] = {
    "power": {
        case_pb2.POWER_UNIT_MW: "MW",
        case_pb2.POWER_UNIT_KW: "kW",
        case_pb2.POWER_UNIT_W: "W",
        case_pb2.POWER_UNIT_GW: "GW",
    },
    "energy": {
        case_pb2.ENERGY_UNIT_MWH: "MWh",
        case_pb2.ENERGY_UNIT_KWH: "kWh",
        case_pb2.ENERGY_UNIT_WH: "Wh",
        case_pb2.ENERGY_UNIT_GWH: "GWh",
    },
    "price": {
        case_pb2.PRICE_UNIT_PER_MWH: "EUR/MWh",
        case_pb2.PRICE_UNIT_PER_KWH: "EUR/kWh",
        case_pb2.PRICE_UNIT_CENT_PER_KWH: "ct/kWh",
    },
}


def wire_name(name: str, unit: str) -> str:
    """The name of a field on the wire: `charge_max_mw` is `charge_max`, because Case.units says the unit."""
    return name.removesuffix(f"_{UNIT_WORDS[unit]}") if unit in UNIT_WORDS else name


@cache
def words_of(enum: EnumDescriptor) -> Mapping[int, str]:
    """The words of a choice by number, as the library spells them; the unspecified one has none."""
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper() + "_"
    return {v.number: v.name.removeprefix(prefix).lower() for v in enum.values if v.number}


@cache
def numbers_of(enum: EnumDescriptor) -> Mapping[str, int]:
    """The numbers of a choice by word."""
    return {word: number for number, word in words_of(enum).items()}


def enum_of(message: Descriptor, field: str) -> EnumDescriptor:
    """The choice that a field of a message takes."""
    enum = message.fields_by_name[field].enum_type
    assert enum is not None
    return enum
