#include "loadtest/sim/replica/bill.h"

#include <boost/json.hpp>
#include <vector>

#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {

std::int64_t CostNanoUsd(const Usage& usage, const Price& price) {
  __extension__ using Wide = __int128;
  constexpr Wide kMillion = 1'000'000;
  const Wide sum = Wide{usage.input - usage.cached - usage.cache_write} * price.input +
                   Wide{usage.cached} * price.cached + Wide{usage.cache_write} * price.cache_write +
                   Wide{usage.output} * price.output;
  return static_cast<std::int64_t>((sum + kMillion / 2) / kMillion);
}

bool PriceList::Add(std::string_view text) {
  // A model name may contain '='; a price never does.
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  const std::vector<std::string_view> parts = Split(text.substr(equals + 1), ',');
  if (parts.size() != 3 && parts.size() != 4) return false;
  const auto input = ParseBillionths(parts[0]);
  const auto cached = ParseBillionths(parts[1]);
  const auto output = ParseBillionths(parts[2]);
  const auto cache_write = parts.size() == 4 ? ParseBillionths(parts[3]) : input;
  if (!input || !cached || !output || !cache_write) return false;
  prices_[std::string(text.substr(0, equals))] = Price{*input, *cached, *output, *cache_write};
  return true;
}

Price PriceList::Find(std::string_view model) const {
  auto found = prices_.find(model);
  if (found == prices_.end()) found = prices_.find("*");
  return found == prices_.end() ? Price{} : found->second;
}

std::int64_t Bill::Add(std::string_view model, const Usage& usage, const Price& price,
                       Ending ending) {
  auto found = models_.find(model);
  if (found == models_.end()) found = models_.emplace(std::string(model), Line{}).first;
  Line& line = found->second;
  const std::int64_t cost = CostNanoUsd(usage, price);
  ++line.requests;
  line.usage.input += usage.input;
  line.usage.cached += usage.cached;
  line.usage.output += usage.output;
  line.usage.cache_write += usage.cache_write;
  line.usage.thinking += usage.thinking;
  line.nano_usd += cost;
  ++line.endings[static_cast<std::size_t>(ending)];
  return cost;
}

std::string Bill::ToJson() const {
  boost::json::object models;
  std::int64_t total = 0;
  for (const auto& [name, line] : models_) {
    boost::json::object endings;
    for (std::size_t i = 0; i < kEndingNames.size(); ++i) {
      if (line.endings[i] > 0) endings[kEndingNames[i]] = line.endings[i];
    }
    models[name] = boost::json::object{{"requests", line.requests},
                                       {"input_tokens", line.usage.input},
                                       {"cached_input_tokens", line.usage.cached},
                                       {"cache_write_input_tokens", line.usage.cache_write},
                                       {"output_tokens", line.usage.output},
                                       {"thinking_tokens", line.usage.thinking},
                                       {"nano_usd", line.nano_usd},
                                       {"endings", std::move(endings)}};
    total += line.nano_usd;
  }
  return boost::json::serialize(
      boost::json::object{{"models", std::move(models)}, {"total_nano_usd", total}});
}

}  // namespace headgate::loadtest::sim
