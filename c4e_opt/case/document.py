"""YAML to a plain document: every key once, times left as text, errors with line and column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml

from c4e_opt.errors import InvalidInput
from c4e_opt.issues import Issue

#: More levels than any case has, fewer than any parser minds.
_DEEPEST = 64

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """Safe YAML without the guess that a text is a date; our own reading knows the time zone."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, (str, int, float, bool)):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"key {key!r} occurs twice", key_node.start_mark)
        seen.add(key)
    return {loader.construct_object(k, deep=True): loader.construct_object(v, deep=True) for k, v in node.value}


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _refuse_depth(name: str, text: str) -> None:
    """Refuse nesting past what any case needs, before the composer, which calls itself once per level, meets it."""
    depth = 0
    for event in cast("Iterator[Any]", yaml.parse(text, Loader=_Base)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            place = f"{name}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"
            raise InvalidInput([Issue(place, "yaml", "is nested too deeply; a case needs four levels")])


def read_document(path: Path) -> dict[str, Any]:
    """Read a YAML file whose top level is a mapping.

    Raises:
        InvalidInput: It cannot be read, is broken, has a key twice, or is no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidInput([Issue(str(path), "missing_file", "there is no such file")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            [Issue(str(path), "unreadable_file", f"cannot be read: {error.__class__.__name__}")]
        ) from None
    try:
        _refuse_depth(path.name, text)
        document: Any = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path.name}:{mark.line + 1}:{mark.column + 1}" if mark else path.name
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InvalidInput([Issue(place, "yaml", f"{problem}; mend the YAML here")]) from None
    except (ValueError, OverflowError) as error:
        raise InvalidInput([Issue(path.name, "yaml", f"holds a number that cannot be read: {error}")]) from None
    if not isinstance(document, dict):
        raise InvalidInput([Issue(path.name, "yaml", "must be a mapping: names of fields, each with what it says")])
    return cast("dict[str, Any]", document)
