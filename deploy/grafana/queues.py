"""The dashboard of whoever runs backends and gateways: slots, waiting, health, and the gateways themselves."""

from model import Dashboard, Row, graph, stat, states
from promql import or_zero, quantile, rate, series, total

WAIT = series("headgate_queue_wait_seconds_bucket", "class")
SLOTS = f"max by (job, backend, replica) ({series('headgate_slots')})"

QUEUES = Row("Queues and slots", [
    graph("Slots of self-hosted backends", "short",
          "Requests on each backend against the number it serves well at once. While all slots are busy, requests "
          "wait: add a replica, or let routes spill. If requests wait below the limit, the slots are held by other "
          "clients of the engine, or the KV room is full.",
          (total("backend", f"{series('headgate_slots_busy')} and {series('headgate_slots')}"), "{{backend}} busy"),
          (total("backend", SLOTS), "{{backend}} slots"),
          (total("backend", f"max by (job, backend, replica) ({series('headgate_engine_other_requests')})"),
           "{{backend}} of other clients"), alerts=("HeadgatePeopleWait",)),
    graph("Requests that wait", "short",
          "Requests in the queue of each backend, by band. Batch may wait for hours; a latency-critical request "
          "that waits for long means that the pool is too small for its people.",
          (total("backend, band", series("headgate_queue_depth")), "{{backend}} {{band}}"), stacked=True,
          alerts=("HeadgateBatchStarves", "HeadgatePeopleWait")),
    graph("Time in queues by class", "s",
          "How long requests waited for a slot, whether they got one or not; 0 if a slot was free. The dashed line "
          "is the alert of the latency-critical class: 1 s.", (quantile(0.5, "class", WAIT), "{{class}} p50"),
          (quantile(0.95, "class", WAIT), "{{class}} p95"), dashed=((None, "green"), (1, "red")), alerts=("HeadgatePeopleWait",)),
    graph("Predicted wait", "s",
          "How long a request that comes now would wait for a slot, by backend and band. A route with "
          "`when_wait_over` spills by this figure. With several gateways: the longest.",
          (f"max by (backend, band) ({series('headgate_queue_predicted_wait_seconds')})", "{{backend}} {{band}}")),
    graph("Ends of waiting by band", "reqps",
          "Requests at the queues by what became of them: `granted` a slot, `shed` for a more urgent request, "
          "`expired` if their time was over, `left` for another target, `gone` with their client, `drained` by a "
          "shutdown, `full` if they could not join. Much besides `granted` in a band that people use means that the "
          "queue or the pool is too small.",
          (total("band, result", rate(series("headgate_queue_requests_total"))), "{{band}} {{result}}"), alerts=("HeadgateQueueFull",)),
    graph("Slots held by team", "short",
          "Mean number of slots of self-hosted backends that each team's requests hold. While the pool is full, teams "
          "of one band hold them in proportion to their `share`.",
          (total("team", rate(series("headgate_team_slot_seconds_total", "team"))), "{{team}}"), stacked=True),
    graph("Waiting by team", "short",
          "Mean number of each team's requests that wait for a slot. A team that waits much beside others that do not "
          "sends more than its share.",
          (total("team", rate(series("headgate_team_queue_seconds_total", "team"))), "{{team}}"), stacked=True),
    graph("KV room", "percentunit",
          "Share of each backend's room for tokens: `reserved` by the requests of the gateways (of `slot_tokens`), "
          "and the highest use of a replica's cache that its engine reports. A cache near 100 % makes an engine "
          "recompute: lower `slot_tokens`.",
          (f"{total('backend', series('headgate_slot_tokens_busy'))}\n"
           f"/ {total('backend', 'max by (job, backend, replica) (' + series('headgate_slot_tokens') + ')')}",
           "{{backend}} reserved"),
          (f"max by (backend) ({series('headgate_engine_kv_used_ratio')})", "{{backend}} engine"), defaults={"max": 1}),
])

SPILLING = Row("Spilling and moving aside", [
    graph("Spilled share by route", "percentunit",
          "Full targets that requests left, per request of the route: `decided` at once by the predicted wait, "
          "`waited` for a time first, `full_queue` turned away by the queue.",
          (f"{total('route, why', rate(series('headgate_spilled_total', 'route', 'target')))}\n"
           f"/ on (route) group_left () {total('route', rate(series('headgate_requests_total', 'route')))}",
           "{{route}} {{why}}"),
          width=6),
    graph("Cost of spilling", "currencyUSD",
          "What requests that left a full target cost at the other targets, per hour. If it stays above the rent of "
          "one more replica, rent one.",
          (f"3600 * {total('route', rate(series('headgate_spilled_cost_usd_total', 'route')))}", "{{route}}"),
          width=6, alerts=("HeadgateSpillingIsDear",)),
    graph("Batch moved aside", "reqps",
          "Batch attempts per second that gave their slot to latency-critical work and were queued again "
          "(`preempt`). Their tokens were generated in vain; see the cost beside.",
          (total("target", rate(series("headgate_moved_aside_total", "target"))), "{{target}}"), width=6),
    graph("Cost of moving batch aside", "currencyUSD",
          "Rent per hour of the attempts that were moved aside: what the short waits of latency-critical work cost. "
          "If it grows, give the pool more slots.",
          (f"3600 * {total('target', rate(series('headgate_moved_aside_cost_usd_total', 'target')))}", "{{target}}"), width=6),
])

