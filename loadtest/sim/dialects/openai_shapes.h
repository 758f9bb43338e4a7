// The JSON of OpenAI's protocol, for all personalities. Functions with `out` append to it.
// *immutable*
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadtest/sim/dialects/completion_request.h"
#include "loadtest/sim/replica/bill.h"
#include "loadtest/sim/replica/options.h"

namespace headgate::loadtest::sim {

// The error body for `refusal` as the personality writes it.
std::string ErrorJson(Personality personality, const Refusal& refusal);

// The object of GET /v1/models/{id}.
std::string ModelJson(std::string_view id);

// Why a choice ended: stop, length or tool_calls.
enum class FinishReason { kStop, kLength, kToolCalls };

// One non-streamed answer. All its choices have the same text.
struct WholeAnswer {
  std::string text;
  std::optional<ToolCall> tool_call;  // if set, `text` is the generated part of its arguments
  FinishReason reason = FinishReason::kStop;
  std::optional<Usage> usage;
};

// Writes the bodies and stream chunks of one request. The parts that all chunks of a stream share
// are rendered once, so that a token costs a few appends.
class Shapes {
 public:
  // `tag` makes the ids of this answer unique; `created` is in seconds since 1970.
  Shapes(Personality personality, const CompletionRequest& request, std::uint64_t tag,
         std::int64_t created);

  // Chunks of a stream, without `data:`.
  void RoleChunk(std::string& out, std::int64_t choice) const;
  void TextChunk(std::string& out, std::int64_t choice, std::string_view piece) const;
  void ToolChunk(std::string& out, std::int64_t choice, const ToolCall& call) const;
  void ArgumentsChunk(std::string& out, std::int64_t choice, std::string_view piece) const;
  void FinishChunk(std::string& out, std::int64_t choice, FinishReason reason) const;
  void UsageChunk(std::string& out, const Usage& usage) const;

  // The body of a non-streamed answer.
  void Whole(std::string& out, std::int64_t choices, const WholeAnswer& answer) const;

 private:
  void Delta(std::string& out, std::int64_t choice, std::string_view delta) const;
  void WholeChoice(std::string& out, std::int64_t choice, const WholeAnswer& answer) const;
  void AppendUsage(std::string& out, const Usage& usage) const;

  bool openai_;
  bool chat_;
  std::string tag_;
  std::string model_;  // escaped
  std::string created_;
  std::string prefix_;       // `{"id":…,"choices":[`
  std::string_view suffix_;  // from the end of the choice to the end of the chunk
};

}  // namespace headgate::loadtest::sim
