#!/usr/bin/env bash
# consumer.sh BUILD SOURCE CC CXX: installs the library into a fresh folder, moves that, and builds hosts against it out of the tree, once with
# the CMake package and once with pkg-config, shared and static; then runs them.
set -eu
build=$1 source=$2 cc=$3 cxx=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quiet() { "$@" >"$work/log" 2>&1 </dev/null || {
    cat "$work/log"
    exit 1
}; }
quiet cmake --install "$build" --component library --prefix "$work/first"
mv "$work/first" "$work/prefix" # nothing may remember where it was installed
prefix=$work/prefix
export LD_LIBRARY_PATH=$prefix/lib

quiet cmake -S "$source" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx"
quiet cmake --build "$work/build"
for host in host_shared host_static host_cpp_shared host_cpp_static; do
    "$work/build/$host" || { printf '%s: %d\n' "$host" $? && exit 1; }
done
"$work/build/host_waypipe" "$work/wayland" 2>"$work/told" || { printf 'host_waypipe: %d\n' $? && exit 1; }
grep -q 'inside another program only' "$work/told"

# Who links the shared library needs none of what it was built with, and who wants the static one is told.
bare=(-DCMAKE_DISABLE_FIND_PACKAGE_fmt=ON -DCMAKE_DISABLE_FIND_PACKAGE_spdlog=ON -DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON)
quiet cmake -S "$source" -B "$work/bare" -G Ninja -DKINDS=shared "${bare[@]}" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx"
quiet cmake --build "$work/bare"
"$work/bare/host_shared"
if cmake -S "$source" -B "$work/refused" -G Ninja -DKINDS=static "${bare[@]}" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" \
    >"$work/log" 2>&1 || ! grep -q 'the static library needs fmt::fmt' "$work/log"; then
    cat "$work/log"
    exit 1
fi

export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
quiet pkg-config --validate tunnelview
flags() { pkg-config "$@" tunnelview; }
# shellcheck disable=SC2046
quiet "$cc" -std=c99 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror $(flags --cflags) -o "$work/pc_shared" "$source/host.c" $(flags --libs)
"$work/pc_shared"
mkdir "$work/archive"
cp "$prefix/lib/libtunnelview.a" "$work/archive/"
# shellcheck disable=SC2046
quiet "$cc" -std=c99 -D_GNU_SOURCE $(flags --cflags) -o "$work/pc_static" "$source/host.c" -L"$work/archive" $(flags --libs --static)
"$work/pc_static"
# What was linked statically needs no library of ours.
if ldd "$work/pc_static" | grep -q libtunnelview; then
    printf 'pc_static is not static\n'
    exit 1
fi
