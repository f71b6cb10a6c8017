"""The browser's side: plain ES modules, style sheets, messages and templates.

Nothing here knows the database or the catalogue; the pages speak to the HTTP
API and to the style that :mod:`gis.publish.style` generates.
"""

from pathlib import Path

ROOT = Path(__file__).parent
"""Folder of the browser files: ``app/``, ``templates/``, ``messages/``."""

VENDOR = ROOT / "vendor"
"""Third-party files, filled by ``python -m gis.web.assets``."""

__all__ = ["ROOT", "VENDOR"]
