#!/usr/bin/env bash
# symbols.sh LIBRARY SYMBOLS HEADER: the shared library shows exactly the listed symbols, and the header declares exactly those.
set -eu
library=$1 symbols=$2 header=$3
shown=$(nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort -u)
listed=$(LC_ALL=C sort -u "$symbols")
declared=$(tr '\n' ' ' <"$header" | grep -oE 'TV_API [^;(]*\(' | grep -oE 'tv_[a-z0-9_]+\(' | tr -d '(' | LC_ALL=C sort -u)
diff <(printf '%s\n' "$listed") <(printf '%s\n' "$shown") || {
    printf 'the library (>) does not show what %s lists (<)\n' "$symbols"
    exit 1
}
diff <(printf '%s\n' "$listed") <(printf '%s\n' "$declared") || {
    printf 'the header (>) does not declare what %s lists (<)\n' "$symbols"
    exit 1
}
