#!/usr/bin/env bash
# macos_prefix.sh --headers PREFIX FOLDER: only the headers, out of a folder of them (Homebrew's).
# macos_prefix.sh PREFIX FACTS: fills PREFIX with what the cross-build for macOS finds instead of a Mac's: headers of fmt, spdlog, lz4, zstd
# and FFmpeg copied out of Debian's packages, stubs of lz4 and zstd with the functions that their headers declare, stubs of Apple's
# frameworks with what the tables in FACTS name.
set -eu
from=
if [ "$1" = --headers ]; then
    from=$3
    shift
fi
prefix=$1
facts=$2
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

rm -rf "$prefix"
mkdir -p "$prefix/include" "$prefix/lib/pkgconfig" "$prefix/lib/cmake" "$prefix/frameworks"

# copy PACKAGE PATTERN: the package's headers below an include folder whose path matches.
copy() {
    local package=$1 pattern=$2 file found=0
    while read -r file; do
        [ -f "$file" ] || continue
        local name=${file#/usr/include/}
        name=${name#*-linux-gnu*/}
        mkdir -p "$prefix/include/$(dirname "$name")"
        cp -p "$file" "$prefix/include/$name"
        found=1
    done < <(dpkg-query -L "$package" | grep -E "^/usr/include/$pattern")
    [ "$found" -eq 1 ] || die "$package has no headers like $pattern"
}
if [ -n "$from" ]; then
    cp -R "$from/fmt" "$from/spdlog" "$from/lz4.h" "$from/zstd.h" "$from/zstd_errors.h" "$prefix/include/"
else
    copy libfmt-dev 'fmt/'
    copy libspdlog-dev 'spdlog/'
    copy liblz4-dev 'lz4\.h$'
    copy libzstd-dev 'zstd(_errors)?\.h$'
    copy libavcodec-dev '[^/]*/libavcodec/'
    copy libavutil-dev '[^/]*/libavutil/'
fi

# A library of which only headers are used.
header_only() {
    local name=$1 target=$2 definitions=$3 needs=$4
    mkdir -p "$prefix/lib/cmake/$name"
    cat >"$prefix/lib/cmake/$name/$name-config.cmake" <<END
if(NOT TARGET $target)
  add_library($target INTERFACE IMPORTED)
  set_target_properties($target PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "$prefix/include"
    INTERFACE_COMPILE_DEFINITIONS "$definitions"
    INTERFACE_LINK_LIBRARIES "$needs")
endif()
END
}
header_only fmt fmt::fmt FMT_HEADER_ONLY=1 ''
header_only spdlog spdlog::spdlog SPDLOG_FMT_EXTERNAL fmt::fmt

# package_config NAME LIBS
package_config() {
    printf 'libdir=%s/lib\nName: %s\nDescription: stub\nVersion: %s\nLibs: %s\nCflags: -I%s/include\n' \
        "$prefix" "$1" "$3" "$2" "$prefix" >"$prefix/lib/pkgconfig/$1.pc"
}
version() { pkg-config --modversion "$1"; }
package_config liblz4 "-L$prefix/lib -llz4" "$(version liblz4)"
package_config libzstd "-L$prefix/lib -lzstd" "$(version libzstd)"
[ -z "$from" ] || exit 0
package_config libavcodec '' "$(version libavcodec)"
package_config libavutil '' "$(version libavutil)"

python3 scripts/apple_stubs.py --library "$prefix/include/lz4.h" --prefix LZ4_ --install-name @rpath/liblz4.1.dylib --out "$prefix/lib/liblz4.tbd"
python3 scripts/apple_stubs.py --library "$prefix/include/zstd.h" --prefix ZSTD_ --install-name @rpath/libzstd.1.dylib --out "$prefix/lib/libzstd.tbd"
python3 scripts/apple_stubs.py --facts "$facts" --frameworks "$prefix/frameworks" --objc "$prefix/lib/libobjc.tbd"
