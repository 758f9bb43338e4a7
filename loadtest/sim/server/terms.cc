#include "loadtest/sim/server/terms.h"

#include <chrono>

#include "loadtest/sim/dialects/limit_headers.h"

namespace headgate::loadtest::sim {

Prefill PrefillOf(const Options& options) {
  switch (options.prefill) {
    case PrefillChoice::kNone:
      return Prefill::kNone;
    case PrefillChoice::kContinueFinalMessage:
      return Prefill::kContinueFinalMessage;
    case PrefillChoice::kPrefixFlag:
      return Prefill::kPrefixFlag;
    case PrefillChoice::kLastMessage:
      return Prefill::kLastMessage;
    case PrefillChoice::kRefused:
      return Prefill::kRefused;
    case PrefillChoice::kUsual:
      break;
  }
  switch (options.personality) {
    case Personality::kVllm:
    case Personality::kSglang:
      return Prefill::kContinueFinalMessage;
    case Personality::kLlamaCpp:
    case Personality::kOllama:
    case Personality::kAnthropic:
      return Prefill::kLastMessage;
    default:
      return Prefill::kNone;
  }
}

PriorityUse PriorityUseOf(const Options& options) {
  if (options.engine.scheduling == Scheduling::kPriority) return PriorityUse::kOrders;
  return options.personality == Personality::kVllm ? PriorityUse::kZeroOnly : PriorityUse::kIgnored;
}

FaultResult FaultsOf(const Options& options, Replica& replica, const std::string& text) {
  const auto strikes = [&replica](const std::string& key, const Fault& fault) {
    return !fault.Counted() || replica.FaultStrikes(key, {fault.times, fault.skip, fault.every});
  };
  FaultResult asked = ParseFault(text);
  if (!text.empty()) {
    if (asked.error.empty() && !strikes(text, asked.fault)) asked.fault = Fault{};
    return asked;
  }
  for (const std::string& general : options.faults) {
    FaultResult parsed = ParseFault(general);  // valid: the command line has been checked
    if (strikes("--fault " + general, parsed.fault)) return parsed;
  }
  return asked;
}

std::string KeepLimits(Replica& replica, std::int64_t tokens, Fault& fault) {
  if (!replica.limits.Limits()) return {};
  const TimePoint now = Clock::now();
  const Nanoseconds wait = replica.limits.Admit(tokens, now);
  if (wait.count() > 0) {
    ++replica.stats.limited;
    fault = Fault{};
    fault.status = 429;
    fault.retry_after = std::chrono::ceil<std::chrono::seconds>(wait).count();
    fault.message = "Rate limit reached";
  }
  return LimitHeaders(replica.options.personality, replica.limits, now,
                      std::chrono::system_clock::now());
}

}  // namespace headgate::loadtest::sim
