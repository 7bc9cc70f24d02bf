#!/usr/bin/env bash
# test.sh [PRESET] [ctest arguments]: builds everything of the preset, runs all tests, ends with `N passed, N failed`.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
preset=${1:-release}
[ $# -eq 0 ] || shift

groups=(build test)
# Tests wait for other programs nearly half of their time, except where sanitizers make all of those slow.
at_once=$((jobs + 1))
case $preset in asan | tsan) groups+=(sanitize) at_once=$jobs ;; esac
scripts/setup.sh "${groups[@]}"

step "build ($preset)"
options=(-DTV_TESTS=ON)
if [ "$preset" = release ] || [ "$preset" = debug ]; then options+=(-DTV_BENCH=ON); fi
configure "$preset" "${options[@]}"
build "$preset"

step "test ($preset)"
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}
symbolizer=$(command -v llvm-symbolizer-19 || true)
if [ -n "$symbolizer" ]; then
    export ASAN_SYMBOLIZER_PATH=$symbolizer UBSAN_SYMBOLIZER_PATH=$symbolizer
    export TSAN_OPTIONS="$TSAN_OPTIONS:external_symbolizer_path=$symbolizer"
fi
report=$PWD/build/$preset/ctest.xml
rm -f "$report"
# CI's machines are shared: there a test that fails gets one more try, and is named as unsteady.
repeat=()
if [ -n "${CI:-}" ]; then repeat=(--repeat until-pass:2); fi
log=$PWD/build/$preset/ctest.log
# Everything goes to the log; seen here are failures and every hundredth test.
glance() { grep --line-buffered -E '\*\*\*|^ *[0-9]*00/[0-9]+ Test ' | cut -c 1-150 || true; }
set -o pipefail
status=0
# Tests that break the product on purpose and rebuild it each time have a target of their own (make mutants).
ctest --test-dir "build/$preset" --label-exclude mutants -j "$at_once" --timeout 120 --no-tests=error --output-on-failure \
    ${repeat[@]+"${repeat[@]}"} --output-junit "$report" "$@" </dev/null | tee "$log" | glance || status=$?
python3 scripts/ctest_summary.py "$report" "$status" "$log"
