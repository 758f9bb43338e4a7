#include "gateway/admin/families/rent_families.h"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/metrics/family.h"
#include "policy/money/rent_terms.h"
#include "policy/money/served_window.h"

namespace headgate::gateway {
namespace {

using policy::ServedWindow;
using prometheus::MetricType;
using Span = ServedWindow::Span;

constexpr double kDollarsPerNano = 1e-9;
constexpr double kDollarsPerAtto = 1e-18;

struct Window {
  std::string_view name;
  std::chrono::seconds length;
};
constexpr std::array<Window, 3> kWindows = {{{"5m", std::chrono::minutes(5)},
                                             {"1h", std::chrono::hours(1)},
                                             {"24h", std::chrono::hours(24)}}};

// The paid targets that a backend can be compared with. Targets without a price for output are for
// embeddings.
std::vector<const routing::Target*> PaidTargets(const routing::CompiledPolicy& policy) {
  std::vector<const routing::Target*> paid;
  for (const routing::Target& target : policy.targets()) {
    if (target.hosting == config::Hosting::kPaidApi && target.prices &&
        target.prices->standard.output > 0) {
      paid.push_back(&target);
    }
  }
  return paid;
}

NanoUsd RentPerDay(const BackendState& backend) {
  return policy::RentOfDay(backend.rent_terms) * static_cast<NanoUsd>(backend.rent.size());
}

std::optional<Span> SpanOf(const BackendState& backend, const policy::RetiredRent::Totals& rent,
                           std::chrono::seconds length, backends::TimePoint now) {
  if (backend.served == nullptr) return std::nullopt;
  return backend.served->Over(length, {rent.accrued, rent.allocated}, now);
}

struct EconomyGauges {
  FamilyBuilder utilisation{
      "headgate_self_hosted_utilisation_ratio",
      "The part of a self-hosted backend's rent that requests used in the last 5m, 1h or 24h.",
      MetricType::Gauge};
  FamilyBuilder price{"headgate_effective_price_usd_per_million_tokens",
                      "Rent of a self-hosted backend, idle time included, for 1M tokens of input "
                      "and output in the last 5m, 1h or 24h.",
                      MetricType::Gauge};
  FamilyBuilder elsewhere{"headgate_self_hosted_bill_elsewhere_usd",
                          "What the tokens that a self-hosted backend served in the last 5m, 1h or "
                          "24h would have cost at a paid target.",
                          MetricType::Gauge};
  FamilyBuilder break_even{
      "headgate_break_even_tokens_per_day",
      "Tokens a day from which the rent of a self-hosted backend is less than the bill of a paid "
      "target, with the mix of tokens of the last 24h.",
      MetricType::Gauge};

