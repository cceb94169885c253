#!/bin/sh
# boot.sh: make .boot, a small environment that holds only the installer (infra/requirements/boot.txt).
# What was fetched is kept in the user's cache, so a later tree on the same machine needs no network.
set -eu
python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || {
    echo "No $python here: apt-get install python3-venv, or name another one with PYTHON=..." >&2
    exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "$python is $("$python" -V 2>&1); Plumbline needs Python 3.11 or newer. Name one with PYTHON=..." >&2
    exit 1
}
"$python" -c 'import ensurepip, venv' 2>/dev/null || {
    echo "$python cannot make environments: apt-get install python3-venv" >&2
    exit 1
}
kept="${XDG_CACHE_HOME:-$HOME/.cache}/plumbline/boot"
mkdir -p "$kept"
"$python" -m venv --clear .boot
from_cache() {
    .boot/bin/python -m pip install -q --no-index --find-links "$kept" --require-hashes -r infra/requirements/boot.txt
}
export PIP_DISABLE_PIP_VERSION_CHECK=1
from_cache 2>/dev/null || {
    .boot/bin/python -m pip download -q --no-deps -d "$kept" --require-hashes -r infra/requirements/boot.txt
    from_cache
}
