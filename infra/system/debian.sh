#!/bin/sh
# debian.sh: install the Debian packages that the tests and the bench need, and only the missing ones.
#
# Asks apt-get only for what is not there, so a second run is instant and needs no network. Nothing that is
# installed here is started: a policy-rc.d says 101 ("not allowed") while apt-get works, because the tests run
# their own servers on free ports. Without root and without a password-free sudo it names the packages and stops.
set -eu
PATH="$PATH:/usr/sbin:/sbin"

missing=""
want() { # want PACKAGE PATTERN...: the package is missing when no pattern names an existing file
    package=$1
    shift
    for file in "$@"; do
        [ -e "$file" ] && return 0
    done
    missing="$missing $package"
}
want_command() { # want_command PACKAGE COMMAND
    command -v "$2" >/dev/null 2>&1 || missing="$missing $1"
}

# shellcheck disable=SC2046  # the pattern is meant to become several words
command -v pg_ctl >/dev/null 2>&1 || want postgresql /usr/lib/postgresql/*/bin/pg_ctl
want_command redis-server redis-server
want_command clamav-daemon clamd
want_command chromium chromium
want fonts-noto-core /usr/share/fonts/truetype/noto/NotoSans-Regular.ttf

[ -z "$missing" ] && exit 0

stop() {
    echo "The tests need these Debian packages:$missing" >&2
    echo "$1" >&2
    exit 1
}
command -v apt-get >/dev/null 2>&1 ||
    stop "This machine has no apt-get: install what they stand for by its own means and run this again."

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1 || ! sudo -n true 2>/dev/null; then
        stop "Not root here, and sudo asks for a password: run 'sudo apt-get install --no-install-recommends$missing' and then this again."
    fi
    as_root="sudo -n"
fi

policy=/usr/sbin/policy-rc.d
ours=""
cleanup() {
    [ -z "$ours" ] || $as_root rm -f "$policy"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
if [ ! -e "$policy" ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi

echo "Installing Debian packages:$missing"
log=$(mktemp)
install() {
    # shellcheck disable=SC2086  # a list of package names
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >"$log" 2>&1
}
# The lists on the machine are often good enough; they are fetched anew only when they are not.
if ! install && ! { $as_root apt-get update -q >>"$log" 2>&1 && install; }; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    stop "apt-get could not install them (its last words are above). Check the network and the package sources."
fi
rm -f "$log"
