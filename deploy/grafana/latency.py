"""The dashboard of whoever answers for speed and for answers that arrive."""

from model import Dashboard, Row, graph, stat
from promql import or_zero, quantile, rate, rule, series, total

REQUESTS = series("headgate_requests_total", "route", "class", "target")
FIRST_TOKEN = series("headgate_time_to_first_token_seconds_bucket", "class", "target")
DURATION = series("headgate_request_duration_seconds_bucket", "class", "target")
PER_TOKEN = series("headgate_time_per_output_token_seconds_bucket", "target")
ATTEMPTS = series("headgate_attempts_total", "target")
BLAMELESS = series("headgate_attempts_total", "target", result="~ok|client_gone|hedge_lost|moved_aside|status_4xx")
FAILED = series("headgate_requests_total", "route", "class", "target", outcome="~upstream_error|cut")

OVERVIEW = Row("Requests", [
    stat("Requests per second", "reqps",
         "Finished requests, however they ended. If it drops to zero while clients send requests, check that they "
         "reach the gateway.", or_zero(total("", rate(REQUESTS))), width=6, alerts=("HeadgateDown",)),
    stat("Served without a backend failure", "percentunit",
         "Share of requests that did not end in a backend error or a cut answer (mistakes of clients do not count). "
         "If it is below 99 %, see \"Calls to targets by result\".",
         f"1 - {or_zero(total('', rate(FAILED)))}\n/ {total('', rate(REQUESTS))}",
         ((None, "red"), (0.95, "yellow"), (0.99, "green")), width=6, defaults={"decimals": 2}, alerts=("HeadgateRequestsFailing",)),
    stat("Time to first token, p95", "s",
         "How long a person waits before a streamed answer starts, for all but the slowest 5 %. If it grows, see it "
         "by class, then the slots of self-hosted backends.",
         f"histogram_quantile(0.95, sum by (le) ({rate(FIRST_TOKEN)}))", ((None, "green"), (2, "yellow"), (5, "red")),
         width=6, alerts=("HeadgateFirstTokenLate",)),
    stat("Requests in flight", "short",
         "Requests that run now. If they climb while their rate stays the same, backends have become slow.",
         total("", series("headgate_in_flight_requests")), width=6),
    graph("Requests by class and outcome", "reqps",
          "Finished requests per second. `refused` was turned away by policy, `upstream_error` and `cut` are "
          "failures of backends, `client_gone` are clients that left: many of them hint at slow answers.",
          (total("class, outcome", rate(REQUESTS)), "{{class}} {{outcome}}"), width=12),
    graph("Connections and requests now", "short",
          "Requests that run and client connections that are open. Connections near `limits.connections` are "
          "refused without an answer.", (total("", series("headgate_in_flight_requests")), "requests in flight"),
          (total("", series("headgate_client_connections")), "client connections"), width=12),
])

LATENCY = Row("Latency", [
    graph("Time to first token by class", "s",
          "From a request's first byte to the first token of its streamed answer, and what each class wants "
          "(`target_ttft`). A p95 above its target: faster targets, more slots, or another target_ttft. "
          "Targets of 10 minutes and more, as that of batch, are not shown.",
          (quantile(0.5, "class", FIRST_TOKEN), "{{class}} p50"), (quantile(0.95, "class", FIRST_TOKEN), "{{class}} p95"),
          (f"min by (class) ({series('headgate_class_target_ttft_seconds', 'class')}) < 600", "{{class}} target"),
          width=12, alerts=("HeadgateFirstTokenLate",),
          overrides=[{"matcher": {"id": "byRegexp", "options": "/ target$/"}, "properties": [
              {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [10, 10]}}, {"id": "custom.fillOpacity", "value": 0}]}]),
    graph("Time to first token by target", "s",
          "The p50 and the p95 of each target. A target that is slower than others of its route should not be first "
          "where people wait (`prefer: lowest_latency`).", (quantile(0.5, "target", FIRST_TOKEN), "{{target}} p50"),
          (quantile(0.95, "target", FIRST_TOKEN), "{{target}} p95"), width=12),
    graph("Request duration by target", "s",
          "From a request's first byte to its answer's last, p50 and p95. It grows with the length of answers too: "
          "compare it with the time per output token before blaming a target.",
          (quantile(0.5, "target", DURATION), "{{target}} p50"),
          (quantile(0.95, "target", DURATION), "{{target}} p95")),
    graph("Time per output token by target", "s",
          "Mean gap between tokens of a stream, p50 and p95 over answers. Above 0.1 s, tokens come more slowly than "
          "people read: the backend has too many requests at once.",
          (quantile(0.5, "target", PER_TOKEN), "{{target}} p50"),
          (quantile(0.95, "target", PER_TOKEN), "{{target}} p95"), dashed=((None, "green"), (0.1, "red"))),
    graph("Time in the gateway itself", "s",
          "What Headgate adds to a request, by endpoint. Beyond a few milliseconds the machine is short of CPU: "
          "give it cores, or another gateway beside it.",
          (quantile(0.5, "endpoint", series("headgate_overhead_seconds_bucket")), "{{endpoint}} p50"),
          (quantile(0.99, "endpoint", series("headgate_overhead_seconds_bucket")), "{{endpoint}} p99")),
])

