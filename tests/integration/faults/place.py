"""Simulators and gateways for tests of faults: a primary that fails as it is told, a fallback that continues answers,
and a gateway between them and the client.

HEADGATE_FAULTS_FACTOR divides the long times (5 by default); 1 is real time.
"""

import contextlib
import os
import pathlib
import re
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from stage import SANITIZED, Gateway, Simulator, nano, paid, wait_for  # noqa: E402  pylint: disable=wrong-import-position

FACTOR = float(os.environ.get("HEADGATE_FAULTS_FACTOR", "5"))
AT_ONCE = 4  # scenarios that run at the same time
SLACK_S = 8 if SANITIZED else 2  # what a busy machine adds to a limit
TOKENS = 60
PRICE = {"input": 2, "output": 8}
QUICK = ["--ttft", "10ms", "--interval", "3ms", "--tokens", str(TOKENS), "--price", "*=2,2,8"]


def scaled(seconds):
    """A long time, in seconds."""
    return seconds / FACTOR


def span(seconds):
    """A long time as the configuration and the simulator read it."""
    return f"{round(scaled(seconds) * 1000)}ms"



def fill(text):
    """A fault text whose spans in braces, such as {60s}, are divided."""
    return re.sub(r"\{(\d+)s\}", lambda found: span(int(found[1])), text)


TIMEOUTS = {"connect": "2s", "first_token": span(10), "first_byte": span(10), "between_tokens": span(10)}


def primary_simulator(*options):
    """A paid API that answers as OpenAI does."""
    return Simulator("--personality", "openai", *QUICK, *options)


def fallback_simulator(*options):
    """A paid API that runs vLLM, and so continues answers."""
    return Simulator("--personality", "vllm", "--slots", "1000", *QUICK, *options)


def backends(primary, fallback, fault="", primary_context=None):
    """The two backends. With `fault`, every request to the primary has it. `primary_context` names the models so that
    the fallback's has the larger window."""
    suffix = "#" + fault if fault else ""
    first, second = ("small", "large") if primary_context else ("gpt-4.1", "gpt-4.1-mini")
    return {
        "primary": paid(primary, models={first: {"name": "m" + suffix, "price": PRICE}}),
        "fallback": paid(fallback, engine="vllm",
                         models={second: {"name": "m", "price": PRICE, "supports": ["prefill"]}}),
    }, [f"{first}@primary", f"{second}@fallback"]


MODELS = {"small": {"context": 8000, "max_output": 1000}, "large": {"context": 128000, "max_output": 1000}}


@contextlib.contextmanager
def between(primary, fallback, route, fault="", windows=False):
    """A gateway in front of the two simulators, with one route of these keys."""
    both, targets = backends(primary, fallback, fault, windows)
    sections = {"models": MODELS} if windows else {}
    with Gateway(both, [{"name": "all", "targets": targets, "prefer": "ordered", "timeouts": TIMEOUTS, **route}],
                 **sections) as gateway:
        yield gateway


def line_of(gateway, seen):
    """The access log's line about one request. A client that never saw a head only knows that it was the last."""
    if not seen.identity:
        return gateway.log(1)[-1]
    return wait_for(lambda: next((line for line in gateway.log(0) if line["id"] == seen.identity), None),
                    f"the access log's line about {seen.identity!r}")


def booked(line):
    """Nano-dollars that the gateway has booked for a request, after a check that its attempts add up."""
    total = nano(line["cost_usd"])
    assert total == sum(nano(attempt["cost_usd"]) for attempt in line["attempts"]), line
    return total


def billed(*simulators):
    return sum(simulator.bill()["total_nano_usd"] for simulator in simulators)


def some_at_once(works):
    """The results of callables, AT_ONCE of them running at any time; an exception is a result."""
    results = [None] * len(works)
    room = threading.Semaphore(AT_ONCE)

    def run(index):
        with room:
            try:
                results[index] = works[index]()
            except Exception as failure:  # pylint: disable=broad-except
                results[index] = failure

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
