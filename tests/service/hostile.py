"""Messages that nobody should send, made from the descriptors of the contract by a seed."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

_F = FieldDescriptor
_INTEGERS = (0, 1, -1, 2, 7, 100, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**32 - 1, 2**64 - 1)
_NUMBERS = (0.0, -0.0, 1.0, -1.0, 1e-308, 5e-324, 1e308, -1e308, float("inf"), float("-inf"), float("nan"), 0.1, 3.5)
_BOUNDS = {
    _F.TYPE_INT32: (-(2**31), 2**31 - 1),
    _F.TYPE_SINT32: (-(2**31), 2**31 - 1),
    _F.TYPE_SFIXED32: (-(2**31), 2**31 - 1),
    _F.TYPE_UINT32: (0, 2**32 - 1),
    _F.TYPE_FIXED32: (0, 2**32 - 1),
    _F.TYPE_UINT64: (0, 2**64 - 1),
    _F.TYPE_FIXED64: (0, 2**64 - 1),
}
_WORDS = (
    "",
    "a",
    "el",
    "ann",
    "b1",
    "EUR",
    "2025-01-01T00:00Z",
    "party:ann",
    "..",
    "../../../x",
    "'; DROP TABLE requests; --",
    "%s%n{0}{x}${y}",
    "\x00",
    "a\x00b",
    "\n\r\t",
    "ä€😀",
    "\u202e\u0000\ufeff",
    "-1",
    "1e999",
    "NaN",
    "9" * 60,
    "null",
    "__class__",
    "*",
    "[[[[",
    '{"a":1}',
    "x" * 130,
)


@dataclass(frozen=True)
class Attack:
    """Bytes for one call, one element a message; several where the caller streams."""

    method: MethodDescriptor
    kind: str
    parts: tuple[bytes, ...]
    metadata: tuple[tuple[str, str | bytes], ...]


def number_of(chance: random.Random, field: FieldDescriptor) -> int:
    low, high = _BOUNDS.get(field.type, (-(2**63), 2**63 - 1))
    return min(max(chance.choice(_INTEGERS), low), high)


def word(chance: random.Random) -> str:
    if chance.random() < 0.7:
        return chance.choice(_WORDS)
    if chance.random() < 0.02:
        return chance.choice("ax€") * chance.choice((1_000, 20_000))
    return "".join(chance.choice(string.printable) for _ in range(chance.randrange(1, 30)))


def scalar(chance: random.Random, field: FieldDescriptor) -> Any:
    """Any content of a field that holds no message."""
    if field.type in (_F.TYPE_DOUBLE, _F.TYPE_FLOAT):
        return chance.choice(_NUMBERS)
    if field.type == _F.TYPE_BOOL:
        return chance.random() < 0.5
    if field.type == _F.TYPE_STRING:
        return word(chance)
    if field.type == _F.TYPE_BYTES:
        return chance.randbytes(chance.choice((0, 1, 7, 8, 16, 33, 1000)))
    if field.type == _F.TYPE_ENUM:
        assert field.enum_type is not None
        return chance.choice([value.number for value in field.enum_type.values] + [99, -1, 2**31 - 1])
    return number_of(chance, field)


def spoil(chance: random.Random, message: Message, field: FieldDescriptor, depth: int) -> None:
    """Give a field any content."""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        mapping, (key, value) = getattr(message, field.name), field.message_type.fields
        for _ in range(chance.randrange(3)):
            if value.message_type is None:
                mapping[scalar(chance, key)] = scalar(chance, value)
            else:
                fill(chance, mapping[scalar(chance, key)], depth + 1)
    elif field.is_repeated:
        many = 1 if chance.random() < 0.9 else 300
        for _ in range(chance.randrange(4) * (many if field.message_type is None else 1)):
            if field.message_type is None:
                getattr(message, field.name).append(scalar(chance, field))
            else:
                fill(chance, getattr(message, field.name).add(), depth + 1)
    elif field.message_type is not None:
        part = getattr(message, field.name)
        part.SetInParent()
        fill(chance, part, depth + 1)
    else:
        setattr(message, field.name, scalar(chance, field))


def fill(chance: random.Random, message: Message, depth: int = 0) -> Message:
    """Give some fields of a message any content."""
    often = (0.7, 0.5, 0.4, 0.3, 0.2, 0.1)[min(depth, 5)] if depth < 8 else 0.0
    for field in message.DESCRIPTOR.fields:
        if chance.random() < often:
            spoil(chance, message, field, depth)
    return message


def inside(message: Message) -> list[Message]:
    """A message and all that are set below it."""
    found = [message]
    for field, content in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for part in content if field.is_repeated else (content,):
            found += inside(part)
    return found


def changed(chance: random.Random, valid: Message) -> Message:
    """A message that was good, with some fields of it spoilt, emptied or doubled."""
    message = type(valid)()
    message.CopyFrom(valid)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        part = chance.choice(inside(message))
        if not part.DESCRIPTOR.fields:
            continue
        field = chance.choice(part.DESCRIPTOR.fields)
        act = chance.random()
        if act < 0.25:
            part.ClearField(field.name)
        elif act < 0.35 and field.is_repeated and field.message_type is None:
            getattr(part, field.name).extend(list(getattr(part, field.name)))
        else:
            spoil(chance, part, field, 2)
    return message


def garbled(chance: random.Random, good: bytes) -> bytes:
    """Bytes that are hardly a message."""
    kind = chance.randrange(6)
    if kind == 0:
        return chance.randbytes(chance.choice((1, 2, 3, 10, 100, 5000)))
    if kind == 1:
        return good[: chance.randrange(len(good))] if good else b"\x0a"
    if kind == 2 and good:
        raw = bytearray(good)
        for _ in range(chance.choice((1, 1, 5, 50))):
            raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        return bytes(raw)
    if kind == 3:
        return b"\x0a\xff\xff\xff\xff\x0f" + good  # says that gigabytes follow
    if kind == 4:
        return b"\x0b" * chance.choice((1, 200, 20_000))  # groups in groups
    nested = b""
    for _ in range(chance.choice((50, 150, 400))):
        nested = b"\x12" + _varint(len(nested)) + nested
    return nested


def _varint(number: int) -> bytes:
    raw = b""
    while number > 127:
        raw += bytes([number & 127 | 128])
        number >>= 7
    return raw + bytes([number])


def hostile_metadata(chance: random.Random) -> tuple[tuple[str, str | bytes], ...]:
    """Metadata that gRPC lets through."""
    junk = "".join(chance.choice(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~ {}\"\\/<>") for _ in range(40))
    choices: tuple[tuple[str, str | bytes], ...] = (
        ("c4e-max-status-bytes", chance.choice(("-1", "0", "1", "99999999999999999999", "NaN", junk, "7", "2000"))),
        ("x-request-id", junk),
        ("authorization", chance.choice(("Bearer", "Bearer ", "Bearer a.b.c", "Basic " + junk, junk))),
        ("x-" + "a" * chance.choice((1, 200)), junk * chance.choice((1, 20))),
        ("traceparent", chance.choice(("00-" + "0" * 32 + "-" + "0" * 16 + "-00", junk))),
        ("junk-bin", chance.randbytes(chance.choice((0, 1, 500)))),
        ("grpc-accept-encoding", junk.replace(" ", "")),
    )
    return tuple(chance.sample(choices, chance.choice((1, 2, 4))))


def attack(
    seed: str,
    method: MethodDescriptor,
    valid: Callable[[MethodDescriptor, random.Random], Message],
    giant: int,
) -> Attack:
    """The attack of a seed on a method.

    Args:
        seed: Same seed, same bytes.
        method: Its target.
        valid: Makes a message that the method takes.
        giant: More bytes than the service takes in a message.
    """
    chance = random.Random(seed)
    kinds = {"any": 30, "changed": 35, "garbled": 25, "empty": 4, "valid": 5, "giant": 1}
    kind = chance.choices(list(kinds), list(kinds.values()))[0]
    parts: list[bytes] = []
    for _ in range(chance.choice((1, 2, 3)) if method.client_streaming else 1):
        if kind == "any":
            made = fill(chance, GetMessageClass(method.input_type)()).SerializeToString()
        elif kind == "changed":
            made = changed(chance, valid(method, chance)).SerializeToString()
        elif kind == "garbled":
            made = garbled(chance, valid(method, chance).SerializeToString())
        elif kind == "giant":
            made = b"\x0a" + _varint(giant) + b"a" * giant
        else:
            made = b"" if kind == "empty" else valid(method, chance).SerializeToString()
        parts.append(made)
    metadata = hostile_metadata(chance) if chance.random() < 0.25 else ()
    return Attack(method, kind, tuple(parts), metadata)


def parsed(method: MethodDescriptor, raw: bytes) -> Message | None:
    """The message that bytes are; None when they are none."""
    try:
        return GetMessageClass(_input(method)).FromString(raw)
    except DecodeError:
        return None


def _input(method: MethodDescriptor) -> Descriptor:
    return method.input_type
