# bash completion for tunnelview
_tunnelview() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    case $before in
    -c | --compress) mapfile -t COMPREPLY < <(compgen -W 'none lz4 zstd' -- "$word") ;;
    -s | --socket | --record | --ssh-bin | --drm-node | replay) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --speed) mapfile -t COMPREPLY < <(compgen -W 'max' -- "$word") ;;
    --display | --remote-node | --remote-bin | --remote-socket | --secctx | --socket-fds | --store | --threads | --title-prefix) ;;
    *) mapfile -t COMPREPLY < <(compgen -W 'ssh client replay doctor selftest --compress --debug --help --no-gpu --oneshot --socket --version --display --drm-node --remote-node --ssh-bin --remote-bin --remote-socket --login-shell --stats --store --threads --title-prefix --unlink-socket --video --record --speed --json --vsock --secctx --xwls --socket-fds -c -d -h -n -o -s --video=h264 --video=vp9 --video=av1' -- "$word") ;;
    esac
}
complete -o default -F _tunnelview tunnelview
