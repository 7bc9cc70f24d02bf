#!/usr/bin/env python3
"""Makes the clips that `tunnelview selftest` decodes: src/cli/selftest/CODEC.clip. Needs ffmpeg with libx264, libx265, libvpx and libaom,
and the zstd program. The clips are committed; this is run only to make others.

A clip, all numbers little-endian: "TVCLIP1\\0"; u8 codec (0 H.264, 1 VP9, 2 AV1, 3 HEVC); u16 width, height; u16 number of packets; for
each u8 key frame, u32 size, bytes; u32 size of what follows: the last picture as every decoder must show it, I420, zstd-compressed.
"""

import os
import re
import struct
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.join(TOP, "src", "cli", "selftest")
WIDTH, HEIGHT, FRAMES = 176, 98, 8  # no multiple of 16; large enough for hardware decoders


def source():
    """I420 frames: gradients in luma and chroma, and a bright square that moves."""
    frames = bytearray()
    for n in range(FRAMES):
        for y in range(HEIGHT):
            for x in range(WIDTH):
                inside = 20 + 9 * n <= x < 60 + 9 * n and 15 + 4 * n <= y < 45 + 4 * n
                frames.append(210 if inside else 40 + (x * 3 + y * 5 + n * 4) // 10 % 140)
        for plane in range(2):
            for y in range(HEIGHT // 2):
                for x in range(WIDTH // 2):
                    frames.append(48 + (x * 160 // (WIDTH // 2) if plane == 0 else y * 160 // (HEIGHT // 2)))
    return bytes(frames)


def run(words, data=b""):
    done = subprocess.run(words, input=data, capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: {done.stderr.decode()[-2000:]}")
    return done.stdout


def annex_b_units(stream, aud):
    """Access units: each begins with its delimiter, which is taken out again."""
    starts = [m.start() for m in re.finditer(b"\x00\x00\x00\x01" + aud, stream)]
    units = [stream[a:b] for a, b in zip(starts, starts[1:] + [len(stream)])]
    return [unit[unit.index(b"\x00\x00\x01", 4) - (1 if unit[unit.index(b"\x00\x00\x01", 4) - 1] == 0 else 0) :] for unit in units]


def ivf_frames(stream):
    at, frames = 32, []
    while at < len(stream):
        (size,) = struct.unpack_from("<I", stream, at)
        frames.append(stream[at + 12 : at + 12 + size])
        at += 12 + size
    return frames


ENCODERS = {
    "h264": (0, ["-c:v", "libx264", "-preset", "veryslow", "-bf", "0", "-crf", "24", "-x264-params", "keyint=100:aud=1"], "h264", rb"\x09"),
    "vp9": (1, ["-c:v", "libvpx-vp9", "-deadline", "best", "-lag-in-frames", "0", "-auto-alt-ref", "0", "-crf", "34", "-b:v", "0", "-g", "100"], "ivf", None),
    "av1": (2, ["-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "5", "-lag-in-frames", "0", "-crf", "34", "-b:v", "0", "-g", "100"], "ivf", None),
    "hevc": (3, ["-c:v", "libx265", "-preset", "slow", "-crf", "26", "-x265-params", "bframes=0:keyint=100:aud=1:info=0"], "hevc", rb"\x46\x01"),
}
RAW = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", "25"]


def main():
    pictures = source()
    for name, (codec, options, container, aud) in ENCODERS.items():
        with tempfile.TemporaryDirectory() as folder:
            stream_file = os.path.join(folder, "stream." + container)
            run(["ffmpeg", "-v", "error", *RAW, "-i", "-", *options, "-threads", "1", "-f", container, stream_file], pictures)
            with open(stream_file, "rb") as f:
                stream = f.read()
            packets = ivf_frames(stream) if aud is None else annex_b_units(stream, aud)
            decoded = run(["ffmpeg", "-v", "error", "-i", stream_file, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"])
        size = WIDTH * HEIGHT * 3 // 2
        if len(packets) != FRAMES or len(decoded) != FRAMES * size:
            sys.exit(f"{name}: {len(packets)} packets, {len(decoded) / size} pictures")
        last = run(["zstd", "-q", "-19", "-c"], decoded[-size:])
        clip = b"TVCLIP1\0" + struct.pack("<BHHH", codec, WIDTH, HEIGHT, FRAMES)
        for number, packet in enumerate(packets):
            clip += struct.pack("<BI", number == 0, len(packet)) + packet
        clip += struct.pack("<I", len(last)) + last
        with open(os.path.join(OUT, name + ".clip"), "wb") as f:
            f.write(clip)
        print(f"{name}: {sum(map(len, packets))} bytes of packets, {len(last)} of picture")


main()
