#include "gateway/recording/policy_line_reader.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/recording/record_json.h"
#include "gateway/recording/recorded_prices.h"

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

bool ReadTarget(value from, routing::RecordedTarget& target) {
  object fields;
  if (from.get_object().get(fields) != simdjson::SUCCESS) return false;
  return ForEachField(fields, [&](std::string_view key, value item) {
    if (key == "name") return ReadText(item, target.name);
    if (key == "prices") return ReadPrices(item, target.prices.emplace());
    if (key == "rent") target.hosting = config::Hosting::kSelfHosted;
    return ReadRentMember(key, item, target.slot_rent);
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

// 0 or 1
bool ReadFlag(value from, bool& out) {
  std::uint64_t number = 0;
  if (from.get_uint64().get(number) != simdjson::SUCCESS || number > 1) return false;
  out = number == 1;
  return true;
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
    if (key == "topic_model") return ReadText(item, policy.topic_model);
    if (key == "keys") return ReadList(item, policy.keys, ReadKey);
    if (key == "trust") return ReadList(item, trusts, ReadTrust);
    if (key == "rents") return ReadList(item, policy.rents.emplace(), ReadRent);
    if (key == "patterns") return ReadList(item, policy.patterns, ReadPattern);
    if (key == "waits") return ReadFlag(item, policy.waits);
    if (key == "spills_free") return ReadFlag(item, policy.spills_free);
    return true;
  });
  if (!sound || !TakeTrusts(trusts, policy)) return std::nullopt;
  if (policy.topics.empty()) {  // an older recording
    policy.topics.assign(routing::kTopicNames.begin(), routing::kTopicNames.end());
  }
  return policy;
}

}  // namespace headgate::gateway
