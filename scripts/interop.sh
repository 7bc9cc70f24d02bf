#!/usr/bin/env bash
# interop.sh: waypipe 0.8.4, 0.9.2 and 0.11.2 as the other end, each from the Debian release that has it, times each compression.
# Then the tests of the video decoder with the libavcodec of those releases.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
scripts/setup.sh build test interop
configure release -DTV_TESTS=ON
build release tunnelview tv-test-compositor tv-test-client dmabuf_live_test video_live_test tv-fake-drm
step interop
status=0
python3 scripts/interop.py "$@" </dev/null || status=1
# With all peers, the libavcodecs of their releases too.
if [ $# -eq 0 ]; then scripts/ffmpeg_versions.sh || status=1; fi
exit "$status"
