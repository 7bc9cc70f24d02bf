#!/usr/bin/env python3
"""Text stubs (.tbd) of Apple's frameworks, made from the tables of facts alone, and the check of what a program imports against them.

  apple_stubs.py --facts DIR --frameworks OUT --objc FILE   one OUT/NAME.framework/NAME.tbd for each framework, and libobjc
  apple_stubs.py --library HEADER --prefix LZ4_ --install-name NAME --out FILE
                                                            a library with the functions that its header declares
  apple_stubs.py --check PROGRAM --facts DIR                every undefined symbol of a Mach-O file: in the tables, under that framework,
                                                            and not newer than the oldest macOS we run on; every selector it sends

A symbol that the tables do not have cannot be linked, so a misspelt or invented function fails here as it would on a Mac.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

import apple_facts

TARGETS = "[ arm64-macos, x86_64-macos ]"
MINIMUM = (13, 3)
NM = os.environ.get("TV_LLVM_NM", "llvm-nm-19")
OBJCOPY = os.environ.get("TV_LLVM_OBJCOPY", "llvm-objcopy-19")
OBJDUMP = os.environ.get("TV_LLVM_OBJDUMP", "llvm-objdump-19")
# What our own libraries are called in a Mach-O file.
OURS = {"liblz4", "libzstd"}


def install_name(framework):
    return f"/System/Library/Frameworks/{framework}.framework/Versions/A/{framework}"


def write(path, text):
    """Leaves a file that says the same alone: no linking again for a new time."""
    if os.path.exists(path) and open(path, encoding="utf-8").read() == text:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def stub(name, symbols, classes=()):
    lines = ["--- !tapi-tbd", "tbd-version: 4", f"targets: {TARGETS}", f"install-name: '{name}'", "exports:", f"  - targets: {TARGETS}"]
    if symbols:
        lines.append("    symbols: [ " + ", ".join(f"'_{symbol}'" for symbol in sorted(symbols)) + " ]")
    if classes:
        lines.append("    objc-classes: [ " + ", ".join(sorted(classes)) + " ]")
    return "\n".join(lines + ["...", ""])


def exports(facts):
    """framework -> (symbols, classes); what the tables and the hand-written list say that it exports."""
    result = {}

    def of(framework):
        return result.setdefault(framework, (set(), set()))

    for framework in apple_facts.FRAMEWORKS:
        of(framework)
    for row in facts.functions.values():
        if row.framework != "Darwin" and row.name not in apple_facts.INLINE:
            of(row.framework)[0].add(row.name)
    for row in list(facts.strings.values()) + list(facts.data.values()):
        of(row.framework)[0].add(row.name)
    for owner, row in facts.classes.items():
        if row.kind == "class":
            of(row.framework)[1].add(owner)
    for row in facts.runtime:
        if row.kind not in ("symbol", "class"):
            continue
        of(row.library)[0 if row.kind == "symbol" else 1].add(row.name)
    return result


def make_frameworks(facts, out, objc):
    for framework, (symbols, classes) in exports(facts).items():
        if framework == "libobjc":
            write(objc, stub("/usr/lib/libobjc.A.dylib", symbols, classes))
        else:
            write(os.path.join(out, framework + ".framework", framework + ".tbd"), stub(install_name(framework), symbols, classes))
    return 0


def make_library(header, prefix, name, out):
    command = [apple_facts.CLANG, "-x", "c", "-fsyntax-only", "-Xclang", "-ast-dump=json", header]
    tree = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    functions = {
        node["name"]
        for node in tree["inner"]
        if node.get("kind") == "FunctionDecl" and node.get("name", "").startswith(prefix) and node.get("storageClass") != "static"
    }
    if not functions:
        sys.exit(f"{header} declares no function {prefix}...")
    write(out, stub(name, functions))
    print(f"{out}: {len(functions)} functions")
    return 0


def undefined(program):
    text = subprocess.run([NM, "-um", program], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        found = re.match(r"\s*\(undefined\) (?:weak )?external (\S+) \(from ([^)]+)\)", line)
        if found:
            yield found.group(1), found.group(2)
        elif line.strip():
            yield line.strip(), None


def check(program, facts):
    wrong, count = [], {}
    known = exports(facts)
    for symbol, library in undefined(program):
        if library is None:
            wrong.append(f"{symbol}: not bound to any library")
            continue
        count[library] = count.get(library, 0) + 1
        name = symbol[1:] if symbol.startswith("_") else symbol
        if library == "libSystem" or library in OURS:
            continue  # the linker found it in zig's libSystem.tbd, or in the stub of a library's own header
        symbols, classes = known.get(library, (set(), set()))
        as_class = re.match(r"OBJC_(?:META)?CLASS_\$_(.*)", name)
        if as_class:
            if as_class.group(1) not in classes:
                wrong.append(f"{symbol}: {library} has no class of that name in {facts.folder}")
        elif name not in symbols:
            wrong.append(f"{symbol}: not in the tables for {library}")
        elif name in facts.functions:
            since = facts.functions[name].introduced
            if since != "-" and tuple(int(part) for part in since.split(".")) > MINIMUM:
                wrong.append(f"{symbol}: since macOS {since}, and we run on {'.'.join(map(str, MINIMUM))}")
    # Every selector that is sent, as the Objective-C runtime is given it.
    with tempfile.TemporaryDirectory() as folder:
        dumped = os.path.join(folder, "names")
        done = subprocess.run([OBJCOPY, f"--dump-section=__TEXT,__objc_methname={dumped}", program, os.path.join(folder, "copy")], capture_output=True)
        names = open(dumped, "rb").read() if done.returncode == 0 else b""
    selectors = {name.decode() for name in names.split(b"\0") if name}
    if "libobjc" in count and not selectors:
        wrong.append("no selectors found, though it sends messages")
    declared = {selector for _, selector in facts.methods}
    declared |= {re.sub(r"^[-+]\[\S+ (.*)\]$", r"\1", name) for name in facts.by_hand("method")}
    wrong += [f"sends {selector}, which no row of {facts.folder}/objc.tsv has" for selector in sorted(selectors - declared)]
    count["selectors"] = len(selectors)
    allowed = {install_name(framework) for framework in apple_facts.FRAMEWORKS}
    allowed |= {"/usr/lib/libSystem.B.dylib", "/usr/lib/libobjc.A.dylib", "@rpath/liblz4.1.dylib", "@rpath/libzstd.1.dylib"}
    loads = subprocess.run([OBJDUMP, "--macho", "--dylibs-used", program], check=True, capture_output=True, text=True).stdout
    for line in loads.splitlines()[1:]:
        library = line.strip().split(" (")[0]
        if library not in allowed:
            wrong.append(f"loads {library}")
    headers = subprocess.run([OBJDUMP, "--macho", "--private-headers", program], check=True, capture_output=True, text=True).stdout
    minimum = re.search(r"LC_BUILD_VERSION.*?minos (\S+)", headers, re.S)
    if not minimum or minimum.group(1) != ".".join(map(str, MINIMUM)):
        wrong.append(f"is for macOS {minimum.group(1) if minimum else '?'} and newer")
    for line in wrong:
        print(f"error: {program}: {line}")
    print(", ".join(f"{library} {number}" for library, number in sorted(count.items())))
    return 1 if wrong or not count else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("facts", "frameworks", "objc", "library", "prefix", "install-name", "out", "check"):
        parser.add_argument("--" + option)
    options = parser.parse_args()
    if options.library:
        return make_library(options.library, options.prefix, options.install_name, options.out)
    facts = apple_facts.Facts(options.facts)
    if options.check:
        return check(options.check, facts)
    return make_frameworks(facts, options.frameworks, options.objc)


if __name__ == "__main__":
    sys.exit(main())
