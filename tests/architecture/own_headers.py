#!/usr/bin/env python3
"""A source implements the header of its own name and only that header: each .cc includes it first, and each header
that declares functions has its .cc. OTHERS lists the exceptions, each with its reason.

    own_headers.py ROOT
"""

import pathlib
import re
import sys

TOPS = ("config", "policy", "routing", "backends", "gateway", "loadtest")
PROGRAM = "a program"
ASIO = "what Asio compiles once"
GENERATED = "its source is made while building (embed.cmake)"
COMMAND = "one subcommand; the list of all is gateway/cli/commands.h"
REPLAY = "one way to print what gateway/cli/replay/replay_report.h holds"
OTHERS = {
    "backends/net/asio_impl.cc": ASIO,
    "gateway/cli/budgets.cc": COMMAND,
    "gateway/cli/check.cc": COMMAND,
    "gateway/cli/classifier/evaluate.cc": COMMAND,
    "gateway/cli/classifier/train.cc": COMMAND,
    "gateway/cli/commands.h": COMMAND,
    "gateway/cli/explain.cc": COMMAND,
    "gateway/cli/key.cc": COMMAND,
    "gateway/cli/ledger/commands.h": "what the sources of one command share",
    "gateway/cli/ledger/import.cc": COMMAND,
    "gateway/cli/ledger/ledger.cc": COMMAND,
    "gateway/cli/ledger/reconcile.cc": COMMAND,
    "gateway/cli/main.cc": PROGRAM,
    "gateway/cli/plan.cc": COMMAND,
    "gateway/cli/replay.cc": COMMAND,
    "gateway/cli/replay/replay_bill.cc": REPLAY,
    "gateway/cli/replay/replay_json.cc": REPLAY,
    "gateway/cli/replay/replay_report.h": REPLAY,
    "gateway/cli/replay/replay_table.cc": REPLAY,
    "gateway/cli/schema.cc": COMMAND,
    "gateway/cli/serve.cc": COMMAND,
    "loadtest/asio_impl.cc": ASIO,
    "loadtest/load/main.cc": PROGRAM,
    "loadtest/sim/main.cc": PROGRAM,
    "routing/classify/shipped_topics.h": GENERATED,
    "routing/policy/policy_compiler.cc": "CompiledPolicy::Compile: what makes a policy, apart from what it is",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.MULTILINE)
COMMENTS = re.compile(r"//[^\n]*")
TEXTS = re.compile(r'R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])\'', re.DOTALL)
DIRECTIVES = re.compile(r"^[ \t]*#[^\n]*", re.MULTILINE)
ENCLOSING = re.compile(r"\bnamespace(\s+[\w:]+)?$|\b(struct|class|union)\b[^()=]*$|^class [A-Z_]+\(")
NO_FUNCTION = re.compile(r"^(using|typedef|friend|static_assert|extern|template|return|inline|constexpr)\b|\benum\b")
FUNCTION = re.compile(r"^[^=(]*?(~?\b\w+|operator\s*[^\s\w(]+)\s*\(.*\)[^()=]*(?:\b[A-Z_]+\([^()]*\)\s*)*$")
# Annotations of the thread-safety analysis, and pointers to functions: neither is a function's own parameter list.
MACROS = re.compile(r"\b[A-Z_]{4,}\([^()]*(?:\([^()]*\))?[^()]*\)|\(\*\w+\)\([^()]*\)")
ACCESS = re.compile(r"^(?:(?:public|private|protected)\s*:\s*)+")


def declarations(text):
    """Heads that end in ';' outside of functions: in namespaces and classes."""
    text = DIRECTIVES.sub("", COMMENTS.sub("", TEXTS.sub('""', text)))
    head, skipped = "", 0
    for piece in re.findall(r"[{};]|[^{};]+", text):
        if skipped:
            skipped += {"{": 1, "}": -1}.get(piece, 0)
        elif piece == "{":
            if ENCLOSING.search(head.strip()):
                head = ""
            else:
                skipped = 1
        elif piece in "};":
            if piece == ";" and head.strip():
                yield ACCESS.sub("", " ".join(head.split()))
            head = ""
        else:
            # Another declaration begins behind the body of a function.
            head = piece


def declares_functions(text):
    for head in declarations(text):
        if NO_FUNCTION.search(head):
            continue
        found = FUNCTION.match(MACROS.sub("", head))
        # A function that the same header defines behind its class does not need a source.
        if found and not re.search(r"::" + re.escape(found.group(1)) + r"\s*\(", text):
            return True
    return False


def problems(name, text, exists):
    """What is wrong with the file `name`, whose content is `text`. `exists(name)`: whether there is such a file."""
    if name in OTHERS:
        return
    stem = name.rsplit(".", 1)[0]
    if name.endswith(".cc"):
        first = INCLUDE.search(text)
        if not first or first.group(1) != stem + ".h":
            yield f"{name}: its first include must be {stem}.h, which declares what it defines"
    elif declares_functions(text) and not exists(stem + ".cc"):
        yield f"{name}: it declares functions, and there is no {stem}.cc that defines them"


def self_test():
    def bad(name, text, files=()):
        return list(problems(name, text, lambda file: file in files))

    for name, text in (
        ("a/b.cc", '#include "a/c.h"\n'),
        ("a/b.cc", "int F() { return 1; }\n"),
        ("a/b.h", "int F(int a);\n"),
        ("a/b.h", "class B {\n public:\n  void Run(const std::string& text) const;\n};\n"),
    ):
        if not bad(name, text):
            sys.exit(f"this test finds nothing wrong with {name}: {text}")
    for name, text, files in (
        ("a/b.cc", '#include "a/b.h"\n', ()),
        ("a/b.h", "int F(int a);\n", ("a/b.cc",)),
        ("a/b.h", "struct B {\n  int a = F(1);\n  virtual void G(int) = 0;\n  B(const B&) = delete;\n};\n", ()),
        ("a/b.h", "inline int F(int a) { return a; }\n", ()),
    ):
        if found := bad(name, text, files):
            sys.exit(f"false alarm: {found[0]}")


def main():
    root = pathlib.Path(sys.argv[1])
    self_test()
    found = [f"{name}: this test's table names a file that is not there" for name in OTHERS if not (root / name).exists()]
    for top in TOPS:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in {".h", ".cc"}:
                name = path.relative_to(root).as_posix()
                found += problems(name, path.read_text(encoding="utf-8"), lambda file: (root / file).exists())
    print("\n".join(found) or "every source implements its own header")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
