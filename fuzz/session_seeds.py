#!/usr/bin/env python3
"""session_seeds.py RECORDINGS OUT: makes inputs of fuzz_session from tests/fixtures/*.{s2c,c2s,tsv}.

What the server sent becomes channel bytes; the events in what the client answered become compositor bytes. Long
recordings are cut off after LONGEST bytes. Beside them there are short sessions made by hand for what no recording
has.
"""
import pathlib
import struct
import sys

LONGEST = 8 * 1024
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


# --- sessions made by hand: every family of messages that a handler knows, with as few bytes as possible ---

GLOBALS = {
    "wl_compositor": 5, "wl_shm": 1, "wl_seat": 7, "wl_data_device_manager": 3, "wl_output": 3, "xdg_wm_base": 3,
    "wp_presentation": 1, "wp_commit_timing_manager_v1": 1, "zwlr_screencopy_manager_v1": 3, "wp_color_manager_v1": 1,
    "ext_image_copy_capture_manager_v1": 1, "ext_output_image_capture_source_manager_v1": 1,
    "xdg_toplevel_icon_manager_v1": 1, "zwlr_gamma_control_manager_v1": 1, "zwp_virtual_keyboard_manager_v1": 1,
    "zwp_input_method_manager_v2": 1, "zwp_primary_selection_device_manager_v1": 1, "unheard_of": 4,
}
HIDDEN_FROM_C = {
    "wp_color_manager_v1", "ext_image_copy_capture_manager_v1", "xdg_toplevel_icon_manager_v1",
    "wp_commit_timing_manager_v1",
}
HIDDEN_FROM_RUST = {"zwp_virtual_keyboard_manager_v1", "zwp_input_method_manager_v2"}


def wayland(object_id, opcode, *arguments, fds=0):
    body = b""
    for argument in arguments:
        if isinstance(argument, str):
            text = argument.encode() + b"\0"
            body += struct.pack("<I", len(text)) + text + bytes(-len(text) % 4)
        else:
            body += struct.pack("<I", argument & 0xFFFFFFFF)
    return struct.pack("<II", object_id, 8 + len(body) << 16 | fds << 11 | opcode) + body


def message(kind, payload):
    return struct.pack("<I", 4 + len(payload) << 5 | kind) + payload + bytes(-len(payload) % 4)


def words(kind, *numbers, data=b""):
    return message(kind, b"".join(struct.pack("<I", number & 0xFFFFFFFF) for number in numbers) + data)


class Script:
    """Steps of one session."""

    def __init__(self, version, appetite=0xFFFF):
        self.version = version
        header = 0x80 | 1 << 8 | (version & 15) << 3 | (version >> 4) << 16
        self.out = step(TAKES, amount=appetite) + step(CHANNEL, struct.pack("<I", header) + bytes(12))
        self.next_id = 3
        self.next_rid = 1
        self.channel(self.requests(wayland(1, 1, 2)))
        self.names = {}
        events = b""
        for name, (interface, version_offered) in enumerate(GLOBALS.items(), 1):
            self.names[interface] = name
            events += wayland(2, 0, name, interface, version_offered)
        self.events(events)

    def requests(self, *messages):
        return message(0, b"".join(messages))

    def channel(self, *messages):
        self.out += step(CHANNEL, b"".join(messages))

    def events(self, data, fds=0):
        self.out += step(COMPOSITOR | fds << 2, data)

    def new_id(self):
        self.next_id += 1
        return self.next_id - 1

    def bind(self, interface, version=None):
        hidden = HIDDEN_FROM_C if self.version == 16 else HIDDEN_FROM_RUST
        if interface in hidden:
            return None
        version = min(version or GLOBALS[interface], {"zwlr_screencopy_manager_v1": 1}.get(interface, 9)
                      if self.version == 16 else 9)
        new = self.new_id()
        self.channel(self.requests(wayland(2, 0, self.names[interface], interface, version, new)))
        return new

    def file(self, size=256):
        """OpenFile with contents, announced for the next Protocol message."""
        rid = self.next_rid
        self.next_rid += 1
        return words(2, rid, size) + words(5, rid, 0, 64, data=bytes(range(64))), words(1, rid), rid

    def call(self, object_id, opcode, *arguments):
        self.channel(self.requests(wayland(object_id, opcode, *arguments)))

    def make(self, object_id, opcode, *arguments):
        """A request whose first argument is a new id."""
        new = self.new_id()
        self.call(object_id, opcode, new, *arguments)
        return new

    def with_file(self, object_id, opcode, *arguments):
        contents, inject, rid = self.file()
        self.channel(contents, inject, self.requests(wayland(object_id, opcode, *arguments, fds=1)))
        return rid

    def buffer(self, shm):
        pool = self.new_id()
        rid = self.with_file(shm, 0, pool, 256)
        return pool, self.make(pool, 0, 0, 8, 8, 32, 0), rid


