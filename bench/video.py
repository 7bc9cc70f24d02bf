"""`make bench`, video: a recorded session of a stock server's H.264, shown by each client and by a bare loop."""

import json
import os
import statistics
import subprocess

from procs import Bed, BenchError, children_of, cpu_ns

FOLDER = os.path.dirname(os.path.abspath(__file__))
RECORDING = os.path.join(FOLDER, "../tests/fixtures/video/084-h264-1080p-150.s2c")
WARMUP = 10  # pictures: their buffers' pages are new
THREADS = min(max(os.cpu_count() // 2, 1), 4)  # what our client takes to decode a picture of this size
OTHER_THREADS = [count for count in (1, 2) if count != THREADS]
CLIENT_BOUND = 0.65
FLOOR_BOUND = 1.10
TWO_STREAMS_BOUND = 0.60
OVERHEAD_MS = 0.3  # from a packet's last byte to its commit's first, beside decoding and conversion


def others():
    return [f", {count} thread{'s' if count > 1 else ''}" for count in OTHER_THREADS]


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
        said = client.said()
    if not set(before) <= set(after):
        raise BenchError(f"{variant.name}: a process of the client ended within the measurement")
    return {"said": said, "cpu_ms": (sum(after.values()) - sum(before.values())) / pictures / 1e6, "pictures": pictures,
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


def bench_streams(setup, verdicts):
    """Streams by themselves: two at once, and how long a conversion takes."""
    argv = [f"{setup.bin_dir}/tv-bench-video-decode", RECORDING, str(setup.rounds)]
    run = subprocess.run(argv, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise BenchError(run.stderr.strip() or f"{argv[0]} failed")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    for line in lines:
        if line["bench"] != "video_two_streams":
            continue
        threads = f"{line['threads']} threads" if line["threads"] else "threads as our client takes them"
        bound, verdict = "", ""
        if line["threads"] == 0:
            bound = f"bound {TWO_STREAMS_BOUND}"
            verdict = verdicts.check("video: two streams at once / one by one", line["ratio"], TWO_STREAMS_BOUND)
        print(f"  {'two streams, wall time: at once / one by one':46} {line['ratio']:.3f} ({line['at_once_ms']:.0f} / "
              f"{line['one_by_one_ms']:.0f} ms, {threads}; "
              f"two bare loops {line['bare_ratio']:.3f})   {bound:11} {verdict}", flush=True)
    return lines


def bench_latency(setup, verdicts, variant, paced):
    """What --stats tells of the replay. Its stage `convert` begins with the hand-over to a worker, which `paced` knows apart."""
    if "--stats" not in subprocess.run([variant.program, "--help"], capture_output=True, text=True, check=False).stdout:
        print("  packet complete to commit forwarded: not measured, this client has no --stats")
        return None
    rounds = []
    for _ in range(setup.rounds):
        lines = [line for line in play(setup, variant)["said"].splitlines() if line.startswith("{")]
        final = [surface for line in lines if json.loads(line)["final"] for surface in json.loads(line)["surfaces"]]
        if not final:
            raise BenchError("--stats told nothing of the video")
        p50 = {stage: times["p50"] for stage, times in final[0]["stages"].items()}
        p50["overhead"] = p50["queue"] + paced["hand_over_p50_ms"] + p50["wait_for_commit"]
        rounds.append(p50)
    stages = {stage: spread([r[stage] for r in rounds]) for stage in rounds[0]}
    overhead = stages["overhead"]
    verdict = verdicts.check("video: packet to commit, beside decode + convert", overhead["median"], OVERHEAD_MS, "ms")
    parts = ", ".join(f"{stage.replace('_', ' ')} {stages[stage]['median']:.2f}" for stage in
                      ("queue", "decode", "convert", "wait_for_commit", "total"))
    print(f"  packet complete to commit forwarded, ms (p50): {parts}; hand-over before converting "
          f"{paced['hand_over_p50_ms']:.2f}", flush=True)
    print(f"  {'beside decode + convert, ms':40} {show_ratio(overhead):24} bound {OVERHEAD_MS}   {verdict}", flush=True)
    return stages


def bench(setup, verdicts, variants, with_stats):
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
          f"(median of {setup.rounds} rounds, interleaved), decoding on {THREADS} thread(s) unless it says otherwise", flush=True)
    for what, cpu in result["cpu_ms"].items():
        print(f"  {what:20} {cpu['median']:6.2f} ({cpu['min']:.2f} .. {cpu['max']:.2f})")
    for left, right, bound in (
        ("ours", "waypipe", CLIENT_BOUND),
        *((f"ours{other}", "waypipe", None) for other in others()),
        ("floor", "waypipe", None),
        ("ours", "floor", FLOOR_BOUND),
        *((f"ours{other}", f"floor{other}", FLOOR_BOUND) for other in others()),
    ):
        found = ratio(left, right)
        verdict = "" if bound is None else verdicts.check(f"video: CPU {left} / {right}", found["median"], bound)
        print(f"  {left + ' / ' + right:40} {show_ratio(found):24} {'bound ' + str(bound) if bound else '':11} {verdict}", flush=True)
        result["ratios"][f"{left} / {right}"] = found
    result["whole_run_ours_to_waypipe"] = ratio("ours", "waypipe", "whole_run_ms")
    print(f"  {'with the start: ours / waypipe':40} {show_ratio(result['whole_run_ours_to_waypipe'])}", flush=True)
    result["streams"] = bench_streams(setup, verdicts)
    paced = next(line for line in result["streams"] if line["bench"] == "video_paced" and line["threads"] == 0)
    result["latency_ms"] = bench_latency(setup, verdicts, with_stats, paced)
    return result
