"""The dashboard of the person who pays. Figures since the beginning of the day or month come from the ledger; rates come
from counters. Each panel says which."""

from model import Dashboard, Row, graph, stat, table
from promql import (ALLOCATED, BASELINE, COST, RENT, REQUESTS, SPEND, SPENT, TOKENS, increase, rate, rule, series, total)

LEDGER = "From the ledger: it survives restarts, and agrees with bills."
COUNTERS = "From counters: a trend, not an invoice."
NO_IDLE = "Idle rent belongs to no request and is not in it."

TEAM_COST = series("headgate_team_cost_usd_total", "team")
TEAM_TOKENS = series("headgate_team_tokens_total", "team")
BASELINE_BY_ROUTE = series("headgate_baseline_cost_usd_total", "route")
BUDGET_USED = rule("scope:headgate_budget_used:ratio")
RENT_RULE = rule("backend:headgate_self_hosted_rent_usd:rate5m")
SAVED_STEPS = ((None, "red"), (0, "green"))


def spent(period):
    return series("headgate_spend_usd", "team", period=period)


def forecast(measure):
    return rule(f"team:headgate_spend_usd:{measure}_forecast", "team")


THIS_MONTH = Row("This month", [
    stat("Spent today", "currencyUSD",
         f"What the selected teams have spent since midnight UTC. {LEDGER} {NO_IDLE}", total("", spent("day")),
         none="no ledger", alerts=("HeadgateSpendAboveForecast",)),
    stat("Spent this month", "currencyUSD",
         f"What the selected teams have spent since the first of the month, UTC. {LEDGER} {NO_IDLE}",
         total("", spent("month")),
         none="no ledger"),
    stat("Forecast of the month", "currencyUSD",
         "Spent this month (from the ledger), and for each day that is left a mean day of the last seven (from "
         "counters). The filter on instances does not apply.", total("", forecast("month")), none="no ledger"),
    stat("Idle rent a day", "currencyUSD",
         "What replicas cost in a day while no request used them: the mean of the last 24 hours. It is paid, and "
         f"belongs to no team. {COUNTERS}",
         "86400 * " + total("", f"avg_over_time({rule('backend:headgate_self_hosted_idle_usd:rate5m')}[1d])"),
         steps=((None, "green"), (20, "yellow")), none="no rent", alerts=("HeadgateIdleRent",)),
    stat("Saved per month", "currencyUSD",
         "30 days at the mean rate of the last 30: what the same tokens would have cost at the baseline, minus "
         f"everything that was paid, idle rent included. Red: the baseline alone would have been cheaper. {COUNTERS}",
         "30 * 86400 * " + total("", f"avg_over_time({rule('headgate:savings_usd:rate5m')}[30d])"),
         steps=SAVED_STEPS, none="no baseline"),
    stat("Requests without a price", "short",
         "Answers over the time range whose model has no price. No figure here has their cost. If it is not 0, give "
         f"the model a price in its backend, or in the catalogue. {COUNTERS}",
         total("", increase(series("headgate_usage_status_total", status="unpriced"))),
         steps=((None, "green"), (1, "red")), instant=True, alerts=("HeadgateUnpricedUsage",)),
    graph("Month to date by team", "currencyUSD",
          f"What each team has spent since the first of the month. {LEDGER} {NO_IDLE} A slope that becomes steeper "
          "is worth a question to the team.", (total("team", spent("month")), "{{team}}"), width=12),
    graph("Forecast of the month by team", "currencyUSD",
          "Spent this month (from the ledger), and for each day that is left a mean day of the last seven (from "
          "counters). With less than a week of figures it is coarse.",
          (total("team", forecast("month")), "{{team}}"), width=12),
    table("Teams", "Today and this month come from the ledger; a mean day, the forecast and the price from counters. A mean "
          "day is one of the last seven. The price is that of a million tokens over the time range, input and "
          "output.", "team", [
              ("Today", "currencyUSD", total("team", spent("day"))),
              ("A mean day", "currencyUSD", total("team", forecast("day"))),
              ("This month", "currencyUSD", total("team", spent("month"))),
              ("Forecast", "currencyUSD", total("team", forecast("month"))),
              ("1M tokens", "currencyUSD",
               f"1e6 * {total('team', increase(TEAM_COST))} / ({total('team', increase(TEAM_TOKENS))} > 0)"),
          ], sort="This month"),
])

BUDGETS = Row("Budgets", [
    graph("Budgets used", "percentunit",
          "Spent share of each budget, by all gateways together. From the ledger, without what running requests may "
          "still cost. At 100 % `when_spent` of the budget decides: requests are refused, or go to cheaper or "
          "self-hosted targets.",
          (total("scope", BUDGET_USED), "{{scope}}"), dashed=((None, "green"), (0.8, "yellow"), (1, "red")),
          alerts=("HeadgateBudgetNearlySpent", "HeadgateBudgetSpent", "HeadgateBudgetRefuses", "HeadgateWebhookFails")),
    graph("Budgets: burn-down", "percentunit",
          "The share that is left of each budget, from the ledger. A line that reaches 0 before its day or month "
          "ends is too steep for the budget.", (f"clamp_min(1 - {total('scope', BUDGET_USED)}, 0)", "{{scope}}")),
    graph("Budgets: time left", "s",
          "When each budget is spent if it goes on as in the last six hours, from the ledger. Compare it with the "
          "rest of the day or month. A budget from which nothing is spent has no line.",
          (f"clamp_min(1 - {total('scope', BUDGET_USED)}, 0)\n"
           f"/ (sum by (scope) (deriv({BUDGET_USED}[6h])) > 0)", "{{scope}}")),
])

