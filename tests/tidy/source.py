"""Reads the tree for tidy.py: which files are ours, their code without comments and strings, their functions."""
import functools
import os
import re
import shutil
import subprocess

CPP = (".cpp", ".h")
BRACES = CPP + (".js", ".mjs", ".ts")
WRITTEN = BRACES + (".py", ".cmake", ".html", ".css", ".capnp", ".sh", "CMakeLists.txt", "scripts/setup", "scripts/demo", "scripts/test",
                    "scripts/node", ".ci/run")
NOT_OURS = (".git/", "build/", ".deps/", "tests/golden/", "tests/fuzz/corpus/")


class Tree:
    """The files git would commit (or, without git, all of them), by path relative to the root."""

    def __init__(self, root):
        self.root = os.path.abspath(root)
        self.paths = sorted(p for p in self._listed() if not p.startswith(NOT_OURS) and "node_modules/" not in p)

    def _listed(self):
        git = shutil.which("git")
        command = [git, "ls-files", "-co", "--exclude-standard"]
        listed = subprocess.run(command, cwd=self.root, capture_output=True, text=True) if git else None
        if listed and listed.returncode == 0:
            return [p for p in listed.stdout.split("\n") if p and os.path.isfile(os.path.join(self.root, p))]
        found = []
        for folder, _, names in os.walk(self.root):
            found += [os.path.relpath(os.path.join(folder, n), self.root) for n in names]
        return found

    def files(self, endings):
        return [p for p in self.paths if p.endswith(endings)]

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="surrogateescape") as file:
            return file.read()

    @functools.lru_cache(maxsize=None)
    def code(self, path):
        return strip(self.text(path), is_script=not path.endswith(CPP))

    def includes(self, path):
        for number, line in enumerate(self.text(path).split("\n"), 1):
            found = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
            if found:
                yield number, found.group(1)


def room_of(path):
    found = re.match(r"core/orthink/(\w+)/", path)
    return found.group(1) if found else None


CPP_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|\bR"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'',
                       re.DOTALL)
JS_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`(?:\\.|[^`\\])*`'
                      r'|(?<=[(,=:\[!&|?{};])(?P<space>\s*)/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*', re.DOTALL)


def strip(text, is_script):
    """The same lines with comments, strings and regular expressions emptied; include lines keep their names."""

    def empty(match):
        lines = match.group(0).count("\n")
        before = text.rfind("\n", 0, match.start()) + 1
        if text[before:match.start()].lstrip().startswith("#include"):
            return match.group(0)
        return (' ' if match.group(0).startswith("/") else '""') + "\n" * lines

    return (JS_TOKEN if is_script else CPP_TOKEN).sub(empty, text)


NOT_A_FUNCTION = re.compile(r"\b(?:namespace|class|struct|union|enum|extern)\b|^\s*describe\s*\(|=\s*$|\bconcept\b")


def functions(code):
    """Yields (name, first line, last line) of every outermost function body, by counting braces."""
    kinds, line, head, head_line = [], 1, "", 1
    for char in code:
        if char == "\n":
            line += 1
        if char == "{":
            outer = kinds[-1][0] if kinds else "scope"
            is_function = outer == "scope" and ")" in head and not NOT_A_FUNCTION.search(re.sub(r"\([^()]*\)", "()", head))
            kinds.append(("function" if is_function else "inside" if outer != "scope" else "scope", name_of(head), head_line))
            head, head_line = "", line
        elif char == "}":
            if kinds:
                kind, name, first = kinds.pop()
                if kind == "function":
                    yield name, first, line
            head, head_line = "", line
        elif char == ";" and not (kinds and kinds[-1][0] == "inside"):
            if head.count("(") <= head.count(")"):
                head, head_line = "", line
            else:
                head += char
        else:
            if not head.strip():
                head_line = line
            head += char


def name_of(head):
    found = re.search(r"([\w:~]+)\s*(?:=\s*(?:async\s*)?)?\(", head)
    return found.group(1) if found else "a function"
