#!/usr/bin/env bash
# selftest.sh [PRESET]: `tunnelview selftest --json` of the built program into build/selftest.json. Exit 2, nothing usable, is an answer and no
# failure of the program: a machine without a hardware decoder may say so.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
preset=${1:-release}
[ -x "build/$preset/tunnelview" ] || scripts/build.sh "$preset"
status=0
"build/$preset/tunnelview" selftest --json >build/selftest.json || status=$?
cat build/selftest.json
case $status in
    0) say "selftest: one path works end to end" ;;
    2) say "selftest: nothing usable on this machine" ;;
    *) die "selftest ended with $status" ;;
esac
python3 -c 'import json; json.load(open("build/selftest.json", encoding="utf-8"))'
if [ "$status" -eq 0 ]; then
    close 1 0 0
else
    say 'skipped: selftest: no decoder and converter here to judge'
    close 0 0 1
fi
