#include "gateway/recording/policy_line_reader.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::gateway {
namespace {

using simdjson::ondemand::array;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

bool ReadText(value from, std::string& out) {
  std::string_view text;
  if (from.get_string().get(text) != simdjson::SUCCESS) return false;
  out.assign(text);
  return true;
}

// Calls `read` with each element; returns false as soon as an element is not valid.
template <typename Read>
bool ForEach(value from, Read read) {
  array elements;
  if (from.get_array().get(elements) != simdjson::SUCCESS) return false;
  for (auto element : elements) {
    value item;
    if (element.get(item) != simdjson::SUCCESS || !read(item)) return false;
  }
  return true;
}

// The same with each field of an object and its value.
template <typename Read>
bool ForEachField(object& fields, Read read) {
  for (auto field : fields) {
    std::string_view key;
    value item;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(item) != simdjson::SUCCESS || !read(key, item)) {
      return false;
    }
  }
  return true;
}

template <typename T, typename Read>
bool ReadList(value from, std::vector<T>& out, Read read) {
  return ForEach(from, [&](value item) { return read(item, out.emplace_back()); });
}

// [input, cached_input, cache_write, output]; -1 if the kind has no price of its own.
bool ReadRow(value from, config::PriceRow& row) {
  std::array<std::int64_t, 4> prices{};
  std::size_t count = 0;
  const bool sound = ForEach(from, [&](value item) {
    return count < prices.size() && item.get_int64().get(prices[count++]) == simdjson::SUCCESS;
  });
  if (!sound || count != prices.size() || prices[0] < 0 || prices[3] < 0) return false;
  row.input = prices[0];
  if (prices[1] >= 0) row.cached_input = prices[1];
  if (prices[2] >= 0) row.cache_write = prices[2];
  row.output = prices[3];
  return true;
}

bool ReadContextTier(value from, config::ContextTier& tier) {
  int position = 0;
  return ForEach(from, [&](value item) {
    if (position++ == 0) return item.get_int64().get(tier.above) == simdjson::SUCCESS;
    return ReadRow(item, tier.row);
  });
}

bool ReadPrices(value from, config::Prices& prices) {
  object fields;
  if (from.get_object().get(fields) != simdjson::SUCCESS) return false;
  return ForEachField(fields, [&](std::string_view key, value item) {
    if (key == "standard") return ReadRow(item, prices.standard);
    if (key == "flex") return ReadRow(item, prices.flex.emplace());
    if (key == "priority") return ReadRow(item, prices.priority.emplace());
    if (key == "batch") return ReadRow(item, prices.batch.emplace());
    if (key == "above") return ReadList(item, prices.context_tiers, ReadContextTier);
    return true;
  });
}

bool ReadTarget(value from, routing::RecordedTarget& target) {
  object fields;
  if (from.get_object().get(fields) != simdjson::SUCCESS) return false;
  return ForEachField(fields, [&](std::string_view key, value item) {
    if (key == "name") return ReadText(item, target.name);
    if (key == "prices") return ReadPrices(item, target.prices.emplace());
    if (key != "rent") return true;
    target.hosting = config::Hosting::kSelfHosted;
    return item.get_int64().get(target.rent_per_slot_hour) == simdjson::SUCCESS;
  });
}

bool ReadKey(value from, routing::RecordedKey& key) {
  int position = 0;
  return ForEach(from,
                 [&](value item) { return ReadText(item, position++ == 0 ? key.name : key.team); });
}

bool ReadPattern(value from, routing::Pattern& pattern) {
  int position = 0;
  return ForEach(from, [&](value item) {
    if (position++ > 0) return ReadText(item, position == 2 ? pattern.name : pattern.glob);
    std::uint64_t source = 0;
    if (item.get_uint64().get(source) != simdjson::SUCCESS || source > 3) return false;
    pattern.source = static_cast<routing::Pattern::Source>(source);
    return true;
  });
}

bool ReadTrust(value from, routing::HintTrust& trust) {
  std::uint64_t bits = 0;
  if (from.get_uint64().get(bits) != simdjson::SUCCESS || bits > 0xff) return false;
  trust.trusted = bits;
  return true;
}

// [name, replicas, slots of one replica, nano-dollars an hour for one replica]
bool ReadRent(value from, routing::BackendRent& rent) {
  std::array<std::int64_t*, 3> numbers = {&rent.replicas, &rent.slots, &rent.per_replica_hour};
  std::size_t position = 0;
  const bool sound = ForEach(from, [&](value item) {
    if (position++ == 0) return ReadText(item, rent.backend);
    if (position - 2 >= numbers.size()) return false;
    std::int64_t& number = *numbers[position - 2];
    return item.get_int64().get(number) == simdjson::SUCCESS && number >= 0;
  });
  return sound && position == 1 + numbers.size();
}

// [when, milliseconds]
bool ReadSpill(value from, config::Spill& spill) {
  int position = 0;
  const bool sound = ForEach(from, [&](value item) {
    std::int64_t number = 0;
    if (item.get_int64().get(number) != simdjson::SUCCESS || number < 0) return false;
    if (position++ == 0) {
      spill.when = static_cast<config::Spill::When>(number);
      return number <= static_cast<int>(config::Spill::When::kNever);
    }
    spill.limit = config::Milliseconds(number);
    return position == 2;
  });
  return sound && position == 2;
}

// Takes the trusts of the keys in their order, then the trust of requests without a key.
bool TakeTrusts(const std::vector<routing::HintTrust>& trusts, routing::RecordedPolicy& policy) {
  if (trusts.empty()) return true;  // an older recording
  if (trusts.size() != policy.keys.size() + 1) return false;
  for (std::size_t i = 0; i < policy.keys.size(); ++i) policy.keys[i].trust = trusts[i];
  policy.keyless_trust = trusts.back();
  return true;
}

}  // namespace

std::optional<routing::RecordedPolicy> ReadPolicyFields(object& fields) {
  routing::RecordedPolicy policy;
  std::vector<routing::HintTrust> trusts;
  const bool sound = ForEachField(fields, [&](std::string_view key, value item) {
    if (key == "gen") return item.get_uint64().get(policy.generation) == simdjson::SUCCESS;
    if (key == "targets") return ReadList(item, policy.targets, ReadTarget);
    if (key == "routes") return ReadList(item, policy.routes, ReadText);
    if (key == "spills") return ReadList(item, policy.spills.emplace(), ReadSpill);
    if (key == "classes") return ReadList(item, policy.classes, ReadText);
    if (key == "topics") return ReadList(item, policy.topics, ReadText);
    if (key == "keys") return ReadList(item, policy.keys, ReadKey);
    if (key == "trust") return ReadList(item, trusts, ReadTrust);
    if (key == "rents") return ReadList(item, policy.rents.emplace(), ReadRent);
    if (key == "patterns") return ReadList(item, policy.patterns, ReadPattern);
    return true;
  });
  if (!sound || !TakeTrusts(trusts, policy)) return std::nullopt;
  if (policy.topics.empty()) {  // an older recording
    policy.topics.assign(routing::kTopicNames.begin(), routing::kTopicNames.end());
  }
  return policy;
}

}  // namespace headgate::gateway
