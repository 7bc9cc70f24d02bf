#!/usr/bin/env bash
# mutants.sh: breaks the code for Apple systems in one place after the other, rebuilds what runs it on the simulation, and asks its
# tests to fail (tests/applesim/*.mutants, tests/integration/*.mutants). Ends with `N passed, N failed`: a test is one list of changes.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
scripts/setup.sh build test
step 'build (release)'
configure release -DTV_TESTS=ON
build release
step mutants
report=$PWD/build/release/mutants.xml
log=$PWD/build/release/mutants.log
rm -f "$report"
status=0
ctest --test-dir build/release --label-regex mutants --timeout 900 --no-tests=error --output-on-failure --output-junit "$report" \
    </dev/null >"$log" 2>&1 || status=$?
python3 scripts/ctest_summary.py "$report" "$status" "$log"