ROUTING = Row("Routing", [
    graph("Requests by route", "reqps",
          "Finished requests per second of each route. A route that gets nothing may be hidden by the one before "
          "it: see the warnings of `headgate check`.", (total("route", rate(REQUESTS)), "{{route}}"), stacked=True),
    graph("Requests by target", "reqps",
          "Finished requests per second by the target that answered; `none` was answered by no backend. It shows "
          "where a policy sends its traffic.", (total("target", rate(REQUESTS)), "{{target}}"), stacked=True),
    graph("Classes and their reasons", "reqps",
          "Requests per second by class and what decided it. Much `default` means that the requests have no sign of "
          "their class: let clients send a hint.",
          (total("class, reason", rate(series("headgate_classified_total", "class"))), "{{class}}: {{reason}}")),
    graph("Requests turned away", "reqps",
          "Requests that no backend saw, by reason. `auth`: wrong keys; `model` and `no_route`: clients ask for "
          "what the policy does not have; `connections`: the limit is too low or clients leak them; `ledger`: it "
          "cannot be written.",
          (total("reason", rate(series("headgate_rejected_total"))), "{{reason}}"),
          alerts=("HeadgateWrongKeys", "HeadgateQueueFull", "HeadgateLedgerRefuses")),
    graph("Hedged requests", "reqps",
          "Requests with a second attempt beside the first, by whose first token came first. If `hedge` wins "
          "rarely, hedge later (`hedge.after`): the second attempt costs as much as the first.",
          (total("route, winner", rate(series("headgate_hedges_total", "route"))), "{{route}} {{winner}}")),
    graph("Broken answers that went on", "reqps",
          "Answers that broke on routes with `resume`: `resumed` at another attempt, `failed` there, or `not_resumable`, which "
          "ended with an error. The access log says why.",
          (total("route, result", rate(series("headgate_resumes_total", "route"))), "{{route}} {{result}}")),
])

FAILURES = Row("Failures and fallbacks", [
    graph("Calls to targets by result", "reqps",
          "Attempts per second and how they ended. A failed attempt is not a failed request as long as another "
          "target answers. status_429: a provider's limit; connect_failed: it is down or unreachable; rejected: it "
          "does not accept the key, or does not have the model; no_credit: the account there has no money or quota "
          "left.",
          (total("target, result", rate(ATTEMPTS)), "{{target}} {{result}}"),
          alerts=("HeadgateKeyRejected", "HeadgateNoCredit", "HeadgateTargetFailing")),
    graph("Failing calls by target", "percentunit",
          "Share of attempts that failed by the target's fault. Above 20 % it should not be first in a route; see "
          "how the calls end in the panel beside.",
          (f"1 - {total('target', rate(BLAMELESS))}\n/ {total('target', rate(ATTEMPTS))}", "{{target}}"),
          defaults={"max": 1}, dashed=((None, "green"), (0.2, "red")), alerts=("HeadgateTargetFailing",)),
    graph("Fallbacks by route and reason", "reqps",
          "Moves to the next target of a plan, before the client saw a byte. They save requests, at the next "
          "target's price: many of them mean that the first choice is the wrong one.",
          (total("route, reason", rate(series("headgate_fallbacks_total", "route"))), "{{route}} {{reason}}"),
          alerts=("HeadgateFallbackSurge",)),
    graph("Fallbacks per request", "percentunit",
          "Moves to another target because one failed, per request of the route: a rate of 5 minutes. The dashed "
          "line is the alert.", (total("route", rule("route:headgate_fallbacks:ratio_rate5m", "route")), "{{route}}"),
          dashed=((None, "green"), (0.2, "red")), alerts=("HeadgateFallbackSurge",)),
    graph("Events that were left out of streams", "cps",
          "Events per second that were not in the form of their protocol. Their streams went on without them; if a "
          "target has many, its server is faulty.",
          (f"{total('target', rate(series('headgate_stream_events_left_out_total', 'target')))} "
           f"or 0 * {total('target', rate(ATTEMPTS))}", "{{target}}")),
])

DASHBOARD = Dashboard(
    "headgate-latency", "Headgate: latency and routing", "How fast answers come, where requests go, and what fails.",
    ["job", "instance", "route", "class", "target"], [OVERVIEW, LATENCY, ROUTING, FAILURES])
