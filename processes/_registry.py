"""Finds every process file and refuses double ids."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from processes._errors import UnknownProcess
from processes._spec import Process

FOLDER = Path(__file__).resolve().parent


class Registry(Mapping[str, Process]):
    """Every process by id; the files are read when the first one is asked for."""

    def __init__(self, folder: Path = FOLDER, package: str = "processes") -> None:
        self._folder = folder
        self._package = package
        self._found: dict[str, Process] | None = None

    def _processes(self) -> dict[str, Process]:
        if self._found is None:
            found: dict[str, Process] = {}
            for module in pkgutil.iter_modules([str(self._folder)]):
                if module.name.startswith("_") or module.ispkg:
                    continue
                name = f"{self._package}.{module.name}"
                process: Process = importlib.import_module(name).PROCESS
                if process.id in found:
                    raise ValueError(f"{name}: process id {process.id} stands twice")
                if process.id.replace("-", "_") != module.name:
                    raise ValueError(f"{name}: holds the process {process.id}")
                found[process.id] = process
            self._found = found
        return self._found

    def __getitem__(self, process_id: str) -> Process:
        """The process of an id.

        Raises
        ------
        UnknownProcess : naming the id and the processes there are
        """
        processes = self._processes()
        if process_id not in processes:
            raise UnknownProcess(process_id, processes)
        return processes[process_id]

    def __contains__(self, process_id: object) -> bool:
        """Whether a process has this id."""
        return process_id in self._processes()

    def __iter__(self) -> Iterator[str]:
        """Process ids in alphabetical order."""
        return iter(sorted(self._processes()))

    def __len__(self) -> int:
        """Number of processes."""
        return len(self._processes())


registry = Registry()
