# shellcheck shell=bash
# Shared by the scripts. Source it; it changes to the top of the tree.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# One cache serves every clone of this tree: paths below it count as relative.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
# Without these it takes nothing that uses a precompiled header.
export CCACHE_SLOPPINESS=pch_defines,time_macros

jobs=${TV_JOBS:-$(nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)}

# configure PRESET [cmake arguments]: warnings are errors where CI is set.
configure() {
    local preset=$1
    shift
    local args=()
    if command -v ccache >/dev/null; then
        args+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    fi
    if [ -n "${CI:-}" ]; then args+=(-DTV_WERROR=ON); fi
    # macOS has bash 3.2, where an empty array counts as unset.
    cmake --preset "$preset" ${args[@]+"${args[@]}"} "$@" </dev/null
}

# build PRESET [targets]
build() {
    local preset=$1
    shift
    local args=()
    if [ $# -gt 0 ]; then args=(--target "$@"); fi
    cmake --build "build/$preset" -j "$jobs" ${args[@]+"${args[@]}"} </dev/null
}

# close PASSED FAILED SKIPPED: the closing line, alone on its line; what CI adds up.
close() {
    if [ "$3" -gt 0 ]; then
        printf '%d passed, %d failed, %d skipped\n' "$1" "$2" "$3"
    else
        printf '%d passed, %d failed\n' "$1" "$2"
    fi
}
