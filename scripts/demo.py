#!/usr/bin/env python3
"""Real applications, each under a stock `waypipe server`, shown by our client on the test compositor.

A picture of each and one of all go to the output folder; a line for each tells frames, bytes on the channel and the time to
its first picture. Fails when a picture is blank or missing.

One of them draws a film into dmabufs, which the stock waypipe encodes as H.264 and we decode: both under libraries that let
memfds pass as dmabufs, since there is no GPU. Its line also tells the decoder and the time that it took for a picture.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time

from rig import Compositor, Relay, Rig, RigError, waypipe_version

# name, command, more environment, what is typed once it shows
GTK = {"GDK_BACKEND": "wayland", "GSK_RENDERER": "cairo", "GSETTINGS_BACKEND": "memory", "GTK_A11Y": "none", "GIO_USE_VFS": "local"}
QT = {"QT_QPA_PLATFORM": "wayland", "QT_LOGGING_RULES": "*.debug=false"}
FILM = "film"
# In this order they fill two rows.
APPLICATIONS = [
    ("foot", ["foot", "--window-size-pixels=620x400", "sh"], {"PS1": "$ "}, "echo Hello from the other end of the tunnel\\n"),
    (FILM, ["ffmpeg"], {}, None),
    ("speedcrunch", ["speedcrunch"], QT, "(2^61-1)*sqrt(2)\\n"),
    ("weston-terminal", ["weston-terminal"], {"SHELL": "/bin/sh", "PS1": "$ "}, "ls --color /usr\\n"),
    ("gtk4-demo", ["gtk4-demo"], GTK, None),
    ("weston-simple-shm", ["weston-simple-shm"], {}, None),
]
FILM_SIZE, FILM_FRAMES = "640x360", 90
FILM_SECONDS = 20
FIRST_PICTURE_SECONDS = 30


class Shown:
    def __init__(self, name):
        self.name, self.client, self.frames, self.bytes, self.milliseconds = name, None, 0, 0, None
        self.relay = self.typed = None
        self.decode = self.decoder = "-"


def start_client(rig, argv, compositor):
    path = rig.path("channel")
    child = rig.start("client", [*argv, "-s", path, "client"], rig.environment(WAYLAND_DISPLAY=compositor.display))
    rig.wait_for_socket(path, child)
    return path


def film(rig, build):
    """The application that plays a film: its command, waypipe's options for it, more environment for both."""
    path = rig.path("film.raw")
    picture = ["-f", "lavfi", "-i", f"testsrc2=size={FILM_SIZE}:rate=30", "-frames:v", str(FILM_FRAMES)]
    made = subprocess.run(["ffmpeg", "-v", "error", *picture, "-pix_fmt", "bgr0", "-f", "rawvideo", path], stdin=subprocess.DEVNULL, check=False)
    if made.returncode != 0:
        raise RigError("ffmpeg could not make the film")
    support = os.path.abspath(os.path.join(build, "tests/support"))
    player = [f"{support}/client/tv-test-dmabuf-client", "--file", path, "--size", FILM_SIZE, "--frames", str(FILM_FRAMES), "--hold", "60000"]
    preload = ":".join(f"{support}/fakedma/libtv-fake-{name}.so" for name in ("dma", "gbm"))
    return ["env", "-u", "LD_PRELOAD", *player], ["--video=sw,h264"], {"LD_PRELOAD": preload}


def decoding(rig):
    """Median milliseconds of decoding a picture and the decoder's name, from the last line of --stats that has a video."""
    for line in reversed(rig.log("client", 1000).splitlines()):
        if not line.startswith("{"):
            continue  # a line of the log
        for surface in json.loads(line)["surfaces"]:
            if surface.get("decoder"):
                return f"{surface['stages']['decode']['p50']:.2f}", f"{surface['codec']}, {surface['decoder']}"
    raise RigError("nothing of a decoder in what --stats tells")


