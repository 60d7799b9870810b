"""One dispatch, from the states of a site to set-points on the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from c4e.opt.v1 import dispatch_session_pb2, jobs_pb2, outcome_pb2, solve_pb2
from c4e_opt.coordination.redispatch import Dispatched, window
from c4e_opt.errors import InvalidInput
from c4e_server.convert.case import case_to_proto
from c4e_server.convert.outcome import outcome_from_proto
from c4e_server.desk import Desk
from c4e_server.errors import StoreError, WrongState
from c4e_server.sessions.dispatch.answer import Begun, fallen_back, set_points, why_not
from c4e_server.sessions.dispatch.log import Entry, Kind, Plan
from c4e_server.sessions.dispatch.session import Session, issues_to_proto, states_to_json
from c4e_server.workers.messages import Window

_TRIES = 9

#: Writes an event with the schedule that came of it, unless the session has gone on meanwhile, and goes on from that.
Append = Callable[[Session, Entry, Plan | None, Dispatched | None], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solved:
    """What came of a solve."""

    made: Dispatched | None = None
    steps: bytes = b""  # a Case: what it looks at
    response: bytes = b""
    basis: bytes = b""
    termination: outcome_pb2.Termination | None = None
    issues: Sequence[jobs_pb2.InputIssue] = ()


class Solving:
    """Dispatches sessions through the desk, the same way as every other solve."""

    def __init__(
        self,
        desk: Desk,
        append: Append,
        read_on: Callable[[Session], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        """Join the parts.

        Args:
            desk: Who solves.
            append: Writes an event.
            read_on: Takes in what others wrote to a session.
            clock: Seconds since 1970.
        """
        self._desk = desk
        self._append = append
        self._read_on = read_on
        self._clock = clock

    async def dispatch(
        self, session: Session, step: int, *, request_id: str = "", content: str = "", asked: bytes = b""
    ) -> dispatch_session_pb2.SetPoints:
        """Dispatch a site from a step on; one at a time for a session, data may come meanwhile.

        Args:
            session: The session.
            step: The first step.
            request_id: Of the caller; empty where nobody asked.
            content: SHA-256 of what the caller sent.
            asked: What the caller sent.

        Raises:
            InvalidInput: There is no such step, or it lies before the last dispatch.
            WrongState: The session is closed.
            C4eError: The service could not solve.
        """
        for _ in range(_TRIES):
            async with session.lock:
                await self._read_on(session)
                begun = await asyncio.to_thread(_begin, session, step)
            solved = await self._solve(session, begun)
            async with session.lock:
                await self._read_on(session)
                while session.open and (session.tried is None or session.tried.revision <= begun.revision):
                    made = _answer(session, begun, solved, self._clock())
                    entry = Entry(
                        kind=Kind.DISPATCHED if solved.made else Kind.FELL_BACK,
                        at=made.time.ToNanoseconds() / 1e9,
                        request_id=request_id,
                        content=content,
                        asked=asked,
                        answered=made.SerializeToString(deterministic=True),
                    )
                    plan = _plan(made.revision, solved)
                    if await self._append(session, entry, plan, solved.made):
                        return made
        raise StoreError("others dispatch the session all the time; try again")

    async def _solve(self, session: Session, begun: Begun) -> _Solved:
        if begun.outside:
            return _Solved()
        part = await asyncio.to_thread(window, begun.case, begun.states, begun.step, session.look_hours)
        options = solve_pb2.SolveOptions()
        options.CopyFrom(session.request.options)
        if not options.HasField("time_limit"):  # behind its first step a schedule is of no use
            options.time_limit.seconds = int(part.horizon.step_seconds[0])
        try:
            answer = await self._desk.dispatch(options, Window(case=part, basis=session.basis), session.tenant)
        except InvalidInput as error:
            return _Solved(issues=issues_to_proto(error.issues))
        response = await asyncio.to_thread(solve_pb2.SolveResponse.FromString, answer.response)
        termination = response.outcome.termination
        if not response.outcome.HasField("objective"):
            return _Solved(termination=termination, issues=why_not(response.outcome))
        outcome = await asyncio.to_thread(outcome_from_proto, response.outcome)
        return _Solved(
            made=Dispatched(begin=begun.step, window=part, states=begun.states, outcome=outcome),
            steps=await asyncio.to_thread(lambda: case_to_proto(part).SerializeToString()),
            response=answer.response,
            basis=answer.basis,
            termination=termination,
        )


def _begin(session: Session, step: int) -> Begun:
    if not session.open:
        raise WrongState(f"session {session.id!r} is closed; open another one")
    return session.begin(step)


def _answer(session: Session, begun: Begun, solved: _Solved, at: float) -> dispatch_session_pb2.SetPoints:
    revision = session.revision + 1
    if solved.made is not None:
        message = set_points(begun, solved.made, session.id, revision, at, session.valid_s)
    else:
        message = fallen_back(begun, session.found, session.id, revision, at)
        message.issues.extend(solved.issues)
    if solved.termination is not None:
        message.termination.CopyFrom(solved.termination)
    return message


def _plan(revision: int, solved: _Solved) -> Plan | None:
    if solved.made is None:
        return None
    return Plan(
        revision=revision,
        begin=solved.made.begin,
        steps=solved.steps,
        states=states_to_json(solved.made.states),
        basis=solved.basis,
        response=solved.response,
    )
