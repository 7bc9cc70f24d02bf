#!/usr/bin/env python3
"""Our client with each waypipe that Debian releases have, times each compression.

For every peer and compression the scripted client runs straight on the test compositor and through `waypipe server` and us: every
commit must have the same pixels (CRC), every object the same events in the same order. Ends with `N passed, N failed`.
"""

import argparse
import collections
import os
import re
import subprocess
import sys
import time

from rig import Compositor, Rig, RigError, waypipe_version

# Version, Debian release that has it. A peer that turns out to be another version is not tested under this name.
PEERS = [("0.8.4", "bookworm"), ("0.9.2", "trixie"), ("0.11.2", "forky")]
COMPRESSIONS = ["none", "lz4", "zstd"]
# What the peers' own clients clamp to; the same in the direct run, so that events can be compared.
GLOBALS = ["--global", "xdg_wm_base=3", "--global", "wl_compositor=4"]
SCENARIOS = [
    ["shm-basic", "10"],
    ["shm-resize", "8"],
    ["shm-formats"],
    ["shm-damage", "10"],
    ["pool-destroyed-first"],
    ["buffer-destroyed-pending", "20"],
    ["many-callbacks", "500"],
    ["full-frame", "1280x720", "10", "text"],
]
WITHOUT_PICTURES = ["many-callbacks"]
MANY_APPS = 50
SECONDS = 60


class Outcome:
    """What one run of the scripted client showed: exit code, events by object, commits in order."""

    def __init__(self, code, output, commits):
        self.code = code
        self.output = output
        self.commits = commits
        self.events = collections.defaultdict(list)
        for line in output.splitlines():
            match = re.match(r"(\w+#\d+)\.(.*)$", line)
            if match:
                self.events[match.group(1)].append(match.group(2))

    def difference(self, other):
        """None, or how this run differs from the direct one."""
        if self.code != other.code:
            return f"exit code {self.code}, direct {other.code}: {self.output.strip()[-300:]}"
        if self.commits != other.commits:
            for number, (ours, direct) in enumerate(zip(self.commits, other.commits)):
                if ours != direct:
                    return f"commit {number} is {ours}, direct {direct}"
            return f"{len(self.commits)} commits, direct {len(other.commits)}"
        for name in sorted(set(self.events) | set(other.events)):
            if self.events[name] != other.events[name]:
                return f"events of {name} are {self.events[name]}, direct {other.events[name]}"
        return None


class Bed:
    """Compositor, a client and a waypipe server whose display applications can use."""

    def __init__(self, programs, peer, compression, client):
        self.programs = programs
        self.rig = Rig("tvin")
        self.compositor = Compositor(self.rig, programs["compositor"], arguments=GLOBALS)
        self.display = self.compositor.display
        if peer is None:
            return
        channel = self.rig.path("c")
        child = self.rig.start(
            "client", [*client, "-c", compression, "-s", channel, "client"], self.rig.environment(WAYLAND_DISPLAY=self.display)
        )
        self.rig.wait_for_socket(channel, child)
        self.display = self.rig.path("d")
        server = self.rig.start(
            "server", [*peer, "-c", compression, "-s", channel, "--display", self.display, "server", "--", "sleep", "600"]
        )
        self.rig.wait_for_socket(self.display, server)

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.rig.__exit__(*details)

    def logs(self):
        return "\n".join(text for text in (self.rig.log("client"), self.rig.log("server")) if text)

    def start(self, name, arguments, display=None):
        output = open(self.rig.path(name + ".out"), "wb")  # pylint: disable=consider-using-with
        child = self.rig.start(
            name, [self.programs["client"], *arguments], self.rig.environment(WAYLAND_DISPLAY=display or self.display), stdout=output
        )
        output.close()
        return child

    def finish(self, child, commits_of=None):
        try:
            code = child.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = "time-out"
        with open(self.rig.path(child.name + ".out"), encoding="utf-8", errors="replace") as file:
            output = file.read()
        # What was sent just before the end has to arrive: nothing else happens here meanwhile.
        self.compositor.quiet(0.15, 5)
        commits = [commit[2:] for commit in self.compositor.commits if commits_of is None or commit[1] == commits_of]
        return Outcome(code, output, commits)


def run_scenario(bed, arguments):
    bed.compositor.commits.clear()
    return bed.finish(bed.start(arguments[0], arguments))


