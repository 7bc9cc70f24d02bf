#!/usr/bin/env python3
"""macos_sources.py --note LIST compile_commands.json   adds the sources of src/ that a build compiles to LIST
macos_sources.py --check LIST                           every source of src/ is in LIST, but for other systems' files"""

import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Files of another system or processor than the Macs'.
ELSEWHERE = re.compile(r"_linux\.cpp$|_none\.cpp$|/isa_other\.cpp$|^src/video/decoders\.cpp$")


def main():
    mode, path = sys.argv[1:3]
    if mode == "--note":
        with open(sys.argv[3], encoding="utf-8") as file:
            entries = json.load(file)
        names = {os.path.relpath(os.path.join(entry["directory"], entry["file"]), TOP) for entry in entries}
        if os.path.exists(path):
            names |= set(open(path, encoding="utf-8").read().split("\n"))
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(sorted(name for name in names if name.startswith("src/"))))
        return 0
    compiled = set(open(path, encoding="utf-8").read().split("\n"))
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "src"], cwd=TOP, check=True, capture_output=True, text=True).stdout
    sources = [name for name in listed.split("\n") if name.endswith((".cpp", ".c", ".mm")) and os.path.exists(os.path.join(TOP, name))]
    left = [name for name in sources if name not in compiled and not ELSEWHERE.search(name)]
    for name in left:
        print(f"error: {name} was not compiled")
    print(f"{len(compiled)} of {len(sources)} sources compiled for a Mac")
    return 1 if left or not compiled else 0


if __name__ == "__main__":
    sys.exit(main())