NOW = Row("What it costs now", [
    stat("Spend rate", "currencyUSD",
         "What everything costs per hour at this rate: paid tokens, rent allocated to requests, and idle rent. The "
         f"filters on teams, routes and targets do not apply. {COUNTERS}", f"3600 * {SPEND}", width=6),
    stat("Spent over the time range", "currencyUSD",
         f"Paid tokens and all rent over the dashboard's time range, idle rent included. {COUNTERS}",
         SPENT, width=6, instant=True),
    stat("Saved over the time range", "currencyUSD",
         "What the same tokens would have cost at the configured baseline, minus what was spent, idle rent "
         f"included. Red: the baseline alone would have been cheaper; look at idle hardware first. {COUNTERS}",
         f"{BASELINE}\n- {SPENT}",
         SAVED_STEPS, width=6, instant=True, none="no baseline"),
    stat("Saved, share of baseline", "percentunit",
         "Saved as a share of the baseline's cost. Below zero, routing and hardware cost more than sending "
         f"everything to the baseline. {COUNTERS}",
         f"1 - {SPENT}\n/ {BASELINE}", SAVED_STEPS, width=6, instant=True, none="no baseline"),
    graph("Spend by route", "currencyUSD",
          f"US dollars per hour of the requests of each route. {NO_IDLE} A route that grows faster than its traffic "
          f"has moved to more expensive targets. {COUNTERS}",
          (f"3600 * {total('route', rate(COST))}", "{{route}}"), stacked=True),
    graph("Spend by target", "currencyUSD",
          f"US dollars per hour by the target that caused it, failed attempts too. {NO_IDLE} Paid targets that rise "
          f"while self-hosted backends have free slots point at a route worth changing. {COUNTERS}",
          (f"3600 * {total('target, hosting', rate(COST))}", "{{target}} ({{hosting}})"), stacked=True),
    graph("Spend by team", "currencyUSD",
          "US dollars per hour by the team that owns the key; the filters on routes and targets do not apply. If a "
          f"team rises unexpectedly, ask that team, or narrow the models that its keys may use. {COUNTERS}",
          (f"3600 * {total('team', rate(TEAM_COST))}", "{{team}}"), stacked=True, alerts=("HeadgateSpendAboveForecast",)),
    graph("Spend by class", "currencyUSD",
          f"US dollars per hour by class of work. {NO_IDLE} If one class dominates, its route is where a cheaper "
          f"target saves most. {COUNTERS}", (f"3600 * {total('class', rate(COST))}", "{{class}}"), stacked=True),
    graph("Savings by route", "currencyUSD",
          f"Baseline cost minus cost, US dollars per hour. {NO_IDLE} Below zero, the route is more expensive than "
          f"the baseline: check its `prefer` and its targets. {COUNTERS}",
          (f"3600 * ({total('route', rate(BASELINE_BY_ROUTE))}\n"
           f"- {total('route', rate(series('headgate_cost_usd_total', 'route')))})", "{{route}}"), smallest=None),
    graph("Savings by day", "currencyUSD",
          "What a day saves against the baseline, idle rent included: the mean of the last 24 hours. The filters on "
          f"teams, routes and targets do not apply. {COUNTERS}",
          ("86400 * " + total("", f"avg_over_time({rule('headgate:savings_usd:rate5m')}[1d])"), "saved a day"), smallest=None),
])

