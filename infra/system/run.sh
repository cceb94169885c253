#!/bin/sh
# run.sh: the demo of `make run`: migrate, seed when the database is new, serve. Runs from the root of the tree.
#
# Settings given in the environment win. What they leave open becomes the embedded default: SQLite, a folder of
# evidence and a folder of letters below var/, and a secret of this tree's own, so that sign-ins survive a restart.
set -eu
PORT=${PORT:-8000}
export PORT
if [ -z "${PLUMBLINE_SECRET_KEY:-}" ]; then
    mkdir -p var
    [ -s var/secret-key ] || (
        umask 077
        .venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(48))' >var/secret-key
    )
    PLUMBLINE_SECRET_KEY=$(cat var/secret-key)
    export PLUMBLINE_SECRET_KEY
fi
# There is no virus scanner in the demo: files may be opened there without one.
if [ -z "${PLUMBLINE_DATABASE_URL:-}" ] && [ -z "${PLUMBLINE_CLAMD_URL:-}" ]; then
    export PLUMBLINE_UNSCANNED_EVIDENCE="${PLUMBLINE_UNSCANNED_EVIDENCE:-show}"
fi
# The printed sign-ins stay on the screen: a line for each job would push them off it.
export PLUMBLINE_LOG_LEVEL="${PLUMBLINE_LOG_LEVEL:-WARNING}"
export PLUMBLINE_PUBLIC_URL="${PLUMBLINE_PUBLIC_URL:-http://127.0.0.1:$PORT}"

.venv/bin/plumbline db upgrade
.venv/bin/plumbline demo
exec .venv/bin/plumbline serve
