#!/usr/bin/env python3
"""The sentence forms that the shipped topic model learns from have no long run of characters in common with the texts
that it is measured on: tests/routing/*.jsonl, and dev.jsonl.gz of the corpora if they are there. Otherwise the figures
of docs/topic-model.md would say what was learnt by heart.

    forms_are_our_own.py ROOT CORPORA
"""

import gzip
import json
import pathlib
import re
import sys
import unicodedata

LONGEST = 23  # characters in a row; those of scripts that write a word in one or two of them count twice
NEXT_PIECE = re.compile(r"\{[^}]*\}|;")  # what a list puts in, and the end of an item


def plain(text):
    """Letters and digits in lower case, one blank between words."""
    letters = re.sub(r"[\W_]+", " ", text.lower()).strip()
    return "".join(c * 2 if unicodedata.east_asian_width(c) == "W" else c for c in letters)


def runs(text):
    size = LONGEST + 1
    return (text[at:at + size] for at in range(len(text) - size + 1))


def pieces(forms):
    """The literal texts of a file of forms, each with its line."""
    for number, line in enumerate(forms.splitlines(), 1):
        if not line.startswith(("#", "[", "=")):
            for piece in NEXT_PIECE.split(line):
                yield number, plain(piece)


def shared(forms, measured):
    """Lines of forms that share a run with a measured text: (line, run)."""
    seen = {run for text in measured for run in runs(plain(text))}
    for number, piece in pieces(forms):
        found = next((run for run in runs(piece) if run in seen), None)
        if found:
            yield number, found


def measured_texts(root, corpora):
    for path in sorted((root / "tests" / "routing").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for message in json.loads(line).get("messages", []):
                if isinstance(message["content"], str):
                    yield message["content"]
    real = corpora / "dev.jsonl.gz"
    if real.exists():
        with gzip.open(real, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)["text"]


def check_the_checker():
    measured = ["How often must a BADGER, on average, be fed?", "毎朝六時に犬を散歩に連れて行く人は何人いますか"]
    for form, lines in {
        "how often must a badger on average": [1],
        "[animal]\na badger\n\n= general 5\nhow often must {animal} on average be fed": [],
        "x; must a Badger on - average": [1],
        "六時に犬を散歩に連れて行く": [1],
        "犬を散歩に連れて行く": [],
    }.items():
        found = [number for number, _ in shared(form, measured)]
        assert found == lines, (form, found)


def main():
    check_the_checker()
    root, corpora = map(pathlib.Path, sys.argv[1:3])
    measured = list(measured_texts(root, corpora))
    wrong = 0
    for path in sorted((root / "routing" / "training").glob("*_prompts.txt")):
        for number, run in shared(path.read_text(encoding="utf-8"), measured):
            print(f"{path}:{number}: also in a text that the model is measured on: '{run}'; write about something else")
            wrong += 1
    if wrong:
        sys.exit(1)
    print(f"no form repeats one of {len(measured)} measured texts")


if __name__ == "__main__":
    main()
