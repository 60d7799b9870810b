"""Answers that were given before: what asks the same gets the same bytes, without another solve."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import replace
from importlib.metadata import version

from c4e.opt.v1 import solve_pb2
from c4e_server.workers.messages import Answer

_VERSION = version("c4e-opt").encode()
#: Why a solve ended whose answer more time would not change.
LASTING = "OPTIMAL"
#: Ids of datasets begin so; their SHA-256 follows.
PREFIX = "sha256:"


def packed(request: solve_pb2.SolveRequest) -> tuple[bytes, str, str]:
    """The message as it is kept, the digest that tells it from others, and the digest of what it asks."""
    message = request.SerializeToString(deterministic=True)
    content = hashlib.sha256(message).hexdigest()
    question = hashlib.sha256(_VERSION)
    case = dataset_of(request)  # the same case asks the same, wherever it is
    if not case:
        case = hashlib.sha256(request.case.SerializeToString(deterministic=True)).hexdigest()
    options = request.options.SerializeToString(deterministic=True)
    question.update(case.encode() + len(options).to_bytes(8, "big") + options)
    question.update(request.settlement.to_bytes(8, "big"))
    return message, content, question.hexdigest()


def dataset_of(request: solve_pb2.SolveRequest) -> str:
    """SHA-256 of the dataset that holds the case of a request; empty where the request does."""
    return request.dataset.removeprefix(PREFIX)


def named(answer: Answer, request_id: str) -> Answer:
    """A worker's answer, which names no request, as the answer to one."""
    if not request_id:
        return answer
    # Fields of a message may be joined, and the name is the first.
    return replace(answer, response=_name(request_id) + answer.response)


def unnamed(response: bytes, request_id: str) -> bytes:
    """What was joined, without the name."""
    return response.removeprefix(_name(request_id))


def _name(request_id: str) -> bytes:
    return solve_pb2.SolveResponse(request_id=request_id).SerializeToString()


class Answers:
    """Lasting answers that were given or asked for last, by tenant and question, within a number of bytes."""

    def __init__(self, most_bytes: int) -> None:
        """Nothing is kept."""
        self._most = most_bytes
        self._size = 0
        self._kept: OrderedDict[tuple[str, str], Answer] = OrderedDict()

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._size

    def get(self, tenant: str, asked: str) -> Answer | None:
        """An answer without a name; None where there is none."""
        found = self._kept.get((tenant, asked))
        if found is not None:
            self._kept.move_to_end((tenant, asked))
        return found

    def put(self, tenant: str, asked: str, answer: Answer) -> None:
        """Keep an answer without a name, where more time would not change it."""
        size = _size(answer)
        if answer.reason != LASTING or size > self._most or (tenant, asked) in self._kept:
            return
        self._kept[tenant, asked] = answer
        self._size += size
        while self._size > self._most:
            _, gone = self._kept.popitem(last=False)
            self._size -= _size(gone)


def _size(answer: Answer) -> int:
    return len(answer.response) + len(answer.statement or b"") + len(answer.batch or b"")
