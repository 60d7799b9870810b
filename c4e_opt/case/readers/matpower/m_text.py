"""The text of a MATLAB file without what only people read: comments go, continued lines become one.

Every line break is kept, as itself or as the blank CONTINUED, so that a place in the text still knows its line.
"""

from __future__ import annotations

import re

#: Stands where a line was continued with `...`: a blank that counts as a line.
CONTINUED = "\f"

_COMMENT = re.compile(r"[%#]|\.\.\.")
_QUOTED = re.compile(r"""[%#'"]|\.\.\.""")
_BEFORE_TRANSPOSE = re.compile(r"[\w)\]}.']")
_STRING_ENDS = {"'": re.compile(r"'(?!')|''"), '"': re.compile(r'\\.|""|"')}


def clean(text: str) -> str:
    """Take out comments and join continued lines.

    Args:
        text: A file as it was read.

    Returns:
        The same text, as many lines long.
    """
    lines = text.replace("\f", " ").replace("\v", " ").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    depth = 0  # of block comments
    for line in lines:
        if not depth and "%" not in line and "#" not in line and "'" not in line and '"' not in line:
            kept.append(line + "\n" if "..." not in line else _without_strings(line))
            continue
        if "{" in line and line.strip() in ("%{", "#{"):
            depth += 1
        elif depth:
            depth -= line.strip() in ("%}", "#}")
        else:
            kept.append(_cleaned(line) if "'" in line or '"' in line else _without_strings(line))
            continue
        kept.append("\n")
    return "".join(kept)


def line_of(text: str, place: int) -> int:
    """The number of the line in which a place of a cleaned text stands, from 1."""
    return 1 + text.count("\n", 0, place) + text.count(CONTINUED, 0, place)


def _without_strings(line: str) -> str:
    """A line without quotes."""
    found = _COMMENT.search(line)
    if found is None:
        return line + "\n"
    return line[: found.start()] + (CONTINUED if found[0] == "..." else "\n")


def _cleaned(line: str) -> str:
    """A line with quotes, of which some begin a text and others transpose."""
    place = 0
    while (found := _QUOTED.search(line, place)) is not None:
        mark, place = found[0], found.end()
        if mark in "%#":
            return line[: found.start()] + "\n"
        if mark == "...":
            return line[: found.start()] + CONTINUED
        if mark == "'" and found.start() and _BEFORE_TRANSPOSE.match(line[found.start() - 1]):
            continue
        place = _string_end(line, place, mark)
    return line + "\n"


def _string_end(line: str, place: int, mark: str) -> int:
    """Where a text that has begun ends; the end of the line when it does not."""
    for found in _STRING_ENDS[mark].finditer(line, place):
        if found[0] == mark:
            return found.end()
    return len(line)
