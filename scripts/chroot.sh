#!/usr/bin/env bash
# Small Debian systems of other releases, for other versions of waypipe (make interop).
#   chroot.sh make SUITE FOLDER PACKAGE...   makes FOLDER unless a finished one is there
#   chroot.sh run FOLDER COMMAND...          runs a command in it; /tmp, /dev and /proc are the machine's own, so that sockets in
#                                            /tmp have the same path on both sides. The command keeps this process's id.
#   chroot.sh run-drm FOLDER COMMAND...      the same with a /dev of its own, in which there is /dev/dri/renderD128. Nothing answers behind
#                                            it (tests/support/fakedma does); making it takes root
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

# run_in FOLDER COMMAND...; $dev is the shell command that mounts $folder/dev
run_in() {
    local folder=$1 flags=(-m --propagation private)
    shift
    if [ "$(id -u)" -ne 0 ]; then flags+=(-r); fi
    # shellcheck disable=SC2016
    exec unshare "${flags[@]}" sh -c '
        folder=$1 dev=$2
        shift 2
        mount --rbind /proc "$folder/proc" && eval "$dev" && mount --bind /tmp "$folder/tmp" || exit 126
        exec chroot "$folder" "$@"' sh "$folder" "$dev" "$@"
}
# shellcheck disable=SC2016
machines_dev='mount --rbind /dev "$folder/dev"'
# shellcheck disable=SC2016
dev_with_drm='mount -t tmpfs -o mode=755 dev "$folder/dev" &&
    for name in null zero full random urandom tty; do
        : >"$folder/dev/$name" && mount --bind "/dev/$name" "$folder/dev/$name" || exit 126
    done &&
    mkdir "$folder/dev/dri" "$folder/dev/shm" && mknod -m 666 "$folder/dev/dri/renderD128" c 226 128'

case ${1:-} in
make)
    shift
    make_chroot "$@"
    ;;
run)
    shift
    dev=$machines_dev
    run_in "$@"
    ;;
run-drm)
    shift
    dev=$dev_with_drm
    run_in "$@"
    ;;
*)
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