def pictures(version):
    s = Script(version)
    compositor, shm = s.bind("wl_compositor"), s.bind("wl_shm")
    presentation, timing = s.bind("wp_presentation"), s.bind("wp_commit_timing_manager_v1")
    surface = s.make(compositor, 0)
    pool, buffer, rid = s.buffer(shm)
    if timing:
        timer = s.make(timing, 0, surface)
        s.call(timer, 0, 0, 1000, 5)
    feedback = s.new_id()
    s.call(presentation, 1, surface, feedback)
    s.events(wayland(presentation, 0, 1))
    for size in (256, 512):
        s.call(surface, 1, buffer, 0, 0)
        s.channel(words(6, rid, 12, 0, data=struct.pack("<III", 3, 4, size)), s.requests(wayland(surface, 6)))
        s.channel(words(3, rid, 512), s.requests(wayland(pool, 2, 512)))
    s.events(wayland(buffer, 0) + wayland(feedback, 1, 0, 5, 6, 7, 8, 9, 1) + wayland(1, 1, feedback))
    s.out += step(TIME, amount=50)
    for destroyed in (pool, buffer, surface):
        s.call(destroyed, 0 if destroyed != pool else 1)
    s.events(wayland(1, 1, pool) + wayland(1, 1, buffer) + wayland(1, 1, surface))
    return s.out


def held(version):
    """The compositor takes the commits late: updates wait behind them."""
    s = Script(version, appetite=0)
    compositor, shm = s.bind("wl_compositor"), s.bind("wl_shm")
    surface = s.make(compositor, 0)
    pool, buffer, rid = s.buffer(shm)
    for word in range(3):
        s.call(surface, 1, buffer, 0, 0)
        s.call(surface, 6)
        s.channel(words(6, rid, 12, 0, data=struct.pack("<III", word, word + 1, 7)), words(3, rid, 512 + word * 64))
    s.out += step(TAKES, amount=200)
    s.call(pool, 2, 600)
    s.call(pool, 1)
    s.call(buffer, 0)
    s.out += step(TAKES, amount=0xFFFF)
    return s.out


