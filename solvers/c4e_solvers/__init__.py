"""Standard-form problems in, answers out: one call for every solver, nothing about energy."""

from c4e_solvers.basis import Basis, BasisStatus
from c4e_solvers.certificate import Certificate, certify, infeasibility_margin, unboundedness_margin
from c4e_solvers.errors import (
    InvalidMatrices,
    InvalidOptions,
    SolverError,
    SolverFailed,
    SolverUnavailable,
    UnsupportedProgram,
)
from c4e_solvers.extension import with_columns, with_rows
from c4e_solvers.infeasibility import Relaxation, ViolatedRow, relax
from c4e_solvers.irreducible import Conflict, irreducible
from c4e_solvers.matrices import Block, BoolArray, Cone, Feature, FloatArray, IntArray, Matrices, OrderedSet
from c4e_solvers.narrowing import Narrowed, narrowed_by_bounds, narrowed_by_ray, narrowed_by_windows, windows
from c4e_solvers.options import DEFAULT_OPTIONS, Algorithm, SolverOptions
from c4e_solvers.reduction import Reduced, reduced
from c4e_solvers.registry import Available, Engine, available, solve
from c4e_solvers.scaling import Range, Scaling, scaling
from c4e_solvers.session import Session
from c4e_solvers.sides import Member
from c4e_solvers.solution import Interrupt, Interrupted, Limit, Progress, Reason, Solution, Termination
from c4e_solvers.warm import Resumed, Warm

__all__ = [
    "DEFAULT_OPTIONS",
    "Algorithm",
    "Available",
    "Basis",
    "BasisStatus",
    "Block",
    "BoolArray",
    "Certificate",
    "Cone",
    "Conflict",
    "Engine",
    "Feature",
    "FloatArray",
    "IntArray",
    "Interrupt",
    "Interrupted",
    "InvalidMatrices",
    "InvalidOptions",
    "Limit",
    "Matrices",
    "Member",
    "Narrowed",
    "OrderedSet",
    "Progress",
    "Range",
    "Reason",
    "Reduced",
    "Relaxation",
    "Resumed",
    "Scaling",
    "Session",
    "Solution",
    "SolverError",
    "SolverFailed",
    "SolverOptions",
    "SolverUnavailable",
    "Termination",
    "UnsupportedProgram",
    "ViolatedRow",
    "Warm",
    "available",
    "certify",
    "infeasibility_margin",
    "irreducible",
    "narrowed_by_bounds",
    "narrowed_by_ray",
    "narrowed_by_windows",
    "reduced",
    "relax",
    "scaling",
    "solve",
    "unboundedness_margin",
    "windows",
    "with_columns",
    "with_rows",
]
