#!/bin/sh
# install.sh PYTHON FILE...: install hash-pinned requirement files into PYTHON's environment.
# Tries the cache alone first: fast, and right without a network. Never `sync`, which would remove the other
# sets. Compiles at install: where Python is told to write no bytecode, every start would compile anew.
set -eu
python=$1
shift
for file in "$@"; do
    set -- "$@" -r "$file"
    shift
done
install() {
    UV_COMPILE_BYTECODE=1 .boot/bin/uv pip install -q -p "$python" --require-hashes "$@"
}
install --offline "$@" 2>/dev/null || install "$@"
