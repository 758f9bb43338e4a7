#include <array>
#include <cstddef>
#include <string_view>

#include "routing/classify/classifier.h"
#include "routing/decide/decision.h"

namespace headgate::routing {
namespace {

using std::string_view;

constexpr std::array<string_view, 3> kUrgencyNames = {"normal", "latency_critical", "batch"};
constexpr std::array<string_view, kReasonCount> kReasonNames = {"default",
                                                                "endpoint",
                                                                "service_tier",
                                                                "slo",
                                                                "fill_in_the_middle",
                                                                "agent",
                                                                "max_tokens",
                                                                "explicit",
                                                                "coding_tools",
                                                                "tool_loop",
                                                                "fence",
                                                                "diff",
                                                                "stack_trace",
                                                                "code_density",
                                                                "math_notation",
                                                                "clamped",
                                                                "policy",
                                                                "model",
                                                                "abstained",
                                                                "session",
                                                                "reasoning_effort",
                                                                "coding_agent"};
constexpr std::array<string_view, kDropCount> kDropNames = {"none",
                                                            "not_requested_model",
                                                            "model_not_allowed",
                                                            "endpoint",
                                                            "context",
                                                            "unsupported",
                                                            "hosting",
                                                            "labels",
                                                            "license",
                                                            "context_required",
                                                            "scores",
                                                            "price",
                                                            "supports",
                                                            "ttft_p95",
                                                            "error_rate"};
constexpr std::array<string_view, 3> kRelaxedNames = {"nothing", "live", "all_but_binding"};
constexpr std::array<string_view, kLetGoCount> kLetGoNames = {"ttft_p95", "error_rate", "context",
                                                              "scores",   "price",      "supports"};
constexpr std::array<string_view, 5> kOutcomeNames = {"planned", "no_route", "no_target",
                                                      "unknown_model", "model_not_allowed"};
constexpr std::array<string_view, 5> kCostBasisNames = {"priced", "free_slot", "amortised",
                                                        "no_free_slot", "unpriced"};

template <typename Enum, std::size_t N>
string_view Name(const std::array<string_view, N>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

}  // namespace

string_view ToString(Topic topic) { return Name(kTopicNames, topic); }
string_view ToString(Urgency urgency) { return Name(kUrgencyNames, urgency); }
string_view ToString(Class value) { return Name(kClassNames, value); }
string_view ToString(Reason reason) { return Name(kReasonNames, reason); }
string_view ToString(Drop drop) { return Name(kDropNames, drop); }
string_view ToString(Relaxed relaxed) { return Name(kRelaxedNames, relaxed); }
string_view ToString(Outcome outcome) { return Name(kOutcomeNames, outcome); }
string_view ToString(CostBasis basis) { return Name(kCostBasisNames, basis); }

void AppendLetGo(std::uint8_t let_go, std::string& out) {
  bool first = true;
  for (std::size_t bit = 0; bit < kLetGoNames.size(); ++bit) {
    if ((let_go >> bit & 1) == 0) continue;
    if (!first) out += ", ";
    out += kLetGoNames[bit];
    first = false;
  }
}

}  // namespace headgate::routing
