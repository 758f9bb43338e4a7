// The fields of a request body that the simulator uses. *immutable* once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace headgate::loadtest::sim {

enum class Endpoint { kChat, kCompletions, kEmbeddings };

struct ToolCall {
  std::string name;
  std::string arguments;  // JSON text
};

struct CompletionRequest {
  Endpoint endpoint = Endpoint::kChat;
  std::string model;  // without the '#' and the text behind it
  std::string fault;  // the fault text of the model name and of the field x_sim
  bool stream = false;
  bool include_usage = false;
  std::int64_t choices = 1;  // n, times the prompts of /completions
  std::optional<std::int64_t> max_tokens;
  std::int64_t prompt_tokens = 0;
  std::optional<ToolCall> tool_call;  // if set, the answer is this call
  std::string last_user_text;
  // Embeddings.
  std::vector<std::uint64_t> inputs;  // a hash of each input
  std::int64_t dimensions = 0;
  bool base64 = false;
};

// The refusal of a request: HTTP status, message, and the field that caused it.
struct Refusal {
  int status = 400;
  std::string message;
  std::string param;
  std::string code;  // the `code` of OpenAI's error object; may be empty
};

// The simulator's count of tokens of a text: a quarter of its bytes, rounded up, at least 1.
std::int64_t TextTokens(std::string_view text);

// Reads `body`. `deployment` is the model if the body does not name a model (Azure has it in the
// path).
std::variant<CompletionRequest, Refusal> ParseCompletionRequest(Endpoint endpoint,
                                                                std::string_view body,
                                                                std::string_view deployment);

}  // namespace headgate::loadtest::sim
