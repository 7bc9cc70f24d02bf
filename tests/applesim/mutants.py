#!/usr/bin/env python3
"""Breaks the product and expects the tests to notice.

  mutants.py --build DIR --test TARGET LIST

LIST holds mutants, separated by blank lines; lines that begin with # are comments:

  == what the product does wrong
  file src/metal/converter.mm          the file to change
  compile tests/applesim/x.cpp         the source to compile instead, where `file` is only included by it (optional)
  - one line of the file
  + what stands there instead          none: nothing does

The lines with - must be in the file, one below the other, exactly once; leading blanks do not count. Each changed file is compiled into
the test program in place of the original, in a folder of its own. A mutant that passes all tests within the time is a failure.
"""

import argparse
import concurrent.futures
import os
import shlex
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECONDS = 60


def read_list(path):
    mutants = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("#"):
                continue
            word, _, rest = line.partition(" ")
            if word == "==":
                mutants.append({"name": rest, "file": None, "compile": None, "-": [], "+": []})
            elif mutants and word in ("file", "compile"):
                mutants[-1][word] = rest.split()[0]
            elif mutants and word in ("-", "+"):
                mutants[-1][word].append(rest)
            else:
                sys.exit(f"{path}:{number}: {line}")
    return mutants


def change(text, mutant):
    """The text with the mutant's lines; an error where they are not found exactly once."""
    lines, old = text.split("\n"), [line.strip() for line in mutant["-"]]
    found = [at for at in range(len(lines) - len(old) + 1) if [line.strip() for line in lines[at : at + len(old)]] == old]
    if not old or len(found) != 1:
        raise LookupError(f"{mutant['file']}: the lines are there {len(found)} times")
    at = found[0]
    return "\n".join(lines[:at] + mutant["+"] + lines[at + len(old) :])


class Builder:
    def __init__(self, build, target):
        self.build = build
        ninja = lambda *words: subprocess.run(["ninja", "-C", build, *words], capture_output=True, text=True, check=True).stdout
        program = [line.split(":")[0] for line in ninja("-t", "targets", "all").splitlines() if os.path.basename(line.split(":")[0]) == target]
        commands = ninja("-t", "commands", program[0]).splitlines()
        link = [line for line in commands if f"-o {program[0]} " in line][-1]
        self.link = shlex.split(next(part for part in link.split("&&") if f"-o {program[0]} " in part))
        self.program = program[0]
        self.compiles = [shlex.split(line) for line in commands if " -c " in line and not line.startswith(":")]

    def make(self, mutant, folder):
        with open(os.path.join(TOP, mutant["file"]), encoding="utf-8") as original:
            text = change(original.read(), mutant)
        include = os.path.join(folder, "include")
        copy = os.path.join(include, mutant["file"].removeprefix("src/"))
        os.makedirs(os.path.dirname(copy))
        with open(copy, "w", encoding="utf-8") as out:
            out.write(text)
        unit = os.path.join(TOP, mutant["compile"] or mutant["file"])
        command = next(c for c in self.compiles if os.path.realpath(os.path.join(self.build, c[-1])) == os.path.realpath(unit))
        made = os.path.join(folder, "mutant.o")
        words = [word for word in command if word not in ("-O1", "-O2", "-O3", "-MD")]
        original, words[words.index("-o") + 1] = words[words.index("-o") + 1], made
        words.insert(words.index("-o"), "-w")  # what a mutant no longer uses is no reason not to try it
        for option in ("-MT", "-MF"):
            if option in words:
                del words[words.index(option) : words.index(option) + 2]
        if not mutant["compile"]:
            words[-1] = copy
        at = next(i for i, word in enumerate(words) if word.startswith("-I"))
        words.insert(at, "-I" + include)
        self.run(words)
        program = os.path.join(folder, "program")
        link = list(self.link)
        link[link.index("-o") + 1] = program
        if original in link:
            link[link.index(original)] = made
        else:
            link.insert(link.index("-o"), made)  # before the archives, so the original is not asked for
        self.run(link)
        return program

    def run(self, words):
        done = subprocess.run(words, cwd=self.build, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LookupError("does not build: " + done.stderr[-1500:])


def judge(builder, mutant):
    with tempfile.TemporaryDirectory() as folder:
        try:
            program = builder.make(mutant, folder)
        except LookupError as error:
            return False, str(error)
        try:
            done = subprocess.run([program, "--gtest_brief=1"], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return True, "never ends"
        if done.returncode == 0:
            return False, "passes all tests"
        words = [line for line in (done.stdout + done.stderr).splitlines() if "VIOLATION" in line or "[  FAILED  ]" in line]
        return True, words[0].split(", where")[0] if words else f"ended with {done.returncode}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("-j", type=int, default=os.cpu_count() or 1)
    parser.add_argument("list")
    options = parser.parse_args()
    mutants = read_list(options.list)
    builder = Builder(options.build, options.test)
    missed = 0
    with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        for mutant, (caught, words) in zip(mutants, pool.map(lambda m: judge(builder, m), mutants)):
            missed += not caught
            print(f"{'caught' if caught else 'MISSED'}: {mutant['name']} ({words})", flush=True)
    print(f"{len(mutants) - missed} of {len(mutants)} mutants caught")
    return 1 if missed or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
