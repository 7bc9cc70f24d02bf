#!/usr/bin/env python3
"""`make bench`: Tunnelview's client beside the installed waypipe's, in one run, interleaved.

README.md in this folder says what is measured and how.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time

import micro
import video
from procs import Bed, BenchError, children_of, connect_and_time_first_event, cpu_ns, memory_kib, ticks

WIDTH, HEIGHT = 1920, 1080

# (compression, pattern, frames, bound of ours / waypipe). None: shown for information.
CASES = [
    ("none", "noise", 100, 0.45),
    ("lz4", "noise", 80, 0.50),
    ("lz4", "text", 100, 0.75),
    ("zstd", "text", 80, 0.90),
    ("none", "text", 100, None),
    ("zstd", "noise", 30, None),
    ("lz4", "scroll", 100, None),
]
FLOOR_BOUND = 1.25
SYNC_BOUND = 0.80
IDLE_RSS_KIB = 12 * 1024
START_MS = 15.0
IDLE_APPS = 100
IDLE_SECONDS = 10


class Variant:
    def __init__(self, name, program, options=(), env=None):
        self.name, self.program, self.options, self.env = name, program, options, env or {}

    def argv(self, bin_dir, path, compression, oneshot):
        if self.program is None:
            return [f"{bin_dir}/tv-bench-floor", "-s", path, *self.options]
        oneshot = ["--oneshot"] if oneshot else []
        return [self.program, *self.options, "-c", compression, "-s", path, *oneshot, "client"]


class Verdicts:
    """Bounds and what was measured against them."""

    def __init__(self):
        self.rows = []

    def check(self, what, value, bound, unit=""):
        self.rows.append({"what": what, "value": value, "bound": bound, "unit": unit, "met": value <= bound})
        return "ok" if value <= bound else "MISSED"


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "all": values}


def say(text=""):
    print(text, flush=True)


# --- CPU time per frame -------------------------------------------------------------------------------------


def measure_frames(setup, variant, compression, pattern, frames):
    """One run: CPU time per frame of the client's processes, its peak RSS, wall time per frame."""
    with Bed(setup.bin_dir) as bed:
        client, channel = bed.start_client(variant, compression)
        args = ["frames", "--pattern", pattern, "--count", str(frames), "--width", str(WIDTH), "--height", str(HEIGHT)]
        app = bed.start_app(compression, channel, args, setup.waypipe)
        app.expect("warm")
        before = {pid: cpu_ns(pid) for pid in children_of(client.pid)}
        app.resume()
        wall_ns = int(app.expect("done"))
        after = {pid: cpu_ns(pid) for pid in children_of(client.pid)}
        peak = max(memory_kib(pid)["VmHWM"] for pid in after)
        app.resume()
        app.wait()
        client.wait()
    if not set(before) <= set(after):
        raise BenchError(f"{variant.name}: a process of the client ended within the measurement")
    total = sum(after.values())
    return {"cpu_ms": (total - sum(before.values())) / frames / 1e6, "wall_ms": wall_ns / frames / 1e6,
            "whole_run_ms": total / 1e6, "peak_rss_kib": peak}


def check_pixels(setup, variant, compression, pattern):
    """The compositor must see the very pictures that the application drew: speed with wrong pixels is worth nothing."""
    with Bed(setup.bin_dir) as outer:
        drawn, seen = outer.path("drawn"), outer.path("seen")
        with Bed(setup.bin_dir, sink_hashes=seen) as bed:
            if variant.name == "floor":
                channel = bed.path("channel.sock")
                client = bed.start([*variant.argv(setup.bin_dir, channel, compression, True), "--hash", seen])
                client.wait_listening(channel)
            else:
                client, channel = bed.start_client(variant, compression)
            args = ["frames", "--pattern", pattern, "--count", "7", "--warmup", "1", "--hash", drawn]
            app = bed.start_app(compression, channel, args, setup.waypipe)
            for word in ("warm", "done"):
                app.expect(word)
                app.resume()
            app.wait()
            client.wait()
            with open(drawn) as left, open(seen) as right:
                if left.read() != right.read():
                    raise BenchError(f"{variant.name}, {compression}/{pattern}: the compositor got other pixels")


