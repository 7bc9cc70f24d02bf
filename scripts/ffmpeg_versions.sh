#!/usr/bin/env bash
# Builds the video decoder's tests in small systems of newer Debian releases and runs them there: with the libavcodec of each, its own
# ffmpeg program as the judge. Part of `make interop`; ends with `N passed, N failed`.
#   ffmpeg_versions.sh [SUITE...]   trixie has libavcodec 61, forky 63
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
scripts/setup.sh interop

packages=(g++ cmake ninja-build pkg-config libfmt-dev libspdlog-dev libcli11-dev liblz4-dev libzstd-dev libgtest-dev
    libavcodec-dev libavutil-dev ffmpeg)
suites=("$@")
if [ ${#suites[@]} -eq 0 ]; then suites=(trixie forky); fi
passed=0 failed=0 skipped=0

skip() {
    say "skipped: $*"
    skipped=$((skipped + 1))
}

# Runs in the chroot, in the copied tree: builds, says which libavcodec it is, tests.
# shellcheck disable=SC2016
inside='
    set -eu
    cd /srv/tunnelview
    cmake -S . -B /srv/build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O2 -g0" \
        -DTV_PROGRAM=OFF -DTV_TESTS=ON "-DTV_TEST_PARTS=main;unit/video" -DTV_BENCH=OFF -DTV_FFMPEG=ON >/srv/build.log
    cmake --build /srv/build -j "$1" --target video_ffmpeg_test >>/srv/build.log
    printf "built with libavcodec %s\n" "$(pkg-config --modversion libavcodec)"
    exec /srv/build/tests/unit/video/video_ffmpeg_test --gtest_brief=0'

test_in() {
    local suite=$1 folder=$PWD/build/chroots/$1-ffmpeg log=build/ffmpeg-$1.log reason status=0 good bad
    if ! reason=$(scripts/chroot.sh make "$suite" "$folder" "${packages[@]}" 2>&1); then
        skip "libavcodec of Debian $suite: no chroot: $(tail -n 1 <<<"$reason")"
        return 0
    fi
    # Times are kept, so that only what changed is built again.
    rm -rf "$folder/srv/tunnelview"
    mkdir -p "$folder/srv/tunnelview"
    cp -a CMakeLists.txt cmake include src tests "$folder/srv/tunnelview/"
    scripts/chroot.sh run "$folder" sh -c "$inside" sh "$jobs" </dev/null >"$log" 2>&1 || status=$?
    good=$(grep -c '^\[       OK \]' "$log" || true)
    bad=$(grep -c '^\[  FAILED  \].* ms)$' "$log" || true)
    grep -a '^built with\|^skipped: \|^\[  FAILED  \].* ms)$' "$log" || true
    if grep -q '^\[  SKIPPED \]' "$log"; then skip "libavcodec of Debian $suite: $(grep -c '^\[  SKIPPED \].* ms)$' "$log") tests ($log)"; fi
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] || [ "$good" -eq 0 ]; then
        tail -n 30 "$log"
        say "FAILED: libavcodec of Debian $suite: ended with $status after $good tests"
        bad=$((bad + 1))
    fi
    passed=$((passed + good)) failed=$((failed + bad))
}

for suite in "${suites[@]}"; do
    step "libavcodec of Debian $suite"
    test_in "$suite"
done
close "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
