"""The bill: what a schedule costs, term by term."""

from __future__ import annotations

import numpy as np

from c4e_opt.arrays import FloatArray

#: Terms that every bill has, be they zero.
TERMS = ("energy", "production", "start", "storage", "shedding", "unserved", "transport", "orders")


class Bill:
    """What a schedule costs, by term: sums, and sums of magnitudes for the tolerance."""

    def __init__(self) -> None:
        self.total: dict[str, float] = dict.fromkeys(TERMS, 0.0)
        self.size: dict[str, float] = dict.fromkeys(TERMS, 0.0)

    def add(self, term: str, costs: FloatArray) -> None:
        """Add the costs of many components, any shape."""
        self.total[term] = self.total.get(term, 0.0) + float(costs.sum())
        self.size[term] = self.size.get(term, 0.0) + float(np.abs(costs).sum())

    def add_energy(self, term: str, power: FloatArray, price: FloatArray, hours: FloatArray) -> None:
        """Add the cost of energy.

        Args:
            term: Term of the objective.
            power: Mean power of every step, (component, time).
            price: Price per MWh, (component, 1) or (component, time).
            hours: Length of the steps times how often each counts, (time,).
        """
        self.add(term, np.einsum("ct,t->c", price * power, hours))
