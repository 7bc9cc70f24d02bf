#!/usr/bin/env bash
# packaging.sh PROGRAM TOP: manual pages, completions and packages as far as this machine can check them; each option of --help and each function
# of the header is in them. 77: all that could be checked here holds, and something could not, which is said.
set -eu
program=$1 top=$2
cd "$top"
bad=0
skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
fail() {
    printf 'FAILED: %s\n' "$*"
    bad=1
}
# with TOOL COMMAND...: runs it where the tool is.
with() {
    if command -v "$1" >/dev/null; then
        shift
        "$@" >"$log" 2>&1 </dev/null || { cat "$log" && fail "$*"; }
    else
        printf 'skipped: not checked, %s is missing: %s\n' "$1" "${*: -1}"
        skipped=77
    fi
}
for option in $("$program" --help | grep -oE '^ +(-[a-z], )?--[a-z0-9-]+' | grep -oE '[a-z0-9-]+$' | sed 's/^--//'); do
    grep -qE "Fl (\w , )?-$option( |$)" man/tunnelview.1 || grep -qE "^\.It Fl .*-$option( |$)" man/tunnelview.1 || fail "man/tunnelview.1 lacks --$option"
    grep -q -- "--$option" completions/tunnelview.bash || fail "completions/tunnelview.bash lacks --$option"
    grep -q -- " -l $option " completions/tunnelview.fish || fail "completions/tunnelview.fish lacks --$option"
    grep -q -- "--$option" completions/_tunnelview || fail "completions/_tunnelview lacks --$option"
done
while read -r symbol; do
    grep -q "^\.Fn ${symbol/_abi_0/}\b" man/libtunnelview.3 || fail "man/libtunnelview.3 lacks $symbol"
done <src/capi/symbols.txt
with mandoc mandoc -T lint -W warning man/tunnelview.1
with mandoc mandoc -T lint -W warning man/libtunnelview.3
with bash bash -n completions/tunnelview.bash
with zsh zsh -n completions/_tunnelview
with fish fish -n completions/tunnelview.fish
with ruby ruby -c packaging/homebrew/tunnelview.rb
with nix-instantiate nix-instantiate --option store dummy:// --parse packaging/nix/flake.nix
# What the packages depend on is used: on Apple's systems libavcodec is not by itself.
for package in packaging/homebrew/tunnelview.rb packaging/nix/flake.nix; do
    grep -q -- '"-DTV_FFMPEG=ON"' "$package" || fail "$package: ffmpeg is depended on and not built in"
done
[ "$bad" -eq 0 ] || exit 1
exit "$skipped"
