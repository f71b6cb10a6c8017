"""Headers that files use, declared in the configuration: mappings/headers.yaml."""

from __future__ import annotations

from pathlib import Path

from layers import DeclarationError, read_yaml


def read_synonyms(config: Path) -> dict[str, str]:
    """Header in lower case -> column.

    Raises
    ------
    DeclarationError : a header stands under two columns
    """
    path = config / "mappings" / "headers.yaml"
    if not path.is_file():
        return {}
    found: dict[str, str] = {}
    for column, headers in read_yaml(path).items():
        if not isinstance(headers, list):
            raise DeclarationError(path, column, "must be a list of headers")
        for header in headers:
            key = str(header).lower()
            if key in found:
                raise DeclarationError(
                    path, column, f"header {header!r} stands under {found[key]} too"
                )
            found[key] = column
    return found
