#!/bin/bash
# wayland-scanner, which is heard only when it fails: Debian 12's complains at length about attributes that newer
# descriptions have and that change nothing. Arguments: the scanner, then its own.
set -eu
if ! said=$("$@" 2>&1); then
  printf '%s\n' "$said" >&2
  exit 1
fi
