#!/usr/bin/env python3
"""Plants one violation of every rule in a small tree and sees that tidy.py names it, and that the clean tree passes."""
import os
import subprocess
import sys
import tempfile
import unittest

TIDY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tidy.py")

CLEAN = {
    "core/orthink/base/a.h": "#pragma once\n#include <string>\nnamespace o { struct A { int b{0}; std::string s() const { return \"{\"; } }; }\n",
    "core/orthink/wire/b.h": '#pragma once\n#include "orthink/base/a.h"\n// nothing here may throw; catch (it)\n',
    "core/orthink/cost/c.cpp": '#include "orthink/base/a.h"\n// no double here\nconst char* c() { return "a double {"; }\n',
    "web/d.js": "export function d(s) {\n  return s.replace(/[{\"]/g, '') + `{${s}`;\n}\n",
}

LONG_FUNCTION = "int f(int a) {\n" + "  a += 1;\n" * 70 + "  return a;\n}\n"

PLANTED = [
    ("layering", "core/orthink/base/x.h", '#include "orthink/wire/b.h"\n', "room base may not include"),
    ("layering", "core/orthink/think/x.h", '#include "orthink/wire/b.h"\n', "room think may not include"),
    ("layering", "core/orthink/attic/x.h", "#include <string>\n", "not in the list of rooms"),
    ("layering", "core/orthink/wire/x.h", '#include "native/clock.h"\n', "core includes native"),
    ("layering", "native/x.cpp", "#include <nlohmann/json.hpp>\n", "behind wire/json"),
    ("layering", "native/sim/x.h", "#include <httplib.h>\n", "not for a header"),
    ("banned", "core/orthink/base/x.cpp", "#include <thread>\n", "an include"),
    ("banned", "core/orthink/base/x.cpp", "auto t = clock::now();\n", "a clock"),
    ("banned", "core/orthink/base/x.cpp", 'auto t = std::getenv("A");\n', "the environment"),
    ("banned", "core/orthink/base/x.cpp", "void f() { throw 1; }\n", "throw"),
    ("banned", "core/orthink/base/x.cpp", "void f() { try { g(); } catch (...) {} }\n", "catch"),
    ("banned", "core/orthink/base/x.cpp", "#ifdef __wasm__\n#endif\n", "a platform switch"),
    ("banned", "core/orthink/cost/x.cpp", "double d;\n", "floating point"),
    ("banned", "core/orthink/base/money.h", "float d();\n", "floating point"),
    ("sizes", "native/x.cpp", "int a;\n" * 801, "the most is 800"),
    ("sizes", "native/x.cpp", LONG_FUNCTION, "73 lines in one function (f)"),
    ("sizes", "web/x.js", "export const f = async (a) => {\n" + "  g();\n" * 70 + "};\n", "72 lines in one function"),
    ("sizes", "web/x.js", "class A {\n  f(a) {\n" + "  if (a) { g(); }\n" * 70 + "  }\n}\n", "72 lines in one function (f)"),
    ("text", "native/x.cpp", "// caf\u00e9\n", "outside ASCII"),
    ("text", "native/x.cpp", "// TO" "DO later\n", "an unfinished mark"),
    ("text", "docs/x.md", "see /hom" "e/someone/x\n", "a path of one machine"),
    ("text", "docs/x.md", "as iss" "ue 12 asks\n", "how the project is made"),
    ("headers", "core/orthink/base/x.h", "#pragma once\nstd::string s();\n", "does not compile alone"),
    ("headers", "core/orthink/base/x.h", "struct Twice {};\n", "does not compile alone"),
]


def tidy(rule, files):
    with tempfile.TemporaryDirectory() as root:
        for path, content in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(content)
        return subprocess.run([sys.executable, TIDY, rule, "--root", root], capture_output=True, text=True)


class Planted(unittest.TestCase):
    def test_clean_tree_passes(self):
        for rule in ("layering", "banned", "sizes", "text", "headers"):
            result = tidy(rule, CLEAN)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_each_violation_is_named(self):
        for rule, path, content, what in PLANTED:
            result = tidy(rule, {**CLEAN, path: content})
            self.assertEqual(result.returncode, 1, f"{rule} did not see {content!r} in {path}: {result.stderr}")
            self.assertIn(what, result.stdout)
            self.assertIn("1 violations" if "try" not in content else "2 violations", result.stdout)

    def test_a_function_of_seventy_lines_passes(self):
        self.assertEqual(tidy("sizes", {"native/x.cpp": "int f() {\n" + "  g();\n" * 68 + "}\n"}).returncode, 0)


if __name__ == "__main__":
    unittest.main()
