"""Labelled expressions and programmes: formulations are written against these and solved as Matrices."""

from c4e_opt.axes import Axis
from c4e_opt.program.linear import Linear
from c4e_opt.program.program import Program
from c4e_opt.program.room import Room

__all__ = ["Axis", "Linear", "Program", "Room"]