def bench_frames(setup, verdicts):
    variants = setup.variants + [Variant("floor", None)]
    reading = Variant("reading", None, ["--drop", "yes"])
    results = []
    say(f"Full {WIDTH}x{HEIGHT} updates, CPU ms per frame of the receiving client (median of {setup.rounds} rounds, "
        "interleaved); ratios: median (min .. max) of the rounds' ratios")
    say(f"{'case':12} {'waypipe':>8} {'ours':>8} {'floor':>8}   {'ours / waypipe':24} {'bound':>6} {'':7}"
        f"{'ours / floor':24} {'bound':>6} {'':7} {'reading alone / waypipe':24} {'with start':>10} {'peak RSS MiB (wp, ours)':>24}")
    for compression, pattern, frames, bound in setup.cases:
        for variant in variants:
            check_pixels(setup, variant, compression, pattern)
        rounds = []
        for index in range(setup.rounds):
            # Every other round in reverse, so that no variant always follows the same neighbour.
            order = [*variants, reading]
            order = order if index % 2 == 0 else order[::-1]
            rounds.append({v.name: measure_frames(setup, v, compression, pattern, frames) for v in order})
        cpu = {v.name: spread([r[v.name]["cpu_ms"] for r in rounds]) for v in order}
        to_waypipe = spread([r["ours"]["cpu_ms"] / r["waypipe"]["cpu_ms"] for r in rounds])
        to_floor = spread([r["ours"]["cpu_ms"] / r["floor"]["cpu_ms"] for r in rounds])
        # What nobody can leave out, over what waypipe takes: a bound below it cannot be met by any client.
        least = spread([r["reading"]["cpu_ms"] / r["waypipe"]["cpu_ms"] for r in rounds])
        # With the start and the first frames, whose pages are new: what a short-lived window costs.
        whole = spread([r["ours"]["whole_run_ms"] / r["waypipe"]["whole_run_ms"] for r in rounds])
        peak = {v.name: max(r[v.name]["peak_rss_kib"] for r in rounds) for v in variants}
        case = f"{compression}/{pattern}"
        first = second = ""
        if bound is not None:
            first = verdicts.check(f"{case}: CPU ours / waypipe", to_waypipe["median"], bound)
            second = verdicts.check(f"{case}: CPU ours / floor", to_floor["median"], FLOOR_BOUND)
        say(f"{case:12} {cpu['waypipe']['median']:8.2f} {cpu['ours']['median']:8.2f} {cpu['floor']['median']:8.2f}   "
            f"{show_ratio(to_waypipe):24} {bound or '-':>6} {first:7}{show_ratio(to_floor):24} "
            f"{FLOOR_BOUND if bound else '-':>6} {second:7} {show_ratio(least):24} {whole['median']:10.2f} {peak['waypipe'] / 1024:15.1f} {peak['ours'] / 1024:8.1f}")
        results.append({"case": case, "frames": frames, "cpu_ms": cpu, "ours_to_waypipe": to_waypipe,
                        "ours_to_floor": to_floor, "reading_to_waypipe": least,
                        "whole_run_ours_to_waypipe": whole, "peak_rss_kib": peak,
                        "wall_ms": {v.name: spread([r[v.name]["wall_ms"] for r in rounds]) for v in variants}})
    return results


def show_ratio(ratio):
    return f"{ratio['median']:.2f} ({ratio['min']:.2f} .. {ratio['max']:.2f})"


def bench_video(setup, verdicts):
    others = list(zip(video.OTHER_THREADS, video.others()))
    return video.bench(setup, verdicts, [
        Variant("waypipe", setup.waypipe, ["--video=sw,h264"], {"LD_PRELOAD": video.preload(setup.bin_dir)}),
        Variant("ours", setup.ours),
        *(Variant(f"ours{name}", setup.ours, [f"--threads={count}"]) for count, name in others),
        Variant("floor", None, ["--threads", str(video.THREADS)]),
        *(Variant(f"floor{name}", None, ["--threads", str(count)]) for count, name in others),
    ], Variant("ours", setup.ours, ["--stats"]))


# --- round trips --------------------------------------------------------------------------------------------


def measure_sync(setup, variant, core):
    with Bed(setup.bin_dir, core=core) as bed:
        client, channel = bed.start_client(variant, "none") if variant else (None, None)
        args = ["sync", "--count", str(setup.sync_count), "--warmup", "500"]
        app = bed.start_app("none", channel, args, setup.waypipe)
        median_ns, _ = app.expect("sync").split()
        app.resume()
        app.wait()
        if client:
            client.wait()
    return int(median_ns) / 1000


