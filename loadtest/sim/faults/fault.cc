#include "loadtest/sim/faults/fault.h"

#include <algorithm>
#include <array>

#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {
namespace {

using Value = std::string_view;

// Setters by the type of the field. A flag takes no value; any other field needs a valid value.
template <bool Fault::*kField>
bool SetFlag(Fault& fault, Value value) {
  fault.*kField = true;
  return value.empty();
}

template <std::optional<std::int64_t> Fault::*kField>
bool SetCount(Fault& fault, Value value) {
  fault.*kField = ParseCount(value);
  return (fault.*kField).has_value();
}

template <std::string Fault::*kField>
bool SetText(Fault& fault, Value value) {
  fault.*kField = std::string(value);
  return true;
}

template <std::optional<Distribution> Fault::*kField>
bool SetDelays(Fault& fault, Value value) {
  fault.*kField = Distribution::Parse(value, Distribution::Quantity::kDuration);
  return (fault.*kField).has_value();
}

bool SetStatus(Fault& fault, Value value) {
  const std::optional<std::int64_t> status = ParseCount(value);
  if (!status || *status < 400 || *status > 599) return false;
  fault.status = static_cast<int>(*status);
  return true;
}

bool SetDelay(Fault& fault, Value value) {
  const std::optional<Nanoseconds> delay = ParseDuration(value);
  fault.delay = delay.value_or(Nanoseconds(0));
  return delay.has_value();
}

bool SetStall(Fault& fault, Value value) {
  const auto [count, span] = SplitOnce(value, ',');
  const std::optional<std::int64_t> tokens = ParseCount(count);
  const std::optional<Nanoseconds> pause = ParseDuration(span);
  if (!tokens || !pause) return false;
  fault.stall = {*tokens, *pause};
  return true;
}

bool SetHuge(Fault& fault, Value value) {
  return SetCount<&Fault::huge>(fault, value) && *fault.huge <= (std::int64_t{1} << 30);
}

bool SetThinking(Fault& fault, Value value) {
  return SetCount<&Fault::thinking>(fault, value) && *fault.thinking <= 1'000'000;
}

bool SetFinish(Fault& fault, Value value) {
  fault.finish = std::string(value);
  return std::find(kFinishNames.begin(), kFinishNames.end(), value) != kFinishNames.end();
}

bool SetComment(Fault& fault, Value value) {
  return SetCount<&Fault::comment>(fault, value) && *fault.comment > 0;
}

struct Key {
  std::string_view name;
  bool (*set)(Fault&, Value);
};

constexpr auto kKeys = std::to_array<Key>({
    {"status", SetStatus},
    {"retry_after", SetCount<&Fault::retry_after>},
    {"message", SetText<&Fault::message>},
    {"code", SetText<&Fault::code>},
    {"reset", SetFlag<&Fault::reset>},
    {"error_event", SetFlag<&Fault::error_event>},
    {"delay", SetDelay},
    {"ttft", SetDelays<&Fault::ttft>},
    {"interval", SetDelays<&Fault::interval>},
    {"stall", SetStall},
    {"reset_after", SetCount<&Fault::reset_after>},
    {"cut", SetCount<&Fault::cut>},
    {"malformed", SetCount<&Fault::malformed>},
    {"error_after", SetCount<&Fault::error_after>},
    {"tokens", SetCount<&Fault::tokens>},
    {"huge", SetHuge},
    {"cached", SetCount<&Fault::cached>},
    {"cache_write", SetCount<&Fault::cache_write>},
    {"thinking", SetThinking},
    {"finish", SetFinish},
    {"echo_body", SetFlag<&Fault::echo_body>},
    {"comment", SetComment},
    {"crlf", SetFlag<&Fault::crlf>},
    {"split", SetFlag<&Fault::split>},
    {"encoded", SetFlag<&Fault::encoded>},
    {"no_done", SetFlag<&Fault::no_done>},
    {"no_usage", SetFlag<&Fault::no_usage>},
    {"no_length", SetFlag<&Fault::no_length>},
    {"close_after", SetFlag<&Fault::close_after>},
    {"times", SetCount<&Fault::times>},
});

}  // namespace

FaultResult ParseFault(std::string_view text) {
  FaultResult result;
  for (std::string_view part : Split(text, ';')) {
    const auto [name, value] = SplitOnce(part, '=');
    const auto* key = std::find_if(kKeys.begin(), kKeys.end(),
                                   [&name = name](const Key& known) { return known.name == name; });
    if (key == kKeys.end() || !key->set(result.fault, value)) {
      result.error = "`" + std::string(part) + "` is not a fault of the simulator";
      return result;
    }
  }
  return result;
}

}  // namespace headgate::loadtest::sim
