#!/usr/bin/env bash
# Installs what is missing of the given groups of packages.txt: setup.sh build test
# Touches nothing, and needs no root, when everything is there.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

if ! command -v dpkg-query >/dev/null; then
    say "setup: not a Debian system; assuming that the packages of groups '$*' are there (scripts/packages.txt lists them)"
    exit 0
fi

groups=" $* "
# openssh-server starts a network service where systemd runs: only CI and containers get it unasked.
if [[ $groups == *" test "* ]] && { [ -n "${CI:-}" ] || [ ! -d /run/systemd/system ]; }; then
    groups+="service "
fi

missing=()
while read -r group package _; do
    case $group in '' | '#'*) continue ;; esac
    if [[ $groups != *" $group "* ]] || [[ " ${missing[*]} " == *" $package "* ]]; then continue; fi
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    if [ "$state" != installed ]; then missing+=("$package"); fi
done <scripts/packages.txt
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        die "packages are missing and only root can install them. Run this once, then the same command again:
    sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}"
    fi
fi
say "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    die "apt-get could not install: ${missing[*]}"
fi