def bench_sync(setup, verdicts):
    core = min(os.sched_getaffinity(0))
    variants = [("direct", None)] + [(v.name, v) for v in setup.variants]
    rounds = []
    for index in range(setup.rounds):
        order = variants if index % 2 == 0 else variants[::-1]
        rounds.append({name: measure_sync(setup, variant, core) for name, variant in order})
    p50 = {name: spread([r[name] for r in rounds]) for name, _ in variants}
    added = spread([(r["ours"] - r["direct"]) / (r["waypipe"] - r["direct"]) for r in rounds])
    verdict = verdicts.check("sync: (ours - direct) / (waypipe - direct)", added["median"], SYNC_BOUND)
    say(f"\nwl_display.sync round trip, all processes on core {core}, p50 of {setup.sync_count}, median of "
        f"{setup.rounds} rounds: direct {p50['direct']['median']:.1f} us, waypipe {p50['waypipe']['median']:.1f} us, "
        f"ours {p50['ours']['median']:.1f} us")
    say(f"  (ours - direct) / (waypipe - direct) = {show_ratio(added)}   bound {SYNC_BOUND}   {verdict}")
    return {"p50_us": p50, "added_ratio": added}


# --- start and idle -----------------------------------------------------------------------------------------


def time_version(program):
    times = []
    for _ in range(30):
        start = time.perf_counter()
        subprocess.run([program, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        times.append((time.perf_counter() - start) * 1000)
    return times


def time_first_event(setup, variant):
    times = []
    with Bed(setup.bin_dir) as bed:
        _, channel = bed.start_client(variant, "none", oneshot=False)
        for _ in range(30):
            times.append(connect_and_time_first_event(channel) * 1000)
            time.sleep(0.01)
    return times


def bench_start(setup, verdicts):
    result = {}
    say("\nProcess start, ms (median of 30)")
    for variant in setup.variants:
        version, event = spread(time_version(variant.program)), spread(time_first_event(setup, variant))
        result[variant.name] = {"version_ms": version, "first_event_ms": event}
        tail = ""
        if variant.name == "ours":
            verdict_version = verdicts.check("start: --version", version["median"], START_MS, "ms")
            verdict_event = verdicts.check("start: connect to first event", event["median"], START_MS, "ms")
            tail = f"   bound {START_MS:.0f}   {verdict_version}, {verdict_event}"
        say(f"  {variant.name:8} --version {version['median']:6.2f}   connect to first event (session spawned, header "
            f"read, compositor answered) {event['median']:6.2f}{tail}")
    return result


def measure_idle(setup, variant, count, seconds):
    """Memory of the session process and, over `seconds`, the CPU time of all processes of the client."""
    with Bed(setup.bin_dir) as bed:
        client, channel = bed.start_client(variant, "none", oneshot=False)
        app = bed.start_app("none", channel, ["idle", "--count", str(count)], setup.waypipe)
        app.expect("idle")
        time.sleep(2)  # delayed acknowledgements
        processes = children_of(client.pid)
        sessions = [pid for pid in processes if pid != client.pid] or [client.pid]
        memory = [memory_kib(pid) for pid in sessions]
        listener = memory_kib(client.pid)
        before = {pid: (cpu_ns(pid), ticks(pid)) for pid in processes}
        time.sleep(seconds)
        after = {pid: (cpu_ns(pid), ticks(pid)) for pid in children_of(client.pid)}
        app.resume()
        app.wait()
    return {
        "sessions": len(sessions),
        "session_memory_kib": max(memory, key=lambda m: m["VmRSS"]),
        "session_pss_kib": statistics.median(m["Pss"] for m in memory),
        "listener_memory_kib": listener,
        "cpu_ns": sum(after[p][0] - before[p][0] for p in before if p in after),
        "ticks": sum(after[p][1] - before[p][1] for p in before if p in after),
    }


def bench_idle(setup, verdicts):
    result = {}
    say("\nIdle session without mapped buffers, KiB")
    for variant in setup.variants:
        one = measure_idle(setup, variant, 1, 0)
        result[variant.name] = {"one": one}
        m = one["session_memory_kib"]
        tail = ""
        if variant.name == "ours":
            tail = f"   bound {IDLE_RSS_KIB}   {verdicts.check('idle session: RSS', m['VmRSS'], IDLE_RSS_KIB, 'KiB')}"
        say(f"  {variant.name:8} RSS {m['VmRSS']} (private {m['RssAnon']}, files {m['RssFile']}, shared "
            f"{m['RssShmem']}), PSS {m['Pss']}; listener RSS {one['listener_memory_kib']['VmRSS']}{tail}")
    say(f"{IDLE_APPS} idle applications over {IDLE_SECONDS} s")
    for variant in setup.variants:
        many = measure_idle(setup, variant, IDLE_APPS, IDLE_SECONDS)
        result[variant.name]["many"] = many
        tail = ""
        if variant.name == "ours":
            tail = f"   bound 0 ticks   {verdicts.check(f'{IDLE_APPS} idle applications: CPU', many['ticks'], 0, 'ticks')}"
        say(f"  {variant.name:8} {many['sessions']} sessions, CPU {many['ticks']} ticks ({many['cpu_ns'] / 1e6:.3f} ms), "
            f"PSS of a session {many['session_pss_kib']:.0f} KiB{tail}")
    return result


# --- main ---------------------------------------------------------------------------------------------------


def version_of(program):
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()[0] if done.returncode == 0 else "?"


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="build folder (default: %(default)s)")
    parser.add_argument("--out", default="build/bench/results.json", help="JSON of everything (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", action="append", choices=["frames", "video", "sync", "start", "idle", "micro"], default=[])
    parser.add_argument("--case", action="append", default=[], metavar="COMPRESSION/PATTERN")
    parser.add_argument("--waypipe", default=os.environ.get("WAYPIPE", "waypipe"), help="the stock one")
    parser.add_argument("--ours", default=os.environ.get("TUNNELVIEW"), help="default: BUILD/tunnelview")
    setup = parser.parse_args()
    setup.bin_dir = os.path.abspath(os.path.join(setup.build, "bench"))
    setup.ours = shutil.which(os.path.abspath(setup.ours) if setup.ours and os.path.exists(setup.ours) else
                              setup.ours or os.path.abspath(os.path.join(setup.build, "tunnelview")))
    setup.waypipe = shutil.which(setup.waypipe)
    if not setup.ours or not setup.waypipe:
        parser.error("needs both clients: --ours (or TUNNELVIEW) and --waypipe (Debian package waypipe)")
    setup.cases = [c for c in CASES if not setup.case or f"{c[0]}/{c[1]}" in setup.case]
    setup.variants = [Variant("waypipe", setup.waypipe), Variant("ours", setup.ours)]
    setup.sync_count = 4000
    return setup


def main():
    setup = parse()
    verdicts = Verdicts()
    parts = {"frames": bench_frames, "video": bench_video, "sync": bench_sync, "start": bench_start, "idle": bench_idle,
             "micro": lambda setup, verdicts: micro.bench(setup, verdicts, say)}
    results = {"machine": f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}",
               "waypipe": version_of(setup.waypipe), "ours": version_of(setup.ours), "rounds": setup.rounds}
    say(f"ours: {results['ours']}; stock: {results['waypipe']}; {results['machine']}; "
        f"load {os.getloadavg()[0]:.1f}\n")
    for name, part in parts.items():
        if not setup.only or name in setup.only:
            results[name] = part(setup, verdicts)
    results["verdicts"] = verdicts.rows
    os.makedirs(os.path.dirname(os.path.abspath(setup.out)), exist_ok=True)
    with open(setup.out, "w") as out:
        json.dump(results, out, indent=1)
    load = os.getloadavg()[0]
    results["load_at_end"] = load
    if load > os.cpu_count():
        say(f"\nload {load:.1f}: something else was running; the ratios are worth less")
    missed = [row for row in verdicts.rows if not row["met"]]
    say(f"\n{len(verdicts.rows) - len(missed)} of {len(verdicts.rows)} bounds met; figures in {setup.out}")
    for row in missed:
        say(f"  missed: {row['what']} = {row['value']:.2f} {row['unit']} (bound {row['bound']})")
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as error:
        sys.exit(f"bench: {error}")
