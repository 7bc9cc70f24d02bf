#!/usr/bin/env bash
# arm64_rows.sh: builds the arm64 row conversions with a cross compiler and compares them under qemu. 77: skipped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
src=$here/../../../src
for tool in aarch64-linux-gnu-g++ qemu-aarch64; do
    command -v "$tool" >/dev/null || {
        echo "skipped: $tool is not installed"
        exit 77
    }
done
out=$(mktemp)
trap 'rm -f "$out"' EXIT
aarch64-linux-gnu-g++ -std=c++23 -O2 -Wall -Wextra -Wpedantic -Werror -static -I"$src" "$here/arm64_rows.cpp" \
    "$src/video/convert/rows_neon.cpp" "$src/video/convert/rows_portable.cpp" "$src/video/convert/isa_arm64.cpp" -o "$out"
qemu-aarch64 "$out"
