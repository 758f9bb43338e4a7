#include "gateway/cli/recorded_explanation.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "config/base/text.h"
#include "gateway/explain/explanation.h"
#include "gateway/recording/traffic.h"
#include "routing/decide/decision.h"
#include "routing/replay/record_translation.h"
#include "routing/replay/recorded.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using routing::RecordedRequest;
using routing::RecordTranslation;

json::object Recorded(const RecordedRequest& record) {
  const routing::RecordedPolicy& policy = *record.policy;
  const auto custom_class = static_cast<std::size_t>(record.input.classification.request_class);
  const std::string_view outcome = routing::ToString(record.outcome);
  json::object out{{"generation", policy.generation},
                   {"class", policy.classes[custom_class]},
                   {"outcome", json::string_view(outcome.data(), outcome.size())}};
  const bool planned = record.outcome == routing::Outcome::kPlanned;
  if (planned || record.outcome == routing::Outcome::kNoTarget) {
    out["route"] = policy.routes[record.route];
  }
  if (planned) out["target"] = policy.targets[record.SentTo()].name;
  if (!record.spilled.empty()) {
    json::array& spilled = out["spilled"].emplace_array();
    for (const std::size_t target : record.spilled)
      spilled.emplace_back(policy.targets[target].name);
  }
  if (record.spilled_from) {
    out["spilled_from"] = policy.targets[*record.spilled_from].name;
  } else if (!record.left.empty()) {
    out["spilled_from"] = policy.targets[record.left.front()].name;
  }
  const std::int64_t queued_ms = record.queued_us.value_or(0) / 1000;
  if (queued_ms > 0) out["queued_ms"] = queued_ms;
  if (planned && !record.refused.empty()) {
    out["refused"] = json::string_view(record.refused.data(), record.refused.size());
  }
  return out;
}

// A recording identifies a conversation only by the target that answered it.
std::optional<Continuation> ContinuationOf(const RecordedRequest& record,
                                           const routing::DecisionInput& input) {
  if (input.conversation_target) return Continuation::kKnown;
  if (record.input.conversation_target) return Continuation::kTargetGone;
  return std::nullopt;
}

absl::StatusOr<json::object> ExplainOne(const config::Config& config,
                                        const routing::CompiledPolicy& policy,
                                        const RecordedRequest& record) {
  const RecordTranslation translation(*record.policy, policy);
  routing::DecisionInput input;
  const RecordTranslation::Result translated = translation.Translate(record, input);
  if (translated == RecordTranslation::Result::kUnknownKey) {
    return absl::FailedPreconditionError(
        absl::StrCat("the request has the key ", record.policy->keys[*record.input.key].name,
                     ", and the configuration has no key of that name"));
  }
  if (translated == RecordTranslation::Result::kUnknownTopic) {
    const auto topic = static_cast<std::size_t>(record.input.classification.topic);
    return absl::FailedPreconditionError(
        absl::StrCat("the request has the topic ", record.policy->topics[topic],
                     ", and the topic model of the configuration does not have that topic"));
  }
  routing::Decision decision;
  routing::Decide(policy, input, decision);
  json::object explanation =
      Explain(config, policy, input, decision, ContinuationOf(record, input));
  explanation["id"] = json::string_view(record.id.data(), record.id.size());
  explanation["recorded"] = Recorded(record);
  if (translated == RecordTranslation::Result::kUnknownFact && !decision.undecided) {
    explanation["note"] =
        "the class depends on a header or metadata pattern that was not checked when the request "
        "was recorded; this explanation assumes that the pattern did not match";
  } else if (decision.undecided) {
    explanation["note"] =
        "undecided: the decision depends on a header or metadata pattern that was not checked when "
        "the request was recorded; this explanation assumes that the pattern did not match";
  } else if (translated == RecordTranslation::Result::kUnknownHints) {
    explanation["note"] =
        "undecided: the urgency depends on a hint, and the trust of the key in that hint has "
        "changed since the request was recorded; this explanation uses the recorded urgency";
  } else if (translation.DependsOnUnrecordedTarget(decision)) {
    explanation["note"] =
        "undecided: the decision depends on the state of a target that did not exist when the "
        "request was recorded; this explanation assumes that the target is idle";
  }
  return explanation;
}

// Quotes a text for a shell, if it needs quotes.
std::string Quoted(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::string_view("_-./=@%+,:").find(c) != std::string_view::npos ||
           (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += R"('\'')";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace

absl::StatusOr<json::object> ExplainRecorded(const config::Config& config,
                                             const routing::CompiledPolicy& policy,
                                             const std::string& id,
                                             const std::vector<std::string>& traffic) {
  const absl::StatusOr<std::vector<std::string>> files = TrafficFiles(traffic);
  if (!files.ok()) return files.status();
  std::optional<absl::StatusOr<json::object>> found;
  TrafficReader reader;
  for (const std::string& file : *files) {
    const absl::Status status = reader.ReadFile(
        file,
        [&](const RecordedRequest& record) {
          if (!found && record.id == id) found = ExplainOne(config, policy, record);
        },
        [](std::uint64_t) {});
    if (!status.ok()) return status;
    if (found) return *std::move(found);
  }
  const std::uint64_t requests = reader.counts().requests;
  return absl::NotFoundError(absl::StrCat("no request with the id ", id,
                                          " is in these recordings (", requests,
                                          requests == 1 ? " request)" : " requests)"));
}

std::string ExplainRecordedCommand(const std::string& config,
                                   const std::vector<std::string>& traffic) {
  std::string command = absl::StrCat("headgate explain --config ", Quoted(config), " --traffic");
  for (const std::string& path : traffic) absl::StrAppend(&command, " ", Quoted(path));
  return command + " --id";
}

}  // namespace headgate::gateway
