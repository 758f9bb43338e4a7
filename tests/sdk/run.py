#!/usr/bin/env python3
"""Runs one of the SDK suites against a gateway with simulated backends: run.py SUITE.

`python` and `node` are the SDKs of OpenAI in depth. `python_protocols` and `node_protocols` are the SDKs of three
protocols, each against each kind of backend. `python_snippets` and `node_snippets` are the programs in docs/clients.md.

The suite gets OPENAI_BASE_URL and OPENAI_API_KEY, from which the SDKs configure themselves, and
HEADGATE_TEST_SIMULATOR, the root of the simulator whose counters it checks. The models and their
backends:

    gpt-4.1, text-embedding-3-small    api: a paid API, the simulator whose counters are checked
    acme/qwen-2.5-32b                  pool: two replicas of our own, with vLLM's shapes
    gpt-4.1-mini                       moody: another paid API, which may be made to fail
    gpt-4o                             broken, a paid API that always fails; then api
    gpt-4o-mini                        locked, a paid API that rejects the gateway's key
    auto                               pool or api

Models of the protocol suites, whose backends answer from script.jsonl:

    gpt-4.1                            openai: chat completions and Responses
    claude-sonnet-5                    anthropic: Messages
    acme/qwen-2.5-32b                  chat: a vLLM of our own with chat completions alone
    acme/gemma-3-27b                   all: a vLLM of our own with all three

Their gateway stores responses in a temporary folder.

Exits 77 (skipped) if the SDK is not available, unless HEADGATE_REQUIRE_SDKS=1.
"""

import argparse
import contextlib
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
INSTALLED = HERE.parent.parent / "build" / "sdk"
SKIPPED = 77
KEY = "hg-the-key-of-an-application"
PROVIDER_KEY = "provider-key-of-the-sdk-tests"

sys.path.insert(0, str(HERE.parent / "integration"))
from stage import Gateway, Simulator, own, paid  # noqa: E402  pylint: disable=wrong-import-position


def api(simulator, *models, api_key=PROVIDER_KEY, fault=""):
    price = {"input": 2, "output": 8}
    models = {model: {"name": model + fault, "price": price} for model in models}
    return paid(simulator, api_key=api_key, models=models)


def keys():
    return [{"name": "app", "team": "red", "expose": True,
             "hash": ["sha256:" + hashlib.sha256(KEY.encode()).hexdigest()]}]


def environment(served, watched):
    """The environment of a suite. The keys of other machines must not reach the SDKs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "OPENAI_"))}
    return {**kept,
            "OPENAI_BASE_URL": f"http://127.0.0.1:{served.port}/v1",
            "OPENAI_API_KEY": KEY,
            "HEADGATE_TEST_SIMULATOR": watched.url(path="")}


@contextlib.contextmanager
def three_protocols():
    """Runs the gateway and the backends of the protocol suites; yields the environment of a suite."""
    with contextlib.ExitStack() as stack:
        provider, claude, chat, every = (stack.enter_context(Simulator(
            "--personality", personality, "--script", HERE / "script.jsonl"))
            for personality in ("openai", "anthropic", "vllm", "vllm"))
        state = stack.enter_context(tempfile.TemporaryDirectory(prefix="headgate-state-"))
        served = stack.enter_context(Gateway(
            {"openai": paid(provider, endpoints=["chat", "responses"]),
             "anthropic": paid(claude, model="claude-sonnet-5", protocol="anthropic"),
             "chat": own(chat.urls(), "acme/qwen-2.5-32b", engine="vllm", endpoints=["chat"]),
             "all": own(every.urls(), "acme/gemma-3-27b", engine="vllm",
                        endpoints=["chat", "messages", "responses"])},
            server={"auth": "keys", "state": state}, responses={"store": "1h"},
            models={"acme/qwen-2.5-32b": {"context": 32768}, "acme/gemma-3-27b": {"context": 32768}},
            keys=keys()))
        yield environment(served, provider)


@contextlib.contextmanager
def one_protocol():
    """Runs the gateway and the backends of the suites in depth; yields the environment of a suite."""
    with contextlib.ExitStack() as stack:
        watched, other = (stack.enter_context(
            Simulator("--tokens", "12", "--api-key", PROVIDER_KEY)) for _ in range(2))
        pool = stack.enter_context(
            Simulator("--tokens", "12", "--personality", "vllm", listeners=2))
        served = stack.enter_context(Gateway(
            {"pool": own(pool.urls(), "acme/qwen-2.5-32b"),
             "api": api(watched, "gpt-4.1", "text-embedding-3-small", "gpt-4o"),
             "moody": api(other, "gpt-4.1-mini"),
             "broken": api(other, "gpt-4o", fault="#status=500"),
             "locked": api(other, "gpt-4o-mini", api_key="not-the-providers-key")},
            routes=[{"name": "auto", "when": {"model": "auto"},
                     "targets": ["acme/qwen-2.5-32b@pool", "gpt-4.1@api"]},
                    {"name": "two-chances", "when": {"model": "gpt-4o"},
                     "targets": ["gpt-4o@broken", "gpt-4o@api"], "prefer": "ordered"},
                    {"name": "all"}],
            server={"auth": "keys"},
            models={"acme/qwen-2.5-32b": {"context": 32768}},
            keys=keys()))
        yield environment(served, watched)


# The language of each suite, its file, and its backends.
SUITES = {"python": ("python", "sdk_test.py", one_protocol),
          "node": ("node", "sdk.test.mjs", one_protocol),
          "python_protocols": ("python", "protocols_test.py", three_protocols),
          "node_protocols": ("node", "protocols.test.mjs", three_protocols),
          "python_snippets": ("python", "snippets.py", three_protocols),
          "node_snippets": ("node", "snippets.py", three_protocols)}


def command(language, file):
    if file == "snippets.py":
        python = INSTALLED / "python/bin/python" if language == "python" else sys.executable
        return [python, "-B", HERE / file, *(["python", "sh"] if language == "python" else ["node"])]
    if language == "python":
        return [INSTALLED / "python/bin/python", "-B", HERE / "python" / file, "--verbose"]
    return ["node", "--test", INSTALLED / "node" / file]


def install(language, file):
    """Installs the SDKs of a language. Ends this process if that fails."""
    code = subprocess.run([HERE / "install.sh", language, INSTALLED], check=False).returncode
    if code == SKIPPED and os.environ.get("HEADGATE_REQUIRE_SDKS") == "1":
        sys.exit("the SDKs are required here (HEADGATE_REQUIRE_SDKS=1)")
    if code == SKIPPED:
        print(f"SKIPPED: the {language} SDKs are not installed and cannot be downloaded", flush=True)
    if code != 0:
        sys.exit(code)
    if file.endswith(".mjs"):
        # Node looks for packages from the folder of the file that imports them.
        shutil.copy(HERE / "node" / file, INSTALLED / "node")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("suite", choices=list(SUITES))
    parser.add_argument("more", nargs="*", help="passed to the suite, behind a --")
    arguments = parser.parse_args()
    language, file, backends = SUITES[arguments.suite]
    install(language, file)
    with backends() as variables:
        run = [str(part) for part in command(language, file)] + arguments.more
        sys.exit(subprocess.run(run, env=variables, check=False).returncode)


if __name__ == "__main__":
    main()
