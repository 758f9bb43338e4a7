"""Runs the snippets of docs/clients.md: snippets.py LANGUAGE…

A code block with the comment `<!-- tested: LANGUAGE -->` in the line before it is a program of its own. Its address and
key are replaced by those of the gateway in OPENAI_BASE_URL and OPENAI_API_KEY. It must end well and print the answer
that script.jsonl has for its question.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "clients.md"
BLOCK = re.compile(r"^<!-- tested: (\w+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS, KEY = "http://127.0.0.1:8080", "hg-your-key"
ANSWER = "The ferry to Mull leaves at ten past seven."
LONGEST_S = 30


def program(language, folder):
    """The interpreter of a language, and the file that it runs: Node looks for packages from the folder of the file."""
    if language == "node":
        installed = HERE.parent.parent / "build" / "sdk" / "node"
        return ["node"], installed / "snippet.mjs"
    return [sys.executable if language == "python" else "sh"], folder / "snippet"


def fault(language, text, folder):
    """What is wrong with a snippet; empty if nothing is."""
    command, file = program(language, folder)
    gateway = os.environ["OPENAI_BASE_URL"].removesuffix("/v1")
    file.write_text(text.replace(ADDRESS, gateway).replace(KEY, os.environ["OPENAI_API_KEY"]))
    try:
        done = subprocess.run([*command, str(file)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        return f"it did not end within {LONGEST_S} s"
    return "" if done.returncode == 0 and ANSWER in done.stdout else done.stdout or f"it ended with {done.returncode}"


def main():
    page = PAGE.read_text()
    ran, failed = 0, 0
    with tempfile.TemporaryDirectory(prefix="headgate-snippets-") as folder:
        for block in BLOCK.finditer(page):
            language, text = block.groups()
            if language not in sys.argv[1:]:
                continue
            ran += 1
            line = page.count("\n", 0, block.start()) + 1
            wrong = fault(language, text, pathlib.Path(folder))
            failed += bool(wrong)
            print(f"{PAGE.name}:{line}: {'FAILED' if wrong else 'ok'} ({language})\n{wrong}", end="", flush=True)
    print(f"{ran} snippets, {failed} failed")
    sys.exit(failed > 0 or ran == 0)


if __name__ == "__main__":
    main()