def large(version):
    """An uncompressed diff of two spans that comes in pieces and is read straight into its file."""
    s = Script(version)
    size = 40960
    s.channel(words(2, 1, size), words(1, 1), s.requests(wayland(s.bind("wl_shm"), 0, s.new_id(), size, fds=1)))
    first, second = bytes(range(256)) * 80, bytes(200)
    spans = struct.pack("<II", 0, len(first) // 4) + first + struct.pack("<II", 6000, 6050) + second
    whole_diff = words(6, 1, len(spans), 3, data=spans + b"end")
    for cut in range(0, len(whole_diff), 7001):
        s.out += step(CHANNEL, whole_diff[cut : cut + 7001])
    return s.out


def selections(version):
    s = Script(version)
    manager, seat = s.bind("wl_data_device_manager"), s.bind("wl_seat")
    device = s.make(manager, 1, seat)
    source = s.make(manager, 0)
    s.events(wayland(device, 0, 0xFF000000) + wayland(0xFF000000, 0, "text/plain"))
    s.channel(words(7, 1), words(1, 1), s.requests(wayland(0xFF000000, 1, "text/plain", fds=1)))
    s.channel(words(8, 2), words(1, 2), s.requests(wayland(0xFF000000, 1, "text/plain", fds=1)))
    s.channel(words(9, 3), words(1, 3), s.requests(wayland(0xFF000000, 1, "text/plain", fds=1)))
    s.events(wayland(source, 1, "text/plain"), fds=3)
    s.channel(words(10, -1, data=b"pasted"), words(10, 2, data=b"more"), words(12, -1), words(11, 1), words(12, 3))
    s.call(0xFF000000, 2)
    s.events(wayland(device, 0, 0xFF000000))
    s.out += step(TIME, amount=50)
    return s.out


def files(version):
    s = Script(version)
    shm, seat, output, colors = s.bind("wl_shm"), s.bind("wl_seat"), s.bind("wl_output"), s.bind("wp_color_manager_v1")
    keyboard = s.make(seat, 1)
    s.events(wayland(keyboard, 0, 1, 100), fds=3)
    s.with_file(s.make(s.bind("zwlr_gamma_control_manager_v1"), 0, output), 0)
    if colors:
        s.with_file(s.make(colors, 4), 1, 16, 32)
        description = s.make(s.make(colors, 1, output), 1)
        information = s.make(description, 1)
        s.events(wayland(information, 1, 64) + wayland(information, 0), fds=3)
        icons = s.bind("xdg_toplevel_icon_manager_v1")
        icon = s.make(icons, 1)
        s.call(icon, 2, s.buffer(shm)[1], 1)
    virtual = s.bind("zwp_virtual_keyboard_manager_v1")
    if virtual:
        keyboard = s.new_id()
        s.call(virtual, 0, seat, keyboard)
        s.with_file(keyboard, 0, 1, 64)
        # the way waypipe 0.8.4 does it: the file comes after the request
        contents, inject, _ = s.file()
        s.channel(inject, s.requests(wayland(keyboard, 0, 1, 64, fds=1), wayland(1, 0, s.new_id())))
        s.channel(contents)
    unknown = s.bind("unheard_of")
    s.with_file(unknown, 3, 7)
    return s.out


def captures(version):
    s = Script(version)
    shm, output, screencopy = s.bind("wl_shm"), s.bind("wl_output"), s.bind("zwlr_screencopy_manager_v1")
    pool, buffer, rid = s.buffer(shm)
    frame = s.make(screencopy, 0, 0, output)
    s.events(wayland(frame, 0, 0, 8, 8, 32))
    s.call(frame, 0, buffer)
    s.events(wayland(frame, 2, 0, 5, 6))
    copies = s.bind("ext_image_copy_capture_manager_v1")
    if copies:
        source = s.make(s.bind("ext_output_image_capture_source_manager_v1"), 0, output)
        frame = s.make(s.make(copies, 0, source, 0), 0)
        s.call(frame, 1, buffer)
        s.call(frame, 3)
        s.channel(words(6, rid, 12, 0, data=struct.pack("<III", 3, 4, 77)))
        s.events(wayland(frame, 2, 0, 5, 6) + wayland(frame, 3))
    return s.out


XR24, AR24, NV12 = 0x34325258, 0x34325241, 0x3231564E


def image_slice(width, height, code, stride, planes=1):
    return struct.pack("<IIIi4I4IQ4BI", width, height, code, planes, 0, 0, 0, 0, stride, 0, 0, 0, 0, 1, 0, 0, 0, 0)


def vp9_frame(number, size=None):
    """As tests/unit/video/fake_decoder.cpp makes them: a frame header and one byte."""
    bits = "10000010" if size else "10000110"
    if size:
        bits += "".join(f"{byte:08b}" for byte in (0x49, 0x83, 0x42))
        bits += "0010" + f"{size[0] - 1:016b}{size[1] - 1:016b}" + "0"
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)) + bytes([number])


class DmabufScript(Script):
    """With our dmabuf global bound, as version 4 or 3."""

    def __init__(self, version, bound_version, appetite=0xFFFF):
        super().__init__(version, appetite)
        self.surface = self.make(self.bind("wl_compositor"), 0)
        self.dmabuf = self.new_id()
        self.call(2, 0, 0xFFFFFFF0, "zwp_linux_dmabuf_v1", bound_version, self.dmabuf)
        self.events(b"".join(wayland(self.dmabuf, 0, code) for code in (0, 1, 0x34324258, 0x36314752)))

    def rid(self):
        self.next_rid += 1
        return self.next_rid - 1

    def image(self, width=8, height=4, code=XR24, stride=32):
        rid = self.rid()
        self.channel(words(4, rid, stride * height, data=image_slice(width, height, code, stride)))
        self.channel(words(5, rid, 0, stride * height, data=bytes(range(stride)) * height))
        return rid

    def buffer_of(self, rid, width=8, height=4, code=XR24, flags=0, create=3, planes=1):
        """Its params, and the buffer for create_immed (3)."""
        params = self.make(self.dmabuf, 1)
        for plane in range(planes):
            self.channel(words(1, rid), self.requests(wayland(params, 1, plane, 0, width * 4, 0, 0, fds=1)))
        if create == 2:
            self.call(params, 2, width, height, code, flags)
            return params, None
        return params, self.make(params, 3, width, height, code, flags)

    def show(self, buffer):
        self.call(self.surface, 1, buffer, 0, 0)
        self.call(self.surface, 6)


