#!/usr/bin/env python3
"""Runs clang-tidy-19 on every source of src/ in parallel.

A file that passed is not looked at again while its preprocessed text (comments kept, so that NOLINT counts), its flags, .clang-tidy
and the tool are the same: the hash of all that is noted under build/tidy.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys

TIDY = "clang-tidy-19"
CLANG = "clang++-19"


def commands(build, top):
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        for entry in json.load(file):
            name = os.path.relpath(os.path.join(entry["directory"], entry["file"]), top)
            if name.startswith("src/"):
                yield name, entry


def key(entry, salt):
    arguments = shlex.split(entry["command"]) if "command" in entry else list(entry["arguments"])
    if os.path.basename(arguments[0]) == "ccache":
        arguments = arguments[1:]
    kept, skip = [], False
    for argument in arguments[1:]:
        if skip:
            skip = False
        elif argument == "-o":
            skip = True
        elif argument != "-c":
            kept.append(argument)
    preprocessed = subprocess.run(
        [CLANG, "-E", "-C", "-w", *kept], cwd=entry["directory"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if preprocessed.returncode != 0:
        return None
    digest = hashlib.sha256(salt)
    digest.update("\0".join(kept).encode())
    digest.update(preprocessed.stdout)
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/release")
    parser.add_argument("-j", type=int, default=os.cpu_count())
    parser.add_argument("files", nargs="*", help="only these sources")
    options = parser.parse_args()
    top = os.getcwd()
    cache = os.path.join(top, "build", "tidy")
    os.makedirs(cache, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    with open(".clang-tidy", "rb") as file:
        salt = version + file.read()

    def look(item):
        name, entry = item
        digest = key(entry, salt)
        note = os.path.join(cache, digest) if digest else None
        if note and os.path.exists(note):
            return name, True, ""
        run = subprocess.run(
            # The compilation database is g++'s, with a warning of its own turned off and with precompiled headers of its own.
            [TIDY, "-p", options.build, "--quiet", "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-ignored-gch", name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if run.returncode == 0 and note:
            with open(note, "w", encoding="utf-8"):
                pass
        text = re.sub(r"^\d+ warnings?( and \d+ errors?)? generated\.\n", "", run.stdout, flags=re.MULTILINE)
        return name, run.returncode == 0, text

    items = [item for item in commands(options.build, top) if not options.files or item[0] in options.files]
    if not items:
        print("tidy: no source of src/ in the compilation database")
        return 1
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        for name, good, text in pool.map(look, items):
            if not good:
                bad += 1
                print(f"{name}:\n{text}")
    print(f"clang-tidy: {len(items)} sources, {bad} with findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
