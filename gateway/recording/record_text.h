#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"
#include "routing/replay/recorded.h"

namespace headgate::gateway {

// How a recording is written (docs/replay.md has the fields): JSON lines. One line names what a
// policy has. Then each request decided under it has a line that refers to those names by index.
// Fields with their default value are left out. Pure; the two functions for requests allocate
// nothing once `out` has room.

// Incremented when a reader of the older version would misunderstand.
inline constexpr int kRecordingVersion = 1;

// Returns the line that the requests of `generation` refer to, with its '\n'.
std::string PolicyLine(const routing::CompiledPolicy& policy, std::uint64_t generation);

// Appends the first part of a request's line: the request, the known load, the decision. Called at
// once, because `input` no longer exists when the request has ended. `conversation` must not be
// traceable to the conversation's name.
void AppendDecided(std::uint64_t generation, std::string_view id, std::string_view model,
                   std::optional<std::uint64_t> conversation, const routing::DecisionInput& input,
                   const routing::Decision& decision, std::string& out);

// The second part: how the request ended.
struct CallOutcome {
  routing::RecordedCall call;
  std::string_view result;  // a word
};
struct RequestEnd {
  absl::Span<const CallOutcome> calls;
  absl::Span<const std::size_t> left;  // targets whose queue it left without a slot, in order
  std::int64_t queued_us = 0;          // in all queues together
  std::string_view refused;            // a word of the metrics; empty: it was not refused
};
void AppendOutcome(const RequestEnd& end, std::string& out);

}  // namespace headgate::gateway
