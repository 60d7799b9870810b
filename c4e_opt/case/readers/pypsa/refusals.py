"""What a network says that has no counterpart at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from c4e_opt.case.readers.network_file import NetworkFile
from c4e_opt.issues import Issue

#: Attributes that must be left at their default, because nothing here says what they do.
_REFUSED: dict[str, dict[str, float]] = {
    "generators": {"marginal_cost_quadratic": 0.0},
    "links": {"marginal_cost_quadratic": 0.0},
    "processes": {"marginal_cost_quadratic": 0.0},
    "stores": {"marginal_cost_quadratic": 0.0},
    "storage_units": {"marginal_cost_quadratic": 0.0, "p_set": np.nan, "p_dispatch_set": np.nan, "p_store_set": np.nan},
    "lines": {"s_nom_extendable": 0.0},
    "transformers": {"s_nom_extendable": 0.0},
}
#: Sizes that are chosen in modules, of lists where they are not.
_MODULES = {"stores": "e_nom", "storage_units": "p_nom"}
#: Piecewise attributes that are read.
_CURVES = {
    "generators": ("marginal_cost", "efficiency"),
    "links": ("marginal_cost", "efficiency"),
    "processes": ("marginal_cost", "rate"),
    "storage_units": ("marginal_cost",),
    "stores": ("marginal_cost",),
}


def refusals(file: NetworkFile) -> Iterator[Issue]:
    """Attributes and lists that have no counterpart."""
    if file.attributes.get("network__multi_invest"):
        yield Issue("investment_periods", "unsupported", "the network was solved with weights of investment periods")
    if file.attributes.get("network__linearized_uc"):
        yield Issue("linearized_uc", "unsupported", "a linearised unit commitment is not supported; units are whole")
    for owner, attribute in file.piecewise:
        if not attribute.rstrip("0123456789").startswith(_CURVES.get(owner, ("",))) or owner not in _CURVES:
            yield Issue(
                f"{owner}.{attribute}", "unsupported", "is piecewise; only costs of operation and efficiencies may be"
            )
    for name, attributes in _REFUSED.items():
        for row in file.of(name):
            for attribute, default in attributes.items():
                given = row.series(attribute, default, 1)
                if not np.all(np.isnan(given) if np.isnan(default) else given == default):
                    yield Issue(f"{row.place}.{attribute}", "unsupported", "has no counterpart here")
    for name, nominal in _MODULES.items():
        for row in file.of(name):
            if row.flag(f"{nominal}_extendable") and row.number(f"{nominal}_mod"):
                yield Issue(f"{row.place}.{nominal}_mod", "unsupported", "whole modules are chosen of plants only")
    for row in file.of("buses"):
        for attribute in row.fixed:
            if attribute.startswith("nom_") and row.says(attribute):
                yield Issue(
                    f"{row.place}.{attribute}", "unsupported", "limits on what is built at a bus are not supported"
                )
