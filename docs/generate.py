"""Writes the reference pages: cases, configuration, equations and the wire contract, from what the code says.

Usage: python docs/generate.py [--check]
    --check   write nothing; exit 1 when a page on disk differs
"""

from __future__ import annotations

import dataclasses
import math
import sys
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from types import ModuleType
from typing import Any

from wire import wire_pages

from c4e_opt.case import KINDS, Bus, Party, Policy
from c4e_opt.fields import Field, fields_of
from c4e_opt.units import DECLARABLE
from c4e_server.config import Config

DOCS = Path(__file__).parent
SHARED_MATH = (
    "c4e_opt.components.demand_charge",
    "c4e_opt.components.demand_response",
    "c4e_opt.components.storage",
    "c4e_opt.components.power_curve",
    "c4e_opt.components.cycle_aging",
    "c4e_opt.components.plant",
    "c4e_opt.components.capacity",
    "c4e_opt.components.segments",
    "c4e_opt.components.load_segments",
    "c4e_opt.components.operating_region",
    "c4e_opt.components.compression",
    "c4e_opt.components.part_load",
    "c4e_opt.components.waste_heat",
    "c4e_opt.components.hydrogen_plant",
    "c4e_opt.commitment.unit",
    "c4e_opt.commitment.three_binary",
    "c4e_opt.commitment.rajan_takriti",
    "c4e_opt.commitment.carrion_arroyo",
    "c4e_opt.commitment.start_tiers",
    "c4e_opt.commitment.ramps",
    "c4e_opt.commitment.standby",
    "c4e_opt.commitment.runs",
    "c4e_opt.laws.surroundings",
    "c4e_opt.laws.reserve_limits",
    "c4e_opt.laws.windows",
    "c4e_opt.market.orders",
)
PRICING = (
    "c4e_opt.pricing.marginal",
    "c4e_opt.pricing.reserve_prices",
    "c4e_opt.pricing.uplift",
    "c4e_opt.pricing.elmp",
    "c4e_opt.pricing.convex_hull",
    "c4e_opt.pricing.mixture",
    "c4e_opt.pricing.self_schedule",
    "c4e_opt.pricing.minimum_uplift",
    "c4e_opt.pricing.pay_as_bid",
    "c4e_opt.pricing.temporal",
)


def case_page() -> str:
    """The reference of case files: one table per record."""
    parts = [_HEAD, _units()]
    for title, cls in (("parties", Party), ("buses", Bus), ("policy", Policy)):
        parts.append(_record(title, cls))
    for kind, cls in KINDS.items():
        parts += _with_parts(f"components: {kind}", cls)
    return "\n".join([*parts, _ORDERS])


def _with_parts(title: str, cls: type[Any]) -> list[str]:
    """The table of a record and of every record inside it."""
    tables = [_record(title, cls)]
    for name, field in fields_of(cls).items():
        if field.meta.part:
            tables += _with_parts(f"{title}, inside `{name}`", field.meta.part)
    return tables


def math_page() -> str:
    """The equations: the docstring of every room, as it stands in the code."""
    modules = [import_module(cls.__module__) for cls in KINDS.values()]
    modules += [import_module(name) for name in SHARED_MATH + PRICING]
    head = [
        "# Equations",
        "",
        "Generated from the docstrings of the code; names are those of the programme. The programme itself reads as a",
        "table of contents in `c4e_opt/formulate.py`: every room below, then one law for all of them,",
        "",
        "```text",
        "power_balance[bus, time]   the sum of everything put into a bus is zero in every step, in MW",
        "```",
        "",
        "and the objective, the sum of the rooms' terms, is minimised.",
    ]
    return "\n".join([*head, *(_math(module) for module in modules)]) + "\n"


def _math(module: ModuleType) -> str:
    title, _, rest = cleandoc(module.__doc__ or "").partition("\n")
    where = module.__name__.replace(".", "/") + ".py"
    name = module.__name__.rsplit(".", 1)[1].replace("_", " ")
    return f"\n## {name}\n\n{title} (`{where}`)\n\n```text\n{rest.strip()}\n```"


def _units() -> str:
    words = {dimension: ", ".join(f"`{unit}`" for unit in units) for dimension, units in DECLARABLE.items()}
    rows = [f"| `{dimension}` | {listed} |" for dimension, listed in words.items()]
    return "\n".join(["| dimension | may be declared as |", "|---|---|", *rows, ""])


def _record(title: str, cls: type[Any]) -> str:
    summary = (cls.__doc__ or "").splitlines()[0]
    lines = [f"## {title}", "", summary, "", "| field | unit | default | range | meaning |", "|---|---|---|---|---|"]
    for name, field in fields_of(cls).items():
        meta = field.meta
        shown = {"series": "per step", "number": "", "moment": "moment", "names": "list of words", "parts": "list"}.get(
            meta.kind, meta.kind
        )
        unit = " ".join(word for word in (meta.unit, f"({shown})" if shown else "") if word)
        lines.append(f"| `{name}` | {unit} | {_default(field)} | {_range(field)} | {meta.doc} |")
    return "\n".join([*lines, ""])


def _default(field: Field) -> str:
    if field.default is dataclasses.MISSING:
        return "**required**"
    if field.default is None or field.default in ("", ()):
        return "none"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _range(field: Field) -> str:
    meta = field.meta
    if meta.choices:
        return ", ".join(f"`{choice}`" for choice in meta.choices)
    if meta.kind == "bus":
        return f"id of a bus of {meta.carrier}" if meta.carrier else "id of a bus"
    if meta.kind == "party":
        return "id of a party"
    low, high = meta.minimum, meta.maximum
    if math.isinf(low) and math.isinf(high):
        return "finite" if meta.kind in ("number", "series") else ""
    if math.isinf(high) or high == 2**31 - 1:
        return f"≥ {low:g}"
    return f"{low:g} … {high:g}"


