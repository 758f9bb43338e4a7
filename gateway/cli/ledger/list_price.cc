#include "gateway/cli/ledger/list_price.h"

#include <algorithm>

#include "policy/ledger/report/invoice.h"
#include "policy/money/cost.h"
#include "routing/policy/price_lookup.h"

namespace headgate::gateway {
namespace {

// The price of the first model of a backend that is wanted and has one.
template <typename Wanted>
std::optional<config::PriceRow> FirstPrice(const config::Config& config,
                                           const config::Backend& backend, Wanted wanted) {
  for (const config::ServedModel& served : backend.models) {
    if (!wanted(served)) continue;
    const config::Prices* const prices = routing::FindPrice(config, backend, served).prices;
    if (prices != nullptr) return policy::LastList(*prices).standard;
  }
  return std::nullopt;
}

}  // namespace

std::optional<config::PriceRow> PriceOfTarget(const config::Config& config,
                                              const config::TargetReference& target) {
  const auto found =
      std::find_if(config.backends.begin(), config.backends.end(),
                   [&](const config::Backend& backend) { return backend.name == target.backend; });
  if (found == config.backends.end()) return std::nullopt;
  return FirstPrice(config, *found, [&](const config::ServedModel& served) {
    return served.model == target.model;
  });
}

std::optional<config::PriceRow> PriceOfBilled(const config::Config& config,
                                              const config::Backend& backend,
                                              std::string_view billed_as) {
  return FirstPrice(config, backend, [&](const config::ServedModel& served) {
    return policy::WithoutDate(served.upstream_name) == billed_as;
  });
}

}  // namespace headgate::gateway
