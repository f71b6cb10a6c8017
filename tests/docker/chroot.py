"""Runs the Dockerfile's steps in Debian chroots, where there is no container engine.

`make check-docker`, as root, with mmdebstrap installed. Each stage becomes a chroot of
the suite that FROM names; ENV, WORKDIR, COPY, RUN and USER are carried out as written;
at the end the image's own command line must answer.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PASSED_ON = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "http_proxy", "https_proxy")


@dataclass
class Stage:
    """One FROM: its chroot and what the lines so far have set."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    directory: str = "/"
    user: str = "root"

    def run(self, command: str) -> str:
        """Standard output of a shell command inside."""
        passed = {k: v for k, v in os.environ.items() if k in PASSED_ON}
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
            **passed,
            **self.environment,
        }
        return subprocess.run(
            [
                "chroot", f"--userspec={self.user}", str(self.folder), "/bin/sh", "-ec",
                f"cd {shlex.quote(self.directory)}; {command}",
            ],
            env=environment, check=True, text=True, stdout=subprocess.PIPE,
        ).stdout  # fmt: skip


def instructions(text: str) -> list[tuple[str, str]]:
    """(word, rest) of each line, continued lines joined, comments dropped."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    lines = [line for line in joined.splitlines() if line.strip()]
    return [(w, " ".join(r.split())) for w, _, r in (ln.partition(" ") for ln in lines)]


def begin(base: str, folder: Path) -> Stage:
    """A chroot of the Debian suite of an image such as debian:trixie-slim."""
    suite = base.removeprefix("debian:").removesuffix("-slim")
    mirror = re.search(
        r"^URIs: (\S+)",
        Path("/etc/apt/sources.list.d/debian.sources").read_text("utf-8"),
        re.MULTILINE,
    )
    subprocess.run(
        ["mmdebstrap", "--mode=root", "--variant=minbase", "--include=ca-certificates",
         suite, str(folder), *([mirror[1]] if mirror else [])],
        check=True,
    )  # fmt: skip
    shutil.copy(CERTIFICATES, folder / "etc/ssl/certs")
    for extra in Path("/etc/apt/apt.conf.d").glob("99*"):
        shutil.copy(extra, folder / "etc/apt/apt.conf.d")
    subprocess.run(["mount", "--bind", "/proc", str(folder / "proc")], check=True)
    return Stage(folder)


def copy(stage: Stage, stages: dict[str, Stage], rest: str) -> None:
    """COPY [--from=STAGE] SOURCE… TARGET."""
    words = rest.split()
    source = ROOT
    if words[0].startswith("--from="):
        source = stages[words.pop(0).removeprefix("--from=")].folder
    *names, target = words
    place = stage.folder / (Path(stage.directory) / target).relative_to("/")
    for name in names:
        origin = source / name.lstrip("/")
        if origin.is_dir():
            shutil.copytree(origin, place, symlinks=True, dirs_exist_ok=True)
        else:
            folder = target.endswith("/")
            (place if folder else place.parent).mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, place)


def build(work: Path) -> Stage:
    """The last stage of the Dockerfile, built."""
    stages: dict[str, Stage] = {}
    stage = Stage(work)
    for word, rest in instructions((ROOT / "docker/Dockerfile").read_text("utf-8")):
        print(f"{word} {rest[:100]}", flush=True)  # noqa: T201  # a script's progress
        match word:
            case "FROM":
                base, _, name = rest.partition(" AS ")
                stage = begin(base, work / (name or "last"))
                stages[name or "last"] = stage
            case "ENV":
                pairs = (pair.partition("=") for pair in shlex.split(rest))
                for key, _, value in pairs:
                    path = stage.environment.get(
                        "PATH", "/usr/sbin:/usr/bin:/sbin:/bin"
                    )
                    stage.environment[key] = value.replace("$PATH", path)
            case "WORKDIR":
                stage.directory = rest
                (stage.folder / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "COPY":
                copy(stage, stages, rest)
            case "RUN":
                stage.run(rest)
            case "USER":
                stage.user = rest
    return stage


def main() -> None:
    """Build, ask the image's command line for its version, and clean up."""
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        sys.exit("check-docker: needs root and mmdebstrap (apt-get install mmdebstrap)")
    work = Path(tempfile.mkdtemp(prefix="citygrid-image"))
    try:
        stage = build(work)
        print(stage.run("python -m gis.cli --help"))  # noqa: T201  # its result
        print(stage.run("python -m gis.cli layers check"))  # noqa: T201  # its result
    finally:
        for mounted in work.glob("*/proc"):
            subprocess.run(["umount", "--lazy", str(mounted)], check=False)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
