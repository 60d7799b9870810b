"""What travels through the pipe between the service and a worker."""

from __future__ import annotations

from dataclasses import dataclass

from c4e_server.failures import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A solve to do."""

    request: bytes  # a SolveRequest
    seconds: float  # wall time that the solver may take, inf for no limit
    threads: int = 1  # most of the solver


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How far a solve is."""

    phase: str
    objective: float | None = None  # of the best schedule so far
    bound: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRead:
    """The case is read and is sound."""

    name: str
    digest: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The worker waits for its first task."""

    pid: int


Said = Report | CaseRead | Answer | Failure | Ready
