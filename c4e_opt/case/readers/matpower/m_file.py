"""A MATPOWER case file as plain tables: every field of its struct, and the conversions behind the data done.

A file is a list of assignments; each is understood wholly or named with its line. Nothing is run: the arithmetic that
case files do on their columns (ohms to per unit, kW to MW, a power factor) is read by `m_values`. A field that code
would have changed is never given back unchanged: one line that is not understood refuses the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from c4e_opt.arrays import FloatArray
from c4e_opt.case.readers.matpower.columns import CONSTANTS, INDEX_FUNCTIONS
from c4e_opt.case.readers.matpower.m_text import clean, line_of
from c4e_opt.case.readers.matpower.m_values import NotUnderstood, Value, Values
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue

_FUNCTION = re.compile(
    r"function[ \t\f]+(?:(?:(?P<one>\w+)|\[(?P<many>[\w ,\t\f]*)\])[ \t\f]*=[ \t\f]*)?(?P<name>\w+)"
    r"[ \t\f]*(?:\([\w ,\t\f~]*\))?",
    re.ASCII,
)
_SEVERAL = re.compile(r"\[(?P<names>[\w ,\t\f~]*)\][ \t\f]*=[ \t\f]*(?P<function>idx_\w+)\b(?:\(\))?", re.ASCII)
_TARGET = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*", re.ASCII)
_EQUALS = re.compile(r"[ \t\f]*=(?!=)[ \t\f]*")
_DONE = re.compile(r"(?:end|endfunction|return|define_constants)\b(?![ \t\f]*[=(.])")
_CODE = re.compile(r"(?:if|for|while|switch|try|parfor|do|global|persistent|else|elseif|case|otherwise|catch)\b")
_REST = re.compile(r"[^\n]*")
_BETWEEN = re.compile(r"[ \t\f\n;,]*")

#: So many lines that are not understood are named.
_NAMED = 20
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class MFile:
    """What a file assigns to its struct."""

    name: str  # of its function; empty when it has none
    fields: Mapping[str, Value]  # bus, gen, reserves.req … -> value

    def matrix(self, field: str) -> FloatArray | None:
        """A field that is a matrix; None when the file has none or an empty one."""
        found = self.fields.get(field)
        if isinstance(found, float):
            return np.array([[found]])
        if not isinstance(found, np.ndarray) or not cast("FloatArray", found).size:
            return None
        return cast("FloatArray", found)


def read_text(text: str, place: str) -> MFile:
    """Read the text of a case file.

    Args:
        text: The text.
        place: Name of the file, for findings.

    Raises:
        InvalidInput: With every line that is not understood.
    """
    return _Statements(clean(text), place).read()


class _Statements:
    """One reading of one text."""

    def __init__(self, text: str, place: str) -> None:
        self.where = place
        self.values = Values(text)
        self.name = ""
        self.struct = "mpc"
        self.outputs: tuple[str, ...] = ()  # variables that are fields, in files of version 1
        self.issues: list[Issue] = []
        self.begun = False

    def read(self) -> MFile:
        """All statements in their order."""
        values = self.values
        while len(self.issues) < _NAMED:
            values.take(_BETWEEN)
            begin = values.place
            if begin >= len(values.text):
                break
            try:
                self._statement()
                values.skip_blanks()
                if values.place < len(values.text) and values.text[values.place] not in ";,\n":
                    raise values.failed("is not understood")
            except NotUnderstood as error:
                self._refuse(begin, error)
        if self.issues:
            raise InvalidInput(self.issues)
        prefix = f"{self.struct}."
        fields = {name.removeprefix(prefix): value for name, value in values.known.items() if name.startswith(prefix)}
        fields |= {name: values.known[name] for name in self.outputs if name in values.known}
        return MFile(self.name, fields)

    def _refuse(self, begin: int, error: NotUnderstood) -> None:
        """Name a statement that is not understood, and go on behind it."""
        values = self.values
        line = line_of(values.text, error.place)
        start = values.text.rfind("\n", 0, error.place) + 1
        end = values.text.find("\n", error.place)
        said = " ".join(values.text[start : end if end >= 0 else None].split())
        shown = said if len(said) <= _SHOWN else f"{said[:_SHOWN]} …"
        self.issues.append(Issue(f"{self.where}:{line}", "not_understood", f"{error.reason}: {shown}"))
        values.place = max(error.place, begin)
        opened = values.text.rfind("[", begin, values.place + 1), values.text.rfind("{", begin, values.place + 1)
        closing = "]" if opened[0] > opened[1] else "}"
        if max(opened) >= 0 and closing not in values.text[max(opened) : values.place]:
            found = values.text.find(closing, values.place)
            values.place = found if found >= 0 else len(values.text)
        values.take(_REST)

    def _statement(self) -> None:
        values = self.values
        if found := _FUNCTION.match(values.text, values.place):
            self._function(found)
        elif _CODE.match(values.text, values.place):
            raise values.failed("is MATLAB code that is not data")
        elif found := _SEVERAL.match(values.text, values.place):
            self._index_function(found)
        elif found := _DONE.match(values.text, values.place):
            values.place = found.end()
            if found[0] == "define_constants":
                values.known.update(CONSTANTS)
        else:
            self._assignment()

    def _function(self, found: re.Match[str]) -> None:
        if self.begun:
            raise self.values.failed("is a second function")
        self.begun = True
        self.name = found["name"]
        if found["many"] is not None:
            self.outputs = tuple(found["many"].replace(",", " ").split())
        elif found["one"]:
            self.struct = found["one"]
        self.values.place = found.end()

    def _index_function(self, found: re.Match[str]) -> None:
        """`[PQ, PV, ...] = idx_bus`: names for columns."""
        names, numbers = found["names"].replace(",", " ").split(), INDEX_FUNCTIONS.get(found["function"], ())
        if len(names) > len(numbers):
            raise self.values.failed(f"nothing is known of {found['function']}")
        for name, number in zip(names, numbers, strict=False):
            self.values.known[name] = float(number)
        self.values.place = found.end()

    def _assignment(self) -> None:
        values = self.values
        begin = values.place
        target = values.take(_TARGET)
        if not target:
            raise values.failed("is not understood")
        part: tuple[Any, Any] | None = None
        if values.at("("):
            matrix = values.known.get(target)
            if not isinstance(matrix, np.ndarray):
                raise NotUnderstood(begin, f"calls or changes {target}, of which nothing is known as a matrix")
            part = values.index(cast("FloatArray", matrix))
        if not values.take(_EQUALS):
            raise NotUnderstood(begin, "is no assignment")
        self._assign(begin, target, part, values.value())

    def _assign(self, begin: int, target: str, part: tuple[Any, Any] | None, value: Value) -> None:
        known = self.values.known
        self.begun = True
        if part is not None:
            matrix = cast("FloatArray", known[target])
            self.values.spend(matrix.size)
            matrix = matrix.copy()
            if not isinstance(value, (float, np.ndarray)):
                raise NotUnderstood(begin, "gives a matrix something that is no number")
            shape = (len(part[0]), len(part[1]))
            if isinstance(value, np.ndarray) and cast("FloatArray", value).shape != shape:
                raise NotUnderstood(begin, f"gives a part of {shape[0]} by {shape[1]} a matrix of another shape")
            matrix[np.ix_(*part)] = value
            known[target] = matrix
        elif isinstance(value, dict):
            named = cast("dict[str, Value]", value)
            for name, each in named.items():
                self._assign(begin, f"{target}.{name}", None, each)
        elif target == self.struct:
            raise NotUnderstood(begin, "gives the case something that is no struct")
        else:
            known[target] = value
