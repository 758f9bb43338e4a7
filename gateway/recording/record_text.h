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

// How a recording is written down (docs/replay.md has the fields): JSON lines, one that names what
// a policy has, and then, for each request decided under it, one that refers to those names by
// index. What has its default is left out. Pure; the two functions for requests allocate nothing
// once `out` has room.

// Goes up when a reader of the older version would misunderstand.
inline constexpr int kRecordingVersion = 1;

// The line that the requests of `generation` refer to, with its '\n'.
std::string PolicyLine(const routing::CompiledPolicy& policy, std::uint64_t generation);

// The first part of a request's line: what was asked, what was known, what was decided. Written at
// once, for `input` is gone when the request has ended. `conversation` must not be one that can be
// turned back into what names it.
void AppendDecided(std::uint64_t generation, std::string_view id, std::string_view model,
                   std::optional<std::uint64_t> conversation, const routing::DecisionInput& input,
                   const routing::Decision& decision, std::string& out);

// The second part: what became of it. `result` is a word for each call.
struct CallOutcome {
  routing::RecordedCall call;
  std::string_view result;
};
void AppendOutcome(absl::Span<const CallOutcome> calls, std::string& out);

}  // namespace headgate::gateway
