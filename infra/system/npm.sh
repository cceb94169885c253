#!/bin/sh
# npm.sh FOLDER [SCRIPT]: install what FOLDER's package-lock.json names, then run its SCRIPT with node.
# The cache comes first, so a second tree on the same machine needs no network.
set -eu
where=$(sh infra/system/node.sh)
export PATH="$where:$PATH"
export npm_config_update_notifier=false
cd "$1"
npm ci --prefer-offline --no-audit --no-fund --loglevel=error >/dev/null
[ $# -lt 2 ] || node "$2"
