// What the simulator reads out of a request body, whatever its protocol. *immutable* once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "loadtest/sim/requests/refusal.h"

namespace headgate::loadtest::sim {

enum class Endpoint {
  kChat,
  kCompletions,
  kEmbeddings,
  kMessages,
  kCountTokens,  // of the Messages protocol
  kResponses
};

struct ToolCall {
  std::string name;
  std::string arguments;  // JSON text; of a custom tool any text
  std::string id;         // empty: the answer's writer makes one
  bool custom = false;    // a call of a custom tool of the Responses protocol
};

struct OfferedTool {
  std::string name;
  bool custom = false;
};

struct CompletionRequest {
  Endpoint endpoint = Endpoint::kChat;
  std::string model;  // without the '#' and what follows it
  std::string fault;  // of the model name and of the field x_sim
  bool stream = false;
  bool include_usage = false;  // of chat and completions; the other protocols always have it
  std::int64_t choices = 1;    // n, times the prompts of /completions
  std::optional<std::int64_t> max_tokens;
  std::int64_t prompt_tokens = 0;
  std::vector<OfferedTool> tools;
  std::int64_t tool_results = 0;        // in the whole conversation
  std::vector<std::string> signatures;  // of the thinking that it sends back
  std::optional<ToolCall> tool_call;    // the answer is to be this call
  std::string stop_sequence;            // the first of the request, of Messages
  std::string last_user_text;
  // Embeddings.
  std::vector<std::uint64_t> inputs;  // a hash of each
  std::int64_t dimensions = 0;
  bool base64 = false;
  // Responses.
  std::string echoed;  // members of the response that repeat the request, without braces
  bool wants_summary = false;
  bool wants_encrypted = false;
};

// What is known of a request besides its body.
struct RequestPlace {
  Endpoint endpoint = Endpoint::kChat;
  std::string_view deployment;  // the model if the body names none (Azure puts it into the path)
  bool provider = true;         // OpenAI and Anthropic refuse what self-hosted servers overlook
  std::string_view anthropic_version;
  bool anthropic_beta = false;
};

// Tokens of a text as this simulator counts them: a fourth of its bytes, rounded up, at least one.
std::int64_t TextTokens(std::string_view text);

// What each message, and a system prompt, costs beside its text.
constexpr std::int64_t kMessageTokens = 3;

std::variant<CompletionRequest, Refusal> ParseCompletionRequest(const RequestPlace& place,
                                                                std::string_view body);

}  // namespace headgate::loadtest::sim
