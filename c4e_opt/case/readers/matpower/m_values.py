"""Values in MATLAB's words: numbers, matrices, texts and cells, and the little arithmetic that case files do with them.

What is understood: numbers, names, matrices, cells, texts, `struct(...)`, + - .* * ./ / .^ ^ ' with numbers and
matrices of one shape, ranges, indices in round brackets, and a few functions of numbers. Nothing is ever run: anything
else raises NotUnderstood, which says where.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from c4e_opt.arrays import FloatArray

#: A number, a matrix (row, column), a text, a cell (list of rows) or a struct (name -> value).
Value = Any

_BLANKS = re.compile(r"[ \t\f]*")
_ROOM = re.compile(r"[ \t\f\n]*")
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?", re.ASCII)
_NAME = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*", re.ASCII)
_BRACKET = re.compile(r"""[\[\]'"{}]""")
_PLAIN = re.compile(r"[0-9eE+\-.\s;,naifNAIF]*")
_ADD = re.compile(r"[+-]")
_MULTIPLY = re.compile(r"\.\*|\./|\*|/")
_POWER = re.compile(r"\.?\^")
_STRING = {"'": re.compile(r"'((?:[^'\n]|'')*)'"), '"': re.compile(r'"((?:[^"\\\n]|\\.|"")*)"')}

#: Deeper brackets, and more numbers made up by code, are no data.
_DEEPEST = 40
_MOST = 20_000_000
#: A range counts rows or columns.
_LARGEST = 1_000_000

_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "sqrt": np.sqrt, "abs": np.abs, "sin": np.sin, "cos": np.cos, "tan": np.tan, "acos": np.arccos, "asin": np.arcsin,
    "atan": np.arctan, "exp": np.exp, "log": np.log, "log10": np.log10,
}  # fmt: skip
_CONSTANTS: Mapping[str, float] = {
    "pi": math.pi, "Inf": math.inf, "inf": math.inf, "NaN": math.nan, "nan": math.nan, "eps": 2.0**-52,
    "true": 1.0, "false": 0.0,
}  # fmt: skip


class NotUnderstood(Exception):
    """A piece of text that this reader does not understand."""

    def __init__(self, place: int, reason: str) -> None:
        """Take the place in the text and why."""
        super().__init__(reason)
        self.place = place
        self.reason = reason


