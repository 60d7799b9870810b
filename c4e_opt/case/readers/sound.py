"""Sound: what a reader hands over has passed every check of a case."""

from __future__ import annotations

from c4e_opt.case.case import Case
from c4e_opt.case.check import check
from c4e_opt.errors import InvalidInput


def sound(case: Case) -> Case:
    """The case, if it has no finding.

    Raises:
        InvalidInput: With every finding.
    """
    issues = check(case)
    if issues:
        raise InvalidInput(issues)
    return case