def images(version):
    s = DmabufScript(version, 4)
    feedback = s.make(s.dmabuf, 2)
    s.make(s.dmabuf, 3, s.surface)
    s.events(wayland(feedback, 0, 1) + wayland(feedback + 1, 0, 1) + wayland(1, 1, feedback) + wayland(1, 1, feedback + 1))
    s.call(feedback, 0)
    later = s.new_id()
    s.call(2, 0, 0xFFFFFFF0, "zwp_linux_dmabuf_v1", 3, later)
    s.events(wayland(later, 0, 1) + wayland(1, 1, later))
    for stride, flags in ((32, 0), (40, 0), (34, 1)):
        rid = s.image(stride=stride)
        params, buffer = s.buffer_of(rid, flags=flags)
        s.call(params, 0)
        s.show(buffer)
        s.channel(words(6, rid, 12, 2, data=struct.pack("<III", 3, 4, 77) + b"ab"))
        s.show(buffer)
        s.call(buffer, 0)
        s.events(wayland(1, 1, params) + wayland(1, 1, params) + wayland(1, 1, buffer))
    return s.out


def refused_images(version):
    s = DmabufScript(version, 3)
    rid = s.image()
    s.buffer_of(rid, create=2)
    s.buffer_of(s.image(code=NV12), code=NV12)
    params, buffer = s.buffer_of(s.image(), planes=2)
    s.show(buffer)
    s.call(params, 0)
    s.events(wayland(1, 1, params))
    s.call(s.dmabuf, 0)
    s.call(s.make(s.dmabuf, 1), 0)
    return s.out


def videos(version):
    s = DmabufScript(version, 4)
    streams = []
    for codec in (1, 1, 0, 9):
        rid = s.rid()
        s.channel(words(20, rid, 128, codec, data=image_slice(8, 4, XR24, 32)))
        params, buffer = s.buffer_of(rid, flags=rid & 1)
        s.call(params, 0)
        streams.append((rid, buffer))
    for number in range(20):
        for rid, buffer in streams:
            s.channel(words(15, rid, data=vp9_frame(number, (8, 4) if number % 8 == 0 else None)))
            s.show(buffer)
        s.out += step(TIME, amount=40)
    s.call(streams[0][1], 0)
    s.channel(words(15, streams[0][0], data=vp9_frame(1)))
    s.out += step(TIME, amount=30000)
    return s.out


def held_videos(version):
    """The compositor takes nothing for a while: pictures wait behind commits."""
    s = DmabufScript(version, 4, appetite=300)
    rid = s.rid()
    s.channel(words(14, rid, 128, data=image_slice(8, 4, XR24, 32)))
    other = s.rid()
    s.channel(words(20, other, 128, 1, data=image_slice(8, 4, XR24, 32)))
    _, buffer = s.buffer_of(other)
    for number in range(12):
        s.channel(words(15, other, data=vp9_frame(number, None if number else (8, 4))))
        s.show(buffer)
    s.out += step(TAKES, amount=50) + step(TIME, amount=60) + step(TAKES, amount=0xFFFF)
    return s.out


def main():
    recordings, target = map(pathlib.Path, sys.argv[1:3])
    target.mkdir(parents=True, exist_ok=True)
    for base in sorted(recordings.glob("*.tsv")):
        (target / base.stem).write_bytes(convert(base))
    for make in (pictures, held, large, selections, files, captures, images, refused_images, videos, held_videos):
        for version in (16, 17):
            (target / f"{make.__name__}-{version}").write_bytes(make(version))


main()
