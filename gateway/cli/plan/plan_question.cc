#include "gateway/cli/plan/plan_question.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "config/base/suggest.h"
#include "config/reader/units.h"
#include "gateway/cli/plan/plan_amounts.h"
#include "gateway/cli/plan/plan_bounds.h"
#include "gateway/cli/plan/plan_demand.h"
#include "gateway/cli/plan/plan_flags.h"
#include "policy/money/cost.h"
#include "policy/money/rent_terms.h"
#include "policy/plan/month.h"
#include "policy/plan/month_cost.h"
#include "routing/policy/price_lookup.h"

namespace headgate::gateway {
namespace {

using policy::kMillion;
using policy::PaidTarget;

// Room for bursts and for a replica that fails. A full server's time to first token has no bound.
constexpr std::int64_t kUsualUtilisation = 700'000;

// The self-hosted backend that the plan is about; null without a configuration that has one.
absl::StatusOr<const config::Backend*> FindBackend(const PlanFlags& flags,
                                                   const config::Config* config) {
  std::vector<std::string> names;
  const config::Backend* found = nullptr;
  if (config != nullptr) {
    for (const config::Backend& backend : config->backends) {
      if (backend.hosting != config::Hosting::kSelfHosted) continue;
      names.push_back(backend.name);
      if (flags.backend.empty() || flags.backend == backend.name) found = &backend;
    }
  }
  if (!flags.backend.empty() && found == nullptr) {
    return FlagError("--backend", flags.backend,
                     {"is not a self-hosted backend of the configuration",
                      names.empty() ? "it has none" : config::DidYouMean(flags.backend, names)});
  }
  if (flags.backend.empty() && names.size() > 1) {
    return absl::InvalidArgumentError(absl::StrCat("the configuration has ", names.size(),
                                                   " self-hosted backends; write one of --backend ",
                                                   absl::StrJoin(names, ", --backend ")));
  }
  return found;
}

absl::Status ReadRent(const PlanFlags& flags, const config::Backend* backend,
                      PlanQuestion& question) {
  policy::SelfHosting& self = question.plan.self;
  std::string source = kGiven;
  if (!flags.rent.empty()) {
    const config::Parsed<NanoUsd> rent = ParseRent(flags.rent);
    if (!rent.value) return FlagError("--rent", flags.rent, rent.complaint);
    self.rent_per_replica_month = *rent.value;
  } else if (backend != nullptr) {
    self.rent_per_replica_month = policy::MonthFromHour(policy::MeanRent(backend->rent));
    source = flags.config;
  } else {
    return absl::InvalidArgumentError(
        "the rent of a replica is not known; write --rent 2.10 (USD an hour) or --rent 2500/month, "
        "or a --config with a self-hosted backend");
  }
  question.assumptions.push_back(
      {"rent of a replica", RentText(self.rent_per_replica_month), source});
  return absl::OkStatus();
}

absl::Status ReadReplicas(const PlanFlags& flags, const config::Backend* backend,
                          PlanQuestion& question) {
  std::string source = kGiven;
  if (!flags.replicas.empty()) {
    constexpr std::int64_t kMost = 100'000;
    const config::Parsed<std::int64_t> count = config::ParseInteger(flags.replicas, 1, kMost);
    if (!count.value) return FlagError("--replicas", flags.replicas, count.complaint);
    question.replicas = count.value;
  } else if (backend != nullptr && !backend->replicas.front().dns) {
    question.replicas = static_cast<std::int64_t>(backend->replicas.size());
    source = flags.config;
  }
  question.plan.self.replicas = question.replicas;
  if (question.replicas) {
    question.assumptions.push_back({"replicas now", absl::StrCat(*question.replicas), source});
  }
  return absl::OkStatus();
}

// The throughput that recorded traffic shows, if its replicas are known.
absl::Status ObserveThroughput(const PlanFlags& flags, const TrafficSource& traffic,
                               std::optional<std::int64_t> ttft_us, PlanQuestion& question) {
  policy::SelfHosting& self = question.plan.self;
  const auto seen = traffic.traffic.Throughput(self.name, ttft_us);
  auto replicas = traffic.traffic.Replicas(self.name);
  if (!replicas) replicas = question.replicas;
  if (!seen || !replicas || *replicas < 1 || seen->tokens_per_hour < *replicas) {
    return absl::OkStatus();
  }
  self.tokens_per_hour = seen->tokens_per_hour / *replicas;
  question.assumptions.push_back(
      {"throughput of a replica", ThroughputText(*self.tokens_per_hour),
       absl::StrFormat(
           "observed: the busiest five minutes of %s with at least %d answers%s, from %s "
           "UTC, p95 of the time to first token %s",
           CountText(static_cast<std::int64_t>(seen->spans)), ObservedTraffic::kFewestAnswers,
           ttft_us ? absl::StrCat(" within ", *ttft_us / 1000, " ms") : "",
           absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixSeconds(seen->begin),
                            absl::UTCTimeZone()),
           seen->ttft_p95_us == 0 ? "unknown" : absl::StrCat(seen->ttft_p95_us / 1000, " ms"))});
  question.cautions.emplace_back(
      "the observed throughput is what the replicas had to do, not what they can do unless they "
      "were full: self-hosting may need fewer of them (write --throughput from a load test)");
  return ObserveBusy(flags, *seen, *replicas, question);
}

absl::Status ReadThroughput(const PlanFlags& flags, const TrafficSource* traffic,
                            PlanQuestion& question) {
  policy::SelfHosting& self = question.plan.self;
  std::optional<std::int64_t> ttft_us;
  if (!flags.ttft.empty()) {
    const config::Parsed<config::Milliseconds> ttft = config::ParseDuration(flags.ttft);
    if (!ttft.value) return FlagError("--ttft", flags.ttft, ttft.complaint);
    if (traffic != nullptr && !traffic->has_ttft) {
      return FlagError("--ttft", flags.ttft,
                       {"selects by times to first token, which the ledger does not have",
                        "leave it out, or give a recording or an access log"});
    }
    if (traffic == nullptr || !flags.throughput.empty()) {
      return FlagError("--ttft", flags.ttft,
                       {"selects what is observed in traffic",
                        "leave it out: --throughput is the throughput at your target's TTFT"});
    }
    ttft_us = ttft.value->count() * 1000;
  }
  if (!flags.throughput.empty()) {
    const config::Parsed<std::int64_t> throughput = ParseThroughput(flags.throughput);
    if (!throughput.value) return FlagError("--throughput", flags.throughput, throughput.complaint);
    self.tokens_per_hour = throughput.value;
    question.assumptions.push_back(
        {"throughput of a replica", ThroughputText(*self.tokens_per_hour), kGiven});
  } else if (traffic != nullptr) {
    absl::Status status = ObserveThroughput(flags, *traffic, ttft_us, question);
    if (!status.ok()) return status;
  }
  if (!flags.busy.empty() && !question.busy) {
    return FlagError("--busy", flags.busy,
                     {"is for a throughput that is observed in traffic", "leave it out"});
  }
  if (!self.tokens_per_hour) {
    if (!question.replicas) {
      return absl::InvalidArgumentError(
          "what a replica serves is not known; write --throughput 2500 (tokens a second of one "
          "replica, input and output together, under the load of many requests), or --replicas N "
          "to "
          "take N as enough");
    }
    question.cautions.push_back(absl::StrCat(
        "no --throughput: ", *question.replicas,
        *question.replicas == 1 ? " replica is" : " replicas are", " taken as enough, unchecked"));
  }
  return absl::OkStatus();
}

absl::Status ReadUtilisation(const PlanFlags& flags, PlanQuestion& question) {
  policy::SelfHosting& self = question.plan.self;
  self.utilisation = kUsualUtilisation;
  if (!flags.utilisation.empty()) {
    const config::Parsed<std::int64_t> share = config::ParsePercentage(flags.utilisation);
    if (!share.value) return FlagError("--utilisation", flags.utilisation, share.complaint);
    if (*share.value == 0) {
      return FlagError("--utilisation", flags.utilisation, {"serves nothing", "write 1% to 100%"});
    }
    self.utilisation = *share.value;
  }
  if (self.tokens_per_hour) {
    question.assumptions.push_back({"utilisation at the peak", ShareText(self.utilisation),
                                    flags.utilisation.empty() ? kAssumed : kGiven});
  }
  return absl::OkStatus();
}

// What the traffic cost, for a month of it.
void ObserveToday(const ObservedTraffic& traffic, PlanQuestion& question) {
  constexpr std::int64_t kMonthSeconds = policy::kHoursOfTenMonths * 360;
  const auto of_month = [&](std::int64_t sum) {
    return policy::Scaled(sum, kMonthSeconds, traffic.Seconds());
  };
  const ObservedBackend home = traffic.SumOf(question.plan.self.name);
  const ObservedBackend all = traffic.SumOfAll();
  question.today = RoutedToday{.elsewhere = of_month(all.cost - home.cost),
                               .home_tokens = of_month(home.tokens),
                               .tokens = of_month(all.tokens)};
}

absl::Status AskSelfHosting(const PlanFlags& flags, const config::Backend* backend,
                            const TrafficSource* traffic, PlanQuestion& question) {
  question.plan.self.name = backend == nullptr ? "self-hosted" : backend->name;
  if (absl::Status status = ReadRent(flags, backend, question); !status.ok()) return status;
  if (absl::Status status = ReadReplicas(flags, backend, question); !status.ok()) return status;
  if (absl::Status status = ReadThroughput(flags, traffic, question); !status.ok()) return status;
  if (traffic != nullptr && traffic->has_costs) ObserveToday(traffic->traffic, question);
  return ReadUtilisation(flags, question);
}

// The paid targets of a configuration that have a price and write text.
void AddConfigured(const config::Config& config, const std::string& path, PlanQuestion& question) {
  std::vector<std::string> unpriced;
  for (const config::Backend& backend : config.backends) {
    if (backend.hosting != config::Hosting::kPaidApi) continue;
    for (const config::ServedModel& served : backend.models) {
      const std::string name = absl::StrCat(served.model, "@", backend.name);
      const config::Prices* const prices = routing::FindPrice(config, backend, served).prices;
      if (prices == nullptr) {
        unpriced.push_back(name);
        continue;
      }
      const config::PriceRow& row = policy::LastList(*prices).standard;
      if (row.output > 0) {  // 0: embeddings
        question.targets.push_back({name, row});
        question.assumptions.push_back(
            {absl::StrCat("price of ", name), PriceText(row),
             served.price ? path : absl::StrCat(path, " (the catalogue)")});
      }
    }
  }
  if (!unpriced.empty()) {
    question.cautions.push_back(
        absl::StrCat("left out, because they have no price: ", absl::StrJoin(unpriced, ", ")));
  }
}

// Whether the model of a target is among those that the backend serves.
bool ServesModelOf(const config::Backend* backend, const std::string& target) {
  if (backend == nullptr) return false;
  const std::string model = target.substr(0, target.find('@'));
  return std::any_of(backend->models.begin(), backend->models.end(),
                     [&](const auto& served) { return served.model == model; });
}

absl::Status ChooseTarget(const PlanFlags& flags, const config::Backend* backend,
                          PlanQuestion& question) {
  if (!flags.against.empty()) {
    std::vector<std::string> names;
    for (const PaidTarget& target : question.targets) {
      names.push_back(target.name);
      if (target.name != flags.against) continue;
      question.plan.api = target;
      question.why_target = "named by --against";
      return absl::OkStatus();
    }
    return FlagError("--against", flags.against,
                     {"is not a target with a price", config::DidYouMean(flags.against, names)});
  }
  const policy::Usage tokens = policy::AllTokens(question.plan.demand);
  const auto rank = [&](const PaidTarget& target) {
    return std::pair(!ServesModelOf(backend, target.name), policy::ApiBill(target, tokens));
  };
  question.plan.api = *std::min_element(
      question.targets.begin(), question.targets.end(),
      [&](const PaidTarget& a, const PaidTarget& b) { return rank(a) < rank(b); });
  if (ServesModelOf(backend, question.plan.api.name)) {
    question.why_target = "the same model at an API";
  } else if (question.targets.size() > 1) {
    question.why_target = "the cheapest target; quality is not compared (--against names another)";
  } else {
    question.why_target = "the only target with a price";
  }
  return absl::OkStatus();
}

absl::Status AskTargets(const PlanFlags& flags, const config::Config* config,
                        const config::Backend* backend, PlanQuestion& question) {
  if (config != nullptr) AddConfigured(*config, flags.config, question);
  for (const std::string& text : flags.apis) {
    config::Parsed<ApiValue> api = ParseApi(text);
    if (!api.value) return FlagError("--api", text, api.complaint);
    PaidTarget& target = api.value->target;
    const bool twice =
        std::any_of(question.targets.begin(), question.targets.end(),
                    [&](const PaidTarget& other) { return other.name == target.name; });
    if (twice) {
      return FlagError("--api", text,
                       {absl::StrCat("is a second target called ", target.name),
                        absl::StrCat("give it another name: --api NAME=", text)});
    }
    question.assumptions.push_back({absl::StrCat("price of ", target.name), PriceText(target.price),
                                    api.value->listed ? "the catalogue" : kGiven});
    question.targets.push_back(std::move(target));
  }
  if (question.targets.empty()) {
    return absl::InvalidArgumentError(
        "no paid target with a price; write --api 0.55/2.19 (USD per 1M tokens of input and "
        "output) "
        "or --api gpt-4.1 (a model of the catalogue)");
  }
  return ChooseTarget(flags, backend, question);
}

}  // namespace

absl::StatusOr<PlanQuestion> AskPlan(const PlanFlags& flags, const config::Config* config,
                                     const TrafficSource* traffic) {
  const absl::StatusOr<const config::Backend*> backend = FindBackend(flags, config);
  if (!backend.ok()) return backend.status();
  PlanQuestion question;
  if (absl::Status status = AskDemand(flags, config, traffic, question); !status.ok()) {
    return status;
  }
  if (absl::Status status = AskSelfHosting(flags, *backend, traffic, question); !status.ok()) {
    return status;
  }
  if (absl::Status status = AskTargets(flags, config, *backend, question); !status.ok()) {
    return status;
  }
  question.assumptions.push_back({"a month", "30.4 days, all alike", kAssumed});
  return question;
}

}  // namespace headgate::gateway
