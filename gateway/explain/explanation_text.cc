#include "gateway/explain/explanation_text.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "config/base/written_duration.h"
#include "gateway/explain/explanation.h"
#include "routing/decide/candidate_filter.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;

std::string Text(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(json::string_view(key.data(), key.size()));
  if (value == nullptr) return {};
  if (value->is_string()) return std::string(value->as_string().data(), value->as_string().size());
  if (value->is_double()) return absl::StrFormat("%g", value->as_double());
  return json::serialize(*value);
}

// What decided the topic. An abstention says what it leaned to, and the bar.
std::string TopicText(const json::object& c) {
  const std::string reason = Text(c, "topic_reason");
  const std::string confidence = Text(c, "topic_confidence");
  if (reason != "abstained" || !c.contains("likeliest")) {
    return absl::StrCat(reason, ", confidence ", confidence);
  }
  return absl::StrFormat("abstained: %s %s is below %.2f, %s", Text(c, "likeliest"), confidence,
                         c.at("threshold").to_number<double>(), Text(c, "script"));
}

// "card_lost 0.54, code 0.21": all probabilities from 0.01 on, the highest first.
std::string ProbabilitiesText(const json::object& opinion) {
  constexpr double kShown = 0.005;
  std::vector<std::pair<double, std::string>> sorted;
  for (const auto& [topic, value] : opinion.at("probabilities").as_object()) {
    const auto probability = value.to_number<double>();
    if (probability >= kShown) sorted.emplace_back(-probability, topic);
  }
  std::sort(sorted.begin(), sorted.end());
  std::string out;
  for (const auto& [negative, topic] : sorted) {
    absl::StrAppendFormat(&out, "%s%s %.2f", out.empty() ? "" : ", ", topic, -negative);
  }
  return out;
}

// What the topic models said, and which one decided.
std::string ModelsText(const json::object& explanation) {
  const json::object& c = explanation.at("classification").as_object();
  if (!c.contains("decided_by")) return {};
  const auto bar = [](const json::object& opinion) {
    return absl::StrFormat("%.2f", opinion.at("threshold").to_number<double>());
  };
  std::string out =
      absl::StrCat("model    ", Text(c, "decided_by"), " decided, and needed ", bar(c), " (",
                   Text(c, "script"), "): ", ProbabilitiesText(c), "\n");
  if (const json::value* const value = c.if_contains("other_model")) {
    const json::object& other = value->as_object();
    absl::StrAppend(&out, "beside   ", Text(other, "model"), ", which needs ", bar(other), ": ",
                    ProbabilitiesText(other), "; ", Text(other, "because"), "\n");
  }
  return out + "\n";
}

// Pads with blanks by characters, because a letter may have several bytes.
std::string Padded(std::string text, std::size_t width) {
  const auto characters = static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  if (characters < width) text.append(width - characters, ' ');
  return text;
}

std::string SignalsText(const json::object& explanation) {
  const json::object& request = explanation.at("request").as_object();
  const json::object& c = explanation.at("classification").as_object();
  std::string out =
      absl::StrFormat("class    %s (%s), band %s\ntopic    %s (%s)\nurgency  %s (%s)\n",
                      Text(c, "class"), Text(c, "class_reason"), Text(c, "band"), Text(c, "topic"),
                      TopicText(c), Text(c, "urgency"), Text(c, "urgency_reason"));
  absl::StrAppend(&out, "request  ", Text(request, "endpoint"), ", model ", Text(request, "model"),
                  ", about ", Text(request, "input_tokens"), " input tokens");
  const std::chrono::milliseconds deadline(request.at("deadline_ms").to_number<std::int64_t>());
  absl::StrAppend(&out, "\ndeadline first token within ", config::WrittenDuration(deadline), " (",
                  Text(request, "deadline_from"), ")\n");
  if (const json::value* const hints = explanation.if_contains("passed_over")) {
    for (const json::value& hint : hints->as_array()) {
      absl::StrAppend(&out, "hint     ",
                      std::string(hint.as_string().data(), hint.as_string().size()), "\n");
    }
  }
  if (const json::value* const recorded = explanation.if_contains("recorded")) {
    const json::object& then = recorded->as_object();
    const std::string route = Text(then, "route");
    const std::string target = Text(then, "target");
    absl::StrAppend(&out, "recorded ", Text(then, "outcome"), ", class ", Text(then, "class"),
                    route.empty() ? "" : ", route " + route,
                    target.empty() ? "" : ", " + target + " first");
    const std::string spilled = Text(then, "spilled_from");
    const std::string queued_ms = Text(then, "queued_ms");
    const std::string refused = Text(then, "refused");
    absl::StrAppend(&out, spilled.empty() ? "" : ", spilled from " + spilled,
                    queued_ms.empty() ? "" : ", waited " + queued_ms + " ms",
                    refused.empty() ? "" : ", refused with " + refused, "\n");
  }
  if (explanation.contains("note")) {
    absl::StrAppend(&out, "note     ", Text(explanation, "note"), "\n");
  }
  return out;
}

