#!/usr/bin/env python3
"""Our client with each waypipe that Debian releases have, times each compression.

For every peer and compression the scripted client runs straight on the test compositor and through `waypipe server` and us: every
commit must have the same pixels (CRC), every object the same events in the same order. Then the live tests of dmabufs and video
(tests/integration) run with each peer that `make test` has not got. Ends with `N passed, N failed`.
"""

import argparse
import collections
import os
import re
import shutil
import subprocess
import sys
import time

from rig import Compositor, Rig, RigError, waypipe_version

# Version, Debian release that has it. A peer that turns out to be another version is not tested under this name.
PEERS = [("0.8.4", "bookworm"), ("0.9.2", "trixie"), ("0.11.2", "forky")]
COMPRESSIONS = ["none", "lz4", "zstd"]
C, RUST = "0.8.4 0.9.2".split(), ["0.11.2"]
# Versions that the compositor announces: what Tunnelview clamps to for these peers, and what C peers have tables for. The same in the
# direct run, so that events can be compared.
C_GLOBALS = ["xdg_wm_base=3", "wl_compositor=4", "wl_shm=1", "zwlr_screencopy_manager_v1=1", "wp_color_manager_v1=1"]
RUST_GLOBALS = ["wp_color_manager_v1=1"]
# The scripted client's scenario, what is typed once it says that it listens, the peers that can take it.
SCENARIOS = [
    (["shm-basic", "10"], None, C + RUST),
    (["shm-resize", "8"], None, C + RUST),
    (["shm-formats"], None, C + RUST),
    (["shm-damage", "10"], None, C + RUST),
    (["pool-destroyed-first"], None, C + RUST),
    (["buffer-destroyed-pending", "20"], None, C + RUST),
    (["many-callbacks", "500"], None, C + RUST),
    (["full-frame", "1280x720", "10", "text"], None, C + RUST),
    (["two-surfaces", "10"], None, C + RUST),
    (["popups"], None, C + RUST),
    (["viewport"], None, C + RUST),
    (["presentation", "5"], None, C + RUST),
    (["title", "remote"], None, C + RUST),
    (["keymap", "3"], "abc", C + RUST),
    (["gamma"], None, C + RUST),
    (["screencopy-wlr"], None, C + RUST),
    (["input-method", "2"], "ab", C),
    (["toplevel-icon"], None, RUST),
    (["icc"], None, RUST),
    (["screencopy-ext"], None, RUST),
    # Last: the compositor's own keymap is another one from then on.
    (["virtual-keyboard"], None, C),
]
# Protocols of copy and paste.
SELECTIONS = [
    (["clipboard"], C + RUST),
    (["primary"], C + RUST),
    (["data-control", "wlr-data-control"], C + RUST),
    (["data-control", "ext-data-control"], RUST),
]
SELECTION_BYTES = [1000, 60000, 300000]
# A remote application's pipe holds 64 KiB. Of what is longer the stock server of 0.8.4 sends nothing, and that of 0.11.2 drops
# what is still in the pipe when the application closes it, also with their own clients.
BROKEN_REMOTE_BYTES = {"0.8.4": 65536, "0.9.2": None, "0.11.2": 65536}
# The peers whose dmabufs and video are tested here (0.8.4's in `make test`), and what else their chroot has to have: the Rust ones take a
# Vulkan device, which is Mesa's lavapipe, and load libavcodec themselves.
LIVE = {"0.9.2": ("trixie", []), "0.11.2": ("forky", ["mesa-vulkan-drivers", "libvulkan1", "libavcodec63"])}
LIVE_TESTS = ["dmabuf_live_test", "video_live_test"]
LIVE_SECONDS = 600
MANY_APPS = 50
SECONDS = 60
SCRIPTS = os.path.dirname(os.path.abspath(__file__))
CHROOT = os.path.join(SCRIPTS, "chroot.sh")


