"""The three levels of access, in order."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """Who may see something: public < staff < restricted."""

    PUBLIC = 1
    STAFF = 2
    RESTRICTED = 3

    @property
    def label(self) -> str:
        """Lower-case word used in files, schemas and roles."""
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> Level:
        """Level of a word.

        Raises
        ------
        ValueError : not one of public, staff, restricted

        Examples
        --------
        >>> Level.parse("staff") > Level.PUBLIC
        True
        """
        try:
            return cls[text.upper()]
        except KeyError:
            words = ", ".join(level.label for level in cls)
            raise ValueError(f"{text!r} given, must be one of {words}") from None
