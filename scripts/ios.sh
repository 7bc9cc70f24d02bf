#!/usr/bin/env bash
# ios.sh: the static libraries for iOS, for devices and for the simulator, in build/ios-{device,simulator}/: libtunnelview.a, and
# libtunnelview-waypipe.a for hosts that link the two symbols of tunnelview/waypipe.h. Needs a Mac with Xcode; elsewhere it says so and does
# nothing. A host app links lz4 and zstd itself.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
if [ "$(uname)" != Darwin ]; then
    say "skipped: ios: needs Xcode's iOS SDK, which is on Macs only"
    close 0 0 1
    exit 0
fi

prefix=$PWD/build/ios-prefix
scripts/macos_prefix.sh --headers "$prefix" "$(brew --prefix)/include"
# build_for NAME SDK
build_for() {
    local folder=build/ios-$1
    cmake -G Ninja -S . -B "$folder" -DCMAKE_SYSTEM_NAME=iOS -DCMAKE_OSX_SYSROOT="$2" -DCMAKE_OSX_ARCHITECTURES=arm64 \
        -DCMAKE_OSX_DEPLOYMENT_TARGET=17.0 -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_FIND_ROOT_PATH="$prefix" -DTV_WERROR=ON -DTV_TESTS=OFF \
        -DTV_BENCH=OFF -DTV_PROGRAM=OFF -DCMAKE_BUILD_TYPE=RelWithDebInfo
    cmake --build "$folder" -j "$jobs" --target tunnelview_static tunnelview_waypipe
    cp "$folder/src/capi/libtunnelview.a" "$folder/src/waypipe/libtunnelview-waypipe.a" "$folder/"
    say "$folder/libtunnelview.a $folder/libtunnelview-waypipe.a"
}
export PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig
build_for device iphoneos
build_for simulator iphonesimulator
close 2 0 0
