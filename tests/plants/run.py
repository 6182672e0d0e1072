#!/usr/bin/env python3
"""Plants bugs into a copy of the sources, one at a time, and sees whether the test that should catch each does.

    tests/plants/run.py [--folder FOLDER] [--only NAME ...] [--list]

plants.toml is the table: for each plant a file, an exact text that stands in it once, what it is replaced by, and the test
program and case that must fail then. Every named case is first run without a plant and must pass. Prints one line a plant;
exits 1 if one survives, no longer applies or does not compile.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = pathlib.Path(__file__).with_name("plants.toml")
COPIED = ["CMakeLists.txt", "CMakePresets.json", "core", "native", "toolchains", "wasm", "tests"]
LEFT_OUT = {"node_modules", "__pycache__"}
CASE_SECONDS_MAX = 180
TARGETS = {"power_loss": "rig_power_loss", "last_cent": "rig_last_cent"}  # programs that are not named as their targets


class Broken(Exception):
    """What keeps a plant from being judged."""


def wanted_files():
    for name in COPIED:
        top = ROOT / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and not LEFT_OUT.intersection(path.relative_to(ROOT).parts):
                yield path.relative_to(ROOT)


def copy_sources(source):
    """Makes `source` the same as the tree; what is the same already keeps its time, so that little is built anew."""
    wanted = set(wanted_files())
    for path in list(source.rglob("*")) if source.exists() else []:
        if path.is_file() and not path.is_symlink() and path.relative_to(source) not in wanted:
            path.unlink()
    for name in wanted:
        target = source / name
        content = (ROOT / name).read_bytes()
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            shutil.copymode(ROOT / name, target)
    dependencies = source / ".deps"
    if (ROOT / ".deps").exists() and not dependencies.exists():
        dependencies.symlink_to((ROOT / ".deps").resolve())


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False, **options)


class Workshop:
    def __init__(self, folder):
        self.source = folder / "source"
        self.build = folder / "build"
        copy_sources(self.source)
        environment = dict(os.environ, CCACHE_NOHASHDIR="1")
        self.environment = environment
        done = run(["cmake", "--preset", "dev", "-B", str(self.build)], cwd=self.source, env=environment)
        if done.returncode != 0:
            raise Broken("cmake: " + done.stdout[-2000:])

    def make(self, programs):
        targets = sorted(TARGETS.get(program, program) for program in programs)
        done = run(["cmake", "--build", str(self.build), "-j", str(os.cpu_count() or 2), "--target", *targets], env=self.environment)
        if done.returncode != 0:
            errors = [line for line in done.stdout.splitlines() if "error:" in line] or done.stdout.splitlines()[-5:]
            raise Broken("it does not build: " + "; ".join(errors[:3]))

    def program(self, name):
        found = [path for path in self.build.rglob(name) if path.is_file() and os.access(path, os.X_OK)]
        if len(found) != 1:
            raise Broken(f"there is not one program {name}")
        return str(found[0])

    def fails(self, plant):
        """Whether the plant's case fails, and by what. Catch2 takes a case by its name, a rig its arguments."""
        case = [re.sub(r'([\\,\[\]"*])', r"\\\1", plant["case"])] if "case" in plant else plant["arguments"]
        try:
            done = run([self.program(plant["program"]), *case], cwd=self.build, env=self.environment, timeout=CASE_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            return f"it did not end within {CASE_SECONDS_MAX} s"
        if "No test cases matched" in done.stdout or "No tests ran" in done.stdout:
            raise Broken("there is no such case")
        if re.search(r"test cases: +1 \| 1 skipped", done.stdout):
            raise Broken("the case was skipped")
        if done.returncode == 0:
            return None
        return reason(done)


def reason(done):
    """The first check that failed, else how the program ended."""
    failed = re.search(r"^.*?([\w]+\.(?:cpp|h):\d+): FAILED:\n(?:explicitly with messages?:\n)? *(.*)$", done.stdout, re.MULTILINE)
    if failed:
        return f"{failed[1]} {failed[2].strip()}"
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return f"exit {done.returncode}: {lines[-1] if lines else ''}"


def titled(plant):
    return f"{plant['program']}: {plant['case'] if 'case' in plant else ' '.join(plant['arguments'])}"


def planted(workshop, plant):
    """Plants, builds, runs; the source is as before afterwards. What caught it, or None."""
    path = workshop.source / plant["file"]
    sound = path.read_text() if path.exists() else ""
    if sound.count(plant["old"]) != 1:
        raise Broken(f"it no longer applies: its text stands {sound.count(plant['old'])} times in {plant['file']}")
    path.write_text(sound.replace(plant["old"], plant["new"]))
    try:
        workshop.make([plant["program"]])
        return workshop.fails(plant)
    finally:
        path.write_text(sound)


def check_sound(workshop, plants):
    """Every case passes without a plant."""
    workshop.make({plant["program"] for plant in plants})
    for title, plant in {titled(plant): plant for plant in plants}.items():
        try:
            failure = workshop.fails(plant)
        except Broken as broken:
            failure = str(broken)
        if failure:
            raise Broken(f"{title} fails without a plant: {failure}")


def judge(workshop, plants):
    survivors = 0
    for plant in plants:
        started = time.monotonic()
        try:
            by = planted(workshop, plant)
            verdict = "caught" if by else "NOT CAUGHT"
        except Broken as broken:
            by, verdict = str(broken), "BROKEN"
        survivors += verdict != "caught"
        print(f"{verdict:<10} {plant['name']:<28} {time.monotonic() - started:4.0f} s  {titled(plant)}", flush=True)
        if by:
            print(f"{'':11}{by[:180]}", flush=True)
    return survivors


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=pathlib.Path, default=ROOT / "build/plants", help="where sources are copied to and built")
    arguments.add_argument("--only", nargs="+", metavar="NAME", help="these plants alone")
    arguments.add_argument("--list", action="store_true", help="the plants, and nothing else")
    given = arguments.parse_args()
    plants = tomllib.loads(TABLE.read_text())["plant"]
    if given.only:
        plants = [plant for plant in plants if plant["name"] in given.only]
        missing = set(given.only) - {plant["name"] for plant in plants}
        if missing:
            arguments.error(f"there is no plant {', '.join(sorted(missing))}")
    if given.list:
        for plant in plants:
            print(f"{plant['name']:<28} {plant['what']}")
        return 0
    try:
        workshop = Workshop(given.folder.resolve())
        check_sound(workshop, plants)
    except Broken as broken:
        print(f"tests/plants: {broken}", file=sys.stderr)
        return 1
    survivors = judge(workshop, plants)
    print(f"{len(plants) - survivors} of {len(plants)} planted bugs caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
