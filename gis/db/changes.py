"""Where layers changed between two of their versions, as far as it is remembered.

A tile that was made at one version is that of a later one, too, unless some change in
between lay in it. What is not remembered may have lain anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gis.db.wire import Row

Box = tuple[float, float, float, float]
"""West, south, east, north [degree]."""

#: Changes of a layer that are remembered, here and in the database.
MOST = 256
#: Boxes of one change; None: anywhere.
_Boxes = tuple[Box, ...] | None


class Changes(Mapping[str, int]):
    """Version of every layer at one moment, and the changes that led to it.

    Parameters
    ----------
    versions : layer id -> version
    boxes : layer id -> version -> where the change to that version lay
    """

    def __init__(
        self,
        versions: Mapping[str, int] | None = None,
        boxes: Mapping[str, Mapping[int, _Boxes]] | None = None,
    ) -> None:
        self._versions = versions or {}
        self._boxes = boxes or {}

    def __getitem__(self, layer: str) -> int:
        """Version of a layer."""
        return self._versions[layer]

    def __iter__(self) -> Iterator[str]:
        """Ids of the layers."""
        return iter(self._versions)

    def __len__(self) -> int:
        """Number of layers."""
        return len(self._versions)

    def stand(self, made: Mapping[str, int], within: Box | None = None) -> bool:
        """Whether what was made from some layers is still right.

        Parameters
        ----------
        made : layer id -> version it was made from
        within : where the layers were looked at; None: everywhere
        """
        for layer, version in made.items():
            now = self._versions.get(layer, 0)
            if now != version and (
                within is None or self._met(layer, version, now, within)
            ):
                return False
        return True

    def _met(self, layer: str, since: int, now: int, within: Box) -> bool:
        """Whether a change after one version up to another may have lain in a box."""
        if not since < now <= since + MOST:
            return True
        known = self._boxes.get(layer, {})
        west, south, east, north = within
        for version in range(since + 1, now + 1):
            boxes = known.get(version)
            if boxes is None:
                return True
            for w, s, e, n in boxes:
                if w <= east and e >= west and s <= north and n >= south:
                    return True
        return False

    def after(self, text: bytes, rows: Iterable[Row]) -> Changes:
        """These changes and later ones.

        Parameters
        ----------
        text : layer and version of every layer, all set apart by blanks
        rows : layer, version and boxes of the changes that are not known yet; some may
            be later than the versions
        """
        words = text.decode().split()
        versions = dict(zip(words[::2], map(int, words[1::2]), strict=True))
        found = {layer: dict(boxes) for layer, boxes in self._boxes.items()}
        for layer, version, numbers in rows:
            of_layer = found.setdefault(layer.decode(), {})
            of_layer[version] = None if numbers is None else _boxes(numbers)
        for layer, of_layer in found.items():
            oldest = versions.get(layer, 0) - MOST
            for version in [known for known in of_layer if known <= oldest]:
                del of_layer[version]
        return Changes(versions, found)

    def arrays(self) -> tuple[bytes, bytes]:
        """The layers and their versions, as PostgreSQL writes arrays."""
        layers = ",".join(self._versions).encode()
        numbers = ",".join(map(str, self._versions.values())).encode()
        return b"{%b}" % layers, b"{%b}" % numbers


def _boxes(numbers: bytes) -> tuple[Box, ...]:
    """Boxes of their numbers, set apart by blanks."""
    values = [float(word) for word in numbers.split()]
    return tuple(
        (values[i], values[i + 1], values[i + 2], values[i + 3])
        for i in range(0, len(values), 4)
    )
