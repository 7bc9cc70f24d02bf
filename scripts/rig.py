"""What demo.py and interop.py build their set-ups from: a private folder, children that end with it, the test compositor, a counting relay."""

import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time


class RigError(Exception):
    """Something of the set-up failed; the text is for people."""


class Rig:
    """A private folder under /tmp (socket paths are short, and chroots can share it) and every process started in it."""

    def __init__(self, prefix):
        self.folder = tempfile.mkdtemp(prefix=prefix, dir="/tmp")  # mode 700
        self.children = []
        # Ended from outside, the children still go with us.
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            self.end(child)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def environment(self, **more):
        """Nothing of the user's desktop or settings gets in, nothing of ours out."""
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")}
        home = self.path("home")
        os.makedirs(home, exist_ok=True)
        kept.update(HOME=home, XDG_RUNTIME_DIR=self.folder, LC_ALL=kept.get("LC_ALL", "C.UTF-8"))
        kept.update({key: value for key, value in more.items() if value is not None})
        return kept

    def start(self, name, argv, environment=None, stdin=subprocess.DEVNULL, stdout=None, **options):
        """Starts a child in a process group of its own; its output goes to NAME.log in the folder."""
        with open(self.path(name + ".log"), "ab") as log:
            child = subprocess.Popen(
                argv,
                env=environment or self.environment(),
                stdin=stdin,
                stdout=stdout or log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                **options,
            )
        child.name = name
        self.children.append(child)
        return child

    def log(self, name, lines=15):
        try:
            with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-lines:]).strip()
        except OSError:
            return ""

    @staticmethod
    def end(child, grace=3.0):
        """SIGTERM to the group, SIGKILL to what is left of it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(child.pid, number)
            except ProcessLookupError:
                break
            try:
                child.wait(grace)
                if number == signal.SIGTERM:
                    time.sleep(0.05)
            except subprocess.TimeoutExpired:
                pass
        child.wait()

    def wait_for_socket(self, path, child, seconds=10.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if os.path.exists(path):
                return
            if child.poll() is not None:
                raise RigError(f"{child.name} ended with status {child.returncode}: {self.log(child.name)}")
            time.sleep(0.01)
        raise RigError(f"{child.name} made no socket {os.path.basename(path)}: {self.log(child.name)}")


class Compositor:
    """tv-test-compositor. Commits are noted with the time at which they were read from its output."""

    NOTE = re.compile(r"^\[(\d+)\] (\w+#\d+ .*)$")
    COMMIT = re.compile(r"^\[(\d+)\] (\S+) commit (\d+)x(\d+) (\S+) crc=([0-9a-f]{8})")

    def __init__(self, rig, program, name="wl", arguments=()):
        self.rig = rig
        self.commits = []  # (time, client, surface, width, height, format, crc)
        self.notes = []  # (client, text): what happened beside requests, commits among it
        self.lines = []
        self._answers = []
        self._changed = threading.Condition()
        self._child = rig.start(
            "compositor-" + name,
            [program, "--directory", rig.folder, "--socket", name, "--print-log", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.display = rig.path(name)
        threading.Thread(target=self._read, daemon=True).start()
        rig.wait_for_socket(self.display, self._child)

    def _read(self):
        for raw in self._child.stdout:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            with self._changed:
                if line == "ok" or line.startswith(("ok ", "error ")):
                    self._answers.append(line)
                else:
                    self.lines.append(line)
                    note = self.NOTE.match(line)
                    if note:
                        self.notes.append((int(note.group(1)), note.group(2)))
                    match = self.COMMIT.match(line)
                    if match:
                        client, surface, width, height, form, crc = match.groups()
                        self.commits.append((time.monotonic(), int(client), surface, int(width), int(height), form, crc))
                self._changed.notify_all()
        with self._changed:
            self._answers.append("error the compositor ended")
            self._changed.notify_all()

    def command(self, text, seconds=20.0):
        with self._changed:
            self._answers.clear()
            self._child.stdin.write(text.encode() + b"\n")
            self._child.stdin.flush()
            if not self._changed.wait_for(lambda: self._answers, seconds):
                raise RigError(f"the compositor did not answer '{text}'")
            answer = self._answers[0]
        if answer.startswith("error"):
            raise RigError(f"compositor: {text}: {answer}")
        return answer[3:]

    def wait(self, condition, seconds):
        """Waits until condition() is true; it may look at commits and lines."""
        with self._changed:
            return self._changed.wait_for(condition, seconds)

    def quiet(self, pause, seconds, client=None):
        """Waits until no line, or none of that client, came for `pause` seconds; at most `seconds`."""
        deadline = time.monotonic() + seconds
        start = f"[{client}] " if client else ""
        with self._changed:
            seen = len(self.lines)
            last = time.monotonic()
            while last + pause > time.monotonic() < deadline:
                self._changed.wait(min(last + pause, deadline) - time.monotonic())
                if any(line.startswith(start) for line in self.lines[seen:]):
                    last = time.monotonic()
                seen = len(self.lines)

    @property
    def alive(self):
        return self._child.poll() is None


class Relay:
    """Passes connections on from one Unix socket to another and counts the bytes of both directions."""

    def __init__(self, listen, upstream):
        self.to_us = 0
        self.to_remote = 0
        self._upstream = upstream
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(listen)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                remote, _ = self._listener.accept()
            except OSError:
                return
            client = socket.socket(socket.AF_UNIX)
            try:
                client.connect(self._upstream)
            except OSError:
                remote.close()
                continue
            threading.Thread(target=self._pump, args=(remote, client), daemon=True).start()

    def _pump(self, remote, client):
        selector = selectors.DefaultSelector()
        selector.register(remote, selectors.EVENT_READ, client)
        selector.register(client, selectors.EVENT_READ, remote)
        open_ways = 2
        while open_ways:
            for key, _ in selector.select():
                try:
                    data = key.fileobj.recv(1 << 18)
                except OSError:
                    data = b""
                try:
                    if data:
                        key.data.sendall(data)
                    else:
                        selector.unregister(key.fileobj)
                        open_ways -= 1
                        key.data.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                if key.fileobj is remote:
                    self.to_us += len(data)
                else:
                    self.to_remote += len(data)
        remote.close()
        client.close()

    def close(self):
        self._listener.close()


def waypipe_version(argv):
    """The version that `waypipe --version` prints first, or None."""
    try:
        run = subprocess.run([*argv, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"waypipe (\d+\.\d+\.\d+)", run.stdout)
    return match.group(1) if match else None
