#!/usr/bin/env python3
"""Small rules that stop the good parts of the house decaying: python3 check_tidy.py ROOT

Reports, as file:line: what:
  - C++ files above 400 lines, functions above 70;
  - lines above 100 columns, tabs, blanks at a line's end, a missing end of line;
  - words that promise work instead of doing it;
  - headers without `#pragma once` or without an opening comment.
Functions are found by matching braces, which is enough for code in one style and no substitute for
a compiler. Recorded data (golden files, corpora, logs) is not code and not read.
"""

import bisect
import os
import re
import sys
from pathlib import Path

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100

CPP = {".hpp", ".cpp"}
TEXT = CPP | {".cmake", ".def", ".md", ".py", ".sh", ".yaml"}
NAMES = {"CMakeLists.txt", "Makefile", "run"}
# Prose and data have long lines for good reasons: tables, links.
LONG_LINES_ALLOWED = {".md", ".yaml"}
SKIPPED_FOLDERS = {".git", "build", ".venv", "data", "corpus", "golden", "proof", "broken_house"}

# Written so that this file does not contain them.
FORBIDDEN = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

DIRECTIVES = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
LITERALS = re.compile(
    r'R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"'  # raw strings
    r'|//[^\n]*|/\*.*?\*/'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",  # not the separator in 1'000
    re.DOTALL,
)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")


def code_of(text):
    """The code alone, with its line breaks, so that every brace left is a real one."""
    for pattern in (LITERALS, DIRECTIVES):
        text = pattern.sub(lambda match: "\n" * match.group().count("\n"), text)
    return text


def functions(text):
    """(first line, last line) of each outermost function body with its signature, 1-based."""
    code = code_of(text)
    stack = []  # one entry per open brace: first line of a function, or None for a scope
    head_start = 0
    in_function = 0
    line_of = line_counter(code)
    for match in re.finditer(r"[{};]", code):
        at = match.start()
        if match.group() == ";":
            head_start = at + 1
            continue
        if match.group() == "{":
            head = code[head_start:at]
            is_function = not in_function and ")" in head and not SCOPE.search(strip_template(head))
            if is_function or in_function:
                in_function += 1
            first = head_start + len(head) - len(head.lstrip())
            stack.append(line_of(first) if is_function else None)
        elif stack:
            first = stack.pop()
            in_function -= 1 if in_function else 0
            if first is not None:
                yield first, line_of(at)
        head_start = at + 1


def strip_template(head):
    """`template <class T> void f()` is no class, and neither is `void f(struct tm*)`."""
    return re.sub(r"template\s*<[^{]*?>\s*(?=\w|\[)", "", head).split("(")[0]


def line_counter(text):
    starts = [0] + [match.end() for match in re.finditer("\n", text)]

    def line_of(offset):
        return bisect.bisect_right(starts, offset)

    return line_of


def check_text(path, text):
    suffix = path.suffix
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no end of line at the end of the file"
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > COLUMNS_MAX and suffix not in LONG_LINES_ALLOWED:
            yield number, f"{len(line)} columns, more than {COLUMNS_MAX}"
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if "\t" in line and path.name != "Makefile":
            yield number, "a tab"
        word = FORBIDDEN.search(line)
        if word:
            yield number, f"the word {word.group()}: do it, or say what is missing and why"


def check_cpp(path, text):
    lines = text.count("\n")
    if lines > FILE_LINES_MAX:
        yield 1, f"{lines} lines, more than {FILE_LINES_MAX}: usually two ideas"
    if path.suffix == ".hpp":
        if not text.startswith("//"):
            yield 1, "a header opens with a comment that gives the intuition"
        if "\n#pragma once\n" not in text:
            yield 1, "no `#pragma once`"
    for first, last in functions(text):
        length = last - first + 1
        if length > FUNCTION_LINES_MAX:
            yield first, f"a function of {length} lines, more than {FUNCTION_LINES_MAX}"


def sources(root):
    for folder, below, names in os.walk(root):
        below[:] = sorted(set(below) - SKIPPED_FOLDERS)
        for path in (Path(folder, name) for name in sorted(names)):
            if path.suffix in TEXT or path.name in NAMES:
                yield path, path.relative_to(root)


def main():
    root = Path(sys.argv[1])
    files = findings = 0
    for path, relative in sources(root):
        files += 1
        text = path.read_text(encoding="utf-8")
        found = list(check_text(path, text))
        if path.suffix in CPP:
            found += check_cpp(path, text)
        for number, what in sorted(found):
            print(f"{relative}:{number}: {what}")
            findings += 1
    print(f"tidy: {files} files, {findings} findings", file=sys.stderr)
    sys.exit(0 if files and not findings else 1)


if __name__ == "__main__":
    main()
