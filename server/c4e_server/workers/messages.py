"""What travels through the pipe between the service and a worker."""

from __future__ import annotations

from dataclasses import dataclass

from c4e_opt.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The steps that a dispatch looks at, read already, and where the solver may start."""

    case: Case
    basis: bytes = b""  # of the dispatch before; empty for none


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A solve to do."""

    request: bytes  # a SolveRequest
    seconds: float  # wall time that the solver may take, inf for no limit
    threads: int = 1  # most of the solver
    case: bytes = b""  # a Case, where the request names a dataset instead of holding one
    window: Window | None = None  # of a dispatch, whose request holds no case


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How far a solve is. The last one counts: what lasts too short to be looked at is passed over."""

    phase: str
    objective: float | None = None  # of the best schedule so far
    bound: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRead:
    """A case that came as a dataset is read and is sound; of another one the name is known."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A solve that is done."""

    response: bytes  # a SolveResponse
    reason: str  # why the solve ended
    statement: bytes | None = None  # a Statement, where one was asked for and there is a schedule
    batch: bytes | None = None  # a Batch, where it is to be posted
    batch_id: str = ""
    seconds: tuple[tuple[str, float], ...] = ()  # by phase, in order
    gap: float | None = None  # relative, a ratio; None where there is none
    case_name: str = ""
    basis: bytes = b""  # of a dispatch: where the next one may start


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The worker waits for its first task."""

    pid: int
