"""Why a camera sees what it sees, or nothing: the states of a view and of a mount."""

from __future__ import annotations

from enum import IntEnum


class ViewState(IntEnum):
    """What came of one camera at one level; only `OK` has an area.

    A camera may fit several; the first of NO_DATA, ABSENT, DEAD, BURIED, HIDDEN holds.
    """

    OK = 0
    ABSENT = 1
    """The level is out of reach: its far range is 0."""
    DEAD = 2
    """The dead zone reaches as far as the level."""
    BURIED = 3
    """The camera stands inside buildings, however it is moved."""
    HIDDEN = 4
    """Walls inside the dead zone hide everything."""
    NO_DATA = 5
    """Position, direction, opening, near or far range is nan."""

    @property
    def label(self) -> str:
        """Name as stored: `ok`, `absent`, `dead`, `buried`, `hidden`, `no_data`."""
        return self.name.lower()


class Mount(IntEnum):
    """Where the sweep put a camera."""

    FREE = 0
    """In the open, where it was given."""
    MOVED = 1
    """On or just inside a wall: moved a few centimetres in front of it."""
    INDOOR = 2
    """Deep inside one building (roof, atrium): that building is left out."""
    BURIED = 3
    """Inside a building that cannot be left."""
    UNKNOWN = 4
    """No position."""


# the compiler takes plain integers
OK, ABSENT, DEAD, BURIED_VIEW, HIDDEN, NO_DATA = (int(state) for state in ViewState)
FREE, MOVED, INDOOR, BURIED, UNKNOWN = (int(mount) for mount in Mount)
