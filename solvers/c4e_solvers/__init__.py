"""Standard-form problems in, answers out: one call for every solver, nothing about energy."""

from c4e_solvers.certificate import Certificate, certify, infeasibility_margin, unboundedness_margin
from c4e_solvers.errors import (
    InvalidMatrices,
    InvalidOptions,
    SolverError,
    SolverFailed,
    SolverUnavailable,
    UnsupportedProgram,
)
from c4e_solvers.infeasibility import Relaxation, ViolatedRow, relax
from c4e_solvers.matrices import Block, BoolArray, Cone, Feature, FloatArray, IntArray, Matrices
from c4e_solvers.options import DEFAULT_OPTIONS, Algorithm, SolverOptions
from c4e_solvers.registry import Available, Engine, available, solve
from c4e_solvers.session import Session
from c4e_solvers.solution import Interrupt, Interrupted, Limit, Progress, Reason, Solution, Termination

__all__ = [
    "DEFAULT_OPTIONS",
    "Algorithm",
    "Available",
    "Block",
    "BoolArray",
    "Certificate",
    "Cone",
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
    "Progress",
    "Reason",
    "Relaxation",
    "Session",
    "Solution",
    "SolverError",
    "SolverFailed",
    "SolverOptions",
    "SolverUnavailable",
    "Termination",
    "UnsupportedProgram",
    "ViolatedRow",
    "available",
    "certify",
    "infeasibility_margin",
    "relax",
    "solve",
    "unboundedness_margin",
]
