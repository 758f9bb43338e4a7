#!/usr/bin/env python3
"""Sanitizer builds compile the sources of a library, and of a test, ten at a time (UNITE in cmake/Headgate.cmake). All
unnamed namespaces of such a unit are one. This test finds names that two sources of one library or test give to
different things.
Functions may share a name if no call can mean both of them: a literal is a string as well as a view of one, and a
parameter with a default may be left out.

    unnamed_names.py ROOT
"""

import collections
import itertools
import os
import pathlib
import re
import sys

TOPS = ("config", "policy", "routing", "backends", "gateway", "loadtest", "tests")
UNIT = re.compile(r"headgate_(library|test)\(\s*NAME\s+(\S+)(.*?)\)", re.DOTALL)
TEXTS = re.compile(r'R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.DOTALL)
COMMENTS = re.compile(r"//[^\n]*")
DIRECTIVES = re.compile(r"^\s*#[^\n]*", re.MULTILINE)
EMPTY = re.compile(r"= ?\{\}(?=[,)])")
NAMESPACE = re.compile(r"namespace(?:\s+([\w:]+))?\s*$")
TYPE = re.compile(r"(?:template ?<.*?> ?)?(?:struct|class|enum class|enum) (\w+)")
ALIAS = re.compile(r"(?:__extension__ )?using (\w+) ?= ?(.*)")
TEXT = re.compile(r"^(?:const std::string ?&|std::string(?:_view)?|const char ?\*)$")
FUNCTION = re.compile(r"\b(\w+) ?\((.*)\)[^()]*$")
CONSTANT = re.compile(r"k[A-Z]")
VALUE = re.compile(r"\b(\w+) ?(?:\[[^\]]*\])? ?(?:=.*)?$")


def statements(text):
    """(enclosing namespaces, head) of each declaration outside functions and classes."""
    text = DIRECTIVES.sub("", COMMENTS.sub("", TEXTS.sub('""', text)))
    text = EMPTY.sub('= ""', text)
    enclosing, head, skipped = [], "", 0
    for piece in re.findall(r"[{};]|[^{};]+", text):
        if skipped:
            skipped += {"{": 1, "}": -1}.get(piece, 0)
        elif piece == "{":
            if (found := NAMESPACE.search(head)) and "using" not in head:
                enclosing.append(found.group(1) or "")
                head = ""
            else:
                yield tuple(enclosing), " ".join(head.split())
                head, skipped = "", 1
        elif piece == "}":
            if enclosing:
                enclosing.pop()
            head = ""
        elif piece == ";":
            if head.strip():
                yield tuple(enclosing), " ".join(head.split())
            head = ""
        else:
            head += piece


def calls(parameters):
    """The types with which a function can be called."""
    types, needed = [], 0
    for one in parameters.split(","):
        written, default = (part.strip() for part in (one + "=").split("=")[:2])
        kind = re.sub(r"(?<=[\s&*>])\w+$", "", written).strip()
        types.append(TEXT.sub("a text", kind))
        needed = needed if default else len(types)
    return frozenset(tuple(types[:count]) for count in range(needed, len(types) + 1))


def declared(head):
    """(name, what it is). Two declarations collide if they have the same name and mean different things."""
    if head.startswith(("using namespace", "static_assert", "namespace", "template class", "extern")):
        return None
    if found := TYPE.match(head):
        return found.group(1), "type"
    if found := ALIAS.match(head):
        return found.group(1), "same " + found.group(2)
    if head.startswith("using "):
        return None
    if (found := FUNCTION.search(head)) and "=" not in head[: found.start(1)]:
        constant = CONSTANT.match(found.group(1))  # with its value in parentheses
        return found.group(1), "value" if constant else calls(found.group(2))
    if found := VALUE.search(head.split("=")[0].strip()):
        return found.group(1), "value"
    return None


def names(file, text):
    """The names in unnamed namespaces of a source and its other names for types, or all names of a header:
    (namespace, name, what it is)."""
    for enclosing, head in statements(text):
        own = "" in enclosing or ALIAS.match(head)
        if (own or file.endswith(".h")) and (one := declared(head)):
            yield "::".join(name for name in enclosing if name), *one


def collisions(sources):
    """Names that collide. `sources`: (name, text) of the files of one library or test, with their headers."""
    found = collections.defaultdict(list)
    for name, text in sources:
        for one in sorted(set(names(name, text)), key=repr):
            found[one[:2]].append((one[2], name))
    for (_, name), uses in sorted(found.items()):
        files = sorted({file for _, file in uses})
        if len(files) < 2 or all(file.endswith(".h") for file in files):
            continue
        meanings = [meaning for meaning, _ in uses]
        functions = all(isinstance(meaning, frozenset) for meaning in meanings)
        ambiguous = functions and any(one & other for one, other in itertools.combinations(meanings, 2))
        aliases = all(str(meaning).startswith("same ") for meaning in meanings)
        if (functions and not ambiguous) or (aliases and len(set(meanings)) == 1):
            continue
        yield f"{files[0]}: {name} is also in {', '.join(files[1:])}; give it another name"


def units(root):
    """For each library and test whose sources are compiled together: (name, text) of its files."""
    for top in TOPS:
        for path in sorted((root / top).rglob("CMakeLists.txt")):
            for kind, _, arguments in UNIT.findall(path.read_text(encoding="utf-8")):
                words = arguments.split()
                if kind == "library" and "UNITE" not in words:
                    continue
                files = [path.parent / word for word in words if word.endswith(".cc") and "$" not in word]
                files += sorted({header for file in files for header in file.parent.glob("*.h")})
                yield [(os.path.relpath(file, root), file.read_text(encoding="utf-8")) for file in files]


def self_test():
    def both(one, other):
        return [(name, f"namespace a {{\nnamespace {{\n{text}\n}}  // namespace\n}}") for name, text in
                (("one.cc", one), ("other.cc", other))]

    for text in ("constexpr int kMost = 1;", "constexpr Time kMost(1);", "struct Row { int a; };", "int Count(const Text& text) { return 1; }"):
        if not list(collisions(both(text, text))):
            sys.exit(f"this test finds nothing wrong with two of: {text}")
    if not list(collisions(both("int Count(std::string a, int b = {}) { return 1; }",
                                "int Count(std::string_view a) { return 1; }"))):
        sys.exit("this test does not see an ambiguous call")
    header = ("one.h", "namespace a {\nstruct Row { int a; };\n}")
    if not list(collisions([header, *both("struct Row { int b; };", "")])):
        sys.exit("this test does not see what a header has")
    for one, other in (
        ("int Count(int a) { return 1; }", "int Count(char a) { return 1; }"),
        ("int Count(std::string_view a, int b) { return 1; }", "int Count(std::string a) { return 1; }"),
        ("using std::string;", "using std::string;"),
        ("namespace json = boost::json;", "namespace json = boost::json;"),
        ("void F() { int kMost = 1; }", "constexpr int kMost = 1;"),
    ):
        if list(collisions(both(one, other))):
            sys.exit(f"false alarm: {one} and {other}")


def main():
    root = pathlib.Path(sys.argv[1])
    self_test()
    found, count = [], 0
    for sources in units(root):
        count += 1
        found += collisions(sources)
    if not count:
        sys.exit("no library and no test is compiled together: this test reads nothing")
    print("\n".join(found) or "all names in unnamed namespaces of a library or test differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