class Values:
    """A text with a place in it, from which values are taken, and the names that are known so far."""

    def __init__(self, text: str) -> None:
        """Begin at the first character of a cleaned text."""
        self.text = text
        self.place = 0
        self.known: dict[str, Value] = {}
        self._depth = 0
        self._ends: list[int] = []  # what `end` means, in the innermost index
        self._made = 0  # numbers that code has made so far

    def failed(self, reason: str) -> NotUnderstood:
        """That the text at the present place is not understood."""
        return NotUnderstood(self.place, reason)

    def spend(self, numbers: int) -> None:
        """Count numbers that code makes, so that a short text cannot ask for endless work."""
        self._made += numbers
        if self._made > _MOST:
            raise self.failed("asks for too much arithmetic")

    def skip_blanks(self) -> bool:
        """Go past blanks; whether there were any."""
        begin = self.place
        self.place = cast("re.Match[str]", _BLANKS.match(self.text, begin)).end()
        return self.place > begin

    def skip_room(self) -> None:
        """Go past blanks and line breaks."""
        self.place = cast("re.Match[str]", _ROOM.match(self.text, self.place)).end()

    def at(self, mark: str) -> bool:
        """Whether a mark stands here."""
        return self.text.startswith(mark, self.place)

    def take(self, pattern: re.Pattern[str]) -> str:
        """Take what matches here; nothing when it does not."""
        found = pattern.match(self.text, self.place)
        if found is None:
            return ""
        self.place = found.end()
        return found[0]

    def expect(self, mark: str) -> None:
        """Take a mark that must stand here."""
        if not self.at(mark):
            raise self.failed(f"{mark!r} is missing")
        self.place += len(mark)

    def value(self, *, listed: bool = False) -> Value:
        """Take a value: a range, or a sum.

        Args:
            listed: Inside a matrix or a cell, where a blank parts two values.
        """
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                raise self.failed("brackets are nested too deep")
            with np.errstate(all="ignore"):
                return self._range(listed)
        except OverflowError:
            raise self.failed("a number is too large") from None
        finally:
            self._depth -= 1

    def _range(self, listed: bool) -> Value:
        first = self._sum(listed)
        if not self._next_is(":"):
            return first
        self.place += 1
        self.skip_blanks()
        last = self._sum(listed)
        if not (isinstance(first, float) and isinstance(last, float) and -_LARGEST < first <= last + 1 < _LARGEST):
            raise self.failed("is no range from a whole number to a larger one")
        self.spend(int(last - first) + 2)
        return np.arange(first, last + 0.5)[None, :]

    def _next_is(self, mark: str) -> bool:
        """Whether a mark comes next; if so, at the present place."""
        begin = self.place
        self.skip_blanks()
        if self.at(mark):
            return True
        self.place = begin
        return False

    def _sum(self, listed: bool) -> Value:
        found = self._product(listed)
        while True:
            begin = self.place
            blank = self.skip_blanks()
            sign = self.take(_ADD)
            if not sign or (listed and blank and not self.text[self.place : self.place + 1].isspace()):
                self.place = begin
                return found
            self.skip_blanks()
            other = self._product(listed)
            self._same_shape(found, other)
            found = found + other if sign == "+" else found - other

    def _product(self, listed: bool) -> Value:
        found = self._signed(listed)
        while True:
            begin = self.place
            self.skip_blanks()
            mark = self.take(_MULTIPLY)
            if not mark:
                self.place = begin
                return found
            self.skip_blanks()
            other = self._signed(listed)
            self._same_shape(found, other, matrices=mark[0] == ".")
            if mark == "/" and not isinstance(other, float):
                raise self.failed("is a division by a matrix")
            found = found * other if mark[-1] == "*" else _float(np.divide(found, other))

    def _signed(self, listed: bool) -> Value:
        sign = self.take(_ADD)
        if not sign:
            return self._power(listed)
        self._depth += 1  # signs may follow one another
        if self._depth > _DEEPEST:
            raise self.failed("too many signs")
        self.skip_blanks()
        found = self._signed(listed)
        self._depth -= 1
        self._same_shape(found, 1.0)
        return -found if sign == "-" else found

    def _power(self, listed: bool) -> Value:
        found = self._transposed(listed)
        while True:
            begin = self.place
            self.skip_blanks()
            mark = self.take(_POWER)
            if not mark:
                self.place = begin
                return found
            self.skip_blanks()
            sign = self.take(_ADD)
            other = self._transposed(listed)
            self._same_shape(found, other, matrices=mark == ".^")
            if mark == "^" and not (isinstance(found, float) and isinstance(other, float)):
                raise self.failed("is a power of a matrix")
            found = _float(np.power(found, -other if sign == "-" else other))

    def _same_shape(self, first: Value, other: Value, *, matrices: bool = True) -> None:
        """Refuse what is no number, and matrices that cannot go together element by element."""
        for each in (first, other):
            if not isinstance(each, (float, np.ndarray)):
                raise self.failed("calculates with something that is no number")
            self.spend(np.size(cast("FloatArray", each)))
        if isinstance(first, np.ndarray) and isinstance(other, np.ndarray):
            if not matrices:
                raise self.failed("multiplies matrices")
            if cast("FloatArray", first).shape != cast("FloatArray", other).shape:
                raise self.failed("calculates with matrices of different shapes")

    def _transposed(self, listed: bool) -> Value:
        found = self._primary(listed)
        while self.at("'") or self.at(".'"):
            self.place += 1 if self.at("'") else 2
            if isinstance(found, np.ndarray):
                found = cast("FloatArray", found).T
            elif not isinstance(found, float):
                raise self.failed("transposes something that is no matrix")
        return found

    def _primary(self, listed: bool) -> Value:
        number = self.take(_NUMBER)
        if number:
            return float(number.replace("d", "e").replace("D", "e"))
        mark = self.text[self.place : self.place + 1]
        if mark and mark in "'\"":
            return self._string(mark)
        if mark == "[":
            return self._matrix()
        if mark == "{":
            return self._cell()
        if mark == "(":
            self.place += 1
            self.skip_blanks()
            found = self.value()
            self.skip_blanks()
            self.expect(")")
            return found
        name = self.take(_NAME)
        if name:
            return self._named(name)
        raise self.failed("a value is missing" if mark in ("", "\n", ";", ",", "]", ")", "}") else "is not understood")

    def _string(self, mark: str) -> str:
        written = self.take(_STRING[mark])
        if not written:
            raise self.failed("a text has no end")
        return written[1:-1].replace(mark * 2, mark).replace('\\"', '"')

    def _named(self, name: str) -> Value:
        if name in self.known:
            found = self.known[name]
            return self.indexed(found) if self.at("(") else found
        if name == "end" and self._ends:
            return float(self._ends[-1])
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        begin = self.place - len(name)
        if not self.at("("):
            raise NotUnderstood(begin, f"nothing is known of {name!r}")
        if name == "struct":
            return self._struct()
        if name not in _FUNCTIONS:
            raise NotUnderstood(begin, f"calls {name}, which is MATLAB code that this reader does not know")
        self.place += 1
        self.skip_blanks()
        found = self.value()
        self._same_shape(found, 1.0)
        self.skip_blanks()
        self.expect(")")
        return _float(_FUNCTIONS[name](found))

    def _struct(self) -> dict[str, Value]:
        """`struct('name', value, ...)`."""
        self.place += 1
        found: dict[str, Value] = {}
        self.skip_room()
        while not self.at(")"):
            name = self.value()
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise self.failed("a struct needs the name of a field")
            self.skip_room()
            self.expect(",")
            self.skip_room()
            found[name] = self.value()
            self.skip_room()
            if not self.at(")"):
                self.expect(",")
                self.skip_room()
        self.place += 1
        return found

    def indexed(self, found: Value) -> Value:
        """The part of a matrix that the brackets at the present place name."""
        if isinstance(found, float):
            found = np.array([[found]])
        if not isinstance(found, np.ndarray):
            raise self.failed("takes a part of something that is no matrix")
        matrix = cast("FloatArray", found)
        rows, columns = self.index(matrix)
        self.spend(len(rows) * len(columns))
        part = matrix[np.ix_(rows, columns)]
        return float(part[0, 0]) if part.shape == (1, 1) else part

    def index(self, matrix: FloatArray) -> tuple[Any, Any]:
        """Rows and columns, from 0, that the brackets at the present place name of a matrix."""
        self.expect("(")
        self.skip_blanks()
        rows = self._places(matrix.shape[0])
        self.skip_blanks()
        self.expect(",")
        self.skip_blanks()
        columns = self._places(matrix.shape[1])
        self.skip_blanks()
        self.expect(")")
        return rows, columns

    def _places(self, size: int) -> Any:
        """Places along one side of a matrix."""
        if self.at(":"):
            self.place += 1
            return np.arange(size)
        self._ends.append(size)
        try:
            found = self.value()
        finally:
            self._ends.pop()
        if not isinstance(found, (float, np.ndarray)):
            raise self.failed("names rows or columns by something that is no number")
        places = np.ravel(cast("FloatArray", found))
        if not (np.all(places == np.rint(places)) and np.all(places >= 1) and np.all(places <= size)):
            raise self.failed(f"names a row or column outside of 1 to {size}")
        return places.astype(np.int64) - 1

    def _matrix(self) -> FloatArray:
        """A matrix in square brackets; plain numbers, however many, are read at once."""
        begin = self.place
        found = _BRACKET.search(self.text, begin + 1)
        if found is not None and found[0] == "]" and _PLAIN.fullmatch(self.text, begin + 1, found.start()):
            matrix = self._plain(self.text[begin + 1 : found.start()])
            if matrix is not None:
                self.place = found.end()
                return matrix
        rows: list[list[float]] = []
        for row in self._rows("[", "]"):
            numbers: list[float] = []
            for each in row:
                if isinstance(each, np.ndarray) and cast("FloatArray", each).shape[0] == 1:
                    self.spend(cast("FloatArray", each).size)
                    numbers += cast("FloatArray", each)[0].tolist()
                elif isinstance(each, float):
                    numbers.append(each)
                else:
                    raise NotUnderstood(begin, "holds something that is neither a number nor a row of numbers")
            rows.append(numbers)
        return self._rectangle(rows)

    def _plain(self, block: str) -> FloatArray | None:
        """A matrix of plain numbers; None when there is more to it."""
        lines = block.replace(",", " ").replace(";", "\n").split("\n")
        rows = [words for line in lines if (words := line.split())]
        width = len(rows[0]) if rows else 0
        try:
            if all(len(row) == width for row in rows):
                return np.array([float(word) for row in rows for word in row]).reshape(len(rows), width)
            return self._rectangle([[float(word) for word in row] for row in rows])
        except ValueError:
            return None

    def _rectangle(self, rows: list[list[float]]) -> FloatArray:
        for place, row in enumerate(rows, 1):
            if len(row) != len(rows[0]):
                raise self.failed(f"row {place} has {len(row)} numbers, row 1 has {len(rows[0])}")
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(rows[0]) if rows else 0)

    def _cell(self) -> list[list[Value]]:
        return self._rows("{", "}")

    def _rows(self, opening: str, closing: str) -> list[list[Value]]:
        """The values between two brackets, row by row; empty rows do not count."""
        self.expect(opening)
        rows: list[list[Value]] = [[]]
        while True:
            self.skip_blanks()
            mark = self.text[self.place : self.place + 1]
            if mark in (";", "\n"):
                rows.append([])
            elif mark == closing:
                self.place += 1
                return [row for row in rows if row]
            elif mark != ",":
                rows[-1].append(self.value(listed=True))
                continue
            self.place += 1


def _float(number: Any) -> Any:
    """A number of numpy as a plain one; a matrix as it is."""
    return cast("FloatArray", number) if isinstance(number, np.ndarray) else float(number)