_HEAD = """\
# Case files

Generated from the declarations in the code. A case is a folder with a `case.yaml`, or a YAML file; tables (CSV) and
series (CSV, NetCDF) lie beside it. `c4e-opt check CASE` lists everything that is wrong at once.

```yaml
name: two_homes
currency: EUR
units: {power: kW, energy: kWh, price: EUR/kWh}   # declared once; names of fields then end in kw, kwh, eur_per_kwh
horizon: {start: "2025-04-03T00:00", time_zone: Europe/Berlin, step_minutes: 15, days: 1}
series: series.csv            # columns by name, one row per step; an optional column `time` must match the steps
parties: [{id: anna}, {id: ben}]
buses: [{id: street}]
components:
  grid_connection:
    - {id: grid, bus: street, import_max_kw: 50, import_price_eur_per_kwh: spot}
  demand: demands.csv         # a table: one row per record, columns as the fields below
orders: orders.csv
policy: {operator: community}
```

**horizon**: `start` (ISO 8601; without an offset in `time_zone`), `time_zone` (IANA name, default UTC), and one of
`step_minutes` or `step_seconds` (a number, or a list with one length per step), with `steps` or `days` (local days,
which may have 23 or 25 hours). Steps are half-open, [start, end). Inside, everything is UTC. `weights` (one number per
step) says how often each step counts in costs, for typical days; a case with weights is planned, not settled.

**A field per step** takes a number (for every step), the name of a column, a list, or `{column: NAME, times: NUMBER}`.

**units**: inside, everything is MW, MWh and EUR/MWh; `eur` in a name means the currency of the case. Fields below are
listed under their inner names; where a case declares `kW`, `charge_max_mw` is written `charge_max_kw`. Fields in any
other unit, such as EUR/MW, MWh/K or t/MWh, keep name and unit whatever is declared.
"""

_ORDERS = """\
## orders

Step orders as columns: buy or sell up to some energy at a bus in one step, at a price or better.

| column | unit | range | meaning |
|---|---|---|---|
| `id` | | unique | name of the order |
| `party` | | id of a party | who buys or sells |
| `bus` | | id of a bus | where the energy is taken or given |
| `side` | | `buy`, `sell` | |
| `time` or `step` | | start of a step, or its place from 0 | when |
| `price_eur_per_mwh` | EUR/MWh | finite | most a buyer pays, least a seller takes |
| `energy_mwh` | MWh | > 0 | most that may be accepted; any part of it may be |
"""

_CONFIG = """\
# Configuration of the service

Generated from `Config` in the code. What is said later counts: defaults, a TOML file (`c4e-opt serve --config FILE`,
`name = content`), the environment, flags (`c4e-opt serve --help` lists those that have one). An unknown name, or a
content that cannot be, keeps the service from starting, and everything that is wrong is said at once.

```toml
# /etc/c4e-opt/c4e-opt.toml
port = 50551
workers = 4
metrics_port = 9464
drain_s = 30
```

Secrets belong into files or the environment: flags can be seen by everybody on the machine, so none takes a password.

| name | in the environment | kind | default | meaning |
|---|---|---|---|---|
"""


def config_page() -> str:
    """The configuration: what it is, and one row per name."""
    meanings = _attributes(cleandoc(Config.__doc__ or ""))
    rows: list[str] = []
    for field in dataclasses.fields(Config):
        default = "" if field.default_factory is not dataclasses.MISSING else field.default
        shown = "`~/.local/share/c4e-opt`" if field.name == "data" else f"`{_toml(default)}`"
        kind = str(field.type).removesuffix(" | None").replace("Path", "path").replace("str", "text")
        meaning = meanings[field.name].replace("|", "\\|")
        rows.append(f"| `{field.name}` | `C4E_OPT_{field.name.upper()}` | {kind} | {shown} | {meaning} |")
    return _CONFIG + "\n".join(rows) + "\n"


def _attributes(doc: str) -> dict[str, str]:
    """What a docstring in Google style says of each attribute."""
    found: dict[str, str] = {}
    name = ""
    for line in doc.partition("Attributes:\n")[2].splitlines():
        if line.startswith("        ") and name:
            found[name] += f" {line.strip()}"
        elif line.strip():
            name, _, said = line.strip().partition(": ")
            found[name] = said
    return found


def _toml(content: Any) -> str:
    if content is None:
        return "none"
    if isinstance(content, bool):
        return str(content).lower()
    return f'"{content}"' if isinstance(content, str | Path) else str(content)


PAGES = {"case.md": case_page, "equations.md": math_page, "configuration.md": config_page}


def main() -> int:
    """Write the pages, or compare them."""
    stale: list[str] = []
    folder = DOCS / "reference"
    folder.mkdir(exist_ok=True)
    pages = {name: page() for name, page in PAGES.items()} | wire_pages()
    for name, text in pages.items():
        path = folder / name
        if "--check" in sys.argv[1:]:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    stale += [path.name for path in folder.rglob("*.md") if path.relative_to(folder).as_posix() not in pages]
    if stale:
        print(f"out of date: {', '.join(stale)}; run 'make docs'")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
