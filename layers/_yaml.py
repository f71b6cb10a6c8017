"""YAML read with every scalar as text; a repeated key is an error.

The declared type decides what a scalar is, otherwise code 0701 becomes the number
449 and `no` becomes False.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from layers._errors import DeclarationError


class _TextLoader(yaml.SafeLoader):
    """Scalars stay text, except the bare words null, true and false."""


_TextLoader.yaml_implicit_resolvers = {}


class _RepeatedKey(Exception):
    def __init__(self, key: str, line: int) -> None:
        self.key = key
        self.line = line


def _build_mapping(loader: Any, node: yaml.MappingNode, deep: bool = False) -> Any:  # noqa: ANN401  # yaml's own untyped protocol
    loader.flatten_mapping(node)
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in mapping:
            raise _RepeatedKey(str(key), key_node.start_mark.line + 1)
        mapping[key] = loader.construct_object(value_node, deep=True)
    return mapping


_TextLoader.add_constructor("tag:yaml.org,2002:map", _build_mapping)


def read_yaml(path: Path) -> dict[str, Any]:
    """Mapping that a YAML file holds, every scalar as text.

    Raises
    ------
    DeclarationError : unreadable, not a mapping, or a key stands twice
    """
    try:
        # The loader is a SafeLoader: no tag builds Python objects.
        document = yaml.load(path.read_text("utf-8"), Loader=_TextLoader)  # noqa: S506
    except _RepeatedKey as error:
        raise DeclarationError(
            path, error.key, f"key stands twice (again in line {error.line})"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise DeclarationError(path, "", " ".join(str(error).split())) from error
    if not isinstance(document, dict):
        raise DeclarationError(path, "", "must be a mapping of keys to values")
    return document


def read_model[Model: BaseModel](
    path: Path, model: type[Model], **extra: object
) -> Model:
    """One declaration file as a model; `extra` are fields that the place gives.

    Raises
    ------
    DeclarationError : naming file, key path and reason of the first fault
    """
    document = {**read_yaml(path), **extra}
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        reason = {
            "extra_forbidden": "unknown key",
            "missing": "is required and missing",
        }.get(first["type"], first["msg"].removeprefix("Value error, "))
        if first["type"] not in ("extra_forbidden", "missing", "value_error"):
            reason += f", {first['input']!r} given"
        raise DeclarationError(path, key, reason) from error
