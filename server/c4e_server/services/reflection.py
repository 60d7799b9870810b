"""The standard reflection service: tells those who are let in which services, methods and messages there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha._async import ReflectionServicer

#: Its contract.
REFLECTION = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]


class Reflection:
    """Reflection of some services."""

    def __init__(self, names: Sequence[str]) -> None:
        """Tell of the services of these full names, and of reflection itself."""
        self._servicer: Any = ReflectionServicer([*names, REFLECTION.full_name])

    def server_reflection_info(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        """Answer every question."""
        answers: AsyncIterator[Any] = self._servicer.ServerReflectionInfo(requests, context)
        return answers
