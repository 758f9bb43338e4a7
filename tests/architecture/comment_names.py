#!/usr/bin/env python3
"""Names in comments exist. This test collects words in comments that look like names of the code (CamelCase,
kConstant, member_, Foo::Bar) and finds names that do not occur in code.

    comment_names.py ROOT
"""

import pathlib
import re
import sys

FOLDERS = ("config", "policy", "routing", "backends", "gateway", "loadtest", "tests")
# Names that are not ours: models, providers, protocols and methods; absl's status codes, which the code spells
# otherwise; the example of a metric in gateway/metrics/registry.h.
FOREIGN = set("""
    CodeGemma CodeLlama SantaCoder StarCoder MiniMax OpenAI OpenRouter SiliconFlow
    AdaGrad HdrHistogram ProcSubset RetryInfo W3C
    kFailedPrecondition kInvalidArgument
    QueueWait
""".split())
COMMENT = re.compile(r"//([^\n]*)")
TEXTS = re.compile(r'R"(\w*)\((.*?)\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])\'', re.DOTALL)
QUOTED = re.compile(r'"[^"]*"|\'[^\']*\'|https?://\S+')
WORD = re.compile(r"(?<![\w./:-])[A-Za-z_]\w*(?:::~?\w+)*(?![\w/]|-\w|\.\w)")
CAMEL = re.compile(r"[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+")
MEMBER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*_")
CONSTANT = re.compile(r"k[A-Z]\w+")
NAME = re.compile(r"\w+")
END_OF_NAMESPACE = re.compile(r"\s*(namespace\b|clang-format|NOLINT)")


def looks_like_name(word):
    last = word.rsplit("::", 1)[-1]
    return bool("::" in word or CAMEL.fullmatch(last) or MEMBER.fullmatch(last) or CONSTANT.fullmatch(last))


def parts(text):
    """Comments with their line numbers, and the names in code (texts are code: they hold JSON and policies)."""
    comments, code = [], []
    for number, line in enumerate(text.splitlines(), 1):
        blanked = TEXTS.sub(lambda match: "_" * len(match.group()), line)
        at = blanked.find("//")
        if at < 0:
            code.append(line)
            continue
        code.append(line[:at])
        comment = line[at + 2:]
        if not END_OF_NAMESPACE.match(comment):
            comments.append((number, comment))
    return comments, set(NAME.findall("\n".join(code)))


def unknown(comments, names):
    for number, comment in comments:
        for word in WORD.findall(QUOTED.sub(" ", comment)):
            if word.startswith(("std::", "boost::", "absl::", "asio::", "http::", "simdjson::")) or word in FOREIGN:
                continue
            if not looks_like_name(word):
                continue
            missing = [one for one in word.replace("~", "").split("::") if one and one not in names]
            if missing:
                yield number, word


def self_test():
    comments, names = parts("// Of HeadPass, kMostFields, held_bytes_ and Log::Write.\nint F() { return 1; }\n")
    found = [word for _, word in unknown(comments, names)]
    if found != ["HeadPass", "kMostFields", "held_bytes_", "Log::Write"]:
        sys.exit(f"this test finds only {found}")
    comments, names = parts("// HeadPass as OpenAI has it; std::sort of \"NoSuchName\".\nclass HeadPass {}; // HeadPass\n")
    if found := list(unknown(comments, names)):
        sys.exit(f"false alarm: {found}")


def main():
    root = pathlib.Path(sys.argv[1])
    self_test()
    comments, names = {}, set()
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".h", ".cc"}:
                comments[path.relative_to(root).as_posix()], of_file = parts(path.read_text(encoding="utf-8"))
                names |= of_file
            elif path.suffix in {".py", ".yaml", ".sh", ".txt", ".in"}:
                names |= set(NAME.findall(path.read_text(encoding="utf-8", errors="replace")))
    for path in (root / "cmake").glob("*.cmake"):
        names |= set(NAME.findall(path.read_text(encoding="utf-8")))
    found = [f"{name}:{number}: {word} is in no code" for name, lines in comments.items()
             for number, word in unknown(lines, names)]
    print("\n".join(found) or "all names in comments exist")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
