#include "routing/policy/price_lookup.h"

#include <algorithm>
#include <string>

namespace headgate::routing {
namespace {

const config::Model* RowNamed(const config::Config& config, const std::string& name) {
  const auto row = std::find_if(config.models.begin(), config.models.end(),
                                [&](const config::Model& model) { return model.name == name; });
  return row == config.models.end() ? nullptr : &*row;
}

const config::Model* RowWithAlias(const config::Config& config, const std::string& alias) {
  const auto row =
      std::find_if(config.models.begin(), config.models.end(), [&](const config::Model& model) {
        return std::find(model.aliases.begin(), model.aliases.end(), alias) != model.aliases.end();
      });
  return row == config.models.end() ? nullptr : &*row;
}

NanoUsdPerMillion ShareOf(NanoUsdPerMillion price, config::PriceShare share) {
  __extension__ using Wide = __int128;
  return static_cast<NanoUsdPerMillion>((Wide{price} * share + config::kWholePrice - 1) /
                                        config::kWholePrice);
}

void AddStandardPrices(const config::DailyPrices& prices, std::vector<TokenPrices>& out) {
  const config::PriceRow& standard = prices.standard;
  out.push_back({standard.input, standard.output});
  for (const config::PriceHours& hours : prices.hours) {
    const config::PriceRow& row = hours.list ? hours.list->standard : standard;
    out.push_back({ShareOf(row.input, hours.share), ShareOf(row.output, hours.share)});
  }
}

}  // namespace

FoundPrice FindPrice(const config::Config& config, const config::Backend& backend,
                     const config::ServedModel& served) {
  if (backend.hosting == config::Hosting::kSelfHosted) return {nullptr, PriceMatch::kRent};
  if (served.price) return {&*served.price, PriceMatch::kExact};
  const config::Model* row = RowNamed(config, served.model);
  if (row != nullptr && row->price) return {&*row->price, PriceMatch::kExact};
  row = RowNamed(config, served.upstream_name);
  if (row == nullptr) row = RowWithAlias(config, served.upstream_name);
  if (row != nullptr && row->price) return {&*row->price, PriceMatch::kAlias};
  return {};
}

std::vector<TokenPrices> EveryStandardPrice(const config::Prices& prices) {
  std::vector<TokenPrices> all;
  AddStandardPrices(prices, all);
  for (const config::PriceChange& change : prices.changes) AddStandardPrices(change, all);
  return all;
}

}  // namespace headgate::routing
