#include "loadtest/sim/requests/anthropic_rules.h"

#include <algorithm>
#include <array>
#include <set>

#include "loadtest/sim/requests/json_fields.h"

namespace headgate::loadtest::sim {
namespace {

namespace json = boost::json;

constexpr auto kFields = std::to_array<std::string_view>(
    {"model",       "max_tokens",    "messages", "system",        "stream",       "stop_sequences",
     "temperature", "top_p",         "top_k",    "tools",         "tool_choice",  "thinking",
     "metadata",    "output_config", "speed",    "cache_control", "service_tier", "container",
     "diagnostics", "inference_geo", "x_sim"});
constexpr auto kBlocks = std::to_array<std::string_view>(
    {"text", "image", "document", "search_result", "thinking", "redacted_thinking", "tool_use",
     "tool_result", "server_tool_use", "web_search_tool_result", "container_upload"});

template <class List>
bool Holds(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

[[noreturn]] void RefuseAt(const std::string& place, std::string_view what) {
  RefuseBody(place + ": " + std::string(what), place);
}

// Returns whether a tool may have this name, and a call this id: ^[a-zA-Z0-9_-]+$
bool IsName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

void CheckFields(const json::object& body, const RequestPlace& place) {
  const bool samples = place.anthropic_version < "2026-10-21";
  for (const auto& member : body) {
    const std::string_view name(member.key().data(), member.key().size());
    const bool sampling = name == "temperature" || name == "top_p" || name == "top_k";
    // The fields of a beta need its header. The simulator does not know the fields of each beta.
    const bool known = Holds(kFields, name) ? samples || !sampling : place.anthropic_beta;
    if (!known) RefuseAt(std::string(name), "Extra inputs are not permitted");
  }
  const json::value* temperature = Member(body, "temperature");
  if (temperature != nullptr && temperature->is_number() &&
      (temperature->to_number<double>() < 0 || temperature->to_number<double>() > 1)) {
    RefuseAt("temperature", "range: 0..1");
  }
}

void CheckThinking(const json::object& body) {
  const json::object* thinking = ObjectMember(body, "thinking");
  if (thinking == nullptr || TextMember(*thinking, "type") != "enabled") return;
  const std::optional<std::int64_t> budget = CountMember(*thinking, "budget_tokens", 0);
  if (!budget) RefuseAt("thinking.enabled.budget_tokens", "Field required");
  if (*budget < 1024) {
    RefuseAt("thinking.enabled.budget_tokens", "Input should be greater than or equal to 1024");
  }
  const std::optional<std::int64_t> most = CountMember(body, "max_tokens", 0);
  if (most && *most <= *budget) {
    RefuseBody("`max_tokens` must be greater than `thinking.budget_tokens`.", "max_tokens");
  }
  const json::object* choice = ObjectMember(body, "tool_choice");
  const std::string_view type = choice == nullptr ? "" : TextMember(*choice, "type");
  if (type == "any" || type == "tool") {
    RefuseBody("Thinking may not be enabled when tool_choice forces tool use.", "tool_choice");
  }
}

void CheckOffers(const json::object& body) {
  const json::array* tools = ArrayMember(body, "tools");
  if (tools == nullptr || tools->empty()) {
    if (Member(body, "tool_choice") == nullptr) return;
    RefuseAt("tool_choice", "may only be specified while providing tools");
  }
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < tools->size(); ++i) {
    const std::string place = "tools." + std::to_string(i);
    const json::object* tool = tools->at(i).if_object();
    if (tool == nullptr) RefuseAt(place, "Input should be an object");
    const std::string_view name = TextOrNone(*tool, "name");
    if (!IsName(name)) {
      RefuseAt(place + ".custom.name", "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
    }
    if (!names.insert(name).second) RefuseAt("tools", "Tool names must be unique.");
    const std::string_view type = TextOrNone(*tool, "type");
    if ((type.empty() || type == "custom") && ObjectMember(*tool, "input_schema") == nullptr) {
      RefuseAt(place + ".custom.input_schema", "Field required");
    }
  }
}

// Follows the tool calls and the results of a conversation.
class TurnChecker {
 public:
  explicit TurnChecker(bool beta) : beta_(beta) {}

  void Check(const json::object& message, std::size_t index) {
    const std::string place = "messages." + std::to_string(index);
    const std::string_view role = TextOrNone(message, "role");
    if (role != "user" && role != "assistant" && role != "system") {
      RefuseAt(place + ".role", "Input should be 'user', 'assistant' or 'system'");
    }
    if (role != role_) {
      if (role_ == "user") RequireResults(place);
      if (role == "assistant") open_.clear();
      results_over_ = false;
      role_ = role;
    }
    const json::value* content = Member(message, "content");
    if (content == nullptr) RefuseAt(place + ".content", "Field required");
    if (content->is_string()) {
      if (content->get_string().empty()) RefuseAt(place, "messages must have non-empty content");
      results_over_ = true;
    } else if (const json::array* blocks = content->if_array()) {
      for (std::size_t i = 0; i < blocks->size(); ++i) {
        const std::string at = place + ".content." + std::to_string(i);
        const json::object* block = blocks->at(i).if_object();
        if (block == nullptr) RefuseAt(at, "Input should be an object");
        CheckBlock(*block, at);
      }
    } else {
      RefuseAt(place + ".content", "Input should be a valid string or a valid list");
    }
  }

  void End(std::size_t count) const { RequireResults("messages." + std::to_string(count - 1)); }

 private:
  void RequireResults(const std::string& place) const {
    if (open_.empty()) return;
    RefuseAt(place, "`tool_use` ids were found without `tool_result` blocks immediately after: " +
                        *open_.begin() +
                        ". Each `tool_use` block must have a corresponding `tool_result` block in "
                        "the next message.");
  }

  void CheckBlock(const json::object& block, const std::string& place) {
    const std::string_view type = TextOrNone(block, "type");
    if (type == "tool_result") return CheckResult(block, place);
    results_over_ = true;
    if (type == "text") {
      if (TextOrNone(block, "text").empty()) {
        RefuseAt("messages", "text content blocks must be non-empty");
      }
    } else if (type == "thinking") {
      if (TextOrNone(block, "signature").empty()) {
        RefuseAt(place + ".thinking.signature", "Field required");
      }
    } else if (type == "tool_use") {
      CheckCall(block, place);
    } else if (!Holds(kBlocks, type) && !beta_) {
      RefuseAt(place, "Input tag '" + std::string(type) +
                          "' found using 'type' does not match any of the expected tags");
    }
  }

  void CheckCall(const json::object& block, const std::string& place) {
    const std::string_view id = TextOrNone(block, "id");
    if (role_ != "assistant") RefuseAt(place, "`tool_use` blocks can only be in assistant turns");
    if (!IsName(id)) {
      RefuseAt(place + ".tool_use.id", "String should match pattern '^[a-zA-Z0-9_-]+$'");
    }
    if (!IsName(TextOrNone(block, "name"))) {
      RefuseAt(place + ".tool_use.name", "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
    }
    if (ObjectMember(block, "input") == nullptr) {
      RefuseAt(place + ".tool_use.input", "Input should be a valid dictionary");
    }
    if (!open_.emplace(id).second) RefuseAt("messages", "`tool_use` ids must be unique");
  }

  void CheckResult(const json::object& block, const std::string& place) {
    const std::string id(TextOrNone(block, "tool_use_id"));
    if (role_ == "user" && results_over_) RequireResults(place);
    if (role_ == "user" && open_.erase(id) == 1) return;
    RefuseAt(place, "unexpected `tool_use_id` found in `tool_result` blocks: " + id +
                        ". Each `tool_result` block must have a corresponding `tool_use` block in "
                        "the previous message.");
  }

  bool beta_;
  bool results_over_ = false;  // this turn had a block that is not a result
  std::string_view role_;
  std::set<std::string> open_;  // ids of calls without a result so far
};

}  // namespace

void CheckAnthropicRules(const json::object& body, const RequestPlace& place) {
  CheckFields(body, place);
  CheckThinking(body);
  CheckOffers(body);
  const json::array* messages = ArrayMember(body, "messages");
  if (messages == nullptr || messages->empty()) return;
  TurnChecker turns(place.anthropic_beta);
  for (std::size_t i = 0; i < messages->size(); ++i) {
    const json::object* message = messages->at(i).if_object();
    if (message == nullptr) RefuseAt("messages." + std::to_string(i), "Input should be an object");
    turns.Check(*message, i);
  }
  turns.End(messages->size());
}

}  // namespace headgate::loadtest::sim