def run_many(bed):
    """MANY_APPS applications at once; returns the multiset of what each one showed."""
    bed.compositor.commits.clear()
    children = [bed.start(f"many{number}", ["shm-basic", "5"]) for number in range(MANY_APPS)]
    outcomes = [bed.finish(child) for child in children]
    shown = collections.defaultdict(list)
    for commit in bed.compositor.commits:
        shown[commit[1]].append(commit[2:])
    return [outcome.code for outcome in outcomes], sorted(map(tuple, shown.values()))


class Report:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, name, problem):
        if problem:
            self.failed += 1
            print(f"FAILED: {name}: {problem}", flush=True)
        else:
            self.passed += 1
            print(f"ok: {name}", flush=True)

    def skip(self, name, reason):
        self.skipped += 1
        print(f"skipped: {name}: {reason}", flush=True)

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else ""))
        return 1 if self.failed or not self.passed else 0


def find_peer(version, release):
    """The command of that waypipe; raises RigError with the reason where it cannot be had."""
    scripts = os.path.dirname(os.path.abspath(__file__))
    if waypipe_version(["waypipe"]) == version:
        return ["waypipe"]
    folder = os.path.join(os.path.dirname(scripts), "build", "chroots", release)
    made = subprocess.run(
        [os.path.join(scripts, "chroot.sh"), "make", release, folder, "waypipe"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise RigError(f"no chroot of Debian {release}: {' '.join(made.stderr.split())[-300:]}")
    command = [os.path.join(scripts, "chroot.sh"), "run", folder, "waypipe"]
    found = waypipe_version(command)
    if found is None:
        raise RigError(f"waypipe does not start in the chroot of Debian {release}")
    if found != version:
        raise RigError(f"Debian {release} has waypipe {found}, not {version}")
    return command


def test_peer(report, programs, version, peer, direct, options):
    for compression in options.compression or COMPRESSIONS:
        client = peer if options.stock else [programs["tunnelview"]]
        name = f"waypipe {version}, {compression}"
        try:
            with Bed(programs, peer, compression, client) as bed:
                for arguments in SCENARIOS:
                    problem = run_scenario(bed, arguments).difference(direct[arguments[0]])
                    report.check(f"{name}: {' '.join(arguments)}", problem and f"{problem}\n{bed.logs()}")
                codes, shown = run_many(bed)
                problem = None
                if any(codes):
                    problem = f"exit codes {codes}"
                elif shown != direct["many"]:
                    problem = f"what {MANY_APPS} applications showed is not what one shows"
                report.check(f"{name}: {MANY_APPS} applications at once", problem and f"{problem}\n{bed.logs()}")
        except RigError as error:
            report.check(name, str(error))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--peer", action="append", choices=[version for version, _ in PEERS])
    parser.add_argument("--compression", action="append", choices=COMPRESSIONS)
    parser.add_argument("--stock", action="store_true", help="the peer's own client instead of ours: checks this test")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    programs = {
        "tunnelview": os.path.join(build, "tunnelview"),
        "compositor": os.path.join(build, "tests/support/compositor/tv-test-compositor"),
        "client": os.path.join(build, "tests/support/client/tv-test-client"),
    }
    report = Report()
    direct = {}
    with Bed(programs, None, None, None) as bed:
        for arguments in SCENARIOS:
            outcome = run_scenario(bed, arguments)
            if outcome.code != 0 or not (outcome.commits or arguments[0] in WITHOUT_PICTURES):
                raise RigError(f"{arguments[0]} fails on the test compositor itself: {outcome.output.strip()[-500:]}")
            direct[arguments[0]] = outcome
        one = run_scenario(bed, ["shm-basic", "5"])
        direct["many"] = sorted([tuple(one.commits)] * MANY_APPS)
    for version, release in PEERS:
        if options.peer and version not in options.peer:
            continue
        try:
            peer = find_peer(version, release)
        except RigError as reason:
            report.skip(f"waypipe {version}", str(reason))
            continue
        begin = time.monotonic()
        test_peer(report, programs, version, peer, direct, options)
        print(f"waypipe {version}: {time.monotonic() - begin:.0f} s", flush=True)
    print()
    return report.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RigError as failure:
        print(f"interop: {failure}")
        print("0 passed, 1 failed")
        sys.exit(1)
