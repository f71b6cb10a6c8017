"""Words and pages: messages in zh and en, Jinja templates in the asked language."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gis.publish.typewords import type_words
from gis.serve.negotiate import LANGUAGES, Lang

_HERE = Path(__file__).resolve().parent
TEMPLATES = _HERE / "templates"
LOCALE = _HERE / "locale"


def read_messages() -> dict[str, str]:
    """Chinese message by English message, from locale/zh/LC_MESSAGES/messages.po."""
    with (LOCALE / "zh" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file, locale="zh")
    return {
        str(message.id): str(message.string)
        for message in catalog
        if message.id and message.string
    }


class Texts:
    """Every page's words; built once, used by all requests."""

    def __init__(self) -> None:
        self._zh = read_messages()
        self._pages = {lang: self._environment(lang) for lang in LANGUAGES}

    @property
    def zh(self) -> dict[str, str]:
        """Chinese message by English message."""
        return self._zh

    def say(self, lang: Lang, message: str) -> str:
        """The message in the language; an unknown message stands as it is."""
        return self._zh.get(message, message) if lang == "zh" else message

    def render(self, template: str, lang: Lang, **data: Any) -> str:  # noqa: ANN401
        """HTML page of a template."""
        return self._pages[lang].get_template(template).render(lang=lang, **data)

    def _environment(self, lang: Lang) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["words"] = partial(type_words, lang=lang)
        environment.install_gettext_callables(  # type: ignore[attr-defined]
            lambda message: self.say(lang, message),
            lambda one, many, n: self.say(lang, one if n == 1 else many),
            newstyle=True,
        )
        environment.filters["titled"] = lambda title: getattr(title, lang)
        return environment
