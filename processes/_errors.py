"""What a caller can do wrong, and what data can lack.

ProcessError
├── InvalidInput           an input is not usable: which, what is found, what may be
├── Forbidden              the answer would tell what the caller may not know
├── NoData                 the city keeps nothing from which to answer
└── UnknownProcess         no process has this id
"""

from __future__ import annotations

from collections.abc import Iterable


class ProcessError(Exception):
    """A process cannot answer."""


class InvalidInput(ProcessError):
    """An input is not usable.

    Parameters
    ----------
    name : the input, with its path (`parameters.radius_m`)
    value : what was given
    allowed : what is allowed, as the end of a sentence ("must be ...")
    """

    def __init__(self, name: str, value: object, allowed: str) -> None:
        self.name = name
        self.value = value
        self.allowed = allowed
        shown = str(value)
        if len(shown) > 80:
            shown = shown[:77] + "..."
        super().__init__(f"{name}: {shown} given, {allowed}")


class Forbidden(ProcessError):
    """The answer would tell what the caller may not know; says what may be asked.

    Parameters
    ----------
    zh, en : the reason in both languages of the product
    """

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en
        super().__init__(f"{zh} / {en}")


class NoData(ProcessError):
    """The city keeps nothing from which to answer."""


class UnknownProcess(ProcessError):
    """No process has this id.

    Parameters
    ----------
    process : the id that was asked
    known : the ids there are
    """

    def __init__(self, process: str, known: Iterable[str]) -> None:
        self.process = process
        super().__init__(f"process {process}: not one of {', '.join(sorted(known))}")
