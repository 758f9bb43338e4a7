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

// What a backend was worth over one window.
struct Worth {
  std::string_view window;
  Span span;
  std::optional<double> utilisation;
  std::optional<double> price;  // US dollars for 1M tokens
  std::vector<NanoUsd> bills;   // of the paid targets, for the same tokens
};

// What a backend is worth beside paid targets.
struct Economy {
  std::vector<Worth> windows;  // those that are known, from the shortest to the longest
  // Of the paid targets, by the longest window; empty if no window is known.
  std::vector<std::optional<double>> break_evens;
};

Economy EconomyOf(const BackendState& backend, const policy::RetiredRent::Totals& rent,
                  const std::vector<const routing::Target*>& paid, std::int64_t unix_seconds,
                  backends::TimePoint now) {
  Economy economy;
  if (backend.served == nullptr) return economy;
  for (const Window& window : kWindows) {
    const std::optional<Span> span =
        backend.served->Over(window.length, {rent.accrued, rent.allocated}, now);
    if (!span) continue;
    Worth& worth = economy.windows.emplace_back(Worth{.window = window.name,
                                                      .span = *span,
                                                      .utilisation = policy::UtilisationOf(*span),
                                                      .price = policy::EffectivePriceOf(*span),
                                                      .bills = {}});
    for (const routing::Target* const target : paid) {
      worth.bills.push_back(policy::BillElsewhere(*span, *target->prices, unix_seconds));
    }
  }
  if (economy.windows.empty()) return economy;
  for (const routing::Target* const target : paid) {
    economy.break_evens.push_back(policy::BreakEvenTokensPerDay(
        economy.windows.back().span, *target->prices, unix_seconds, RentPerDay(backend)));
  }
  return economy;
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

  void Add(const std::string& backend, const Economy& economy,
           const std::vector<const routing::Target*>& paid) {
    for (const Worth& worth : economy.windows) {
      if (worth.utilisation) {
        utilisation.Add({{"backend", backend}, {"window", worth.window}}, *worth.utilisation);
      }
      if (worth.price) price.Add({{"backend", backend}, {"window", worth.window}}, *worth.price);
      for (std::size_t i = 0; i < paid.size(); ++i) {
        elsewhere.Add({{"backend", backend}, {"against", paid[i]->name}, {"window", worth.window}},
                      static_cast<double>(worth.bills[i]) * kDollarsPerNano);
      }
    }
    for (std::size_t i = 0; i < economy.break_evens.size(); ++i) {
      if (!economy.break_evens[i]) continue;
      break_even.Add({{"backend", backend}, {"against", paid[i]->name}}, *economy.break_evens[i]);
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
    if (rent == rents.end()) continue;
    gauges.Add(backend.name, EconomyOf(backend, rent->second, paid, unix_seconds, now), paid);
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
  const std::vector<const routing::Target*> paid = PaidTargets(policy);
  const Economy economy = EconomyOf(backend, rent, paid, unix_seconds, now);
  boost::json::object json;
  for (const Worth& worth : economy.windows) {
    boost::json::object last{{"seconds", worth.span.time.count()},
                             {"tokens", worth.span.tokens.input + worth.span.tokens.output}};
    if (worth.utilisation) last["utilisation"] = *worth.utilisation;
    if (worth.price) last["usd_per_million_tokens"] = *worth.price;
    json[worth.window] = std::move(last);
  }
  if (economy.windows.empty()) return json;
  boost::json::object against;
  for (std::size_t i = 0; i < paid.size(); ++i) {
    boost::json::object other{
        {"bill_usd", static_cast<double>(economy.windows.back().bills[i]) * kDollarsPerNano}};
    if (economy.break_evens[i]) other["break_even_tokens_per_day"] = *economy.break_evens[i];
    against[paid[i]->name] = std::move(other);
  }
  json["against"] = std::move(against);
  return json;
}

}  // namespace headgate::gateway
