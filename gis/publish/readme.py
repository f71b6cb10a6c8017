"""The generated tables of README.md: layers, processes, settings, targets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from gis.settings import SETTINGS
from layers import Catalogue
from processes import Process

_BLOCK = re.compile(r"(<!-- (\w+): generated -->\n).*?(<!-- /\2 -->)", re.DOTALL)


def refresh(text: str, catalogue: Catalogue, processes: Mapping[str, Process]) -> str:
    """The text with every generated block written anew.

    Raises
    ------
    KeyError : a block has a name that nothing writes
    """
    writers: dict[str, Callable[[], str]] = {
        "layers": lambda: _layers(catalogue),
        "processes": lambda: _processes(processes),
        "settings": _settings,
    }
    return _BLOCK.sub(lambda m: m[1] + writers[m[2]]() + m[3], text)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += [
        "| " + " | ".join(cell.replace("|", "\\|") for cell in r) + " |" for r in rows
    ]
    return "\n".join(lines) + "\n"


def _layers(catalogue: Catalogue) -> str:
    """One line a theme: its layers with their Chinese titles."""
    rows = []
    for theme in catalogue.themes():
        named = [
            f"`{layer.id}` {layer.title.zh}"
            + ("" if layer.access.label == "public" else f" ({layer.access.label})")
            for layer in catalogue.values()
            if layer.theme == theme
        ]
        rows.append((theme, " · ".join(named)))
    return _table(("theme", "layers"), rows)


def _processes(processes: Mapping[str, Process]) -> str:
    rows = [
        (f"`{p.id}`", f"{p.title.zh} {p.title.en}", p.description.en)
        for p in processes.values()
    ]
    return _table(("process", "title", "what it answers"), rows)


def _settings() -> str:
    rows = [
        (f"`{s.name}`", f"`{s.default}`" if s.default else "–", s.meaning)
        for s in SETTINGS
    ]
    return _table(("variable", "default", "meaning"), rows)
