"""The sixteen scenarios of the bench, as data."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Scenario:
    """Times in {braces} are divided by the factor; all others are not."""

    name: str
    fault: str                      # of the primary, by `--fault`
    what: str
    limit_s: float = 15             # within which the request must be over; divided by the factor, plus the slack
    fixed_s: float = 0              # a part of the limit that is not divided
    refuses_prefill: bool = False   # the fallback does not continue answers after all
    windows: bool = False           # the fallback has a larger context
    refusal: str | None = None      # a part of the message with which the request must be refused
    books: bool = False             # the booked costs must be the simulators' bills
    outage: bool = False            # many requests, one after another, over an outage


SCENARIOS = [
    Scenario("429 once", "status=429;retry_after=2;times=1", "429 with Retry-After 2, then 200", fixed_s=3),
    Scenario("429 always", "status=429;retry_after=2", "429 with Retry-After 2 for ever", fixed_s=3),
    Scenario("500 once", "status=500;times=1", "500, then 200"),
    Scenario("503 always", "status=503", "503 for ever"),
    Scenario("reset once", "reset;times=1", "the connection is reset, then 200"),
    Scenario("silence", "delay={120s}", "no byte for 120 s"),
    Scenario("slow first token", "early_head;ttft={20s}", "the head at once, the first token after 20 s"),
    Scenario("cut", "cut=40", "the connection ends after 40 of 60 tokens"),
    Scenario("stall", "stall=20,{30s}", "30 s without a token after 20 of 60"),
    Scenario("malformed event", "malformed=20", "one event is not JSON; the stream goes on"),
    Scenario("no [DONE]", "no_done", "the stream is whole and its last event is missing"),
    Scenario("context too long", "context_length", "400; the fallback's window is larger", windows=True),
    Scenario("content policy", "content_policy", "400; the client must be told why", refusal="safety system"),
    Scenario("cut, no prefill", "cut=40", "a cut, and a fallback that refuses to continue", refuses_prefill=True),
    Scenario("outage", "", "503 for 60 s with a request each 4 s", outage=True),
    Scenario("503 and books", "status=503", "503 for ever; what is booked is what is billed", books=True),
]

# A route for each configuration of the bench, and the least number of passes.
CONFIGURATIONS = {
    "resume": ({"resume": True}, 14),
    "complete": ({"commit": "complete"}, 16),
}
