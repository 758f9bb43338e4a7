#include "gateway/recording/record_text.h"

#include <charconv>
#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "gateway/http/json_text.h"
#include "gateway/recording/record_json.h"
#include "gateway/recording/recorded_prices.h"

namespace headgate::gateway {
namespace {

using routing::Candidate;

// The shortest text that reads back as the same float.
void AppendFloat(float value, std::string& out) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end.ptr);
}

void AppendTarget(const routing::Target& target, std::string& out) {
  out += R"({"name":)";
  AppendJsonString(target.name, out);
  if (target.hosting == config::Hosting::kSelfHosted) {
    AppendRent(target.slot_rent, out);
  } else if (target.prices) {
    out += R"(,"prices":)";
    AppendPrices(*target.prices, out);
  }
  out += '}';
}

void AppendPattern(const routing::Pattern& pattern, std::string& out) {
  out += '[';
  AppendInteger(static_cast<int>(pattern.source), out);
  out += ',';
  AppendJsonString(pattern.name, out);
  out += ',';
  AppendJsonString(pattern.glob, out);
  out += ']';
}

// Appends the values of the candidate, up to the last value that is not 0. The order is that of
// ReadCandidate.
void AppendCandidate(const Candidate& candidate, std::string& out) {
  out += '[';
  std::size_t end = out.size();
  const auto integer = [&](std::int64_t value) {
    AppendInteger(value, out);
    if (value != 0) end = out.size();
    out += ',';
  };
  const auto real = [&](float value) {
    if (value == 0) {
      out += "0,";
      return;
    }
    AppendFloat(value, out);
    end = out.size();
    out += ',';
  };
  integer(candidate.in_flight);
  integer(candidate.ttft_samples);
  real(candidate.ttft_median_ms);
  real(candidate.ttft_p95_ms);
  integer(candidate.attempt_samples);
  real(candidate.tokens_per_byte);
  real(candidate.expected_output_tokens);
  real(candidate.ms_per_output_token);
  integer(candidate.slots);
  real(candidate.predicted_wait_ms);
  real(candidate.error_rate);
  integer(candidate.available ? 0 : 1);
  real(candidate.silent_wait_ms);
  integer(candidate.firm_wait ? 1 : 0);
  out.resize(end);
  out += ']';
}

void AppendFacts(const routing::Facts& facts, std::string& out) {
  bool any = false;
  for (std::size_t i = 0; i < facts.words() * 64; ++i) {
    if (!facts.Has(i)) continue;
    AppendNumber(any ? "," : R"(,"facts":[)", static_cast<std::int64_t>(i), out);
    any = true;
  }
  if (any) out += ']';
}

void AppendClassification(const routing::Classification& c, std::string& out) {
  AppendNumber(R"(,"class":[)", static_cast<int>(c.request_class), out);
  for (const int value : {static_cast<int>(c.class_reason), static_cast<int>(c.built_in_class),
                          static_cast<int>(c.built_in_reason), static_cast<int>(c.topic),
                          static_cast<int>(c.topic_reason), static_cast<int>(c.urgency),
                          static_cast<int>(c.urgency_reason), c.clamped ? 1 : 0}) {
    AppendNumber(",", value, out);
  }
  out += ',';
  AppendFloat(c.topic_confidence, out);
  out += ']';
}

void AppendDecision(const routing::Decision& decision, std::string& out) {
  AppendNumber(R"(,"decided":[)", static_cast<int>(decision.outcome), out);
  AppendNumber(",", static_cast<std::int64_t>(decision.route), out);
  AppendNumber(",",
               decision.plan.empty() ? 0 : static_cast<std::int64_t>(decision.plan.front().target),
               out);
  AppendNumber(",", static_cast<int>(decision.relax_level), out);
  AppendNumber(",", decision.sticky ? 1 : 0, out);
  AppendNumber(",", decision.relaxed, out);
  out += ']';
  if (decision.spilled_from) {
    AppendNumber(R"(,"spilled_from":)", static_cast<std::int64_t>(*decision.spilled_from), out);
  }
  bool any = false;
  for (const routing::PlannedTarget& planned : decision.plan) {
    if (!planned.spilled) continue;
    AppendNumber(any ? "," : R"(,"spilled":[)", static_cast<std::int64_t>(planned.target), out);
    any = true;
  }
  if (any) out += ']';
}

}  // namespace

