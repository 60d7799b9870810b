"""The log: one JSON object per line on stderr, with the fields that a call or a request brings."""

from __future__ import annotations

import itertools
import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

_FIELDS = ("call", "code", "request", "ms")

#: Metadata by which a caller names a call, so that both find it again in their logs.
CALL_ID_KEY = "x-request-id"

_call_id: ContextVar[str] = ContextVar("call_id", default="")
_process = os.urandom(4).hex()
_numbers = itertools.count(1)
_encode = json.JSONEncoder(ensure_ascii=False).encode  # kept, for to make one costs more than a line
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def name_call(metadata: Iterable[tuple[str, Any]] | None) -> str:
    """Name the call of this context, by its caller's `x-request-id` if that is a short word, or by a number."""
    said = next((content for key, content in metadata or () if key == CALL_ID_KEY), None)
    name = said if isinstance(said, str) and _NAME.fullmatch(said) else f"{_process}-{next(_numbers)}"
    _call_id.set(name)
    return name


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """One object: time in UTC, level, where from, sentence, and the fields that are there."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "from": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in _FIELDS if getattr(record, name, "") != ""}
        if call_id := _call_id.get():
            line["call_id"] = call_id
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return _encode(line)


def set_up(level: str = "info") -> None:
    """Send the log of the service to stderr; libraries speak up from warnings on.

    Args:
        level: Least level of what the service itself logs: debug, info, warning or error.
    """
    least = getattr(logging, level.upper())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(least, logging.WARNING))
    logging.getLogger("c4e_server").setLevel(least)
