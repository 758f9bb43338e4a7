// The fields of a request body that the simulator uses, in any protocol. *immutable* once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "loadtest/sim/base/prompt_blocks.h"
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
  std::string arguments;  // JSON text, or any text for a custom tool
  std::string id;         // if empty, CallId() (answer_shapes.h) makes an id
  bool custom = false;    // a call of a custom tool of the Responses protocol
};

struct OfferedTool {
  std::string name;
  bool custom = false;
};

// How a server lets a request continue an answer that has begun.
enum class Prefill {
  kNone,                  // not at all; a last message of the assistant is one message more
  kContinueFinalMessage,  // `continue_final_message` and `add_generation_prompt: false`
  kPrefixFlag,            // `prefix: true` in the last message
  kLastMessage,           // every last message of the assistant is continued
  kRefused                // a last message of the assistant is refused
};

// What a server does with the body's `priority`.
enum class PriorityUse {
  kIgnored,
  kZeroOnly,  // any other is refused, as vLLM does unless it schedules by priority
  kOrders     // the queue is ordered by it
};

struct CompletionRequest {
  Endpoint endpoint = Endpoint::kChat;
  std::string model;  // without the '#' and the text behind it
  std::string fault;  // the fault text of the model name and of the field x_sim
  bool stream = false;
  bool include_usage = false;  // chat and completions only; other protocols always send the usage
  std::int64_t choices = 1;    // n, times the prompts of /completions
  std::optional<std::int64_t> max_tokens;
  std::int64_t prompt_tokens = 0;
  PromptBlocks prompt;        // empty unless RequestPlace::hash_prompt
  std::int64_t priority = 0;  // within 32 bits; 0 if the server ignores it
  std::vector<OfferedTool> tools;
  std::int64_t tool_results = 0;        // in the whole conversation
  std::vector<std::string> signatures;  // of the thinking in the conversation
  std::optional<ToolCall> tool_call;    // if set, the answer is this call
  std::string stop_sequence;            // the first stop sequence (Messages only)
  std::string last_user_text;
  std::string prefix;  // the part of the answer that has been given; empty for a new answer
  // Embeddings.
  std::vector<std::uint64_t> inputs;  // a hash of each input
  std::int64_t dimensions = 0;
  bool base64 = false;
  // Responses.
  std::string echoed;  // members of the response that repeat the request, without braces
  bool wants_summary = false;
  bool wants_encrypted = false;
};

// The facts about a request that are not in its body.
struct RequestPlace {
  Endpoint endpoint = Endpoint::kChat;
  std::string_view deployment;  // the model of Azure's path, for a body without a model
  bool provider = true;         // whether to check the rules that only OpenAI and Anthropic check
  std::string_view anthropic_version;
  bool anthropic_beta = false;
  Prefill prefill = Prefill::kNone;
  PriorityUse priority = PriorityUse::kIgnored;
  bool hash_prompt = false;
};

// The simulator's count of tokens of a text: a quarter of its bytes, rounded up, at least 1.
std::int64_t TextTokens(std::string_view text);

// The tokens of each message, and of a system prompt, in addition to those of its text.
constexpr std::int64_t kMessageTokens = 3;

// Reads `body`. Returns a refusal if the server would refuse it.
std::variant<CompletionRequest, Refusal> ParseCompletionRequest(const RequestPlace& place,
                                                                std::string_view body);

}  // namespace headgate::loadtest::sim