def show(rig, compositor, channel, waypipe, application, options=()):
    name, command, more, typed = application
    shown = Shown(name)
    shown.typed = typed
    shown.relay = Relay(rig.path("r-" + name), channel)
    seen = {commit[1] for commit in compositor.commits}
    begin = time.monotonic()
    server = rig.start(
        name,
        [waypipe, *options, "-c", "lz4", "-s", rig.path("r-" + name), "--display", rig.path("d-" + name), "server", "--", *command],
        rig.environment(**more),
    )

    def new_commit():
        return server.poll() is not None or any(commit[1] not in seen for commit in compositor.commits)

    compositor.wait(new_commit, FIRST_PICTURE_SECONDS)
    fresh = [commit for commit in compositor.commits if commit[1] not in seen]
    if not fresh:
        state = "ended" if server.poll() is not None else "showed nothing"
        raise RigError(f"{name} {state}: {rig.log(name)}\nclient: {rig.log('client')}")
    shown.client = fresh[0][1]
    shown.milliseconds = (fresh[0][0] - begin) * 1000
    compositor.quiet(0.5, FILM_SECONDS if name == FILM else 3, shown.client)
    if typed:
        compositor.command("type " + typed)
        compositor.quiet(0.5, 3, shown.client)
    return shown


def picture(compositor, shown, folder):
    """The largest surface of the application, as it last showed."""
    sizes = {}
    for commit in compositor.commits:
        if commit[1] == shown.client:
            sizes[commit[2]] = commit[3] * commit[4]
    surface = max(sizes, key=sizes.get)
    path = os.path.join(folder, shown.name + ".png")
    answer = compositor.command(f"png {path} {surface} {shown.client}")
    if answer.endswith("blank"):
        raise RigError(f"{shown.name}: the picture is blank ({path})")
    return answer.split()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--out", default="build/demo")
    parser.add_argument("--client", help="another receiver, e.g. 'waypipe -c lz4' (default: the built tunnelview)")
    parser.add_argument("--only", action="append", help="only this application")
    options = parser.parse_args()
    client = options.client.split() if options.client else [os.path.abspath(os.path.join(options.build, "tunnelview"))]
    program = os.path.abspath(os.path.join(options.build, "tests/support/compositor/tv-test-compositor"))
    folder = os.path.abspath(options.out)
    os.makedirs(folder, exist_ok=True)
    waypipe = shutil.which("waypipe")
    if not waypipe:
        print("demo: waypipe is not installed", file=sys.stderr)
        return 1
    print(f"waypipe {waypipe_version([waypipe])} server -> {os.path.basename(client[0])} client -> test compositor, lz4\n")
    failed = 0
    with Rig("tvdemo") as rig:
        compositor = Compositor(rig, program, arguments=["--output", "1280x800", "--frame-delay", "16"])
        stats = "--stats" in subprocess.run([*client, "--help"], capture_output=True, text=True, check=False).stdout
        if stats:
            client.append("--stats")
        channel = start_client(rig, client, compositor)
        all_shown = []
        for application in APPLICATIONS:
            name = application[0]
            if options.only and name not in options.only:
                continue
            if not shutil.which(application[1][0]):
                print(f"skipped: {name}: {application[1][0]} is not installed")
                continue
            try:
                video = []
                if name == FILM:
                    command, video, more = film(rig, options.build)
                    application = (FILM, command, more, None)
                shown = show(rig, compositor, channel, waypipe, application, video)
                all_shown.append(shown)
                if name == FILM and stats:
                    time.sleep(1.5)  # lines of --stats come once a second
                    shown.decode, shown.decoder = decoding(rig)
            except RigError as error:
                failed += 1
                print(f"FAILED: {error}")
        print(f"{'application':20} {'size':>10} {'frames':>7} {'bytes':>10} {'milliseconds':>13} {'decode ms':>10}  decoder")
        for shown in all_shown:
            try:
                size = picture(compositor, shown, folder)
            except RigError as error:
                failed += 1
                print(f"FAILED: {error}")
                continue
            frames = sum(1 for commit in compositor.commits if commit[1] == shown.client)
            if shown.name == FILM and frames != FILM_FRAMES:
                failed += 1
                print(f"FAILED: {FILM}: {frames} of {FILM_FRAMES} pictures")
            print(f"{shown.name:20} {size:>10} {frames:>7} {shown.relay.to_us:>10} {shown.milliseconds:>13.0f} {shown.decode:>10}  {shown.decoder}")
        if all_shown:
            compositor.command(f"png {os.path.join(folder, 'all.png')} tiled")
        if not compositor.alive:
            failed += 1
            print("FAILED: the compositor ended")
    print("\nframes: commits with a buffer; bytes: from the remote side, on the channel; milliseconds: from the start to the first picture;\ndecode ms: to decode a picture, median")
    print(f"pictures: {os.path.relpath(folder)}/*.png")
    return 1 if failed or not all_shown else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RigError, subprocess.SubprocessError) as failure:
        print(f"demo: {failure}", file=sys.stderr)
        sys.exit(1)
