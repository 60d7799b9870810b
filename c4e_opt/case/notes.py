"""Notes of a reader: what a file says and the case does not, and what the reader made up; warnings, all by name.

A reader for another format gives them to the case (`Case.notes`); `remarks` lists them before its own findings, so that
`c4e-opt check` prints them and an outcome carries them. What cannot be left out without changing the answer is no
note: the file is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from c4e_opt.issues import Issue

#: Places that a note about many of them names.
_NAMED = 5


def passed_over(path: str, message: str) -> Issue:
    """What a file says and the case cannot, where the answer is the same without it.

    Args:
        path: Where it stands, in the words of the file.
        message: What is not kept, and why that does not matter.
    """
    return Issue(path, "passed_over", message, "warning")


def assumed(path: str, message: str) -> Issue:
    """What the reader decided, because the file does not say it or says it in another way.

    Args:
        path: Where it stands, in the words of the file.
        message: What was decided, and how to decide otherwise.
    """
    return Issue(path, "assumed", message, "warning")


def some(names: Sequence[object]) -> str:
    """The first few of many names, for a note about all of them at once.

    Args:
        names: The names, in their order.
    """
    listed = ", ".join(str(name) for name in names[:_NAMED])
    return listed if len(names) <= _NAMED else f"{listed} and {len(names) - _NAMED} more"