class Outcome:
    """What one run of the scripted client showed: exit code, events by object, its other words, the compositor's notes."""

    def __init__(self, code, output, notes):
        self.code = code
        self.output = output
        self.notes = notes
        self.words = []
        self.events = collections.defaultdict(list)
        for line in output.splitlines():
            match = re.match(r"(\w+#\d+)\.(.*)$", line)
            if match:
                self.events[match.group(1)].append(match.group(2))
            elif "elapsed" not in line:
                self.words.append(line)

    def difference(self, direct):
        """None, or how this run differs from the direct one."""
        if self.code != direct.code:
            return f"exit code {self.code}, direct {direct.code}: {self.output.strip()[-300:]}"
        for what, ours, theirs in (("note", self.notes, direct.notes), ("line", self.words, direct.words)):
            for number, (one, other) in enumerate(zip(ours, theirs)):
                if one != other:
                    return f"{what} {number} is '{one}', direct '{other}'"
            if len(ours) != len(theirs):
                return f"{len(ours)} {what}s, direct {len(theirs)}: {ours[-3:]}, direct {theirs[-3:]}"
        for name in sorted(set(self.events) | set(direct.events)):
            if self.events[name] != direct.events[name]:
                return f"events of {name} are {self.events[name]}, direct {direct.events[name]}"
        return None


