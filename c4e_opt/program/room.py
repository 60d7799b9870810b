"""Room: one kind of component's view of a programme, which puts the kind before every name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

from numpy.typing import NDArray

from c4e_opt.axes import Axis
from c4e_opt.program.linear import Linear, Number
from c4e_opt.program.program import Program


@final
class Room:
    """One kind of component's view of a programme: every name gets the kind as its first word."""

    __slots__ = ("kind", "program")

    def __init__(self, program: Program, kind: str) -> None:
        """Look at a programme from one room."""
        self.program = program
        self.kind = kind

    def variable(
        self,
        name: str,
        axes: Sequence[Axis],
        lower: Number = 0.0,
        upper: Number = float("inf"),
        *,
        doc: str,
        integral: bool = False,
        present: NDArray[Any] | None = None,
        told: bool = True,
    ) -> Linear:
        """See `Program.variable`."""
        full = f"{self.kind}_{name}"
        return self.program.variable(full, axes, lower, upper, doc=doc, integral=integral, present=present, told=told)

    def equal(
        self, name: str, left: Linear, right: Linear | Number = 0.0, *, present: NDArray[Any] | None = None
    ) -> None:
        """See `Program.equal`."""
        self.program.equal(f"{self.kind}_{name}", left, right, present=present)

    def at_most(
        self, name: str, left: Linear, right: Linear | Number = 0.0, *, present: NDArray[Any] | None = None
    ) -> None:
        """See `Program.at_most`."""
        self.program.at_most(f"{self.kind}_{name}", left, right, present=present)

    def at_least(
        self, name: str, left: Linear, right: Linear | Number = 0.0, *, present: NDArray[Any] | None = None
    ) -> None:
        """See `Program.at_least`."""
        self.program.at_least(f"{self.kind}_{name}", left, right, present=present)

    def cone(self, name: str, head: Linear, tail: Sequence[Linear], *, present: NDArray[Any] | None = None) -> None:
        """See `Program.cone`."""
        self.program.cone(f"{self.kind}_{name}", head, tail, present=present)

    def minimise(self, term: str, cost: Linear) -> None:
        """See `Program.minimise`; objective terms are shared by all rooms."""
        self.program.minimise(term, cost)

    def minimise_quadratic(self, term: str, amount: Linear, coefficient: Number) -> None:
        """See `Program.minimise_quadratic`."""
        self.program.minimise_quadratic(term, amount, coefficient)
