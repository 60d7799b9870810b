"""MATPOWER case files (.m) as cases: one step of an hour, with what the file says of buses, plants and lines.

What is read:
    bus         buses with nominal voltage, limits and reference; loads load<bus>, shunts shunt<bus>
    gen         generators gen<row> in service, with limits, reactive power and its capability curve
    gencost     costs: polynomials up to squares, piecewise linear ones; their constants too
    branch      lines branch<row>, also those out of service; RATE_A is the limit, RATE_C (else RATE_B) that after an
                outage where it is larger
    dcline, dclinecost   ties dcline<row>
    reserves    zones and what they require
Versions 1 and 2; MATLAB code behind the data is done where it is arithmetic on columns, and refuses the file where not.

The policy takes PowerModels' conventions (network `dcp`) for files whose name begins with pglib_, since PGLib-OPF
publishes its values so, and MATPOWER's (`dc`) for all others.

What a file says and a case does not is a note (`Case.notes`): start-up costs, ramps, costs of reactive power, prices of
reserve, names of buses, areas, fields of other programs. Voltages and powers of a solution are no input. What would
change the answer is refused by name.

Source: MATPOWER User's Manual 8.0, appendix B, https://matpower.org/docs/manual.pdf; Zimmerman, Murillo-Sánchez, Thomas
(2011), https://doi.org/10.1109/TPWRS.2010.2051168; Babaeinejadsarookolaee et al. (2019), PGLib-OPF,
https://arxiv.org/abs/1908.02788.
"""

from __future__ import annotations

from pathlib import Path

from c4e_opt.case.case import Case, Policy
from c4e_opt.case.readers.matpower import branches, buses, generators
from c4e_opt.case.readers.matpower.m_file import MFile, read_text
from c4e_opt.case.readers.matpower.reading import Reading
from c4e_opt.case.readers.sound import sound
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue
from c4e_opt.market.order_book import OrderBook

#: A file of more bytes is no case that one would solve here.
_LARGEST_BYTES = 200_000_000
#: Fields that only name or colour what others say.
_WORDS = {
    "bus_name": "buses keep their numbers",
    "areas": "no model reads areas",
    "gentype": "no model reads it",
    "genfuel": "no model reads it",
    "gen_name": "generators are named by their rows",
    "branch_name": "lines are named by their rows",
}


def read_matpower(path: str | Path) -> Case:
    """Read a case file of MATPOWER.

    Args:
        path: The file.

    Returns:
        The case, checked.

    Raises:
        InvalidInput: It cannot be read, or uses what has no counterpart; everything of that is named.
    """
    where = Path(path)
    try:
        if where.stat().st_size > _LARGEST_BYTES:
            message = f"has more than {_LARGEST_BYTES // 1_000_000} MB; no case file is so large"
            raise InvalidInput([Issue(where.name, "too_large", message)])
        raw = where.read_bytes()
    except OSError as error:
        raise InvalidInput([Issue(str(path), "missing_file", f"cannot be read: {error.strerror}")]) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return case_of(text, where.name)


def case_of(text: str, file_name: str) -> Case:
    """The case that a text is.

    Args:
        text: Content of a case file.
        file_name: Its name, for findings and for the conventions of lines.

    Raises:
        InvalidInput: See `read_matpower`.
    """
    file = read_text(text, file_name)
    stem = file_name.removesuffix(".m")
    dcp = stem.startswith("pglib_") or file.name.startswith("pglib_")
    reading = Reading(file, dcp=dcp)
    base = _base(reading, file)
    buses.read(reading)
    if not reading.issues:
        generators.read(reading)
        branches.read(reading)
        branches.read_dc(reading)
    if reading.issues:
        raise InvalidInput(list(dict.fromkeys(reading.issues)))
    if dcp:
        reading.assume(
            "mpc", "PowerModels' conventions for lines (network dcp), as in PGLib-OPF; say --network dc otherwise"
        )
    _pass_over_others(reading)
    case = Case(
        name=file.name or stem,
        horizon=reading.horizon,
        buses=tuple(reading.buses),
        components={kind: tuple(records) for kind, records in reading.made.items() if records},
        orders=OrderBook.empty(),
        policy=Policy(network="dcp" if dcp else "dc", base_mva=base),
        notes=tuple(reading.notes),
    )
    return sound(case)


def _base(reading: Reading, file: MFile) -> float:
    """baseMVA; and the version, which must be known."""
    version = str(file.fields.get("version", "1"))
    if version not in ("1", "2", "1.0", "2.0"):
        reading.refuse("mpc.version", f"is {version[:20]!r}; versions 1 and 2 are known", "version")
    base = file.fields.get("baseMVA")
    if not isinstance(base, float) or not 0 < base < float("inf"):
        said = "is missing" if base is None else "is no positive number"
        reading.refuse("mpc.baseMVA", f"{said}; give the base of what is per unit, in MVA", "missing_field")
        return 100.0
    return base


def _pass_over_others(reading: Reading) -> None:
    """Name the fields that nothing has read, each once."""
    others = sorted(name for name in reading.file.fields if name not in reading.used)
    for name in others:
        if name in _WORDS:
            reading.pass_over(f"mpc.{name}", f"is not kept; {_WORDS[name]}")
    unknown = [name for name in others if name not in _WORDS]
    if unknown:
        listed = ", ".join(unknown[:20]) + (" …" if len(unknown) > 20 else "")
        reading.pass_over("mpc", f"fields that MATPOWER's format does not have are not kept: {listed}")


__all__ = ["case_of", "read_matpower"]
