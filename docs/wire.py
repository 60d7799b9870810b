"""Reference pages of the wire contract: everything in it with the comments of its files, one page for each file."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2

from c4e_server.security.rules import RULES

ROOT = Path(__file__).parents[1]
_Path = tuple[int, ...]
_FILE, _PACKAGE = "c4e/opt/v1/", ".c4e.opt.v1."
# Numbers of fields in descriptor.proto, of which paths of comments are made.
_MESSAGES, _ENUMS, _SERVICES, _FIELDS, _NESTED, _NESTED_ENUMS, _VALUES, _METHODS, _EDITION = 4, 5, 6, 2, 3, 4, 2, 2, 12
_REPEATED = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED


def wire_pages() -> dict[str, str]:
    """Pages by name below the folder of references: one for every file of the contract, and an index."""
    files = [file for file in sorted(_parsed().file, key=lambda each: each.name) if file.name.startswith(_FILE)]
    places = {name: _page_name(file) for file in files for name in _declared(file)}
    pages = {f"wire/{_page_name(file)}": _File(file, places).page() for file in files}
    return {"wire/index.md": _index(files), **pages}


def _parsed() -> descriptor_pb2.FileDescriptorSet:
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "contract.binpb"
        subprocess.run([sys.executable, ROOT / "proto" / "generate.py", "--image", image], check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes())


def _page_name(file: Any) -> str:
    return file.name.removeprefix(_FILE).removesuffix(".proto") + ".md"


def _declared(file: Any) -> Iterator[str]:
    """Full names of everything that a file declares and a field may be of."""

    def inside(prefix: str, message: Any) -> Iterator[str]:
        yield prefix + message.name
        for nested in message.nested_type:
            yield from inside(f"{prefix}{message.name}.", nested)
        yield from (f"{prefix}{message.name}.{enum.name}" for enum in message.enum_type)

    for message in file.message_type:
        yield from inside(_PACKAGE, message)
    yield from (_PACKAGE + enum.name for enum in file.enum_type)


def _index(files: Sequence[Any]) -> str:
    lines = [
        "# The wire contract",
        "",
        "Generated from the comments in `proto/c4e/opt/v1/*.proto`. Who may call a method is said in",
        "`security/rules.py`.",
        "",
    ]
    for file in files:
        comments = _comments(file)
        head = comments.get((_EDITION,), "")
        lines += [f"- [{file.name.removeprefix(_FILE)}]({_page_name(file)}): {_sentence(head)}."]
    lines += ["", "| method | asks | answers | who | writes |", "|---|---|---|---|---|"]
    for file in files:
        for service in file.service:
            for method in service.method:
                name = f"{service.name}.{method.name}"
                rule = RULES.get(f"{_PACKAGE[1:]}{name}")
                who = "" if rule is None else ", ".join(sorted(rule.roles))
                writes = "yes" if rule is not None and rule.writes else ""
                asks = ("stream " if method.client_streaming else "") + _short(method.input_type)
                answers = ("stream " if method.server_streaming else "") + _short(method.output_type)
                link = f"[{name}]({_page_name(file)}#{service.name.lower()})"
                lines.append(f"| {link} | {asks} | {answers} | {who} | {writes} |")
    return "\n".join(lines) + "\n"


def _comments(file: Any) -> dict[_Path, str]:
    """What stands before every declaration, by its path, as one line per paragraph."""
    return {
        tuple(place.path): _flowing(place.leading_comments)
        for place in file.source_code_info.location
        if place.leading_comments
    }


def _flowing(text: str) -> str:
    paragraphs = "\n".join(line.strip() for line in text.strip().splitlines()).split("\n\n")
    return "\n\n".join(" ".join(paragraph.splitlines()) for paragraph in paragraphs)


def _sentence(text: str) -> str:
    """The first sentence, without its end."""
    return text.partition("\n\n")[0].partition(". ")[0].rstrip(".")


def _short(name: str) -> str:
    return name.removeprefix(_PACKAGE).removeprefix(".")


class _File:
    """One file of the contract as a page."""

    def __init__(self, file: Any, places: Mapping[str, str]) -> None:
        self._file = file
        self._places = places
        self._said = _comments(file)

    def page(self) -> str:
        """The page."""
        head = self._said.get((_EDITION,), "")
        lines = [f"# {self._file.name}", "", head, ""]
        for place, service in enumerate(self._file.service):
            lines += self._service(service, (_SERVICES, place))
        for place, message in enumerate(self._file.message_type):
            lines += self._message(message, message.name, (_MESSAGES, place))
        for place, enum in enumerate(self._file.enum_type):
            lines += self._enum(enum, enum.name, (_ENUMS, place))
        return "\n".join(lines).rstrip("\n") + "\n"

    def _service(self, service: Any, path: _Path) -> list[str]:
        lines = [f"## {service.name}", "", self._said.get(path, ""), ""]
        for place, method in enumerate(service.method):
            asks = ("stream of " if method.client_streaming else "") + self._type(method.input_type)
            answers = ("stream of " if method.server_streaming else "") + self._type(method.output_type)
            said = self._said.get((*path, _METHODS, place), "")
            lines += [f"### {service.name}.{method.name}", "", f"{asks} → {answers}", "", said, ""]
        return lines

    def _message(self, message: Any, name: str, path: _Path) -> list[str]:
        maps = {nested.name: nested for nested in message.nested_type if nested.options.map_entry}
        lines = [f"## {name}", "", self._said.get(path, ""), ""]
        if message.field:
            lines += ["| field | number | type | meaning |", "|---|---|---|---|"]
        for place, field in enumerate(message.field):
            said = _cell(self._said.get((*path, _FIELDS, place), ""))
            lines.append(f"| `{field.name}` | {field.number} | {self._field(message, field, maps)} | {said} |")
        lines += [""] if message.field else []
        for place, nested in enumerate(message.nested_type):
            if nested.name not in maps:
                lines += self._message(nested, f"{name}.{nested.name}", (*path, _NESTED, place))
        for place, enum in enumerate(message.enum_type):
            lines += self._enum(enum, f"{name}.{enum.name}", (*path, _NESTED_ENUMS, place))
        return lines

    def _field(self, message: Any, field: Any, maps: Mapping[str, Any]) -> str:
        entry = maps.get(field.type_name.rpartition(".")[2])
        if entry is not None:
            return f"map of {self._kind(entry.field[0])} to {self._kind(entry.field[1])}"
        kind = self._kind(field)
        if field.HasField("oneof_index"):
            return f"{kind}, one of `{message.oneof_decl[field.oneof_index].name}`"
        return f"repeated {kind}" if field.label == _REPEATED else kind

    def _kind(self, field: Any) -> str:
        if field.type_name:
            return self._type(field.type_name)
        return descriptor_pb2.FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()

    def _type(self, name: str) -> str:
        short = _short(name)
        place = self._places.get(name)
        return f"[{short}]({place}#{short.lower().replace('.', '')})" if place else f"`{short}`"

    def _enum(self, enum: Any, name: str, path: _Path) -> list[str]:
        lines = [f"## {name}", "", self._said.get(path, ""), "", "| word | number | meaning |", "|---|---|---|"]
        for place, word in enumerate(enum.value):
            lines.append(f"| `{word.name}` | {word.number} | {_cell(self._said.get((*path, _VALUES, place), ''))} |")
        return [*lines, ""]


def _cell(text: str) -> str:
    return text.replace("\n\n", "<br>").replace("|", "\\|")
