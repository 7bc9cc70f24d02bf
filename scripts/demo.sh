#!/usr/bin/env bash
# demo.sh: real applications through a stock waypipe and our client, without a screen; pictures in build/demo/.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
scripts/setup.sh build test demo
configure release -DTV_TESTS=ON
build release tunnelview tv-test-compositor tv-test-dmabuf-client tv-fake-dma tv-fake-gbm
step demo
exec python3 scripts/demo.py "$@" </dev/null
