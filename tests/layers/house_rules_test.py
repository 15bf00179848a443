#!/usr/bin/env python3
"""Shows that the checks `layers` and `tidy` can fail: each rule is broken once and must be named.

broken_house/ is a source tree in small whose every line with a mistake is listed here; untidy
files are written by the test, because long ones would only be noise in the repository.
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
CMAKE = HERE.parent.parent / "cmake"

LAYER_FINDINGS = """\
exporters/homeless.cpp:1: its folder is not in Layers.cmake
killswitch/register.cpp:5: walks `orders_`, which is unordered
killswitch/register.cpp:6: walks `orders_`, which is unordered
policy/upward.hpp:4: <re2/re2.h> in a public header
policy/upward.hpp:8: policy may not include slo
slo/strays.cpp:3: <openssl/sha.h> outside its home killswitch
slo/strays.cpp:4: <curl/curl.h> has no home in Layers.cmake
slo/strays.cpp:5: <thread> in a pure folder
slo/strays.cpp:8: "strays.hpp" starts with no folder of Layers.cmake
slo/strays.cpp:9: "policy/detail/parser.hpp" is private to policy
sre/engine/impure.cpp:1: <mutex> in a pure folder
sre/engine/impure.cpp:3: sre/engine may not include sre/cli
sre/engine/impure.cpp:5: `std::mutex` in a pure folder
sre/engine/impure.cpp:6: `steady_clock::now` in a pure folder
sre/engine/impure.cpp:9: `getenv(` in a pure folder
sre/engine/impure.cpp:10: `std::lock_guard` in a pure folder
sre/engine/impure.cpp:11: `time(` in a pure folder
sre/engine/impure.cpp:11: `std::uniform_int_distribution` in a pure folder
"""

HEADER = "// What it is.\n#pragma once\n"


def function_of(lines):
    """`lines` counts the signature and the closing brace."""
    return "void f() {\n" + "  step();\n" * (lines - 2) + "}\n"


# name, file, content, what must be reported
TIDY_STORIES = [
    ("CleanHeaderPasses", "a.hpp", HEADER + "int a();\n", []),
    ("LineOf100ColumnsPasses", "a.cpp", "//" + "x" * 98 + "\n", []),
    ("LineOf101Columns", "a.cpp", "//" + "x" * 99 + "\n", ["a.cpp:1: 101 columns, more than 100"]),
    ("FileOf400LinesPasses", "a.cpp", "\n" * 400, []),
    ("FileOf401Lines", "a.cpp", "\n" * 401,
     ["a.cpp:1: 401 lines, more than 400: usually two ideas"]),
    ("FunctionOf70LinesPasses", "a.cpp", function_of(70), []),
    ("FunctionOf71Lines", "a.cpp", "int x;\n" + function_of(71),
     ["a.cpp:2: a function of 71 lines, more than 70"]),
    ("LongNamespaceAndClassPass", "a.cpp",
     "namespace n {\nclass C {\n" + "  int x;\n" * 90 + "};\n}\n", []),
    ("LongNamespaceAfterDirectivePasses", "a.cpp",
     "#if defined(A)\n#endif\nnamespace {\n" + "int x;\n" * 90 + "}\n", []),
    ("LongMethodInsideClass", "a.cpp",
     "namespace n {\nclass C : public B {\n" + function_of(71) + "};\n}\n",
     ["a.cpp:3: a function of 71 lines, more than 70"]),
    ("LongTemplateFunction", "a.cpp", "template <class T>\n" + function_of(71),
     ["a.cpp:1: a function of 72 lines, more than 70"]),
    ("BracesInTextDoNotCount", "a.cpp",
     'const char* a = "{"; char b = \'{\'; auto c = R"({)";  // {\n' + function_of(70), []),
    ("LongTablePasses", "a.cpp", "const Row kRows[] = {\n" + "  {f(1)},\n" * 90 + "};\n", []),
    ("Tab", "a.cpp", "\tint x;\n", ["a.cpp:1: a tab"]),
    ("TabInMakefilePasses", "Makefile", "all:\n\ttrue\n", []),
    ("TrailingBlank", "a.md", "text \n", ["a.md:1: blanks at the end of the line"]),
    ("NoLastNewline", "a.cpp", "int x;", ["a.cpp:1: no end of line at the end of the file"]),
    ("PromisedWork", "a.cpp", "// TO" "DO: later\n",
     ["a.cpp:1: the word TO" "DO: do it, or say what is missing and why"]),
    ("NoPragma", "a.hpp", "// What.\nint a();\n", ["a.hpp:1: no `#pragma once`"]),
    ("NoOpeningComment", "a.hpp", "\n#pragma once\n",
     ["a.hpp:1: a header opens with a comment that gives the intuition"]),
    ("RecordedDataIsNotRead", "data/a.md", "text \n", []),
]


class Layers(unittest.TestCase):
    def test_every_broken_rule_is_named(self):
        result = run("cmake", f"-DROOT={HERE / 'broken_house'}", "-P", CMAKE / "check_layers.cmake")
        found = [line for line in result.stderr.splitlines() if ": " in line and line[0] != " "]
        found = [line for line in found if not line.startswith("CMake Error")]
        self.assertEqual(found, LAYER_FINDINGS.splitlines())
        self.assertNotEqual(result.returncode, 0)

    def test_an_empty_tree_fails(self):
        with tempfile.TemporaryDirectory() as empty:
            result = run("cmake", f"-DROOT={empty}", "-P", CMAKE / "check_layers.cmake")
        self.assertIn("no source below", result.stderr)
        self.assertNotEqual(result.returncode, 0)


class Tidy(unittest.TestCase):
    def test_stories(self):
        for name, file, content, expected in TIDY_STORIES:
            with self.subTest(name), tempfile.TemporaryDirectory() as root:
                path = Path(root, file)
                path.parent.mkdir(exist_ok=True)
                path.write_text(content, encoding="utf-8")
                Path(root, "other.cpp").write_text("int other();\n", encoding="utf-8")
                result = run(sys.executable, CMAKE / "check_tidy.py", root)
                self.assertEqual(result.stdout.splitlines(), expected)
                self.assertEqual(result.returncode, 1 if expected else 0)

    def test_an_empty_tree_fails(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertEqual(run(sys.executable, CMAKE / "check_tidy.py", empty).returncode, 1)


def run(*command):
    command = [str(part) for part in command]
    return subprocess.run(command, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    unittest.main()
