"""Which solvers there are, what each handles, and the one call that solves with any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import Protocol, cast

from c4e_solvers.errors import SolverUnavailable, UnsupportedProgram
from c4e_solvers.matrices import Feature, Matrices
from c4e_solvers.options import DEFAULT_OPTIONS, SolverOptions
from c4e_solvers.solution import Interrupted, Progress, Reason, Solution


class Adapter(Protocol):
    """What the module of an engine offers."""

    def solve(
        self,
        matrices: Matrices,
        options: SolverOptions,
        *,
        interrupt: Interrupted | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Solution:
        """Solve checked matrices that the engine handles."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A solver that this package has an adapter for.

    Attributes:
        name: What the caller calls it.
        module: The adapter, imported on first use.
        distribution: What brings the solver, as pip knows it.
        package: What it installs, as Python imports it.
        handles: The sets of features that it takes together; every engine takes an LP.
        backend: Which solver behind it; empty where it decides.
        open: Whether a name such as "convex:SCS" may name a backend that is not listed here.
        accuracy: How near its answers come to the truth, as a share of ``max(1, size)``.
    """

    name: str
    module: str
    distribution: str
    package: str
    handles: tuple[frozenset[Feature], ...]
    backend: str = ""
    open: bool = False
    accuracy: float = 1e-6

    def can(self, features: frozenset[Feature]) -> bool:
        """Whether it takes a problem with all these features at once."""
        return not features or any(features <= together for together in self.handles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """An engine that is installed here: its name, the version of its package, the features that it takes together."""

    name: str
    version: str
    handles: tuple[frozenset[Feature], ...]


def _mathopt(name: str, backend: str, features: set[Feature], accuracy: float = 1e-6) -> Engine:
    return Engine(
        name=name,
        module="c4e_solvers.ortools_mathopt",
        distribution="ortools",
        package="ortools",
        handles=(frozenset(features),),
        backend=backend,
        accuracy=accuracy,
    )


ENGINES = (
    Engine(
        name="highs",
        module="c4e_solvers.highs",
        distribution="highspy",
        package="highspy",
        handles=(frozenset({Feature.INTEGER, Feature.SEMICONTINUOUS}), frozenset({Feature.QUADRATIC})),
    ),
    Engine(
        name="clarabel",
        module="c4e_solvers.clarabel",
        distribution="clarabel",
        package="clarabel",
        handles=(frozenset({Feature.QUADRATIC, Feature.CONE}),),
        accuracy=1e-5,
    ),
    Engine(
        name="convex",
        module="c4e_solvers.convex",
        distribution="cvxpy",
        package="cvxpy",
        handles=(frozenset({Feature.QUADRATIC, Feature.CONE}),),
        open=True,
        accuracy=1e-5,
    ),
    _mathopt("ortools", "", {Feature.INTEGER, Feature.SEMICONTINUOUS, Feature.ORDERED_SET}),
    _mathopt("ortools:glop", "glop", set()),
    _mathopt("ortools:pdlp", "pdlp", set(), accuracy=1e-4),
    _mathopt("ortools:scip", "scip", {Feature.INTEGER, Feature.SEMICONTINUOUS, Feature.ORDERED_SET}),
    _mathopt("ortools:cp_sat", "cp_sat", {Feature.INTEGER}),
    Engine(
        name="pyomo",
        module="c4e_solvers.pyomo_bridge",
        distribution="pyomo",
        package="pyomo",
        handles=(frozenset({Feature.INTEGER}), frozenset({Feature.QUADRATIC})),
        open=True,
    ),
)
_AUTO = "auto"


def available() -> tuple[Available, ...]:
    """The engines that are installed, in the order in which "auto" tries them; imports none of them."""
    installed = ((engine, _version(engine)) for engine in ENGINES)
    return tuple(Available(name=e.name, version=v, handles=e.handles) for e, v in installed if v is not None)


def _version(engine: Engine) -> str | None:
    try:
        return metadata.version(engine.distribution)
    except metadata.PackageNotFoundError:
        return None


def engine_for(matrices: Matrices, solver: str = _AUTO) -> Engine:
    """The engine to use.

    Args:
        matrices: The problem.
        solver: A name, "auto" for the first engine that is installed and takes the problem, which the table in
            solvers/README.md also shows to be the fastest at any size, or a name with a backend such as "convex:SCS".

    Raises:
        SolverUnavailable: No such name, or not installed.
        UnsupportedProgram: The engine does not take the problem, or with "auto" none does.
    """
    features = matrices.features()
    known = {engine.name: engine for engine in ENGINES}
    family, _, backend = solver.partition(":")
    if backend and solver not in known and family in known and known[family].open:
        known[solver] = replace(known[family], name=solver, backend=backend)
    if solver != _AUTO and solver not in known:
        raise SolverUnavailable(f"no solver is called {solver!r}; there are {', '.join([_AUTO, *known])}")
    if solver == _AUTO:
        for engine in ENGINES:
            if engine.can(features) and _is_installed(engine):
                return engine
    elif known[solver].can(features):
        if _is_installed(known[solver]):
            return known[solver]
        raise SolverUnavailable(f"solver {solver!r} is not installed; install the package {known[solver].distribution}")
    able = [engine.name for engine in ENGINES if engine.can(features)]
    wanted = " and ".join(sorted(features)) or "an LP"
    mend = f"these do, installed or not: {', '.join(able)}" if able else "no known solver does"
    subject = "no installed solver takes" if solver == _AUTO else f"solver {solver!r} does not take"
    raise UnsupportedProgram(f"{subject} {wanted}; {mend}")


def _is_installed(engine: Engine) -> bool:
    return engine.module in _adapters or find_spec(engine.package) is not None


_adapters: dict[str, Adapter] = {}


def _adapter(engine: Engine) -> Adapter:
    if engine.module not in _adapters:
        try:
            _adapters[engine.module] = cast(Adapter, import_module(engine.module))
        except ImportError as error:
            raise SolverUnavailable(f"solver {engine.name!r} does not load: {error}") from error
    return _adapters[engine.module]


def solve(
    matrices: Matrices,
    options: SolverOptions = DEFAULT_OPTIONS,
    solver: str = _AUTO,
    *,
    interrupt: Interrupted | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """Solve a problem.

    Args:
        matrices: The problem; checked first.
        options: Limits, tolerances, algorithm.
        solver: Name of a solver, or "auto".
        interrupt: Set from another thread, it stops the solve; the best solution so far is in the answer.
        progress: Told of the bounds of a running MILP, in the solver's thread; what it raises ends the solve.

    Returns:
        The answer; an infeasible or unbounded problem is an answer and no error.

    Raises:
        InvalidMatrices: The arrays do not describe a problem.
        UnsupportedProgram: The solver does not take such a problem.
        SolverUnavailable: The solver is not known, not installed, or lacks the chosen algorithm.
        SolverFailed: The solver broke down.
    """
    matrices.check()
    engine = engine_for(matrices, solver)
    if engine.backend:
        options = replace(options, backend=engine.backend)
    choice = ""
    if solver == _AUTO:
        choice = _why(engine, matrices, options)
        if _takes_simplex(engine, matrices, options):
            options = replace(options, algorithm="simplex")
    answer = _adapter(engine).solve(matrices, options, interrupt=interrupt, progress=progress)
    if solver == _AUTO and answer.termination.reason in _GAVE_UP and Feature.QUADRATIC in matrices.features():
        return _second_try(engine, matrices, options, interrupt, replace(answer, choice=choice))
    return replace(answer, choice=choice) if choice else answer


_GAVE_UP = (Reason.NUMERICAL_ERROR, Reason.OTHER_ERROR, Reason.IMPRECISE)


def _second_try(
    first: Engine, matrices: Matrices, options: SolverOptions, interrupt: Interrupted | None, failed: Solution
) -> Solution:
    """The answer of the next engine to a quadratic problem that the first gave up; its own where that is no better."""
    features = matrices.features()
    after = ENGINES[ENGINES.index(first) + 1 :]
    able = [engine for engine in after if engine.can(features) and not engine.open and _is_installed(engine)]
    if not able:
        return failed
    answer = _adapter(able[0]).solve(matrices, options, interrupt=interrupt)
    if answer.termination.reason in _GAVE_UP:
        return failed
    choice = f"{able[0].name}, because {first.name} ended with {failed.termination.reason} on {' and '.join(features)}"
    return replace(answer, choice=choice)


def _takes_simplex(engine: Engine, matrices: Matrices, options: SolverOptions) -> bool:
    """Whether "auto" decides on the simplex method: for an LP in HiGHS when the caller leaves it open.

    Measured up to 1.8 million nonzeros (table in solvers/README.md): nothing else comes to a vertex in less time.
    """
    return engine.name == "highs" and not matrices.features() and options.algorithm == "choose"


def _why(engine: Engine, matrices: Matrices, options: SolverOptions) -> str:
    """Why "auto" took this engine and which algorithm, in one sentence."""
    features = " and ".join(sorted(matrices.features())) or "an LP"
    size = f"{matrices.columns} columns, {matrices.rows} rows, {matrices.nonzeros} nonzeros"
    passed = [other.name for other in ENGINES[: ENGINES.index(engine)]]
    others = f"; {', '.join(passed)} does not or is not installed" if passed else ", the first of those that do"
    if _takes_simplex(engine, matrices, options):
        how = "; simplex, the fastest to a vertex on every LP measured"
    else:
        how = f"; {options.algorithm}, as asked" if options.algorithm != "choose" else ""
    return f"{engine.name} takes {features} ({size}){others}{how}"
