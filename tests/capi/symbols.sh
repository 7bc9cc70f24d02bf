#!/usr/bin/env bash
# symbols.sh LIBRARY ARCHIVE SYMBOLS HEADER: the shared library shows exactly the listed symbols, the header declares exactly those, neither
# library asks the system for what would change the whole process (forbidden_imports.txt), and the archive has not the two symbols of its own.
set -eu
library=$1 archive=$2 symbols=$3 header=$4
forbidden=$(dirname "$0")/forbidden_imports.txt
bad=0
# same WANTED GIVEN TEXT
same() {
    diff <(printf '%s\n' "$1") <(printf '%s\n' "$2") || {
        printf '%s\n' "$3"
        bad=1
    }
}
shown=$(nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort -u)
listed=$(LC_ALL=C sort -u "$symbols")
declared=$(tr '\n' ' ' <"$header" | grep -oE 'TV_API [^;(]*\(' | grep -oE 'tv_[a-z0-9_]+\(' | tr -d '(' | LC_ALL=C sort -u)
same "$listed" "$shown" "the library (>) does not show what $symbols lists (<)"
same "$listed" "$declared" "the header (>) does not declare what $symbols lists (<)"

# asks FILE NM_ARGUMENTS...: the names that it wants from others.
asks() { nm "${@:2}" --undefined-only "$1" 2>/dev/null | awk 'NF == 2 { sub(/@.*/, "", $2); print $2 }' | LC_ALL=C sort -u; }
imports=$(asks "$library" -D)
[ "$(printf '%s\n' "$imports" | grep -cxE 'poll|recvmsg|memfd_create')" -ge 2 ] || {
    printf 'the imports of %s cannot be read\n' "$library"
    bad=1
}
same "" "$(printf '%s\n' "$imports" | grep -xFf "$forbidden" || true)" "the library asks the system for these (>)"
same "" "$(asks "$archive" | grep -xFf "$forbidden" || true)" "the archive asks the system for these (>)"

inside=$(nm --extern-only --defined-only "$archive" 2>/dev/null | awk 'NF == 3 { print $3 }' | LC_ALL=C sort -u)
same "$listed" "$(comm -12 <(printf '%s\n' "$inside") <(printf '%s\n' "$listed"))" "the archive lacks symbols (<) of $symbols"
same "" "$(printf '%s\n' "$inside" | grep -xE 'waypipe_main|wwn_waypipe_client_fd|main' || true)" "the archive has symbols (>) that hosts have themselves"
exit "$bad"
