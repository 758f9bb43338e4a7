"""Lanes: pairs of paid backends that serve one client at a time. So the bills before and after a call say what exactly
this call has cost, whatever became of it."""

import contextlib
import http.client
import random
from decimal import Decimal

import books  # noqa: F401  makes stage visible
from stage import RawClient, Simulator, call, chat_body, paid, post, wait_for

LANES = 4
# USD for 1M tokens: input, cached input, output. The prices are odd on purpose, so that roundings show.
PRICE = ("1.997", "0.4993", "8.01")
CATALOG_PRICE = {"input": PRICE[0], "cached_input": PRICE[1], "output": PRICE[2]}
WORDS = "the books of this gateway agree with every bill that its backends write ".split()

# What a client asks for: (weight, the route of the lane, fault, whether the answer is a stream).
KINDS = {
    "stream": (20, "plain", None, True),
    "whole": (15, "plain", None, False),
    "retried": (10, "plain", "status=500;times=1", True),
    "no_usage": (5, "plain", "no_usage", True),
    "cut": (10, "plain", "cut", True),
    "error_after": (5, "plain", "error_after", True),
    "leaves": (20, "plain", None, True),
    "hedged": (10, "hedged", "ttft=250ms;times=1", True),
    "resumed": (15, "resumed", "cut;times=1", True),
}
FIRST_ALONE = "hedged", "resumed"  # kinds whose fault strikes the first backend alone
NOTHING = "status_5xx", "status_429"  # results that cost nothing


def simulators(cached_share):
    """The first backends of all lanes, and the second ones, which continue answers."""
    quick = ("--tokens", "uniform:50..80", "--ttft", "20ms", "--interval", "6ms", "--price", "*=" + ",".join(PRICE),
             "--cached-share", cached_share)
    return (Simulator("--personality", "openai", *quick, listeners=LANES),
            Simulator("--personality", "vllm", *quick, listeners=LANES))


def models(*names):
    return {name: {"name": name, "price": CATALOG_PRICE} for name in names}


def backends(first, second):
    out = {}
    for lane in range(LANES):
        out[f"first{lane}"] = paid(first, lane, models=models("gpt-4.1"))
        out[f"second{lane}"] = paid(second, lane, engine="vllm", models={
            "gpt-4.1-mini": {**models("gpt-4.1-mini")["gpt-4.1-mini"], "supports": ["prefill"]}})
    return out


def routes():
    out = []
    for lane in range(LANES):
        for name, more in (("plain", {}), ("hedged", {"hedge": {"after": "60ms", "at_most": "100%"}}),
                           ("resumed", {"resume": True})):
            out.append({"name": f"{name}{lane}", "when": {"header": {"x-lane": f"{name}{lane}"}}, "prefer": "ordered",
                        "targets": [f"gpt-4.1@first{lane}", f"gpt-4.1-mini@second{lane}"], **more})
    return out


class Call:
    """A call on a lane: its kind, its request id, and by side what was billed, in nano-dollars."""

    def __init__(self, kind, identity, billed):
        self.kind, self.identity, self.billed = kind, identity, billed

    def attempts(self, line, side):
        return [attempt for attempt in line["attempts"] if f"@{side}" in attempt["target"]]

    def sides(self, line):
        """(booked, billed, whether this must be exact) for both backends of the lane."""
        for side, billed in self.billed.items():
            attempts = self.attempts(line, side)
            booked = sum(Decimal(attempt["cost_usd"]) * 10**9 for attempt in attempts)
            exact = not attempts or self.kind != "no_usage" and all(
                attempt["result"] in ("ok", *NOTHING) for attempt in attempts)
            yield int(booked), billed, exact


class Lane:
    def __init__(self, number, gateway, first, second, headers):
        self.number, self.gateway, self.headers = number, gateway, headers
        self.sides = {"first": first, "second": second}
        self.chance = random.Random(number)
        self.calls = 0

    def bills(self):
        """What each side has billed, once nothing runs there."""
        wait_for(lambda: all(side.stats(self.number)["running"] == 0 for side in self.sides.values()), "an idle lane")
        return {name: side.bill(self.number)["total_nano_usd"] for name, side in self.sides.items()}

    def fault(self, fault):
        """The fault with a point at which it strikes. Its message makes each one new, because `times` counts them."""
        for name in ("cut", "error_after"):
            if fault and fault.startswith(name):
                fault = fault.replace(name, f"{name}={self.chance.randrange(4, 48)};tokens=60")
        return fault and f"{fault};message={self.number}.{self.calls}"

    def exhaust(self, body):
        """Lets a fault that strikes once strike the second backend, so that the gateway will not meet it there."""
        with contextlib.suppress(OSError, EOFError, http.client.HTTPException):
            call(self.sides["second"].ports[self.number], body=body)

    def next_call(self):
        kind = self.chance.choices(list(KINDS), [weight for weight, *_ in KINDS.values()])[0]
        _, route, fault, stream = KINDS[kind]
        self.calls += 1
        text = " ".join(self.chance.choices(WORDS, k=self.chance.randrange(20, 500)))
        body = chat_body(self.fault(fault), text, stream=stream)
        if kind in FIRST_ALONE:
            self.exhaust(body)
        before = self.bills()
        head = [f"{name}: {value}" for name, value in {**self.headers, "x-lane": f"{route}{self.number}"}.items()]
        with RawClient(self.gateway.port, timeout=60) as client:
            client.send(post(body, head=head))
            if kind == "leaves":
                _, fields = client.head()
                self.read_a_little(client)
            else:
                fields = client.reply().headers
        after = self.bills()
        return Call(kind, fields["x-request-id"], {name: after[name] - before[name] for name in after})

    def read_a_little(self, client):
        for _ in range(self.chance.randrange(2, 40)):
            if not client.chunk():
                return