// Returns what the model saw, the strongest feature first, each with what it adds to the score of
// each topic.
std::string FeaturesText(const json::object& explanation) {
  const json::value* const features = explanation.if_contains("features");
  if (features == nullptr) return {};
  std::string out;
  for (const json::value& value : features->as_array()) {
    const json::object& feature = value.as_object();
    std::string weights;
    for (const auto& [key, weight] : feature.at("adds").as_object()) {
      absl::StrAppendFormat(&weights, "  %s %+.2f", std::string(key.data(), key.size()),
                            weight.as_double());
    }
    constexpr std::size_t kWidth = 28;
    absl::StrAppend(&out, "saw   ", Padded(Text(feature, "feature"), kWidth), weights, "\n");
  }
  return out + "\n";
}

// Returns custom classes or routes: first the entries that do not match and why, then the entry
// that matches.
std::string TriedText(const json::object& explanation, const char* list, std::string_view kind,
                      std::string_view taken) {
  const json::value* const tried = explanation.if_contains(list);
  if (tried == nullptr) return {};
  std::string out;
  for (const json::value& value : tried->as_array()) {
    const json::object& one = value.as_object();
    const std::string because = Text(one, "because");
    const bool matches = one.at("matches").as_bool();
    absl::StrAppendFormat(&out, "%s %-20s %s%s%s\n", kind, Text(one, kind), matches ? taken : "no",
                          because.empty() ? "" : ": ", because);
  }
  return out;
}

std::string BlendText(const json::object& weights, const json::object& target) {
  const json::object& parts = target.at("blend_parts").as_object();
  std::string sum;
  for (const char* const part : {"cost", "latency", "quality"}) {
    absl::StrAppendFormat(&sum, "%s%s %s x %s", sum.empty() ? "" : " + ", part, Text(weights, part),
                          Text(parts, part));
  }
  return absl::StrFormat("    %-32s blend %s = %s\n", "", Text(target, "blend"), sum);
}

// The expected time to first token. With fewer samples it is the prior, which the reader should
// know.
std::string FirstTokenText(const json::object& target) {
  const std::string ms = Text(target, "expected_latency_ms");
  const bool measured = target.at("samples").to_number<std::uint32_t>() >= routing::kLiveSamples;
  return measured ? ms : ms + " (assumed)";
}

// Returns a line about the queue of a target; empty if a request begins there at once.
std::string QueueText(const json::object& target) {
  const std::string queue = Text(target, "queue");
  return queue.empty() ? queue : absl::StrFormat("    %-32s %s\n", "", queue);
}

// Returns a line about a target that gives no first token; empty if it answers as usual.
std::string SilenceText(const json::object& target) {
  const std::string wait = Text(target, "silent_wait_ms");
  if (wait.empty()) return {};
  return absl::StrFormat("    %-32s silent: its first tokens are at least %s ms late\n", "", wait);
}

// Returns a line about the translation of the request for a target; empty if its bytes pass.
std::string TranslationText(const json::object& target) {
  const std::string into = Text(target, "translated_into");
  if (into.empty()) return {};
  const std::string problem = Text(target, "untranslatable");
  const std::string dropped = Text(target, "dropped");
  return absl::StrFormat("    %-32s translated into %s%s%s\n", "", into,
                         dropped.empty() ? "" : ", without " + dropped,
                         problem.empty() ? "" : ", but refused: " + problem);
}

