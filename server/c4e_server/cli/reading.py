"""Cases as the command line takes them: a folder, a YAML file, or a wire message in a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from c4e_opt.case import Case, read_case
from c4e_opt.case.readers.registry import reader_of
from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue

MESSAGES = (".binpb", ".json")


def load_case(path: str | Path, *, network: str | None = None, pricing: str | None = None) -> Case:
    """Read a case from any file or folder that we know.

    Args:
        path: A case folder, a YAML file, a Case message as .binpb or .json, or a file of another format that
            `c4e_opt.case.readers.registry` knows.
        network: Replaces the network model of the case's policy.
        pricing: Replaces its price rule.

    Raises:
        InvalidInput: With everything that is wrong.
    """
    where = Path(path)
    message = where.suffix in MESSAGES and not where.is_dir() and reader_of(where) is None
    case = _from_message(where) if message else read_case(where)
    chosen = {name: word for name, word in (("network", network), ("pricing", pricing)) if word is not None}
    return replace(case, policy=replace(case.policy, **chosen)) if chosen else case


def _from_message(path: Path) -> Case:
    from google.protobuf import json_format
    from google.protobuf.message import DecodeError

    from c4e.opt.v1 import case_pb2
    from c4e_server.convert.case import case_from_proto

    message = case_pb2.Case()
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidInput([Issue(str(path), "missing_file", f"cannot be read: {error.strerror}")]) from None
    try:
        if path.suffix == ".json":
            json_format.Parse(raw.decode("utf-8"), message)
        else:
            message.ParseFromString(raw)
    except (DecodeError, json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        said = str(error).splitlines()[0] if path.suffix == ".json" else "it is cut off, or something else"
        raise InvalidInput([Issue(path.name, "broken_message", f"is no Case message: {said}")]) from None
    return case_from_proto(message)


def write_message(case: Case, path: Path) -> None:
    """Write a case as a wire message; .binpb is compact and exact, .json is for people and exact too."""
    from google.protobuf import json_format

    from c4e_server.convert.case import case_to_proto

    if path.suffix == ".json":
        document = json_format.MessageToDict(case_to_proto(case, packed=False), preserving_proto_field_name=True)
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        path.write_bytes(case_to_proto(case).SerializeToString(deterministic=True))


def plain(content: Any) -> Any:
    """Content that strict JSON can say: numbers that are not finite become null."""
    if isinstance(content, float):
        return content if abs(content) < float("inf") else None
    if isinstance(content, dict):
        return {str(key): plain(each) for key, each in content.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(content, (list, tuple)):
        return [plain(each) for each in content]  # pyright: ignore[reportUnknownVariableType]
    return content
