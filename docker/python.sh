#!/bin/sh
# python.sh --find     prints a Python of at least 3.12 that can make environments
# python.sh FOLDER     makes the environment there, with the pinned packages
set -eu

usable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' \
        >/dev/null 2>&1
}

find_python() {
    for candidate in python3.13 python3.12 python3.14 python3 \
        "$HOME"/.pyenv/versions/3.13*/bin/python "$HOME"/.pyenv/versions/3.12*/bin/python; do
        path=$(command -v "$candidate" 2>/dev/null) || continue
        if usable "$path"; then
            "$path" -c 'import sys; print(sys.executable)'
            return 0
        fi
    done
    if command -v uv >/dev/null 2>&1 && uv python install --quiet 3.13 2>/dev/null; then
        uv python find 3.13
        return 0
    fi
    echo "citygrid: needs Python 3.12 or newer with venv: install python3.13 and" \
        "python3.13-venv, or uv (https://docs.astral.sh/uv), and run make again" >&2
    return 1
}

if [ "${1:-}" = --find ]; then
    find_python
    exit
fi

folder=$1
python=$(find_python)
[ -x "$folder/bin/python" ] && usable "$folder/bin/python" || {
    echo "environment: $folder ($("$python" --version))" >&2
    "$python" -m venv --clear "$folder"
}
echo "packages: the pinned set of requirements-dev.txt (some minutes the first time)" >&2
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
    --require-hashes --requirement requirements-dev.txt
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
    --no-deps --no-build-isolation --editable .
# npm fetches the browser files once; Debian's brings hundreds of packages, this one few
command -v npm >/dev/null 2>&1 || "$folder/bin/python" -m pip install --quiet \
    --disable-pip-version-check --require-hashes --requirement requirements-node.txt
