#!/usr/bin/env python3
"""The rules of the house that a program can check; ctest runs each as a test of its own.

    tidy.py RULE [--root FOLDER]      layering, banned, sizes, text or headers

Prints one line per violation, "file:line: what", and exits 1 if there is any.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys

import source

# The complete list of rooms a room of core may include, itself aside.
KNOWS = {
    "base": set(),
    "wire": {"base"},
    "cost": {"base"},
    "catalog": {"base", "wire", "cost"},
    "think": {"base", "cost", "catalog"},
    "chat": {"base", "wire", "cost", "catalog", "think"},
    "policy": {"base", "wire", "cost", "catalog"},
    "ledger": {"base", "wire", "cost"},
    "exchange": {"base", "wire", "cost", "ledger", "catalog", "think", "chat", "policy"},
    "access": {"base", "wire", "ledger"},
    "mcp": {"base", "wire"},
    "tools": {"base", "wire", "cost", "ledger", "catalog", "think", "chat", "policy", "exchange", "access", "mcp"},
}

# What core must not reach: the world, exceptions, and what not every compiler of ours has.
BANNED_IN_CORE = [
    (r"#\s*include\s*<(?:iostream|fstream|cstdio|stdio\.h|thread|mutex|shared_mutex|atomic|future|condition_variable|random"
     r"|regex|filesystem|chrono|ctime|time\.h|format|expected|stop_token|unistd\.h|sys/.*|pthread\.h)>",
     "an include that core does without"),
    (r"::now\s*\(", "a clock; time is an argument"),
    (r"\bgetenv\b", "the environment; settings are arguments"),
    (r"\bstd::(?:rand|random_device|time|clock)\b", "entropy or a clock; both are arguments"),
    (r"\bthrow\b", "throw; errors are values"),
    (r"\bcatch\s*\(", "catch; errors are values"),
    (r"\btry\s*\{", "try; errors are values"),
    (r"\b(?:dynamic_cast|typeid)\b", "run-time type information"),
    (r"\bfrom_chars_double\b|\bmove_only_function\b|\bstop_token\b", "a library part that not every compiler has"),
    (r"#\s*(?:if|ifdef|ifndef|elif).*(?:__EMSCRIPTEN__|__wasm|__wasi|_WIN32|__linux|__APPLE__|__unix)", "a platform switch"),
    (r"\bthread_local\b", "a thread"),
]
FLOATS = (r"\b(?:double|float)\b", "floating point where money is; amounts are integers")
MONEY = re.compile(r"^core/orthink/(?:cost/|ledger/|base/money)")

FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70

UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK|TB" r"D)\b")
MACHINE = re.compile(r"/wor[k]/|/hom[e]/[a-z]|/roo[t]/|/tm[p]/b/")
HISTORY = re.compile(r"\bDEVELOPER[S]\b|\.\./share[d]|\bsub-?agent|\bissue #?\d|co-authored-b[y]", re.IGNORECASE)
REGISTRY = re.compile(r"registry\.npm|deb\.debian|pypi\.org|crates\.io", re.IGNORECASE)
# The one place that may look for recorded traffic beside the checkout.
HISTORY_EXEMPT = {".ci/run"}


def layering(tree):
    for path in tree.files(source.CPP):
        room = source.room_of(path)
        for line, target in tree.includes(path):
            target_room = source.room_of("core/" + target)
            if path.startswith("core/") and re.match(r"(?:native|wasm|web|tests)/", target):
                yield path, line, f"core includes {target}"
            elif room in KNOWS and target_room and target_room != room and target_room not in KNOWS[room]:
                yield path, line, f"room {room} may not include {target}; it knows {', '.join(sorted(KNOWS[room])) or 'nothing'}"
            elif room and room not in KNOWS:
                yield path, line, f"room {room} is not in the list of rooms"
            elif path.startswith("native/") and re.match(r"(?:wasm|web|tests)/", target):
                yield path, line, f"native includes {target}"
            elif target.startswith("nlohmann/") and not re.match(r"core/orthink/wire/json\.cpp|tests/(?:fuzz|bench)/", path):
                yield path, line, "nlohmann is behind wire/json alone"
            elif target == "httplib.h" and path.endswith(".h"):
                yield path, line, "httplib.h is for one source file, not for a header"


def banned(tree):
    for path in tree.files(source.CPP):
        if not path.startswith("core/"):
            continue
        rules = BANNED_IN_CORE + ([FLOATS] if MONEY.match(path) else [])
        for number, text in enumerate(tree.code(path).split("\n"), 1):
            for pattern, what in rules:
                if re.search(pattern, text):
                    yield path, number, f"core does without this: {what}"


def sizes(tree):
    for path in tree.files(source.WRITTEN):
        lines = tree.text(path).count("\n")
        if lines > FILE_LINES_MAX:
            yield path, lines, f"{lines} lines; the most is {FILE_LINES_MAX}"
    for path in tree.files(source.BRACES):
        for name, first, last in source.functions(tree.code(path)):
            if last - first + 1 > FUNCTION_LINES_MAX:
                yield path, first, f"{last - first + 1} lines in one function ({name}); the most is {FUNCTION_LINES_MAX}"


def text(tree):
    for path in tree.files(source.WRITTEN + (".md",)):
        is_prose = path.endswith(".md")
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            if not is_prose and not line.isascii():
                yield path, number, "a character outside ASCII; write it as an escape"
            if UNFINISHED.search(line):
                yield path, number, "an unfinished mark"
            if MACHINE.search(line):
                yield path, number, "a path of one machine"
            if REGISTRY.search(line):
                yield path, number, "the host of a registry"
            if HISTORY.search(line) and path not in HISTORY_EXEMPT:
                yield path, number, "speaks of how the project is made; it speaks of itself alone"


def headers(tree):
    """Each header compiles alone, and twice in one source file."""
    compiler = os.environ.get("CXX", "g++")

    def compile_alone(path):
        include = path.removeprefix("core/")
        command = [compiler, "-std=c++20", "-x", "c++", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I", "core", "-I", ".", "-"]
        if path.startswith("core/"):
            command[1:1] = ["-fno-exceptions", "-fno-rtti"]
        return subprocess.run(command, input=f'#include "{include}"\n' * 2, text=True, capture_output=True, cwd=tree.root)

    paths = tree.files((".h",))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, result in zip(paths, pool.map(compile_alone, paths)):
            if result.returncode != 0:
                first = next((l for l in result.stderr.split("\n") if "error" in l), result.stderr[:200])
                yield path, 1, f"does not compile alone: {first}"


RULES = {"layering": layering, "banned": banned, "sizes": sizes, "text": text, "headers": headers}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rule", choices=RULES)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
    arguments = parser.parse_args()
    tree = source.Tree(arguments.root)
    violations = list(RULES[arguments.rule](tree))
    for path, line, what in violations:
        print(f"{path}:{line}: {what}")
    print(f"tidy {arguments.rule}: {len(tree.paths)} files, {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
