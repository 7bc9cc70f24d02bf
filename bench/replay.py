#!/usr/bin/env python3
"""Plays the sender's side of a recorded session into a client's channel socket, for benchmarks.

usage: replay.py SOCKET RECORDING.s2c [--warmup FRAMES] [--control]

The recorded application waited for its frame callbacks; ids of objects are used again once their deletion is confirmed. So
each message waits until as many wl_display.delete_id have come back as had come in the recording (.c2s, .tsv beside it). Names
of globals are those of today's compositor, found by their interface; serials of configure events are today's too. What
the application said after its last picture was answered is left out.

Prints "warm" after FRAMES pictures were answered and "done NANOSECONDS PICTURES" after all were: the wall time between, and how
many there were. With --control each waits for a line on standard input before it goes on, so that a client's clocks can be read
while nothing happens.
"""

import argparse
import os
import select
import socket
import struct
import sys
import time

PROTOCOL, SEND_VIDEO_PACKET, CLOSE = 0, 15, 18
HEADER_BYTES = 16
DISPLAY, REGISTRY = 1, 2  # object ids; the registry's is that of every recording made so far
PATIENCE = 10  # seconds for any answer


def messages(data, at=0):
    """(type, begin, begin of the payload, its end, end with padding) of each whole message."""
    while at + 4 <= len(data):
        word = struct.unpack_from("<I", data, at)[0]
        length = word >> 5
        end = at + ((length + 3) & ~3)
        if length < 4 or end > len(data):
            return
        yield word & 31, at, at + 4, at + length, end
        at = end


def wayland(data, at, end):
    """(object, opcode, begin of the arguments, their end) of each Wayland message in a Protocol message."""
    while at + 8 <= end:
        sender, word = struct.unpack_from("<II", data, at)
        size = word >> 16
        if size < 8:
            return
        yield sender, word & 0x7FF, at + 8, at + size  # bits 11 to 15: its number of descriptors
        at += size


def text(data, at):
    """A Wayland string, and where what follows it begins."""
    length = struct.unpack_from("<I", data, at)[0]
    return bytes(data[at + 4 : at + 4 + length - 1]), at + 4 + ((length + 3) & ~3)


def deletions(data, at, end):
    return sum(1 for sender, opcode, _, _ in wayland(data, at, end) if sender == DISPLAY and opcode == 1)


class Answers:
    """What the client sent; read while something is waited for."""

    def __init__(self, channel):
        self.channel = channel
        self.data = b""
        self.deleted, self.globals, self.serials = 0, {}, {}

    def wait(self, condition, what):
        while not condition():
            if not select.select([self.channel], [], [], PATIENCE)[0]:
                sys.exit(f"replay: {what} did not come within {PATIENCE} s")
            more = self.channel.recv(65536)
            if not more:
                sys.exit(f"replay: the client closed the channel before {what} came")
            self.data += more
            at = 0
            for kind, _, begin, end, at in messages(self.data):
                if kind == PROTOCOL:
                    self.take(self.data, begin, end)
            self.data = self.data[at:]

    def take(self, data, begin, end):
        for sender, opcode, at, stop in wayland(data, begin, end):
            if sender == DISPLAY and opcode == 0:
                sys.exit("replay: wl_display.error: " + text(data, at + 8)[0].decode(errors="replace"))
            elif sender == DISPLAY and opcode == 1:
                self.deleted += 1
            elif sender == REGISTRY and opcode == 0:
                self.globals[text(data, at + 4)[0]] = struct.unpack_from("<I", data, at)[0]
            elif opcode == 0 and stop - at == 4:
                # xdg_surface.configure, among others that nobody asks for.
                self.serials[sender] = struct.unpack_from("<I", data, at)[0]


