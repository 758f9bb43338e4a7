#include "backends/protocols/resume/why_not_resumable.h"

#include <charconv>
#include <cstdint>

#include "backends/protocols/json/members.h"

namespace headgate::backends {
namespace {

using json::Members;

constexpr std::string_view kLogprobs = "it asks for logprobs";
constexpr std::string_view kToolForced = "it asks for the call of a tool";
constexpr std::string_view kJson = "it asks for JSON or another grammar";
constexpr std::string_view kKeptElsewhere = "its provider keeps the conversation";

bool IsTrue(std::string_view value) { return value == "true"; }

bool IsPositive(std::string_view value) {
  std::int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number > 0;
}

// Returns whether `type` in an object says a form of answer that is not text.
bool IsJsonFormat(std::string_view value) {
  Members format;
  if (!format.Read(value)) return false;
  const std::string_view type = format.Find("type");
  return !type.empty() && type != R"("text")";
}

// OpenAI's words, and Anthropic's objects.
bool ForcesTool(std::string_view choice) {
  if (json::IsText(choice)) return choice != R"("auto")" && choice != R"("none")";
  Members members;
  if (!members.Read(choice)) return false;
  const std::string_view type = members.Find("type");
  if (type == R"("auto")" || type == R"("none")") return false;
  return type != R"("allowed_tools")" || members.Find("mode") != R"("auto")";
}

std::string_view WhyNotChat(const Members& body) {
  for (const std::string_view name : {"n", "best_of"}) {
    if (const std::string_view n = body.Find(name); !n.empty() && n != "1") {
      return "it asks for more than one answer";
    }
  }
  if (body.Find("use_beam_search") == "true") return "it asks for more than one answer";
  if (IsTrue(body.Find("logprobs")) || IsPositive(body.Find("top_logprobs")) ||
      IsPositive(body.Find("prompt_logprobs")) || IsTrue(body.Find("return_token_ids"))) {
    return kLogprobs;
  }
  if (ForcesTool(body.Find("tool_choice")) || json::IsObject(body.Find("function_call"))) {
    return kToolForced;
  }
  if (IsJsonFormat(body.Find("response_format"))) return kJson;
  for (const std::string_view name :
       {"guided_json", "guided_regex", "guided_choice", "guided_grammar", "structured_outputs",
        "regex", "ebnf", "json_schema", "grammar"}) {
    if (!body.Find(name).empty()) return kJson;
  }
  return json::IsObject(body.Find("audio")) ? "it asks for speech" : std::string_view();
}

std::string_view WhyNotMessages(const Members& body) {
  if (ForcesTool(body.Find("tool_choice"))) return kToolForced;
  if (json::IsObject(body.Find("output_format"))) return kJson;
  Members config;
  if (config.Read(body.Find("output_config")) && json::IsObject(config.Find("format"))) {
    return kJson;
  }
  return body.Find("thread").empty() ? std::string_view() : kKeptElsewhere;
}

std::string_view WhyNotResponses(const Members& body) {
  if (IsPositive(body.Find("top_logprobs"))) return kLogprobs;
  if (body.Find("include").find("logprobs") != std::string_view::npos) return kLogprobs;
  if (ForcesTool(body.Find("tool_choice"))) return kToolForced;
  Members text;
  if (text.Read(body.Find("text")) && IsJsonFormat(text.Find("format"))) return kJson;
  if (!body.Find("previous_response_id").empty() || !body.Find("conversation").empty() ||
      IsTrue(body.Find("background"))) {
    return kKeptElsewhere;
  }
  return {};
}

}  // namespace

std::string_view WhyNotResumable(ChatProtocol client, std::string_view body) {
  json::PaddedCopy copy;
  Members members;
  if (!members.Read(copy.Take(body))) return "it cannot be read";
  switch (client) {
    case ChatProtocol::kChatCompletions:
      break;
    case ChatProtocol::kMessages:
      return WhyNotMessages(members);
    case ChatProtocol::kResponses:
      return WhyNotResponses(members);
  }
  return WhyNotChat(members);
}

}  // namespace headgate::backends