  void Add(const BackendState& backend, const policy::RetiredRent::Totals& rent,
           const std::vector<const routing::Target*>& paid, std::int64_t unix_seconds,
           backends::TimePoint now) {
    std::optional<Span> longest;
    for (const Window& window : kWindows) {
      const std::optional<Span> span = SpanOf(backend, rent, window.length, now);
      if (!span) continue;
      longest = span;
      if (const std::optional<double> used = policy::UtilisationOf(*span)) {
        utilisation.Add({{"backend", backend.name}, {"window", window.name}}, *used);
      }
      if (const std::optional<double> dollars = policy::EffectivePriceOf(*span)) {
        price.Add({{"backend", backend.name}, {"window", window.name}}, *dollars);
      }
      for (const routing::Target* const target : paid) {
        const NanoUsd bill = policy::BillElsewhere(*span, *target->prices, unix_seconds);
        elsewhere.Add(
            {{"backend", backend.name}, {"against", target->name}, {"window", window.name}},
            static_cast<double>(bill) * kDollarsPerNano);
      }
    }
    if (!longest) return;
    for (const routing::Target* const target : paid) {
      const std::optional<double> tokens = policy::BreakEvenTokensPerDay(
          *longest, *target->prices, unix_seconds, RentPerDay(backend));
      if (!tokens) continue;
      break_even.Add({{"backend", backend.name}, {"against", target->name}}, *tokens);
    }
  }
};

void AddRents(const Fleet& fleet, const RentByBackend& rents, backends::TimePoint now,
              FamilySet::Families& families) {
  FamilyBuilder accrued("headgate_self_hosted_rent_usd_total",
                        "Rent accrued by a replica, whoever used it. Every gateway in front of the "
                        "replica reports the same: take the maximum over gateways, not the sum.",
                        MetricType::Counter);
  for (const BackendState& backend : fleet.backends()) {
    for (std::size_t r = 0; r < backend.rent.size(); ++r) {
      accrued.Add({{"backend", backend.name}, {"replica", backend.upstream->replicas()[r].name}},
                  static_cast<double>(backend.rent[r]->Read(now).accrued) * kDollarsPerAtto);
    }
  }
  FamilyBuilder rent(
      "headgate_self_hosted_cost_usd_total",
      "Rent of self-hosted backends: allocated to requests, or idle. Their sum is the rent "
      "accrued.",
      MetricType::Counter);
  for (const auto& [backend, sum] : rents) {
    rent.Add({{"backend", backend}, {"state", "allocated"}},
             static_cast<double>(sum.allocated) * kDollarsPerAtto);
    rent.Add({{"backend", backend}, {"state", "idle"}},
             static_cast<double>(sum.idle) * kDollarsPerAtto);
  }
  families.push_back(rent.Take());
  families.push_back(accrued.Take());
}

}  // namespace

void AddRentFamilies(const Fleet& fleet, const routing::CompiledPolicy& policy,
                     std::int64_t unix_seconds, backends::TimePoint now,
                     FamilySet::Families& families) {
  const RentByBackend rents = RentOfBackends(fleet, now);
  AddRents(fleet, rents, now, families);
  const std::vector<const routing::Target*> paid = PaidTargets(policy);
  EconomyGauges gauges;
  for (const BackendState& backend : fleet.backends()) {
    const auto rent = rents.find(backend.name);
    if (rent != rents.end()) gauges.Add(backend, rent->second, paid, unix_seconds, now);
  }
  families.push_back(gauges.utilisation.Take());
  families.push_back(gauges.price.Take());
  families.push_back(gauges.elsewhere.Take());
  families.push_back(gauges.break_even.Take());
}

boost::json::object EconomyJson(const BackendState& backend,
                                const policy::RetiredRent::Totals& rent,
                                const routing::CompiledPolicy& policy, std::int64_t unix_seconds,
                                backends::TimePoint now) {
  boost::json::object json;
  std::optional<Span> longest;
  for (const Window& window : kWindows) {
    const std::optional<Span> span = SpanOf(backend, rent, window.length, now);
    if (!span) continue;
    longest = span;
    boost::json::object last{{"seconds", span->time.count()},
                             {"tokens", span->tokens.input + span->tokens.output}};
    if (const auto used = policy::UtilisationOf(*span)) last["utilisation"] = *used;
    if (const auto dollars = policy::EffectivePriceOf(*span)) {
      last["usd_per_million_tokens"] = *dollars;
    }
    json[window.name] = std::move(last);
  }
  if (!longest) return json;
  boost::json::object against;
  for (const routing::Target* const target : PaidTargets(policy)) {
    const NanoUsd bill = policy::BillElsewhere(*longest, *target->prices, unix_seconds);
    boost::json::object other{{"bill_usd", static_cast<double>(bill) * kDollarsPerNano}};
    const std::optional<double> tokens =
        policy::BreakEvenTokensPerDay(*longest, *target->prices, unix_seconds, RentPerDay(backend));
    if (tokens) other["break_even_tokens_per_day"] = *tokens;
    against[target->name] = std::move(other);
  }
  json["against"] = std::move(against);
  return json;
}

}  // namespace headgate::gateway