std::string PolicyLine(const routing::CompiledPolicy& policy, std::uint64_t generation) {
  std::string out = absl::StrCat("{\"recording\":", kRecordingVersion, ",\"gen\":", generation);
  const auto text = [&](const std::string& name) { AppendJsonString(name, out); };
  List(R"(,"targets":)", policy.targets(), out,
       [&](const routing::Target& target) { AppendTarget(target, out); });
  List(R"(,"rents":)", policy.rents(), out, [&](const routing::BackendRent& rent) {
    out += '[';
    text(rent.backend);
    for (const std::int64_t number : {rent.replicas, rent.slots, rent.per_replica_hour}) {
      AppendNumber(",", number, out);
    }
    out += ']';
  });
  List(R"(,"routes":)", policy.routes(), out,
       [&](const routing::CompiledRoute& route) { text(route.name); });
  List(R"(,"spills":)", policy.routes(), out, [&](const routing::CompiledRoute& route) {
    AppendNumber("[", static_cast<int>(route.spill.when), out);
    AppendNumber(",", route.spill.limit.count(), out);
    out += ']';
  });
  List(R"(,"classes":)", policy.class_names(), out, text);
  List(R"(,"topics":)", policy.topic_names(), out, text);
  out += R"(,"topic_model":)";
  text(policy.topic_model().checksum());
  List(R"(,"keys":)", policy.keys(), out, [&](const routing::PolicyKey& key) {
    out += '[';
    text(key.name);
    out += ',';
    text(key.team);
    out += ']';
  });
  out += R"(,"trust":[)";
  for (const routing::PolicyKey& key : policy.keys()) {
    AppendInteger(static_cast<int>(key.trust.trusted.to_ulong()), out);
    out += ',';
  }
  AppendInteger(static_cast<int>(policy.TrustOf(std::nullopt).trusted.to_ulong()), out);
  out += ']';
  List(R"(,"patterns":)", policy.patterns(), out,
       [&](const routing::Pattern& pattern) { AppendPattern(pattern, out); });
  out += ",\"waits\":1,\"spills_free\":1}\n";
  return out;
}

void AppendDecided(std::uint64_t generation, std::string_view id, std::string_view model,
                   std::optional<std::uint64_t> conversation, const routing::DecisionInput& input,
                   const routing::Decision& decision, std::string& out) {
  out.append(R"({"id":")").append(id).append("\"");
  AppendNumber(R"(,"gen":)", static_cast<std::int64_t>(generation), out);
  AppendNumber(R"(,"time":)", input.unix_seconds, out);
  AppendNumber(R"(,"endpoint":)", static_cast<int>(input.endpoint), out);
  if (input.key) AppendNumber(R"(,"key":)", static_cast<std::int64_t>(*input.key), out);
  out += R"(,"model":)";
  AppendJsonString(model, out);
  AppendNumber(R"(,"kind":)", static_cast<int>(input.model.kind), out);
  if (input.stream) out += R"(,"stream":1)";
  if (input.uses != 0) AppendNumber(R"(,"uses":)", input.uses, out);
  AppendNumber(R"(,"bytes":)", static_cast<std::int64_t>(input.text_bytes), out);
  if (input.other_input_tokens != 0) AppendNumber(R"(,"other":)", input.other_input_tokens, out);
  if (input.max_tokens) AppendNumber(R"(,"max":)", *input.max_tokens, out);
  if (input.slo_ttft_ms) AppendNumber(R"(,"slo":)", *input.slo_ttft_ms, out);
  if (input.choices != 1) AppendNumber(R"(,"choices":)", input.choices, out);
  if (!input.native_only.empty()) out += R"(,"native":1)";
  // Written as 64 signed bits: all readers of JSON agree on such numbers.
  AppendNumber(R"(,"seed":)", static_cast<std::int64_t>(input.seed), out);
  AppendClassification(input.classification, out);
  AppendFacts(input.facts, out);
  if (input.conversation_target) {
    AppendNumber(R"(,"session":)", static_cast<std::int64_t>(*input.conversation_target), out);
  }
  if (conversation)
    AppendNumber(R"(,"conversation":)", static_cast<std::int64_t>(*conversation), out);
  List(R"(,"load":)", input.candidates, out,
       [&](const Candidate& candidate) { AppendCandidate(candidate, out); });
  AppendDecision(decision, out);
}

void AppendOutcome(const RequestEnd& end, std::string& out) {
  NanoUsd total = 0;
  List(R"(,"calls":)", end.calls, out, [&](const CallOutcome& outcome) {
    const routing::RecordedCall& call = outcome.call;
    AppendNumber("[", static_cast<std::int64_t>(call.target), out);
    out.append(",\"").append(outcome.result).append("\"");
    for (const std::int64_t value :
         {std::int64_t{call.answered}, std::int64_t{call.exact}, call.usage.input,
          call.usage.cached_input, call.usage.cache_write, call.usage.output, call.usage.reasoning,
          static_cast<std::int64_t>(call.tier), call.cost, call.ttft_us, call.duration_us}) {
      AppendNumber(",", value, out);
    }
    std::size_t last = out.size();  // behind the last of these that is not 0
    for (const std::int64_t value :
         {call.usage.cache_write_1h, call.usage.web_searches, call.ended_after_s}) {
      AppendNumber(",", value, out);
      if (value != 0) last = out.size();
    }
    out.resize(last);
    out += ']';
    total += call.cost;
  });
  AppendNumber(R"(,"cost":)", total, out);
  if (end.queued_us != 0) AppendNumber(R"(,"queued":)", end.queued_us, out);
  if (!end.refused.empty()) out.append(R"(,"refused":")").append(end.refused).append("\"");
  if (!end.left.empty()) {
    List(R"(,"left":)", end.left, out,
         [&](std::size_t target) { AppendInteger(static_cast<std::int64_t>(target), out); });
  }
  out += "}\n";
}

}  // namespace headgate::gateway
