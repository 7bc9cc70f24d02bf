#!/usr/bin/env bash
# fuzz.sh [TARGET...]: builds the libFuzzer targets and runs each for FUZZ_SECONDS (60). Crashing inputs land in build/fuzz/artifacts.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
seconds=${FUZZ_SECONDS:-60}

if [ ! -f fuzz/CMakeLists.txt ]; then
    say 'skipped: fuzz: there are no targets (fuzz/CMakeLists.txt is not there)'
    close 0 0 1
    exit 0
fi
scripts/setup.sh build sanitize
step 'build (fuzz)'
configure fuzz
build fuzz

ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-19 || true)
export ASAN_OPTIONS UBSAN_OPTIONS ASAN_SYMBOLIZER_PATH

passed=0
failed=0
for target in build/fuzz/bin/*; do
    if [ ! -f "$target" ] || [ ! -x "$target" ]; then continue; fi
    name=$(basename "$target")
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
    step "fuzz $name, $seconds s"
    # New inputs stay in the build folder; the tree's corpus is only read.
    mkdir -p "build/fuzz/corpus/$name" build/fuzz/artifacts
    folders=("build/fuzz/corpus/$name")
    if [ -d "fuzz/corpus/$name" ]; then folders+=("fuzz/corpus/$name"); fi
    options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="build/fuzz/artifacts/$name-")
    if [ -f "fuzz/$name.dict" ]; then options+=(-dict="fuzz/$name.dict"); fi
    log=build/fuzz/$name.log
    if "$target" "${options[@]}" "${folders[@]}" </dev/null >"$log" 2>&1; then
        grep -E '^(stat::|Done )' "$log" || true
        passed=$((passed + 1))
    else
        tail -n 60 "$log"
        say "FAILED: fuzz $name (whole log: $log)"
        failed=$((failed + 1))
    fi
done
say ''
if [ $((passed + failed)) -eq 0 ]; then
    say 'skipped: fuzz: no target was built into build/fuzz/bin'
    close 0 0 1
    exit 0
fi
close "$passed" "$failed" 0
[ "$failed" -eq 0 ]
