#!/bin/sh
# Installs the system packages that are missing: `serve` needs PostgreSQL with PostGIS
# and a Python with venv, `test` needs a browser, a Chinese font and GDAL's programs.
set -eu

need=""

has_postgis() {
    for control in /usr/share/postgresql/*/extension/postgis.control; do
        [ -f "$control" ] || continue
        major=${control#/usr/share/postgresql/}
        major=${major%%/*}
        [ -x "/usr/lib/postgresql/$major/bin/initdb" ] && return 0
    done
    if command -v pg_config >/dev/null 2>&1; then
        [ -x "$(pg_config --bindir)/initdb" ] &&
            [ -f "$(pg_config --sharedir)/extension/postgis.control" ] && return 0
    fi
    return 1
}

has_font() {
    command -v fc-list >/dev/null 2>&1 && fc-list ':lang=zh' 2>/dev/null | grep -q .
}

newest_postgis() {
    apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' |
        awk '{print $1}' | sort -t- -k2,2n | tail -n 1
}

update_once() {
    [ -n "${updated:-}" ] && return 0
    updated=yes
    $as_root apt-get update -qq
}

as_root=""
may_install=no
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then
        may_install=yes
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        may_install=yes
        as_root="sudo"
    fi
fi

case "${1:-serve}" in
serve)
    has_postgis || need="postgis"
    sh "$(dirname "$0")/python.sh" --find >/dev/null 2>&1 || need="$need python"
    ;;
test)
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
        need="chromium"
    has_font || need="$need fonts-noto-cjk fontconfig"
    command -v gdal_viewshed >/dev/null 2>&1 || need="$need gdal-bin"
    ;;
*)
    echo "usage: $0 serve|test" >&2
    exit 2
    ;;
esac

[ -z "$need" ] && exit 0

packages=""
[ "$may_install" = yes ] && update_once
for what in $need; do
    case "$what" in
    postgis)
        name=$(newest_postgis 2>/dev/null || true)
        packages="$packages ${name:-postgresql-17-postgis-3}"
        ;;
    python) packages="$packages python3 python3-venv" ;;
    *) packages="$packages $what" ;;
    esac
done

if [ "$may_install" = no ]; then
    echo "citygrid: system packages are missing. Run once:" >&2
    echo "  sudo apt-get install --no-install-recommends$packages" >&2
    exit 1
fi
echo "installing:$packages" >&2
# shellcheck disable=SC2086  # the list is to be split
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
    $packages >/dev/null
