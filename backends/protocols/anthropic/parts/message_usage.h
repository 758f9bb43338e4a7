#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends::anthropic {

// The usage of one answer, as its `usage` objects report it. In a stream message_start has the
// input and each message_delta is cumulative for the whole message, so a count replaces the count
// before (platform.claude.com, "Streaming messages", 2026). Neither null nor 0 replaces a number: a
// message_delta may leave counts out, and some servers write 0 for what they do not know.
//
// If the API shortened the conversation on its way, `iterations` lists what each step used. The
// counts beside the list do not have the steps of the type `compaction`, which are billed like any
// other (platform.claude.com, "Compaction at a token threshold", October 2026). A step of another
// type than that and `message`, such as the advisor's, is another model's: its price is not known.
// Worker-bound.
class MessageUsage {
 public:
  // Consumes `usage`. With a count of input or output that is negative, over 10^12 or not an
  // integer, the whole report is left out; any other such count is left out alone.
  void Learn(simdjson::ondemand::object usage);
  // Counts an event that carried generated content.
  void CountGenerated();
  // Returns whether any count has been reported.
  bool known() const;
  // Returns what came so far. Input includes cached and written tokens here, which Anthropic's
  // input_tokens exclude. If content came after the last report of the output, that report was not
  // final: each event counts as one more token, and the usage is not `consistent`.
  AnswerUsage Usage() const;

 private:
  enum Count : std::uint8_t {
    kInput,
    kCacheRead,
    kCacheWrite,
    kCacheWrite5m,
    kCacheWrite1h,
    kOutput,
    kThinking,
    kWebSearches,
    kCountCount
  };
  using Counts = std::array<std::optional<std::int64_t>, kCountCount>;

  static std::optional<Count> CountOf(std::string_view key);
  bool ReadCount(Count count, simdjson::ondemand::value value, Counts& counts);
  bool ReadCounts(simdjson::ondemand::object usage, Counts& counts);
  bool ReadIterations(simdjson::ondemand::array list);

  Counts counts_;
  Counts compaction_;  // of the last `iterations`
  std::string service_tier_;
  std::int64_t behind_ = 0;  // events with content after the last report of the output
  bool left_out_ = false;
  bool other_charges_ = false;
  bool fast_ = false;
  bool regional_ = false;
};

}  // namespace headgate::backends::anthropic