class Recording:
    def __init__(self, path):
        stem = path.removesuffix(".s2c")
        with open(path, "rb") as file:
            self.sent = bytearray(file.read())
        with open(stem + ".c2s", "rb") as file:
            answers = file.read()
        confirmed, total = [], 0  # (offset in the answers, deletions up to there)
        for kind, _, begin, stop, end in messages(answers):
            if kind == PROTOCOL:
                total += deletions(answers, begin, stop)
                confirmed.append((end, total))
        # How many deletions had come when each part of the recording was sent.
        self.parts, sent, answered, index, deleted = [], 0, 0, 0, 0
        with open(stem + ".tsv") as lines:
            for line in lines:
                _, direction, count = line.split()
                if direction == "c2s":
                    answered += int(count)
                    continue
                sent += int(count)
                while index < len(confirmed) and confirmed[index][0] <= answered:
                    deleted = confirmed[index][1]
                    index += 1
                self.parts.append((sent, deleted))

    def pictures(self):
        return sum(1 for kind, *_ in messages(self.sent, HEADER_BYTES) if kind == SEND_VIDEO_PACKET)

    def steps(self):
        """Each message with the deletions that it waits for."""
        part = 0
        for kind, begin, payload, stop, end in messages(self.sent, HEADER_BYTES):
            while part + 1 < len(self.parts) and self.parts[part][0] < end:
                part += 1
            yield kind, begin, payload, stop, end, self.parts[part][1]


class Rewriter:
    """Puts today's names and serials into the recorded requests."""

    def __init__(self, data, answers):
        self.data, self.answers = data, answers
        self.shells, self.surfaces = set(), set()

    def rewrite(self, begin, end):
        for sender, opcode, at, stop in wayland(self.data, begin, end):
            if sender == REGISTRY and opcode == 0:
                interface, after = text(self.data, at + 4)
                self.answers.wait(lambda: interface in self.answers.globals, f"a global {interface.decode()}")
                struct.pack_into("<I", self.data, at, self.answers.globals[interface])
                if interface == b"xdg_wm_base":
                    self.shells.add(struct.unpack_from("<I", self.data, after + 4)[0])
            elif sender in self.shells and opcode == 2:  # get_xdg_surface
                self.surfaces.add(struct.unpack_from("<I", self.data, at)[0])
            elif sender in self.surfaces and opcode == 4 and stop - at == 4:  # ack_configure
                self.answers.wait(lambda: sender in self.answers.serials, "a configure event")
                struct.pack_into("<I", self.data, at, self.answers.serials[sender])


def report(line, control):
    print(line, flush=True)
    if control and not sys.stdin.readline():
        sys.exit("replay: nobody is there any more")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("socket")
    parser.add_argument("recording")
    parser.add_argument("--warmup", type=int, default=1, help="pictures before the measurement (default: %(default)s)")
    parser.add_argument("--control", action="store_true")
    options = parser.parse_args()
    recording = Recording(options.recording)
    data = recording.sent
    channel = socket.socket(socket.AF_UNIX)
    channel.connect(options.socket)
    channel.sendall(data[:HEADER_BYTES])
    answers = Answers(channel)
    rewriter = Rewriter(data, answers)
    waited = packets = before = 0
    pictures = recording.pictures()
    began = None
    for kind, begin, payload, stop, end, needed in recording.steps():
        if needed > waited:
            answers.wait(lambda: answers.deleted >= needed, "wl_display.delete_id")
            waited = needed
            if packets == pictures:
                break
            if began is None and packets >= options.warmup:
                before = packets
                report("warm", options.control)
                began = time.monotonic_ns()
        if kind == PROTOCOL:
            rewriter.rewrite(payload, stop)
        elif kind == SEND_VIDEO_PACKET:
            packets += 1
        channel.sendall(data[begin:end])
    else:
        sys.exit("replay: the recording ends before its last picture was answered")
    if began is None:
        sys.exit("replay: the recording ended before it was warm")
    wall = time.monotonic_ns() - began
    report(f"done {wall} {packets - before}", options.control)
    channel.sendall(struct.pack("<I", 4 << 5 | CLOSE))
    channel.close()


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, ConnectionError) as error:
        sys.exit(f"replay: {os.strerror(error.errno) if error.errno else error}")
