#include "gateway/recording/record_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "gateway/recording/policy_line_reader.h"
#include "gateway/recording/record_text.h"
#include "gateway/recording/record_values.h"

namespace headgate::gateway {
namespace {

using simdjson::ondemand::array;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

// A recording does not say what a request needed a backend of its own protocol for.
constexpr std::string_view kNativePart = "a part of the request";

// Names of fields are our own and have no escapes.
std::string_view KeyOf(simdjson::ondemand::raw_json_string key) {
  const char* const text = key.raw();
  return {text, std::strcspn(text, "\"")};
}

bool AtEnd(simdjson::ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

// Far above any time; keeps sums with durations inside 64 bits.
constexpr std::int64_t kEndOfTime = 100'000'000'000;

template <typename T>
bool ReadWhole(value from, T& out, std::int64_t below = std::numeric_limits<std::int64_t>::max()) {
  std::int64_t number = 0;
  if (from.get_int64().get(number) != simdjson::SUCCESS || number < 0 || number >= below) {
    return false;
  }
  out = static_cast<T>(number);
  return true;
}

}  // namespace

bool RecordReader::Begin(std::string_view line, simdjson::ondemand::document& document,
                         object& fields) {
  return parser_.iterate(line.data(), line.size(), line.size() + kPadding).get(document) ==
             simdjson::SUCCESS &&
         document.get_object().get(fields) == simdjson::SUCCESS;
}

RecordReader::Line RecordReader::Read(std::string_view line) {
  simdjson::ondemand::document document;
  object fields;
  if (!Begin(line, document, fields)) return Line::kMalformed;
  request_.policy = nullptr;
  request_.id = {};
  has_load_ = has_decision_ = false;
  for (auto field : fields) {
    simdjson::ondemand::raw_json_string key;
    value item;
    if (field.key().get(key) != simdjson::SUCCESS || field.value().get(item) != simdjson::SUCCESS) {
      return Line::kMalformed;
    }
    const std::string_view name = KeyOf(key);
    if (name == "recording") {
      std::int64_t version = 0;
      if (!ReadWhole(item, version)) return Line::kMalformed;
      return version == kRecordingVersion ? ReadPolicy(line) : Line::kOtherVersion;
    }
    if (!ReadField(name, item)) return Line::kMalformed;
  }
  const bool whole = !request_.id.empty() && request_.policy != nullptr && has_load_ &&
                     has_decision_ && AtEnd(document);
  return whole ? Line::kRequest : Line::kMalformed;
}

RecordReader::Line RecordReader::ReadPolicy(std::string_view line) {
  const auto known = by_text_.find(absl::string_view(line.data(), line.size()));
  if (known != by_text_.end()) {
    by_generation_[known->second->generation] = known->second;
    return Line::kPolicy;
  }
  simdjson::ondemand::document document;
  object fields;
  if (!Begin(line, document, fields)) return Line::kMalformed;
  std::optional<routing::RecordedPolicy> policy = ReadPolicyFields(fields);
  if (!policy || !AtEnd(document)) return Line::kMalformed;
  policies_.push_back(std::make_unique<const routing::RecordedPolicy>(*std::move(policy)));
  const routing::RecordedPolicy* const added = policies_.back().get();
  by_text_.emplace(line, added);
  by_generation_[added->generation] = added;
  return Line::kPolicy;
}

bool RecordReader::ReadField(std::string_view key, value item) {
  routing::DecisionInput& input = request_.input;
  if (key == "id") return item.get_string().get(request_.id) == simdjson::SUCCESS;
  if (key == "gen") return ReadGeneration(item);
  if (request_.policy == nullptr) return false;  // the next fields refer to it
  if (key == "time") return ReadWhole(item, input.unix_seconds, kEndOfTime);
  if (key == "endpoint") return ReadWhole(item, input.endpoint, routing::kEndpointCount);
  if (key == "key") return ReadIndex(item, request_.policy->keys.size(), input.key);
  if (key == "model") return item.get_string().get(request_.model) == simdjson::SUCCESS;
  if (key == "stream") return ReadWhole(item, input.stream);
  if (key == "uses") return ReadWhole(item, input.uses, 256);
  if (key == "bytes") return ReadWhole(item, input.text_bytes);
  if (key == "other") return ReadWhole(item, input.other_input_tokens);
  if (key == "max") return ReadWhole(item, input.max_tokens.emplace());
  if (key == "slo") {
    constexpr std::int64_t kBelow = std::int64_t{1} << 32;
    return ReadWhole(item, input.slo_ttft_ms.emplace(), kBelow);
  }
  if (key == "choices") return ReadWhole(item, input.choices, 1 << 30);
  if (key == "native") return ReadNativeOnly(item);
  if (key == "seed") return ReadBits(item, input.seed);
  if (key == "class") {
    return ReadClassification(item, request_.policy->classes.size(), request_.policy->topics.size(),
                              input.classification);
  }
  if (key == "facts") return ReadFacts(item);
  if (key == "session") {
    return ReadIndex(item, request_.policy->targets.size(), input.conversation_target);
  }
  if (key == "conversation") return ReadBits(item, request_.conversation.emplace());
  if (key == "load") return ReadLoad(item);
  if (key == "decided") return ReadDecided(item);
  if (key == "spilled_from") {
    return ReadIndex(item, request_.policy->targets.size(), request_.spilled_from);
  }
  if (key == "spilled") return ReadTargets(item, request_.spilled);
  if (key == "calls") return ReadCalls(item);
  if (key == "left") return ReadTargets(item, request_.left);
  if (key == "queued") return ReadWhole(item, request_.queued_us.emplace());
  if (key == "refused") return item.get_string().get(request_.refused) == simdjson::SUCCESS;
  return true;  // not used here, or newer than this version
}

bool RecordReader::ReadGeneration(value item) {
  std::uint64_t generation = 0;
  if (item.get_uint64().get(generation) != simdjson::SUCCESS) return false;
  const auto known = by_generation_.find(generation);
  if (known == by_generation_.end()) return false;
  request_.policy = known->second;
  request_.model = {};
  request_.conversation.reset();
  request_.spilled_from.reset();
  request_.spilled.clear();
  request_.calls.clear();
  request_.left.clear();
  request_.queued_us.reset();
  if (request_.policy->waits) request_.queued_us = 0;
  request_.refused = {};
  routing::DecisionInput& input = request_.input;
  input.stream = false;
  input.uses = 0;
  input.other_input_tokens = 0;
  input.max_tokens.reset();
  input.slo_ttft_ms.reset();
  input.choices = 1;
  input.native_only = {};
  input.key.reset();
  input.conversation_target.reset();
  input.facts.Reset(request_.policy->patterns.size());
  return true;
}

bool RecordReader::ReadIndex(value item, std::size_t below, std::optional<std::size_t>& out) {
  return ReadWhole(item, out.emplace(), static_cast<std::int64_t>(below));
}

bool RecordReader::ReadBits(value item, std::uint64_t& out) {
  std::int64_t bits = 0;
  if (item.get_int64().get(bits) != simdjson::SUCCESS) return false;
  out = static_cast<std::uint64_t>(bits);
  return true;
}

bool RecordReader::ReadNativeOnly(value item) {
  bool native_only = false;
  if (!ReadWhole(item, native_only, 2)) return false;
  if (native_only) request_.input.native_only = kNativePart;
  return true;
}

bool RecordReader::ReadFacts(value item) {
  array elements;
  if (item.get_array().get(elements) != simdjson::SUCCESS) return false;
  for (auto element : elements) {
    std::uint64_t pattern = 0;
    if (element.get(pattern) != simdjson::SUCCESS || pattern >= request_.policy->patterns.size()) {
      return false;
    }
    request_.input.facts.Set(pattern);
  }
  return true;
}

bool RecordReader::ReadTargets(value item, absl::InlinedVector<std::size_t, 2>& out) const {
  array elements;
  if (item.get_array().get(elements) != simdjson::SUCCESS) return false;
  for (auto element : elements) {
    std::uint64_t target = 0;
    if (element.get(target) != simdjson::SUCCESS || target >= request_.policy->targets.size()) {
      return false;
    }
    out.push_back(target);
  }
  return true;
}

bool RecordReader::ReadLoad(value item) {
  array elements;
  if (item.get_array().get(elements) != simdjson::SUCCESS) return false;
  std::vector<routing::Candidate>& candidates = request_.input.candidates;
  candidates.clear();
  for (auto element : elements) {
    value one;
    if (element.get(one) != simdjson::SUCCESS || !ReadCandidate(one, candidates.emplace_back())) {
      return false;
    }
    // Before there were queues, the wait was a silence.
    routing::Candidate& candidate = candidates.back();
    if (!request_.policy->spills) std::swap(candidate.predicted_wait_ms, candidate.silent_wait_ms);
  }
  has_load_ = candidates.size() == request_.policy->targets.size();
  return has_load_;
}

bool RecordReader::ReadDecided(value item) {
  std::array<double, 6> n{};
  constexpr std::size_t kWithoutRelaxed = 5;  // as older versions wrote it
  const std::optional<std::size_t> count = ReadNumbers(item, n);
  if (!count || *count < kWithoutRelaxed || !InRange(n[0], 5)) return false;
  request_.outcome = static_cast<routing::Outcome>(static_cast<int>(n[0]));
  const bool planned = request_.outcome == routing::Outcome::kPlanned;
  const bool routed = planned || request_.outcome == routing::Outcome::kNoTarget;
  if ((routed && !InRange(n[1], request_.policy->routes.size())) ||
      (planned && !InRange(n[2], request_.policy->targets.size()))) {
    return false;
  }
  request_.route = routed ? static_cast<std::size_t>(n[1]) : 0;
  request_.target = planned ? static_cast<std::size_t>(n[2]) : 0;
  has_decision_ = true;
  return true;
}

bool RecordReader::ReadCalls(value item) {
  array elements;
  if (item.get_array().get(elements) != simdjson::SUCCESS) return false;
  for (auto element : elements) {
    value one;
    if (element.get(one) != simdjson::SUCCESS ||
        !ReadCall(one, request_.policy->targets.size(), request_.calls.emplace_back())) {
      return false;
    }
  }
  return true;
}

}  // namespace headgate::gateway
