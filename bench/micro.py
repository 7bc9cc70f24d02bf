"""Work on pixels and pictures alone, without processes around it: what the micro-benchmarks and the cost test say."""

import json
import os
import statistics
import subprocess
import tempfile

from procs import BenchError

# A raw full frame into a surface of the compositor's, against the same into a file behind wl_shm.
RAW_BOUND = 1.25
RAW_CASES = [
    ("surface_xr24_lz4", "shm_lz4"),
    ("padded_surface_xr24_lz4", "shm_lz4"),
    ("surface_ar24_lz4", "shm_lz4"),
    ("padded_surface_ar24_lz4", "shm_lz4"),
    ("surface_xr24_none", "shm_none"),
    ("padded_surface_xr24_none", "shm_none"),
    ("surface_ar24_none", "shm_none"),
    ("padded_surface_ar24_none", "shm_none"),
]
# Processor time of all threads for a 1080p picture of a video, with Apple's functions doing nothing.
PICTURE_BOUND_MS = 0.25
# As fast as libyuv's; the least of two times differ by so much from run to run.
CONVERSION_BOUND = 1.05


def run(argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{os.path.basename(argv[0])} failed: {(done.stdout + done.stderr).strip()[-400:]}")
    return done.stdout


def raw_pictures(setup, verdicts, say):
    """Cases interleaved, so that each round's ratio is of the same half minute."""
    program = f"{setup.bin_dir}/tv-bench-micro"
    if not os.path.exists(program):
        say("\nRaw full frames: tv-bench-micro was not built (google-benchmark is missing)")
        return None
    rounds = []
    for _ in range(setup.rounds):
        report = json.loads(run([program, "--benchmark_filter=^raw_picture/", "--benchmark_format=json",
                                 "--benchmark_min_time=0.1"]))
        rounds.append({one["name"].split("/")[1]: one["cpu_time"] for one in report["benchmarks"]})
    say(f"\nRaw 1080p frame into a surface / into a file, processor time (median of {len(rounds)})")
    result = {}
    for case, base in RAW_CASES:
        ratio = statistics.median(one[case] / one[base] for one in rounds)
        result[case] = ratio
        verdict = verdicts.check(f"raw frame: {case}", ratio, RAW_BOUND)
        say(f"  {case:26} {ratio:5.2f} of {base:9} bound {RAW_BOUND}   {verdict}")
    return result


def conversion(setup, verdicts, say):
    """The best kernel that this machine has, the first of its kind in the report."""
    program = f"{setup.bin_dir}/tv-bench-video-micro"
    if not os.path.exists(program):
        say("\nColour conversion: tv-bench-video-micro was not built (google-benchmark or libyuv is missing)")
        return None
    report = json.loads(run([program, "--benchmark_filter=/XRGB8888/", "--benchmark_format=json"]))
    least = [one for one in report["benchmarks"] if one.get("aggregate_name") == "least"]
    say("\nColour conversion of a 1080p picture, processor time (the least of 20 runs each)")
    result = {}
    for layout in ("I420", "NV12"):
        theirs, ours = [one for one in least if one["name"].startswith(f"{layout}/")][:2]
        name = ours["name"].split("/")[2]
        ratio = ours["cpu_time"] / theirs["cpu_time"]
        result[layout] = {"kernel": name, "ratio": ratio, "worst": ours["worst"]}
        fast = verdicts.check(f"conversion of {layout}: ours / libyuv", ratio, CONVERSION_BOUND)
        exact = verdicts.check(f"conversion of {layout}: code values from exact", ours["worst"], 1)
        say(f"  {layout} ours ({name}) / libyuv {ratio:5.2f}   bound {CONVERSION_BOUND}   {fast};   at most {ours['worst']:.2f} "
            f"code values from exact   bound 1   {exact}")
    return result


def allocations(setup, verdicts, say):
    program = f"{setup.bin_dir}/tv-bench-micro"
    if not os.path.exists(program):
        return None
    report = json.loads(run([program, "--benchmark_format=json", "--benchmark_min_time=0.02"]))
    counts = {one["name"]: one["allocations"] for one in report["benchmarks"]}
    most = max(counts.values())
    say(f"\nAllocations in each of {len(counts)} parts, once warm: at most {most:.0f}   bound 0   "
        f"{verdicts.check('allocations in steady state', most, 0)}")
    return counts


def apple_picture(setup, verdicts, say):
    program = os.path.join(setup.build, "tests", "applesim", "applesim_cost_test")
    if not os.path.exists(program):
        say("\nA picture on the simulated macOS: applesim_cost_test was not built")
        return None
    times = []
    for _ in range(setup.rounds):
        with tempfile.NamedTemporaryFile(suffix=".json") as report:
            run([program, "--gtest_filter=PathCost.*", f"--gtest_output=json:{report.name}"])
            suites = json.load(report)["testsuites"]
        times.append(float(suites[0]["testsuite"][0]["milliseconds"]))
    median = statistics.median(times)
    verdict = verdicts.check("1080p picture without Apple's part", median, PICTURE_BOUND_MS, "ms")
    say(f"\n1080p picture of a video, channel to compositor, Apple's functions doing nothing, all threads: {median:.3f} ms "
        f"(of {len(times)}: {min(times):.3f} to {max(times):.3f})   bound {PICTURE_BOUND_MS}   {verdict}")
    return {"milliseconds": median, "all": times}


def bench(setup, verdicts, say):
    return {"raw": raw_pictures(setup, verdicts, say), "picture": apple_picture(setup, verdicts, say),
            "conversion": conversion(setup, verdicts, say), "allocations": allocations(setup, verdicts, say)}
