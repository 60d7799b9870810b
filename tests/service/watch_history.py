"""What watchers of one job were told, held against what is promised of it: no gap, no duplicate, one end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from c4e.opt.v1 import jobs_pb2

ENDED = (jobs_pb2.JOB_STATE_DONE, jobs_pb2.JOB_STATE_FAILED)
_COUNTER = 2**32


def faults(histories: Mapping[str, Sequence[jobs_pb2.Job]]) -> list[str]:
    """Everything that is wrong with histories by watcher, each of which was followed to its end."""
    found: list[str] = []
    said: dict[int, tuple[str, bytes]] = {}
    for name, history in histories.items():
        found += [f"{name}: {fault}" for fault in _alone(history)]
        for job in history:
            packed = _packed(job)
            other, theirs = said.setdefault(job.revision, (name, packed))
            if theirs != packed:
                found.append(f"{name} and {other} were told differently of {_at(job)}")
    return found


def _alone(history: Sequence[jobs_pb2.Job]) -> list[str]:
    found: list[str] = []
    for before, job in pairwise(history):
        epoch, counter = divmod(job.revision, _COUNTER)
        if job.revision <= before.revision:
            found.append(f"{_at(job)} came after {_at(before)}")
        elif epoch == before.revision // _COUNTER and job.revision != before.revision + 1:
            found.append(f"between {_at(before)} and {_at(job)} something is missing")
        elif epoch > before.revision // _COUNTER and counter:
            found.append(f"{_at(job)} is not the begin of the solve that superseded {_at(before)}")
        if before.state in ENDED:
            found.append(f"{_at(job)} came after the end")
        if epoch == before.revision // _COUNTER and job.state not in ENDED:
            if before.HasField("incumbent") and not job.incumbent <= before.incumbent:
                found.append(f"{_at(job)} has a worse incumbent than {_at(before)}")
            if before.HasField("bound") and not job.bound >= before.bound:
                found.append(f"{_at(job)} has a worse bound than {_at(before)}")
        if job.HasField("incumbent") and job.HasField("bound") and job.bound > job.incumbent + 1e-6 * abs(job.bound):
            found.append(f"{_at(job)} has a bound above its incumbent")
    if not history or history[-1].state not in ENDED:
        found.append("the end was never told")
    return found


def _packed(job: jobs_pb2.Job) -> bytes:
    told = jobs_pb2.Job()
    told.CopyFrom(job)
    for changing in ("batch_id", "posted", "ledger_says", "case_name"):  # what is known later is told of the past, too
        told.ClearField(changing)
    return told.SerializeToString(deterministic=True)


def _at(job: jobs_pb2.Job) -> str:
    return "revision {}.{}".format(*divmod(job.revision, _COUNTER))
