"""The file of rules of congestion rents: transmission rights, and shares of what they leave.

    version: "2025"
    rights:                            # or a CSV file beside it: rights.csv
      - {id: r1, holder: ann, source: north, sink: south, power_mw: 5, kind: option}      # or obligation
    shares_percent: {dso: 80, tso: 20}

A power is a number, or one for every step.
"""

from __future__ import annotations

from pathlib import Path

from c4e_opt.case.document import read_document
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.settlement.documents import known, mapping, number, numbers, records, word
from c4e_opt.settlement.rights.rent_rules import RentRules, TransmissionRight

_RIGHT = ("id", "holder", "source", "sink", "power_mw", "kind")


def read_rights(path: str | Path) -> RentRules:
    """Read rights and shares.

    Args:
        path: The YAML file.

    Raises:
        InvalidInput: With everything that is wrong with the form; what does not fit a case is found by `rights`.
    """
    where, found = Path(path), list[Issue]()
    document = read_document(where)
    known(where.name, document, ("version", "rights", "shares_percent"), found)
    listed = tuple(
        TransmissionRight(
            id=word(at, record, "id", found),
            holder=word(at, record, "holder", found),
            source=word(at, record, "source", found),
            sink=word(at, record, "sink", found),
            power_mw=numbers(f"{at}.power_mw", record.get("power_mw"), found),
            kind=str(record.get("kind") or "obligation"),
        )
        for at, record in records(where, document.get("rights", []), _RIGHT, found, "rights")
    )
    shares = {
        party: number(f"{where.name}.shares_percent.{party}", share, found)
        for party, share in mapping(where, document, "shares_percent", found).items()
    }
    if found:
        raise InvalidInput(found)
    return RentRules(version=str(document.get("version", "")), rights=listed, shares_percent=shares)