std::string TargetsText(const json::object& explanation) {
  std::string out = absl::StrFormat("%-3s %-32s %14s %-12s %15s %7s\n", "", "target", "cost (USD)",
                                    "basis", "first (ms)", "score");
  int place = 0;
  for (const json::value& value : explanation.at("targets").as_array()) {
    const json::object& target = value.as_object();
    if (!target.at("kept").as_bool()) {
      absl::StrAppendFormat(&out, "%-3s %-32s dropped, %s: %s\n", "-", Text(target, "target"),
                            Text(target, "reason"), Text(target, "because"));
      continue;
    }
    const std::string weight = Text(target, "weight");
    absl::StrAppendFormat(&out, "%-3d %-32s %14s %-12s %15s %7s%s%s\n", ++place,
                          Text(target, "target"), Text(target, "expected_cost_usd"),
                          Text(target, "cost_basis"), FirstTokenText(target), Text(target, "score"),
                          target.at("available").as_bool() ? "" : "  (down: tried last)",
                          weight.empty() ? "" : "  weight " + weight);
    if (const json::value* const weights = explanation.if_contains("weights")) {
      out += BlendText(weights->as_object(), target);
    }
    out += QueueText(target);
    out += SilenceText(target);
    out += TranslationText(target);
  }
  return out;
}

std::string ConversationText(const json::object& explanation) {
  const json::value* const said = explanation.if_contains("conversation");
  if (said == nullptr) return {};
  const json::object& conversation = said->as_object();
  const std::string target = Text(conversation, "target");
  if (conversation.at("stays").as_bool()) {
    return absl::StrCat("session  stays with ", target, " because of the conversation\n");
  }
  return absl::StrCat("session  ",
                      target.empty() ? "none: " : absl::StrCat("does not stay with ", target, ": "),
                      Text(conversation, "because"), "\n");
}

// Only what the route says, and not the defaults.
std::string FailoverText(const json::object& explanation) {
  const json::value* const failover = explanation.if_contains("failover");
  if (failover == nullptr) return {};
  std::string out;
  for (const auto& [key, said] : failover->as_object()) {
    absl::StrAppendFormat(&out, "%-8s %s\n", std::string(key.data(), key.size()),
                          std::string(said.as_string().data(), said.as_string().size()));
  }
  return out;
}

}  // namespace

std::string ExplanationText(const json::object& explanation, bool verbose) {
  std::string out = absl::StrCat(Text(explanation, "answer"), "\n\n", SignalsText(explanation),
                                 "\n", verbose ? ModelsText(explanation) : std::string(),
                                 verbose ? FeaturesText(explanation) : std::string(),
                                 TriedText(explanation, "classes", "class", "is given"),
                                 TriedText(explanation, "routes", "route", "matches"));
  if (explanation.contains("targets")) {
    absl::StrAppend(&out, "\n", TargetsText(explanation), "\nprefer   ",
                    Text(explanation, "prefer"), "\n");
    if (Text(explanation, "relaxed") != "nothing") {
      absl::StrAppend(&out, "relaxed  ", Text(explanation, "relaxed"), "\n");
    }
    if (explanation.contains("spill")) {
      absl::StrAppend(&out, "spill    ", Text(explanation, "spill"), "\n");
    }
    if (explanation.contains("load")) {
      absl::StrAppend(&out, "load     ", Text(explanation, "load"), "\n");
    }
    if (const auto* const budgets = explanation.if_contains("budgets");
        budgets != nullptr && budgets->is_string()) {
      absl::StrAppend(&out, "budgets  ", Text(explanation, "budgets"), "\n");
    }
    out += FailoverText(explanation);
  } else {
    out += '\n';
  }
  return absl::StrCat(out, ConversationText(explanation), "outcome  ", Text(explanation, "outcome"),
                      "\n");
}

}  // namespace headgate::gateway