BACKENDS = Row("Backends", [
    states("Replicas",
           "Whether each replica gets requests, at any gateway. `ejected` after failures, `probing` with one "
           "request before it returns. A replica that is ejected again and again accepts connections but fails "
           "under work; see its log.",
           f"max by (backend, replica) ({series('headgate_circuit_state')})", "{{backend}} {{replica}}",
           {0: ("serving", "green"), 1: ("ejected", "red"), 2: ("probing", "yellow")}, alerts=("HeadgateBackendDown",)),
    stat("Replicas ejected", "short",
         "Replicas that some gateway sends no requests, because the last calls failed. They are tried again by "
         "themselves; if they stay away, check the server and the network.",
         or_zero(f"count(min by (backend, replica) ({series('headgate_backend_up')}) == 0)"), ((None, "green"), (1, "red")),
         width=4, alerts=("HeadgateBackendDown",)),
    graph("Ejections and what ended them", "short",
          "Over the time range, for each backend: ejections, probes that succeeded (`returned`) and probes that "
          "failed. Many ejections of one backend: it recovers and fails again under work.",
          (f"{total('backend', 'increase(' + series('headgate_ejections_total') + '[$__rate_interval])')}", "{{backend}} ejected"),
          (f"{total('backend, result', 'increase(' + series('headgate_probes_total') + '[$__rate_interval])')}",
           "{{backend}} probe {{result}}"), alerts=("HeadgateReplicaFlaps",)),
    graph("The engines' own requests", "short",
          "What each engine says that it runs and keeps waiting, whoever sent it. Waiting requests mean that "
          "`slots` is higher than what the engine takes at once: lower it, so that requests wait here, in order of "
          "urgency.",
          (total("backend, state", f"max by (job, backend, replica, state) ({series('headgate_engine_requests')})"),
           "{{backend}} {{state}}"),
          (total("backend", f"max by (job, backend, replica) ({series('headgate_engine_load_stale')})"),
           "{{backend}} replicas without fresh figures"), alerts=("HeadgateEngineLoadUnknown",)),
    graph("Prompts that found their cache", "reqps",
          "Prompts at backends with several replicas, by what their beginning meant for the choice of a replica. "
          "`followed` saves the engine work; `escaped` means that the replicas that knew it were too busy. Short "
          "prompts, and those of new conversations, are `none`.",
          (total("backend, result", rate(series("headgate_prefix_affinity_total"))), "{{backend}} {{result}}")),
    graph("Checks, polls and lookups", "cps",
          "Questions of the gateways per second: health checks of ejected replicas by what they found, polls of an "
          "engine's load that failed, lookups of `dns://` names. Failing polls: the engine does not serve its "
          "metrics, or `engine` is wrong.",
          (total("backend, result", rate(series("headgate_health_checks_total"))), "{{backend}} check {{result}}"),
          (total("backend", rate(series("headgate_engine_polls_total", result="!ok"))), "{{backend}} polls that failed"),
          (total("backend, result", rate(series("headgate_name_lookups_total"))), "{{backend}} lookup {{result}}"),
          alerts=("HeadgateEngineLoadUnknown",)),
])

GATEWAYS = Row("Gateways", [
    graph("CPU of gateways", "percentunit",
          "CPU of each gateway in cores: 100 % is one core. Near the number of its workers it is full: give it "
          "cores, or another gateway beside it.",
          (f"sum by (instance) ({rate(series('process_cpu_seconds_total'))})", "{{instance}}"), width=6),
    graph("Memory of gateways", "bytes",
          "Resident memory of each gateway. It grows with open requests and held answers, and falls again.",
          (f"sum by (instance) ({series('process_resident_memory_bytes')})", "{{instance}}"), width=6),
    graph("Rows that wait for the ledger", "short",
          "Requests that have ended and are not written yet. More than some hundred: the disk is slow or full. At "
          "50,000 new requests are refused.",
          (f"sum by (instance) ({series('headgate_ledger_waiting_rows')})", "{{instance}}"),
          width=6, alerts=("HeadgateLedgerRefuses",)),
    graph("Commits to the ledger", "s",
          "How long a commit takes, p50 and p99: mostly the disk's fsync. No request waits for it.",
          (quantile(0.5, "instance", series("headgate_ledger_commit_seconds_bucket")), "{{instance}} p50"),
          (quantile(0.99, "instance", series("headgate_ledger_commit_seconds_bucket")), "{{instance}} p99"), width=6),
    states("Configuration",
           "Whether each gateway serves what its file says. `refused`: the changed file has a mistake, and the "
           "configuration before it is in force.",
           f"min by (instance) ({series('headgate_config_last_reload_successful')})", "{{instance}}",
           {1: ("as the file says", "green"), 0: ("refused", "red")}, alerts=("HeadgateReloadFailed",)),
    graph("Lines and responses that were lost", "cps",
          "Log lines and stored responses per second that could not be written. The operator's log says why: a full "
          "disk, a file that cannot be written, a pipe that nobody reads.",
          (total("log", rate(series("headgate_log_lines_dropped_total"))), "{{log}} log"),
          (total("reason", rate(series("headgate_responses_lost_total"))), "responses: {{reason}}"), width=6,
          alerts=("HeadgateLogLosesLines", "HeadgateResponsesLost")),
    graph("Certificates expire in", "s",
          "Time until each certificate expires: `server` is shown to clients, `ca` checks a backend. Renew the "
          "file; it is read without a restart.",
          (f"min by (use, backend) ({series('headgate_certificate_expiry_timestamp_seconds')}) - time()", "{{use}} {{backend}}"),
          width=6, smallest=None, dashed=((None, "red"), (14 * 86400, "green")), alerts=("HeadgateCertificateExpires",)),
])

DASHBOARD = Dashboard(
    "headgate-queues", "Headgate: queues and backends",
    "Slots, waiting and spilling, the health of backends, and the gateways themselves.",
    ["job", "instance", "team", "route", "class", "target"], [QUEUES, SPILLING, BACKENDS, GATEWAYS])
