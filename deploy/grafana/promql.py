"""Parts of queries that several panels share. Every series is filtered by the variables `job` and `instance`; rules
have no `instance`, because they add gateways up."""


def series(metric, *variables, **fixed):
    """The series of a metric: of the selected gateways, filtered by `variables` and by `fixed` labels. A fixed value
    that begins with ~ is a regular expression; one with ! is excluded."""
    return _selector(metric, ("job", "instance", *variables), fixed)


def rule(name, *variables, **fixed):
    """The series of a recording rule."""
    return _selector(name, ("job", *variables), fixed)


def _selector(name, variables, fixed):
    parts = [f'{variable}=~"${variable}"' for variable in variables]
    for label, value in fixed.items():
        operator, text = ("=~", value[1:]) if value[0] == "~" else ("!=", value[1:]) if value[0] == "!" else ("=", value)
        parts.append(f'{label}{operator}"{text}"')
    return f"{name}{{{', '.join(parts)}}}"


def rate(selector):
    return f"rate({selector}[$__rate_interval])"


def increase(selector):
    return f"increase({selector}[$__range])"


def total(labels, expr):
    return f"sum by ({labels}) ({expr})" if labels else f"sum({expr})"


def quantile(share, labels, histogram):
    """A quantile of a histogram, given as the selector of its buckets."""
    return f"histogram_quantile({share}, sum by (le, {labels}) ({rate(histogram)}))"


def or_zero(expr):
    """`expr`, which has no labels, or 0 while a gateway answers and nothing was counted."""
    return f"({expr} or 0 * sum({series('headgate_build_info')}))"


# What is paid per second: paid APIs, and the whole rent. Every gateway in front of a replica reports its whole rent, so
# the largest value counts, not the sum.
PAID = or_zero(total("", rate(series("headgate_cost_usd_total", hosting="paid_api"))))
RENT_OF_REPLICAS = f"max by (job, backend, replica) ({rate(series('headgate_self_hosted_rent_usd_total'))})"
RENT = total("backend", RENT_OF_REPLICAS)
ALLOCATED = total("backend", rate(series("headgate_self_hosted_cost_usd_total", state="allocated")))
SPEND = f"({PAID} + {or_zero(total('', RENT_OF_REPLICAS))})"

# The same over the time range. The recorded rate of the rent is summed, because the increase of each instance misses
# instances that came and went, and because a rate of each minute of a month reads every sample of the month.
_RENT_5M = rule("backend:headgate_self_hosted_rent_usd:rate5m")
SPENT = (f"({or_zero(total('', increase(series('headgate_cost_usd_total', hosting='paid_api'))))} + "
         + or_zero(f"15 * sum_over_time(sum({_RENT_5M})[$__range:15s])") + ")")
BASELINE = total("", increase(series("headgate_baseline_cost_usd_total")))

# Selections by route and target.
COST = series("headgate_cost_usd_total", "route", "target")
TOKENS = series("headgate_tokens_total", "route", "target", kind="~input|output")
REQUESTS = series("headgate_requests_total", "route", "target")
