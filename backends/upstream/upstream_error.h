#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::backends {

// How one attempt ended. Each name is also the `result` label of headgate_attempts_total.
enum class AttemptResult : std::uint8_t {
  kOk,
  kConnectFailed,  // refused, unreachable, name not found, connect timeout
  kTlsFailed,      // handshake, chain or name
  kReset,          // connection lost before the answer's first byte
  kStatus4xx,      // 4xx that is the caller's fault: not 408, 409, 429, kRejected, kNoCredit
  kStatus429,
  kStatus5xx,          // 5xx, 408 and 409
  kFirstTokenTimeout,  // a stream that was silent until timeouts.first_token
  kStalled,            // silence between tokens
  kCut,                // the answer broke off
  kMalformed,          // not HTTP, not JSON, encoded, too large
  kErrorEvent,         // an error object inside the stream
  kClientGone,         // ended because the client left
  kTotalTimeout,       // the time of the whole request was over
  kRejected,           // 401, 403, 404: it rejects our key, or has no such model for us
  kNoCredit,           // 402, or a refusal that says that our account has no money or quota left
  kFirstByteTimeout,   // a non-streamed answer that did not begin within timeouts.first_byte
  kHedgeLost,          // ended because another attempt of the request had its first token before
  kMovedAside,         // ended because latency-critical work needed its slot; it is queued again
};
inline constexpr int kAttemptResultCount = 19;
std::string_view ToString(AttemptResult result);

// Why an attempt failed, as a value. `detail` is for logs, and empty if `result` says it all. It
// has the system's words or our own, never a backend's, which may quote the prompt or a credential.
struct UpstreamError {
  AttemptResult result = AttemptResult::kReset;
  int status = 0;  // of the backend's answer; 0 = none came
  std::optional<std::chrono::milliseconds> retry_after;
  // The fault lies in how the backend is set up, so the same request would meet it again.
  bool will_repeat = false;
  std::string detail;
};

}  // namespace headgate::backends
