"""`make bench`, video: a recorded session of a stock server's H.264, shown by each client and by a bare loop."""

import os
import statistics

from procs import Bed, BenchError, children_of, cpu_ns

FOLDER = os.path.dirname(os.path.abspath(__file__))
RECORDING = os.path.join(FOLDER, "../tests/fixtures/video/084-h264-1080p-150.s2c")
WARMUP = 10  # pictures: their buffers' pages are new
THREADS = min(os.cpu_count(), 4)  # what our client takes to decode a picture of this size
CLIENT_BOUND = 0.65
FLOOR_BOUND = 1.10


def preload(bin_dir):
    """What lets a stock waypipe take memfds for dmabufs on a machine without a GPU."""
    folder = os.path.join(bin_dir, "../tests/support/fakedma")
    return ":".join(os.path.abspath(f"{folder}/libtv-fake-{name}.so") for name in ("dma", "gbm"))


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "all": values}


def show_ratio(ratio):
    return f"{ratio['median']:.3f} ({ratio['min']:.3f} .. {ratio['max']:.3f})"


def play(setup, variant, hashes=None):
    """One run: CPU time per picture of the client's processes, and of the whole run."""
    floor = variant.program is None  # it is the compositor, too
    with Bed(setup.bin_dir, sink_hashes=None if floor else hashes, windows=True) as bed:
        if floor and hashes:
            channel = bed.path("channel.sock")
            client = bed.start([*variant.argv(setup.bin_dir, channel, "none", True), "--hash", hashes])
            client.wait_listening(channel)
        else:
            client, channel = bed.start_client(variant, "none")
        argv = ["python3", f"{FOLDER}/replay.py", channel, RECORDING, "--warmup", str(WARMUP), "--control"]
        player = bed.start(argv)
        player.expect("warm")
        before = {pid: cpu_ns(pid) for pid in children_of(client.pid)}
        player.resume()
        wall_ns, pictures = (int(word) for word in player.expect("done").split())
        after = {pid: cpu_ns(pid) for pid in children_of(client.pid)}
        player.resume()
        player.wait()
        client.wait()
    if not set(before) <= set(after):
        raise BenchError(f"{variant.name}: a process of the client ended within the measurement")
    return {"cpu_ms": (sum(after.values()) - sum(before.values())) / pictures / 1e6, "pictures": pictures,
            "wall_ms": wall_ns / pictures / 1e6, "whole_run_ms": sum(after.values()) / 1e6}


def lines_of(path):
    with open(path) as file:
        return file.read().split()


def check_pixels(setup, variants):
    """The compositor must see the bare loop's pictures, bit for bit; from waypipe, which rounds otherwise, as many."""
    with Bed(setup.bin_dir) as outer:
        seen = {}
        for variant in variants:
            play(setup, variant, outer.path("seen"))
            seen[variant.name] = lines_of(outer.path("seen"))
    wanted = seen["floor"]
    for name, pictures in seen.items():
        as_many = len(set(pictures)) == len(set(wanted)) > WARMUP
        if not as_many or (name != "waypipe" and pictures != wanted):
            raise BenchError(f"{name}: the compositor got other pictures of the video")


def bench(setup, verdicts, variants):
    check_pixels(setup, variants)
    rounds = []
    for index in range(setup.rounds):
        # Every other round in reverse, so that no variant always follows the same neighbour.
        order = variants if index % 2 == 0 else variants[::-1]
        rounds.append({v.name: play(setup, v) for v in order})

    def ratio(left, right, key="cpu_ms"):
        return spread([r[left][key] / r[right][key] for r in rounds])

    name = os.path.basename(RECORDING).removesuffix(".s2c")
    result = {"recording": name, "threads": THREADS, "ratios": {}}
    result["cpu_ms"] = {v.name: spread([r[v.name]["cpu_ms"] for r in rounds]) for v in variants}
    result["wall_ms"] = {v.name: spread([r[v.name]["wall_ms"] for r in rounds]) for v in variants}
    print(f"\nVideo: {name}, {rounds[0]['ours']['pictures']} pictures after {WARMUP}: CPU ms per picture "
          f"(median of {setup.rounds} rounds, interleaved), decoding on {THREADS} threads unless it says 1", flush=True)
    for what, cpu in result["cpu_ms"].items():
        print(f"  {what:20} {cpu['median']:6.2f} ({cpu['min']:.2f} .. {cpu['max']:.2f})")
    for left, right, bound in (
        ("ours", "waypipe", CLIENT_BOUND),
        ("ours, 1 thread", "waypipe", None),
        ("floor", "waypipe", None),
        ("ours", "floor", FLOOR_BOUND),
        ("ours, 1 thread", "floor, 1 thread", FLOOR_BOUND),
    ):
        found = ratio(left, right)
        verdict = "" if bound is None else verdicts.check(f"video: CPU {left} / {right}", found["median"], bound)
        print(f"  {left + ' / ' + right:40} {show_ratio(found):24} {'bound ' + str(bound) if bound else '':11} {verdict}", flush=True)
        result["ratios"][f"{left} / {right}"] = found
    result["whole_run_ours_to_waypipe"] = ratio("ours", "waypipe", "whole_run_ms")
    print(f"  {'with the start: ours / waypipe':40} {show_ratio(result['whole_run_ours_to_waypipe'])}", flush=True)
    return result
