#!/usr/bin/env python3
"""Files of at most 350 lines, functions of at most 45. clang-tidy has the same limit for functions of the product
(.clang-tidy). This test reads the tests too and takes a second; only the bodies of tests may be longer.

    sizes.py ROOT
"""

import pathlib
import re
import sys

FOLDERS = ("config", "policy", "routing", "backends", "gateway", "loadtest", "tests")
MOST_LINES = 350
MOST_LINES_OF_FUNCTION = 45
# Files and functions that may be longer, by file name or (file, function), with their limits. Each needs a reason that
# another reader would accept.
LONGER_FILES = {}
LONGER_FUNCTIONS = {}
TEXTS = re.compile(r'R"(\w*)\((.*?)\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])\'', re.DOTALL)
COMMENTS = re.compile(r"//[^\n]*")
DIRECTIVES = re.compile(r"^[ \t]*#[^\n]*", re.MULTILINE)
ENCLOSING = re.compile(r'\bnamespace(\s+[\w:]+)?$|\b(struct|class|enum|union)\b[^()=]*$|extern "\s*"$')
NAME = re.compile(r"([\w~]+|operator\s*\S+?)\s*\(")
TEST = re.compile(r"^(TEST|TEST_F|TEST_P|TYPED_TEST|BENCHMARK\w*)\s*\(")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def functions(text):
    """(name, first line, lines of the body) of each function, without the bodies of tests."""
    text = TEXTS.sub(lambda match: '"' + blank(match)[2:] + '"', text)
    text = DIRECTIVES.sub(blank, COMMENTS.sub(blank, text))
    open_braces, start = [], 0
    for match in re.finditer(r"[{};]", text):
        head = text[start:match.start()].strip()
        start = match.end()
        if match.group() == "{":
            outside = all(kind == "enclosing" for kind, _, _ in open_braces)
            if ENCLOSING.search(head):
                kind = "enclosing"
            else:
                kind = "function" if outside and "(" in head and not head.endswith("=") else "other"
            open_braces.append((kind, head, match.start()))
        elif match.group() == "}" and open_braces:
            kind, head, at = open_braces.pop()
            if kind == "function" and not TEST.match(head):
                found = NAME.search(head)
                yield found.group(1) if found else head, text.count("\n", 0, at) + 1, text.count("\n", at, match.start())


def problems(name, text):
    lines = text.count("\n")
    most = LONGER_FILES.get(name, MOST_LINES)
    if lines > most:
        yield f"{name}: {lines} lines are more than {most}; find the two subjects in it"
    for function, line, size in functions(text):
        most = LONGER_FUNCTIONS.get((name, function), MOST_LINES_OF_FUNCTION)
        if size > most:
            yield f"{name}:{line}: {function} has {size} lines, more than {most}; name its parts"


def self_test():
    long_body = "  x = 1;\n" * (MOST_LINES_OF_FUNCTION - 1)
    for text in ("\n" * 351, "void F() {\n" + long_body + "\n}\n",
                 "namespace a {\nclass B {\n  int F() const {\n" + long_body + "\n  }\n};\n}\n"):
        if not list(problems("a.cc", text)):
            sys.exit(f"this test finds nothing wrong with {text[:40]!r}…")
    for text in ("\n" * 350, "void F() {\n" + long_body + "}\n", "TEST(A, B) {\n" + long_body + "\n}\n",
                 "const Row kRows[] = {\n" + long_body.replace(";", ",") + "\n};\n"):
        if found := list(problems("a.cc", text)):
            sys.exit(f"false alarm: {found[0]}")


def main():
    root = pathlib.Path(sys.argv[1])
    self_test()
    found = [line for folder in FOLDERS for path in sorted((root / folder).rglob("*")) if path.suffix in {".h", ".cc"}
             for line in problems(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))]
    print("\n".join(found) or "no file and no function is too long")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