class Bed:
    """Compositor, a client and a waypipe server whose display applications can use."""

    def __init__(self, programs, version, peer=None, compression=None, client=None):
        self.programs = programs
        self.rig = Rig("tvin")
        pinned = [word for setting in (RUST_GLOBALS if version in RUST else C_GLOBALS) for word in ("--global", setting)]
        self.compositor = Compositor(self.rig, programs["compositor"], arguments=pinned)
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
        with open(self.rig.path(name + ".out"), "wb") as output:
            return self.rig.start(
                name,
                [self.programs["client"], *arguments],
                self.rig.environment(WAYLAND_DISPLAY=display or self.display),
                stdout=output,
            )

    def output(self, child):
        with open(self.rig.path(child.name + ".out"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for_word(self, child, word, seconds=20.0):
        """Until the scripted client has printed that line."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and child.poll() is None:
            if word in self.output(child).splitlines():
                return True
            time.sleep(0.01)
        return False

    def finish(self, child):
        try:
            code = child.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = "time-out"
            self.rig.end(child)
        # What was sent just before the end has to arrive: nothing else happens here meanwhile.
        self.compositor.quiet(0.1, 5)
        return Outcome(code, self.output(child), [text for _, text in self.compositor.notes])


def run_scenario(bed, arguments, typed=None):
    bed.compositor.notes.clear()
    child = bed.start(arguments[0], arguments)
    if typed and bed.wait_for_word(child, "listening"):
        bed.compositor.command("type " + typed)
    return bed.finish(child)


def run_many(bed):
    """MANY_APPS applications at once; exit codes, and what each of them showed."""
    bed.compositor.notes.clear()
    children = [bed.start(f"many{number}", ["shm-basic", "5"]) for number in range(MANY_APPS)]
    codes = [bed.finish(child).code for child in children]
    shown = collections.defaultdict(list)
    for client, text in bed.compositor.notes:
        shown[client].append(text)
    return codes, sorted(map(tuple, shown.values()))


def run_selection(bed, protocol, size, copy_display, paste_display):
    """Copies on one display and pastes on the other; None or what went wrong."""
    arguments = protocol[1:]
    copier = bed.start("copy", [protocol[0] + "-copy", *arguments, str(size), "2"], copy_display)
    if not bed.wait_for_word(copier, "offering"):
        return f"nothing was offered: {bed.output(copier)}"
    paster = bed.start("paste", [protocol[0] + "-paste", *arguments], paste_display)
    pasted = bed.finish(paster)
    # It waits for a second paste: waypipe drops what is still on its way when an application leaves.
    bed.rig.end(copier)
    copied = bed.output(copier)
    if pasted.code != 0:
        return f"exit code {pasted.code}: {copied[-300:]} {pasted.output[-300:]}"
    sent = re.findall(r"^sent (.*)$", copied, re.MULTILINE)
    received = re.findall(r"^received (.*)$", pasted.output, re.MULTILINE)
    if not received or sent != received or f" {size} bytes " not in received[0]:
        return f"sent {sent}, received {received}"
    return None


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


def make_chroot(release, name, packages):
    """A chroot's folder; raises RigError with the reason where it cannot be had."""
    folder = os.path.join(os.path.dirname(SCRIPTS), "build", "chroots", name)
    made = subprocess.run(
        [CHROOT, "make", release, folder, *packages], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise RigError(f"no chroot of Debian {release}: {' '.join(made.stderr.split())[-300:]}")
    return folder


def check_version(command, version, release):
    found = waypipe_version(command)
    if found is None:
        raise RigError(f"waypipe does not start in the chroot of Debian {release}")
    if found != version:
        raise RigError(f"Debian {release} has waypipe {found}, not {version}")
    return command


def peer_chroot(version, release):
    """With what its package recommends: a Rust one without a Vulkan driver ends every application that it is to offer dmabufs."""
    packages = LIVE.get(version, (release, []))[1]
    return make_chroot(release, release + "-video" if packages else release, ["waypipe", *packages])


def find_peer(version, release):
    """The command of that waypipe; raises RigError with the reason where it cannot be had."""
    if waypipe_version(["waypipe"]) == version:
        return ["waypipe"]
    return check_version([CHROOT, "run", peer_chroot(version, release), "waypipe"], version, release)


def find_live_peer(version, libraries):
    """The same under the preloaded libraries that stand in for a GPU."""
    release, packages = LIVE[version]
    folder = peer_chroot(version, release)
    fakes = [os.path.join(libraries, "libtv-fake-dma.so")]
    if not packages:
        fakes.append(os.path.join(libraries, "libtv-fake-gbm.so"))
        return check_version([CHROOT, "run", folder, "env", "LD_PRELOAD=" + ":".join(fakes), "waypipe"], version, release)
    if not os.path.exists(os.path.join(libraries, "libtv-fake-drm.so")):
        raise RigError("the Vulkan layer was not built (libvulkan-dev)")
    if os.path.exists("/dev/dri/renderD128"):
        run = "run"
    elif os.geteuid() == 0:
        run = "run-drm"
    else:
        raise RigError("there is no /dev/dri/renderD128, and only root can make one in a chroot")
    # lavapipe alone, also where the machine has a GPU.
    icd = "/usr/share/vulkan/icd.d/lvp_icd.json"
    settings = ["LD_PRELOAD=" + ":".join(fakes), "VK_DRIVER_FILES=" + icd, "VK_LAYER_PATH=" + libraries, "VK_INSTANCE_LAYERS=VK_LAYER_tv_fake_drm"]
    return check_version([CHROOT, run, folder, "env", *settings, "waypipe"], version, release)


def gather_libraries(build, folder):
    """What is preloaded, copied to where chroots see it."""
    os.mkdir(folder)
    for name in ("fakedma/libtv-fake-dma.so", "fakedma/libtv-fake-gbm.so", "fakedrm/libtv-fake-drm.so", "fakedrm/fake_drm.json"):
        path = os.path.join(build, "tests/support", name)
        if os.path.exists(path):
            shutil.copy(path, folder)


def report_tests(report, name, output, code):
    """GoogleTest's output, test by test."""
    told = 0
    text = []
    for line in output.splitlines():
        match = re.match(r"\[ +(OK|FAILED|SKIPPED) +\] (\S+) \(\d+ ms\)$", line)
        if line.startswith("[ RUN "):
            text = []
        elif match is None:
            text.append(line)
        else:
            told += 1
            result, test = match.groups()
            what = f"{name}: {test}"
            if result == "SKIPPED":
                reason = next((line for line in text if line.startswith("skipped: ")), "skipped: no reason given")
                report.skip(what, reason.removeprefix("skipped: "))
            else:
                report.check(what, "\n".join(text) if result == "FAILED" else None)
    if told == 0 or code not in (0, 1):
        report.check(name, f"the test ended with {code} after {told} tests: {output[-500:]}")


def test_live(report, build, version):
    """The live tests of dmabufs and video with that peer."""
    name = f"waypipe {version}, dmabufs and video"
    with Rig("tvlive") as rig:
        libraries = rig.path("libraries")
        gather_libraries(build, libraries)
        try:
            peer = find_live_peer(version, libraries)
        except RigError as reason:
            report.skip(name, str(reason))
            return
        for test in LIVE_TESTS:
            try:
                done = subprocess.run(
                    [os.path.join(build, "tests/integration", test)],
                    env={**os.environ, "TV_LIVE_WAYPIPE": "\n".join(peer)},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=LIVE_SECONDS,
                    check=False,
                )
                report_tests(report, f"waypipe {version}", done.stdout, done.returncode)
            except subprocess.TimeoutExpired:
                report.check(f"waypipe {version}: {test}", f"not done after {LIVE_SECONDS} s")


def problem_of(bed, problem):
    return problem and f"{problem}\n{bed.logs()}"


def test_bed(report, name, version, bed, direct):
    for arguments, typed, peers in SCENARIOS:
        if version in peers:
            problem = run_scenario(bed, arguments, typed).difference(direct[arguments[0]])
            report.check(f"{name}: {' '.join(arguments)}", problem_of(bed, problem))
    local = bed.compositor.display
    for protocol, peers in SELECTIONS:
        for size in SELECTION_BYTES if version in peers else []:
            words = f"{protocol[-1]}, {size} bytes"
            most = BROKEN_REMOTE_BYTES[version]
            if most is None or size <= most:
                report.check(f"{name}: {words}, remote to local", problem_of(bed, run_selection(bed, protocol, size, bed.display, local)))
            report.check(f"{name}: {words}, local to remote", problem_of(bed, run_selection(bed, protocol, size, local, bed.display)))
    codes, shown = run_many(bed)
    problem = None
    if any(codes):
        problem = f"exit codes {codes}"
    elif shown != direct["many"]:
        problem = f"what {MANY_APPS} applications showed is not what one shows"
    report.check(f"{name}: {MANY_APPS} applications at once", problem_of(bed, problem))


def test_peer(report, programs, version, peer, direct, options):
    for compression in options.compression or COMPRESSIONS:
        name = f"waypipe {version}, {compression}"
        try:
            with Bed(programs, version, peer, compression, peer if options.stock else [programs["tunnelview"]]) as bed:
                test_bed(report, name, version, bed, direct)
        except RigError as error:
            report.check(name, str(error))


def test_without_vulkan(report, programs, version, peer, direct):
    """A remote side without a Vulkan driver: with --no-gpu all is well; without it the listener learns from the first application."""
    chroot, waypipe = peer[:-1], peer[-1]
    bare = [*chroot, "env", "VK_DRIVER_FILES=/nonexistent", waypipe]
    name = f"waypipe {version} without Vulkan"
    try:
        with Bed(programs, version, bare, "none", [programs["tunnelview"], "--no-gpu"]) as bed:
            report.check(f"{name}: --no-gpu", problem_of(bed, run_scenario(bed, ["shm-basic", "10"], None).difference(direct["shm-basic"])))
        with Bed(programs, version, bare, "none", [programs["tunnelview"]]) as bed:
            first = run_scenario(bed, ["shm-basic", "10"], None)
            said = "--no-gpu" in bed.rig.log("client")
            report.check(f"{name}: an application ends and the way out is said", None if first.code != 0 and said else bed.logs() or "no")
            report.check(f"{name}: the next ones are shown", problem_of(bed, run_scenario(bed, ["shm-basic", "10"], None).difference(direct["shm-basic"])))
    except RigError as error:
        report.check(name, str(error))


def run_direct(programs, version):
    """All scenarios on the compositor itself: what the others are compared with."""
    direct = {}
    with Bed(programs, version) as bed:
        for arguments, typed, _ in SCENARIOS:
            outcome = run_scenario(bed, arguments, typed)
            if outcome.code != 0:
                raise RigError(f"{arguments[0]} fails on the test compositor itself: {outcome.output.strip()[-500:]}")
            direct[arguments[0]] = outcome
        if not direct["shm-basic"].notes:
            raise RigError("the test compositor noted no commits")
        direct["many"] = [tuple(run_scenario(bed, ["shm-basic", "5"]).notes)] * MANY_APPS
    return direct


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--peer", action="append", choices=[version for version, _ in PEERS])
    parser.add_argument("--compression", action="append", choices=COMPRESSIONS)
    parser.add_argument("--stock", action="store_true", help="the peer's own client instead of ours: checks this test")
    parser.add_argument("--only-live", action="store_true", help="only the tests of dmabufs and video")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    programs = {
        "tunnelview": os.path.join(build, "tunnelview"),
        "compositor": os.path.join(build, "tests/support/compositor/tv-test-compositor"),
        "client": os.path.join(build, "tests/support/client/tv-test-client"),
    }
    report = Report()
    for version, release in PEERS:
        if options.peer and version not in options.peer:
            continue
        try:
            peer = find_peer(version, release)
        except RigError as reason:
            report.skip(f"waypipe {version}", str(reason))
            continue
        begin = time.monotonic()
        if not options.only_live:
            direct = run_direct(programs, version)
            test_peer(report, programs, version, peer, direct, options)
        if version in RUST and not options.only_live and not options.stock:
            test_without_vulkan(report, programs, version, peer, direct)
        if version in LIVE and not options.stock:
            test_live(report, build, version)
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
