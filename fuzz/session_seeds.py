#!/usr/bin/env python3
"""session_seeds.py RECORDINGS OUT: makes inputs of fuzz_session from tests/fixtures/*.{s2c,c2s,tsv}.

What the server sent becomes channel bytes; the events in what the client answered become compositor bytes. Long
recordings are cut off after LONGEST bytes, and what is shown is made small by the limits of fuzz builds anyway.
"""
import pathlib
import struct
import sys

LONGEST = 24 * 1024
CHANNEL, COMPOSITOR, TAKES, TIME = range(4)


def step(what, data=b"", amount=None):
    return struct.pack("<BH", what, len(data) if amount is None else amount) + data


def events_of(messages):
    """The Wayland events in whole channel messages, their tags cleared; and the number of descriptors."""
    out, fds = b"", 0
    while len(messages) >= 4:
        word = struct.unpack_from("<I", messages)[0]
        size, kind = word >> 5, word & 31
        body = messages[4:size]
        messages = messages[(size + 3) // 4 * 4 :]
        if kind != 0:
            continue
        while len(body) >= 8:
            object_id, second = struct.unpack_from("<II", body)
            fds += second >> 11 & 31
            length = second >> 16
            out += struct.pack("<II", object_id, second & 0xFFFF07FF) + body[8:length]
            body = body[length:]
    return out, fds


def whole(messages):
    """How many bytes at the front are whole messages."""
    at = 0
    while at + 4 <= len(messages):
        size = (struct.unpack_from("<I", messages, at)[0] >> 5) + 3 & ~3
        if at + size > len(messages):
            break
        at += size
    return at


def convert(base):
    sent = base.with_suffix(".s2c").read_bytes()
    answered = base.with_suffix(".c2s").read_bytes()
    out, pending = b"", b""
    for line in base.with_suffix(".tsv").read_text().splitlines():
        _, direction, count = line.split("\t")
        count = int(count)
        if direction == "s2c":
            data, sent = sent[:count], sent[count:]
            while data:
                piece, data = data[:0xFFFF], data[0xFFFF:]
                out += step(CHANNEL, piece) + step(TAKES, amount=0xFFFF)
        else:
            pending += answered[:count]
            answered = answered[count:]
            ready = whole(pending)
            events, fds = events_of(pending[:ready])
            pending = pending[ready:]
            if events:
                out += step(COMPOSITOR | min(fds, 3) << 2, events)
        out += step(TIME, amount=30)
        if len(out) > LONGEST:
            break
    return out[: LONGEST * 2]


def main():
    recordings, target = map(pathlib.Path, sys.argv[1:3])
    target.mkdir(parents=True, exist_ok=True)
    for base in sorted(recordings.glob("*.tsv")):
        (target / base.stem).write_bytes(convert(base))


main()
