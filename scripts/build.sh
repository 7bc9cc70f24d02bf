#!/usr/bin/env bash
# build.sh [PRESET]: builds the program and nothing else; build/PRESET/tunnelview.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
preset=${1:-release}

groups=(build)
case $preset in asan | tsan | fuzz) groups+=(sanitize) ;; esac
scripts/setup.sh "${groups[@]}"
# A build of its own cache variables: no test dependencies are asked for unless the tests were configured here before.
if [ -e "build/$preset/CMakeCache.txt" ]; then
    configure "$preset"
else
    configure "$preset" -DTV_TESTS=OFF -DTV_BENCH=OFF
fi
build "$preset" tunnelview
[ -x "build/$preset/tunnelview" ] || die "build/$preset/tunnelview is missing"
say "build/$preset/tunnelview"
