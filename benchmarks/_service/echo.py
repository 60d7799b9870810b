"""A bare grpc.aio server that gives back the message that it gets; prints its port first."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio

from c4e.opt.v1 import trading_pb2


async def _echo(request: Any, context: Any) -> Any:
    return request


async def _serve() -> None:
    server = grpc.aio.server()
    make: Any = grpc.unary_unary_rpc_method_handler
    message = trading_pb2.GetBookRequest
    handler = make(_echo, request_deserializer=message.FromString, response_serializer=message.SerializeToString)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("Echo", {"Echo": handler})])
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_serve())
