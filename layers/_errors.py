"""What can be wrong with a declaration.

DeclarationError
├── UnknownLayer
└── UnknownCodeTable
"""

from pathlib import Path


class DeclarationError(Exception):
    """A declaration file does not say what it must: file, key path, reason."""

    def __init__(self, file: Path | str, key: str, reason: str) -> None:
        self.file = str(file)
        self.key = key
        self.reason = reason
        where = f"{self.file}: {key}" if key else self.file
        super().__init__(f"{where}: {reason}")


class UnknownLayer(DeclarationError):
    """A layer id is named that no file declares."""


class UnknownCodeTable(DeclarationError):
    """A code table is named that no file in data/standards holds."""
