"""The messages that pages and scripts share, in zh and en."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

from gis.web import ROOT

LOCALES = {"zh": "zh-CN", "en": "en"}
"""Language of a request -> name of the message file."""

Say = Callable[..., str]


@cache
def load_messages(lang: str) -> dict[str, str]:
    """Return message by id for ``zh`` or ``en``."""
    path = ROOT / "messages" / f"{LOCALES[lang]}.json"
    messages: dict[str, str] = json.loads(path.read_text("utf-8"))
    return messages


def build_say(lang: str) -> Say:
    """Return the function that gives a message its values.

    Parameters
    ----------
    lang : ``zh`` or ``en``

    Returns
    -------
    ``say(id, **values)``; English has a form ``id.one`` for n = 1.

    Examples
    --------
    >>> build_say("en")("sc.zones", n=1), build_say("zh")("sc.zones", n=13)
    ('1 district', '13 个区县')
    """
    messages = load_messages(lang)

    def say(message_id: str, **values: object) -> str:
        form = f"{message_id}.one"
        chosen = form if values.get("n") == 1 and form in messages else message_id
        return messages[chosen].format(**values)

    return say
