// What the simulator reads out of a request body. *immutable* once parsed.
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
  std::string model;  // without the '#' and what follows it
  std::string fault;  // of the model name and of the field x_sim
  bool stream = false;
  bool include_usage = false;
  std::int64_t choices = 1;  // n, times the prompts of /completions
  std::optional<std::int64_t> max_tokens;
  std::int64_t prompt_tokens = 0;
  std::optional<ToolCall> tool_call;  // the answer is to be this call
  std::string last_user_text;
  // Embeddings.
  std::vector<std::uint64_t> inputs;  // a hash of each
  std::int64_t dimensions = 0;
  bool base64 = false;
};

// A request that is refused: HTTP status, text and the field it is about.
struct Refusal {
  int status = 400;
  std::string message;
  std::string param;
  std::string code;  // OpenAI's, may be empty
};

// Tokens of a text as this simulator counts them: a fourth of its bytes, rounded up, at least one.
std::int64_t TextTokens(std::string_view text);

// Reads `body`. `deployment` is the model when the body names none (Azure puts it into the path).
std::variant<CompletionRequest, Refusal> ParseCompletionRequest(Endpoint endpoint,
                                                                std::string_view body,
                                                                std::string_view deployment);

}  // namespace headgate::loadtest::sim