SELF_HOSTING = Row("Self-hosting", [
    graph("Rent of self-hosted backends", "currencyUSD",
          "What rented replicas cost per hour, split into rent that requests used and idle rent. Together they are "
          f"the whole rent, traffic or not. A thick idle band shows rent that could be saved. {COUNTERS}",
          (f"3600 * {ALLOCATED}", "{{backend}} allocated"),
          (f"3600 * clamp_min({RENT}\n- {ALLOCATED}, 0)", "{{backend}} idle"), stacked=True, alerts=("HeadgateIdleRent",)),
    graph("Use of self-hosted backends", "percentunit",
          "Allocated rent as a share of all rent. Under 10 %, rent less or route more to it. Over 90 %, expect "
          f"waiting, or spending at paid targets. {COUNTERS}",
          (f"clamp_max({ALLOCATED}\n/ {RENT}, 1)", "{{backend}}"),
          defaults={"max": 1}, dashed=((None, "yellow"), (0.1, "green"), (0.9, "red"))),
    graph("Idle rent by backend", "currencyUSD",
          "What idle replicas cost in a day: the mean of the last 24 hours. The line `alert` is the sum from which "
          f"HeadgateIdleRent fires. {COUNTERS}",
          ("86400 * " + total("backend", f"avg_over_time({rule('backend:headgate_self_hosted_idle_usd:rate5m')}[1d])"), "{{backend}}"),
          ("headgate:idle_usd_per_day:limit", "alert"), alerts=("HeadgateIdleRent",)),
    graph("Effective price against API prices", "currencyUSD",
          "What a million tokens, input and output, cost: at each self-hosted backend its whole rent over all its "
          "tokens, at each paid target what was billed for its own mix. A backend breaks even where its line "
          f"crosses that of a paid target: below, it is cheaper. Means of 5 minutes, an hour and a day. {COUNTERS}",
          (rule("backend:headgate_effective_price_usd_per_million_tokens:rate5m"), "{{backend}} 5m"),
          (rule("backend:headgate_effective_price_usd_per_million_tokens:rate1h"), "{{backend}} 1h"),
          (rule("backend:headgate_effective_price_usd_per_million_tokens:rate1d"), "{{backend}} 24h"),
          (rule("target:headgate_paid_price_usd_per_million_tokens:rate1h", "target"), "{{target}}"), width=12),
    graph("Tokens a day against break-even", "short",
          "Tokens of each self-hosted backend, as a day at the rate of the last hour, against its break-even: the "
          "tokens a day at which its rent equals their price at the cheapest selected paid target of the last hour. "
          f"Above the break-even it pays to self-host. Select the target that would serve instead. {COUNTERS}",
          (f"86400 * avg_over_time({rule('backend:headgate_tokens:rate5m')}[1h])\nand {RENT_RULE}", "{{backend}} tokens"),
          (f"86400e6 * avg_over_time({RENT_RULE}[1h])\n/ on (job) group_left () "
           f"min by (job) ({rule('target:headgate_paid_price_usd_per_million_tokens:rate1h', 'target')})",
           "{{backend}} break-even"),
          width=12),
])

PRICES = Row("The price of work", [
    graph("Price of 1M tokens by route", "currencyUSD",
          f"What a million tokens of each route cost, input and output, failed attempts included. {NO_IDLE} "
          f"{COUNTERS}",
          (f"1e6 * {total('route', rate(COST))}\n/ ({total('route', rate(TOKENS))} > 0)", "{{route}}")),
    graph("Price of 1M tokens by team", "currencyUSD",
          f"What a million tokens of each team cost, input and output, failed attempts included. {NO_IDLE} A team "
          f"far above the others asks for expensive models. {COUNTERS}",
          (f"1e6 * {total('team', rate(TEAM_COST))}\n/ ({total('team', rate(TEAM_TOKENS))} > 0)", "{{team}}")),
    graph("Price of 1M tokens by target", "currencyUSD",
          "What a million tokens cost requests at each target, input and output: of self-hosted targets the rent "
          f"that requests used. {NO_IDLE} {COUNTERS}",
          (f"1e6 * {total('target', rate(COST))}\n/ ({total('target', rate(TOKENS))} > 0)", "{{target}}")),
    graph("Cost per request by route", "currencyUSD",
          f"Cost of each route divided by its good answers, so that failures make answers more expensive. {NO_IDLE} "
          f"{COUNTERS}",
          (f"{total('route', rate(COST))}\n/ ({total('route', rate(series('headgate_requests_total', 'route', 'target', outcome='ok')))} > 0)",
           "{{route}}"), defaults={"decimals": 6}),
    graph("Tokens by kind", "si:tok/s",
          "Tokens per second. `input` includes cached_input and cache_write, `output` includes reasoning. Little "
          "cached_input on long conversations means that the providers' prompt caches are not hit.",
          (total("kind", rate(series("headgate_tokens_total", "route", "target"))), "{{kind}}")),
    graph("Certainty of the cost", "reqps",
          "Answers per second by where their usage came from. `estimated`: the backend sent no usage, so Headgate "
          "counted the tokens; `unpriced`: the model has no price, so its cost is missing from every panel.",
          (total("status", rate(series("headgate_usage_status_total"))), "{{status}}"), alerts=("HeadgateUnpricedUsage",)),
    table("Routes over the time range",
          f"Each route's requests, cost, cost at the baseline and what it saved. {NO_IDLE} Red in the last column: "
          f"that route is more expensive than the baseline. {COUNTERS}", "route", [
              ("Requests", "short", total("route", increase(REQUESTS))),
              ("Spent", "currencyUSD", total("route", increase(COST))),
              ("At the baseline", "currencyUSD", total("route", increase(BASELINE_BY_ROUTE))),
              ("Saved", "currencyUSD", f"{total('route', increase(BASELINE_BY_ROUTE))}\n"
               f"- {total('route', increase(series('headgate_cost_usd_total', 'route')))}", SAVED_STEPS),
          ], sort="Spent"),
])

DASHBOARD = Dashboard(
    "headgate-cost", "Headgate: cost", "What language models cost, what was saved, and whether the GPUs pay.",
    ["job", "instance", "team", "route", "target"], [THIS_MONTH, BUDGETS, NOW, SELF_HOSTING, PRICES])
