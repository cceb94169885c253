#!/bin/sh
# migrations.sh: write the SQL that the migrations run on PostgreSQL and let squawk look for what would lock or
# break a live database. Needs no server: Alembic writes the statements without a connection.
set -eu
ls migrations/versions/*.py >/dev/null 2>&1 || {
    echo "No migrations yet."
    exit 0
}
sql=.stamps/migrations.sql
PLUMBLINE_SECRET_KEY="only-for-checks-0123456789-abcdefghij" \
    PLUMBLINE_DATABASE_URL=postgresql://nobody@127.0.0.1:1/none \
    .venv/bin/plumbline db upgrade --sql >"$sql" 2>.stamps/migrations.log || {
    tail -n 20 .stamps/migrations.log >&2
    exit 1
}
.venv/bin/squawk --config infra/check/squawk.toml "$sql"
