#!/usr/bin/env bash
# sdk_facts.sh: one static_assert for each fact about Apple's API that the program relies on: against the SDK on a Mac, elsewhere against the
# headers of tests/applesim (where `make test` has them too).
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
out=$PWD/build/sdk-facts
mkdir -p "$out"
failed=0
passed=0
if [ "$(uname)" = Darwin ]; then
    python3 scripts/apple_facts.py --asserts "$out/facts"
    for file in "$out/facts.cpp" "$out/facts.mm"; do
        options=(-std=c++2b -fsyntax-only -mmacosx-version-min=13.3 -Wno-deprecated-declarations)
        # These attributes are a part of a function's type, and the tables do not have them.
        options+=(-Dnoescape=unused -Dns_returns_retained=unused)
        case $file in *.mm) options+=(-x objective-c++ -fobjc-arc) ;; esac
        if xcrun clang++ "${options[@]}" "$file"; then
            passed=$((passed + 1))
        else
            say "FAILED: $(basename "$file")"
            failed=$((failed + 1))
        fi
    done
else
    scripts/setup.sh macos
    if python3 scripts/apple_facts.py --asserts "$out/facts" --check; then passed=1; else failed=1; fi
fi
close "$passed" "$failed" 0
[ "$failed" -eq 0 ]
