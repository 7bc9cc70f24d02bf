#!/usr/bin/env bash
# Small Debian systems of other releases, for other versions of waypipe (make interop).
#   chroot.sh make SUITE FOLDER PACKAGE...   makes FOLDER unless a finished one is there
#   chroot.sh run FOLDER COMMAND...          runs a command in it; /tmp, /dev and /proc are the machine's own, so that sockets in
#                                            /tmp have the same path on both sides. The command keeps this process's id.
set -eu

mirror() {
    # The machine's own Debian mirror, as apt knows it: the archive of its own release, not security, updates or third parties.
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
        awk -v codename="$codename" '$1 == "Debian" && $2 == codename { print $3; exit }'
}

make_chroot() {
    local suite=$1 folder=$2 uri
    shift 2
    [ ! -e "$folder/.finished" ] || return 0
    command -v mmdebstrap >/dev/null || {
        echo 'mmdebstrap is not installed' >&2
        return 1
    }
    uri=$(mirror)
    if [ -z "$uri" ]; then
        apt-get update -q >/dev/null 2>&1 || true
        uri=$(mirror)
    fi
    [ -n "$uri" ] || {
        echo 'no Debian mirror in the apt sources (apt-get update may be needed)' >&2
        return 1
    }
    rm -rf "$folder"
    mkdir -p "$(dirname "$folder")"
    # Suites that are no longer or not yet stable may have a Release file past its date; its signature is still checked.
    mmdebstrap --quiet --variant=essential --include="$(IFS=, && echo "$*")" \
        --aptopt='Acquire::Check-Valid-Until "false"' "$suite" "$folder" "$uri" </dev/null
    : >"$folder/.finished"
}

run_in() {
    local folder=$1 flags=(-m --propagation private)
    shift
    if [ "$(id -u)" -ne 0 ]; then flags+=(-r); fi
    # shellcheck disable=SC2016
    exec unshare "${flags[@]}" sh -c '
        folder=$1
        shift
        mount --rbind /proc "$folder/proc" && mount --rbind /dev "$folder/dev" && mount --bind /tmp "$folder/tmp" || exit 126
        exec chroot "$folder" "$@"' sh "$folder" "$@"
}

case ${1:-} in
make)
    shift
    make_chroot "$@"
    ;;
run)
    shift
    run_in "$@"
    ;;
*)
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
