#!/usr/bin/env bash
# bench.sh: the benchmarks, side by side with the installed waypipe; ratios are printed, absolute figures mean little on a busy machine.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
scripts/setup.sh build test bench
configure release -DTV_TESTS=ON -DTV_BENCH=ON
build release
[ -f bench/run.py ] || die 'bench/run.py is not there yet'
exec python3 bench/run.py --build build/release "$@" </dev/null
