"""What may go wrong in the service, beside what may go wrong in the library."""

from __future__ import annotations

from c4e_opt.errors import C4eError


class ServiceError(C4eError):
    """Root of the errors of the service."""


class BrokenMessage(ServiceError):
    """A message contradicts itself: numbers do not fit their axes, or a digest is not that of its content."""


class InvalidConfig(ServiceError):
    """The service cannot run as it was told to."""


class Unauthenticated(ServiceError):
    """A call does not say who makes it, or what it shows is not good."""


class NotAllowed(ServiceError):
    """A caller may not do this, whatever it shows."""


class NoBooks(NotAllowed):
    """The ledger of the service has no books for the tenant of a caller, so that nothing is posted for it."""


class RateLimited(ServiceError):
    """A tenant calls more often than it may."""

    def __init__(self, message: str, retry_s: float = 1.0) -> None:
        """Say so, and after how many seconds to try again."""
        super().__init__(message)
        self.retry_s = retry_s


class RequestIdReused(ServiceError):
    """A request id comes again with another message."""


class UnknownRequest(ServiceError):
    """There is no request with this id, or it has nothing of what was asked for."""


class RequestDeleted(ServiceError):
    """The request was deleted, and its id stays taken."""


class RequestUnderWay(ServiceError):
    """A request has not ended, or its batch is on its way: it cannot be deleted yet."""


class MessageTooLarge(ServiceError):
    """A message has more bytes than the service takes."""


class AnswerTooLarge(ServiceError):
    """An answer does not go into one message."""


class UnknownDataset(ServiceError):
    """The tenant has no dataset of this content, or not all of it."""


class DatasetInUse(ServiceError):
    """A request without an answer needs the dataset."""


class QuotaExceeded(ServiceError):
    """A tenant would keep more than it may."""


class WrongOffset(ServiceError):
    """An upload does not go on where the content that is there ends."""


class WrongDigest(ServiceError):
    """Content is not what its name says."""


class UnknownSession(ServiceError):
    """There is no market session with this id, or it has nothing of what was asked for."""


class GateClosed(ServiceError):
    """The gate of a market session is closed, or not open yet."""


class WrongState(ServiceError):
    """A market session has not come so far, or too far, for what was asked of it."""


class DeliveryUnderWay(ServiceError):
    """A batch is on its way to the ledger, or there: nobody may interfere."""


class QueueFull(ServiceError):
    """So many requests wait that no more are taken."""

    def __init__(self, message: str, retry_s: float = 1.0) -> None:
        """Say so, and after how many seconds to try again."""
        super().__init__(message)
        self.retry_s = retry_s


class DeadlineReached(ServiceError):
    """There was no answer when the time was over."""


class Stopping(ServiceError):
    """The service is being stopped; the next one takes the request."""


class Cancelled(ServiceError):
    """Somebody ended the request."""


class WorkerLost(ServiceError):
    """The process that solved ended without an answer."""


class OutOfMemory(ServiceError):
    """The problem needs more memory than a solve may take."""


class StoreError(ServiceError):
    """The service's own database cannot be used."""


class Unreachable(ServiceError):
    """Nobody answers at the address of the service."""
