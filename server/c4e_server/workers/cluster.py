"""An executor on a Dask cluster: every solve is a task, which the scheduler gives to another worker when one is lost.

Workers should have one thread and a nanny (`dask worker --nthreads 1`): a solver that does not heed a wish to end is
ended with its worker, which the nanny starts again.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Generator
from typing import Any

from c4e_server.errors import Cancelled, InvalidConfig, WorkerLost
from c4e_server.failures import Failure, failure_of
from c4e_server.observability import metrics
from c4e_server.workers.messages import Answer, CaseRead, Report, Task
from c4e_server.workers.pool import Limits, over

_log = logging.getLogger("c4e_server.cluster")
_LISTEN_S = 0.02  # how soon a wish to cancel is noticed
_CANCEL_GRACE_S = 0.25
_COUNT_S = 2.0
_PATIENCE_S = 10.0
_LATE_S = 10.0

Tell = Callable[[Report | CaseRead], None]


class Cluster:
    """Solves on the workers of a Dask scheduler; as many at once as they had threads when it began."""

    def __init__(self, address: str, *, grace_s: float = 0.5) -> None:
        """Prepare; nobody is called before `start`.

        Args:
            address: dask://HOST:PORT of the scheduler.
            grace_s: How long a solver may take to obey before its worker is ended.
        """
        self._address = address.replace("dask://", "tcp://", 1)
        self._grace_s = grace_s
        self._topic = f"c4e-{uuid.uuid4().hex}"
        self._tells: dict[str, Tell] = {}
        self._closed = threading.Event()
        self._client: Any = None
        self._alive = 0
        self.size = 1
        self.threads = 1

    def start(self) -> None:
        """Connect.

        Raises:
            InvalidConfig: Nobody answers, there are no workers, or Dask is not installed.
        """
        try:
            import distributed
        except ModuleNotFoundError:
            raise InvalidConfig(
                "a Dask cluster needs distributed; install it with: pip install 'c4e-opt[dask]'"
            ) from None
        try:
            self._client = distributed.Client(self._address, timeout=_PATIENCE_S, set_as_default=False)
        except (OSError, ValueError):
            raise InvalidConfig(f"no Dask scheduler answers at {self._address}") from None
        threads: dict[str, int] = self._client.nthreads()
        if not threads:
            raise InvalidConfig(f"the Dask scheduler at {self._address} has no workers; start some of one thread")
        self.size, self._alive = sum(threads.values()), len(threads)
        self._client.subscribe_topic(self._topic, self._hear)
        threading.Thread(target=self._count, daemon=True).start()

    def close(self) -> None:
        """Leave the cluster; solves that run end as lost."""
        self._closed.set()
        if self._client is not None:
            self._client.close(timeout=_PATIENCE_S)

    def breathing(self) -> int:
        """How many workers there were a moment ago."""
        return self._alive

    def run(self, task: Task, tell: Tell, limits: Limits) -> Answer:
        """Have a worker of the cluster act, and wait; see `Executor`.

        A solve whose worker is lost is given to another by the scheduler, as often as its `allowed-failures` says.
        """
        name = f"c4e-{uuid.uuid4().hex}"
        self._tells[name] = _counted(tell)
        future = None
        try:
            with _translated():
                future = self._client.submit(_act, task, name, self._topic, key=name, pure=False)
                said = self._converse(future, name, limits)
        finally:
            del self._tells[name]
            if future is not None and future.done():
                self._client.loop.add_callback(self._release, name)
        if isinstance(said, Failure):
            raise said.error()
        return said

    def _converse(self, future: Any, name: str, limits: Limits) -> Answer | Failure:
        from distributed import Event

        kill_at = limits.deadline
        flag_at = kill_at - min(self._grace_s, 0.25 * (kill_at - time.monotonic()))
        done = threading.Event()

        def end(_: object) -> None:
            done.set()

        future.add_done_callback(end)
        told = False
        while not done.wait(_LISTEN_S):
            now = time.monotonic()
            if self._closed.is_set():
                raise WorkerLost("the service is shutting down")
            if limits.cancelled.is_set() and flag_at > now:
                flag_at, kill_at = now, min(kill_at, now + min(self._grace_s, _CANCEL_GRACE_S))
            if now >= flag_at and not told:
                Event(name, client=self._client).set()
                told = True
            if now >= kill_at:
                threading.Thread(target=self._end, args=(future, name), daemon=True).start()
                raise over(limits)
        if limits.cancelled.is_set():
            raise Cancelled("the request was cancelled")
        return future.result()

    async def _release(self, name: str) -> None:
        """Let those go who still listen for a wish to end a solve, and the scheduler forget of it."""
        with contextlib.suppress(Exception):  # the scheduler is gone, and all of it with it
            await self._client.scheduler.event_set(name=name)
            await self._client.scheduler.event_clear(name=name)

    def _end(self, future: Any, name: str) -> None:
        """Take a task away, and end the worker that does not let go of it."""
        with contextlib.suppress(Exception):  # the answer was given: nobody waits for this
            workers = [address for address, keys in self._client.processing().items() if name in keys]
            future.cancel(force=True)
            if workers:
                self._client.restart_workers(workers, timeout=_PATIENCE_S, raise_for_error=False)
            self._client.loop.add_callback(self._release, name)

    def _hear(self, event: tuple[float, Any]) -> None:
        """Pass on what a task says."""
        name, kind, fields = event[1]
        tell = self._tells.get(name)
        if tell is not None:
            tell(CaseRead(**fields) if kind == "case" else Report(**fields))

    def _count(self) -> None:
        while not self._closed.wait(_COUNT_S):
            try:
                self._alive = len(self._client.nthreads())
            except Exception:  # whatever it is, no worker can be reached
                self._alive = 0


def _counted(tell: Tell) -> Tell:
    """Count the workers that were lost before the one that says something now."""
    begun = False

    def heard(said: Report | CaseRead) -> None:
        nonlocal begun
        if isinstance(said, Report) and said.phase == "read":
            if begun:
                metrics.WORKERS_LOST.inc()
            begun = True
        tell(said)

    return heard


@contextlib.contextmanager
def _translated() -> Generator[None]:
    """Dask's errors as ours: whatever goes wrong there, the solve has no answer."""
    try:
        yield
    except (Cancelled, WorkerLost):
        raise
    except Exception as error:
        if type(error).__module__.startswith("c4e_"):
            raise
        metrics.WORKERS_LOST.inc()
        _log.warning("the cluster failed: %s", type(error).__name__)
        raise WorkerLost("the cluster lost the solve, and others that tried it") from None


def _act(task: Task, name: str, topic: str) -> Answer | Failure:
    """In a worker of the cluster: solve, tell where it is, and heed a wish to end.

    The wish is the service's alone to set and to take back: a worker that did so at its end and was killed on the way
    would leave a wish that ends the next try.
    """
    import distributed

    from c4e_server.workers.act import act

    dask: Any = distributed
    worker: Any = dask.get_worker()
    wish: Any = dask.Event(name, client=dask.get_client())
    ended, over = threading.Event(), threading.Event()

    def heed() -> None:
        with contextlib.suppress(Exception):  # the scheduler is gone, and with it whoever could wish
            while not (over.is_set() or ended.is_set()):  # one that begins to listen late is not released
                if wish.wait(_LATE_S):
                    ended.set()

    def tell(said: Report | CaseRead) -> None:
        if isinstance(said, CaseRead):
            worker.log_event(topic, (name, "case", {"name": said.name}))
        else:
            fields = {"phase": said.phase, "objective": said.objective, "bound": said.bound}
            worker.log_event(topic, (name, "report", fields))

    threading.Thread(target=heed, daemon=True).start()
    try:
        return act(task, tell, ended)
    except Exception as error:
        return failure_of(error)
    finally:
        over.set()
