#!/bin/sh
# node.sh: print the folder of a node >= 20 that has npm beside it: the machine's, else the one of
# infra/requirements/node.txt, which is installed into .boot on first use. Runs from the root of the tree.
set -eu
new_enough() {
    [ -x "$1/node" ] && [ -x "$1/npm" ] && [ "$("$1/node" -p 'parseInt(process.versions.node) >= 20' 2>/dev/null)" = true ]
}
here=$(command -v node 2>/dev/null || true)
if [ -n "$here" ]; then
    here=$(dirname "$here")
    if new_enough "$here"; then
        echo "$here"
        exit 0
    fi
fi
if ! new_enough "$PWD/.boot/bin"; then
    echo "No node >= 20 with npm on this machine: installing one into .boot" >&2
    sh infra/system/install.sh .boot/bin/python infra/requirements/node.txt >&2
fi
new_enough "$PWD/.boot/bin" || {
    echo "The node of infra/requirements/node.txt does not run here. Install node 20 or newer with npm, then try again." >&2
    exit 1
}
echo "$PWD/.boot/bin"
