"""pygeoapi inside our house: one API object per level, asked for documents.

pygeoapi keeps some state per process instead of per object, and writes JSON with
HTML escapes. So it is asked for documents only, as Python objects: our templates
draw them, our serialiser writes them, and nothing of one level is kept for another.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Hashable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import orjson

from gis.errors import NotFound, QueryError
from gis.publish.pygeoapi import (
    build_collections,
    build_config,
    build_processes,
)
from gis.serve.negotiate import Lang
from layers import Catalogue, City, Level

with warnings.catch_warnings():  # its models use a form that pydantic deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    from pygeoapi import api, l10n
    from pygeoapi.api import itemtypes, processes, tiles
    from pygeoapi.plugin import PLUGINS

__all__ = [
    "BASE",
    "Document",
    "Engine",
    "api",
    "finished",
    "itemtypes",
    "processes",
    "tiles",
]

Document = dict[str, Any]

#: Stands in pygeoapi's links for the base, which only a request knows.
BASE = "http://base.invalid"


def _document(document: Document, _pretty: bool = False) -> Document:
    """Stand-in for pygeoapi's to_json, which would escape `<` inside JSON."""
    return document


def settle(messages: Mapping[str, str]) -> None:
    """Prepare pygeoapi's process-wide state; safe to repeat.

    Parameters
    ----------
    messages : Chinese message by English message
    """
    for module in (api, itemtypes, processes, tiles):
        module.to_json = _document
    api.setup_logger = lambda _config: None
    logging.getLogger("pygeoapi").setLevel(logging.WARNING)
    PLUGINS["formatter"].clear()
    l10n._gettext_cache["zh"] = dict(messages)


class Engine:
    """pygeoapi's documents of every level.

    Parameters
    ----------
    described : process id -> OGC process description in both languages
    """

    def __init__(
        self,
        catalogue: Catalogue,
        city: City,
        described: Mapping[str, Mapping[str, Any]],
        messages: Mapping[str, str],
    ) -> None:
        settle(messages)
        self._kept: dict[Hashable, bytes] = {}
        self._layers = {
            level: api.API(
                build_config(city, build_collections(catalogue, city, level), BASE),
                openapi={},
            )
            for level in Level
        }
        # pygeoapi has one name space for collections and processes; the city has
        # a layer and a process of the same name
        self._processes = api.API(
            build_config(city, build_processes(_spoken(described, messages)), BASE),
            openapi={},
        )

    def ask(
        self, function: Callable[..., Any], level: Level, lang: Lang, *names: str
    ) -> Document:
        """Document of one of pygeoapi's functions, links on the stand-in base.

        A document depends on declarations only: it is made once and copied after.

        Parameters
        ----------
        function : such as pygeoapi.api.landing_page
        names : collection, process or tile matrix set the document is about

        Raises
        ------
        NotFound : pygeoapi knows no such collection, process or matrix set
        """
        key = function, level, lang, names
        if key in self._kept:
            return cast(Document, orjson.loads(self._kept[key]))
        of_processes = function is processes.describe_processes
        asked = self._processes if of_processes else self._layers[level]
        request = api.APIRequest(
            SimpleNamespace(
                headers={"accept-language": lang},
                query_params={"lang": lang, "f": "json"},
                scope={"path": "/"},
            ),
            asked.locales,
        )
        _headers, status, document = function(asked, request, *names)
        if status == 404 or (status == 400 and names):
            raise NotFound(f"{'/'.join(names)}: not published")
        if status != 200:
            raise QueryError("request", str(document.get("description", "")))
        text = orjson.dumps(finished(document, lang), default=str)
        self._kept[key] = text
        return cast(Document, orjson.loads(text))


def finished(node: Any, lang: Lang) -> Any:  # noqa: ANN401  # any part of a document
    """The document in one language, without links to formats not served here."""
    if isinstance(node, dict):
        if node.keys() == {"zh", "en"}:
            return node[lang]
        return {key: finished(value, lang) for key, value in node.items()}
    if isinstance(node, list):
        return [finished(value, lang) for value in node if not _is_unserved(value)]
    return node


def _is_unserved(node: Any) -> bool:  # noqa: ANN401  # any part of a document
    return isinstance(node, dict) and node.get("type") == "application/ld+json"


def _spoken(
    described: Mapping[str, Mapping[str, Any]], messages: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Process descriptions whose inputs are described in both languages."""
    return {
        id_: {
            **process,
            "inputs": {
                name: {**given, "description": {"en": text, "zh": messages[text]}}
                if (text := given["description"]) in messages
                else given
                for name, given in process["inputs"].items()
            },
        }
        for id_, process in described.items()
    }
