"""Processes of a benchmark run: start, read their clocks and memory, end. Linux only."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import tempfile
import time


class BenchError(RuntimeError):
    pass


def children_of(root):
    """Process ids of `root` and all its living descendants."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                with open(f"/proc/{name}/stat") as stat:
                    # The command name may hold anything, also parentheses.
                    parents[int(name)] = int(stat.read().rpartition(")")[2].split()[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_ns(pid):
    """User and system time of all threads of a process, ended ones included, in nanoseconds."""
    cpuclock_sched = 2  # the clock id of another process: (~pid << 3) | CPUCLOCK_SCHED
    return time.clock_gettime_ns((~pid << 3) | cpuclock_sched)


def ticks(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory_kib(pid):
    """RSS and its parts, peak RSS, PSS."""
    wanted = {"VmRSS", "VmHWM", "RssAnon", "RssFile", "RssShmem", "Pss"}
    values = {}
    for path in ("status", "smaps_rollup"):
        with open(f"/proc/{pid}/{path}") as lines:
            for line in lines:
                key, _, value = line.partition(":")
                if key in wanted:
                    values[key] = int(value.split()[0])
    return values


class Bed:
    """A private XDG_RUNTIME_DIR with a sink compositor; every process started here ends with it."""

    def __init__(self, bin_dir, core=None, sink_hashes=None, windows=False):
        self.bin_dir = bin_dir
        self.core = core  # all processes on this core, or None
        self.stack = contextlib.ExitStack()
        self.dir = self.stack.enter_context(tempfile.TemporaryDirectory(prefix="tv-bench-"))
        os.chmod(self.dir, 0o700)
        self.env = {k: v for k, v in os.environ.items() if k not in ("WAYLAND_SOCKET", "DISPLAY")}
        self.env |= {"XDG_RUNTIME_DIR": self.dir, "WAYLAND_DISPLAY": "sink", "HOME": self.dir}
        sink = [f"{bin_dir}/tv-bench-sink", "--socket", "sink"]
        sink += ["--hash", sink_hashes] if sink_hashes else []
        self.sink = self.start(sink + (["--windows"] if windows else []))
        try:
            self.sink.expect("ready")
        except BaseException:
            self.stack.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stack.close()

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self, argv, **env):
        process = Process(argv, self.env | env, self.core)
        self.stack.callback(process.end)
        return process

    def start_client(self, variant, compression, oneshot=True, name="channel.sock"):
        """`variant` listening on the returned socket; ready to be connected to."""
        path = self.path(name)
        process = self.start(variant.argv(self.bin_dir, path, compression, oneshot), **variant.env)
        process.wait_listening(path)
        return process, path

    def start_app(self, compression, channel, args, waypipe):
        """tv-bench-client behind a stock `waypipe server`, or directly at the sink when `channel` is None."""
        argv = [f"{self.bin_dir}/tv-bench-client", *args, "--control"]
        if channel is not None:
            argv = [waypipe, "-c", compression, "-s", channel, "server", "--", *argv]
        return self.start(argv)


class Process:
    def __init__(self, argv, env, core):
        def prepare():
            if core is not None:
                os.sched_setaffinity(0, {core})

        self.argv = argv
        self.errors = tempfile.TemporaryFile()
        self.popen = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=self.errors, bufsize=0, start_new_session=True,
                                      preexec_fn=prepare if core is not None else None)
        self.pid = self.popen.pid
        self.buffer = b""

    def fail(self, why):
        self.errors.seek(0)
        text = self.errors.read()[-2000:].decode(errors="replace")
        raise BenchError(f"{' '.join(self.argv)}: {why}\n{text}")

    def said(self):
        """What it has written to standard error."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def wait_listening(self, path, timeout=10):
        """Until somebody listens at `path`. Does not connect: with --oneshot that would use the client up."""
        deadline = time.monotonic() + timeout
        while True:
            with open("/proc/net/unix") as table:
                for line in table:
                    fields = line.split()
                    # Flags 00010000: the socket accepts connections. waypipe binds by a relative name.
                    if len(fields) == 8 and fields[3] == "00010000" and fields[7] in (path, os.path.basename(path)):
                        return
            if self.popen.poll() is not None:
                self.fail("ended before it listened")
            if time.monotonic() > deadline:
                self.fail("does not listen")
            time.sleep(0.002)

    def expect(self, word, timeout=120):
        """The rest of the next line on stdout, which must begin with `word`."""
        deadline = time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            selector.register(self.popen.stdout, selectors.EVENT_READ)
            while b"\n" not in self.buffer:
                if not selector.select(max(0, deadline - time.monotonic())):
                    self.fail(f"no '{word}' within {timeout} s")
                data = self.popen.stdout.read(4096)
                if not data:
                    self.fail(f"ended before '{word}'")
                self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        first, _, rest = line.decode().partition(" ")
        if first != word:
            self.fail(f"said '{line.decode()}', not '{word}'")
        return rest

    def resume(self):
        self.popen.stdin.write(b"\n")

    def wait(self, timeout=20):
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.fail(f"still runs after {timeout} s")

    def end(self):
        """Ends what is left of this process and its descendants (they share its session and process group)."""
        for step in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, step)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(2)
                break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        for stream in (self.popen.stdin, self.popen.stdout, self.errors):
            stream.close()


def connect_and_time_first_event(path):
    """Seconds from connect() to the first bytes of an event, as a waypipe server would see it."""
    # Header of a C server without compression, then a Protocol message: wl_display.get_registry(2), sync(3).
    header = (0x00010980).to_bytes(4, "little") + bytes(12)
    requests = b"".join(v.to_bytes(4, "little") for v in (1, (12 << 16) | 1, 2, 1, 12 << 16, 3))
    message = ((4 + len(requests)) << 5).to_bytes(4, "little") + requests
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(10)
        start = time.perf_counter()
        channel.connect(path)
        channel.sendall(header + message)
        seen = b""
        while len(seen) < 16:  # more than an acknowledgement (8) or a Version message (8)
            data = channel.recv(4096)
            if not data:
                raise BenchError(f"{path}: the client closed the channel")
            seen += data
        return time.perf_counter() - start
