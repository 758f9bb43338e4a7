#pragma once

#include <optional>
#include <string_view>

#include "backends/protocols/request_writer.h"
#include "backends/protocols/values/splice_points.h"
#include "backends/protocols/values/stream_usage.h"
#include "config/config.h"
#include "gateway/accounting/request_account.h"
#include "gateway/dialect/dialect.h"
#include "gateway/dialect/translated_request.h"
#include "gateway/snapshot/fleet.h"

namespace headgate::gateway {

// Returns how a backend is asked for the usage of its streams: as far as the backend supports it,
// and not at all if it has refused the field.
backends::StreamUsage StreamUsageFor(const config::Backend& backend, const BackendState& state);

// Returns the `priority` of the account's request in the engine of a backend: -10, 0 or 10 by its
// band. Returns nullopt if the engine takes none, or if the protocol in which it is asked has none.
// Requests of the band normal say 0, which vLLM assumes, because SGLang puts a request without
// priority behind all others. SGLang preempts over a difference of more than 10 unless it is told
// otherwise: latency-critical requests preempt batch, and bands next to each other do not
// (scheduler of SGLang, read 2026-11). REQUIRES: the request is classified. Pure.
std::optional<int> EnginePriorityFor(const config::Backend& backend, const Dialect& dialect,
                                     const RequestAccount& account);

// What the client's bytes become on their way to a target.
struct BodySource {
  std::string_view body;  // the client's
  const backends::SplicePoints& splice;
  std::string_view upstream_model;
  std::optional<int> engine_priority = {};  // EnginePriorityFor
  bool stream = false;
  bool no_stream_options = false;  // they were refused
};

// The body of one attempt: the client's bytes with a few places rewritten, or a body that was
// written for a backend of another protocol. Worker-bound.
class SentBody {
 public:
  // What `source` points to outlives the body. `usage`: what the backend supports.
  SentBody(const BodySource& source, const Dialect& dialect, backends::StreamUsage usage,
           WrittenBody written);
  SentBody(const SentBody&) = delete;
  SentBody& operator=(const SentBody&) = delete;

  // REQUIRES: Free was not called.
  const backends::RequestBody& body() const { return *body_; }
  // Returns the memory of a body that has been sent.
  void Free();

  // The client's fields that the body lacks, as x-headgate-dropped has them.
  const std::string& dropped() const { return written_.dropped; }
  // Whether the backend may have refused the body for its stream_options.
  bool has_stream_options() const { return has_stream_options_; }
  // Called when the backend has answered. If it had refused the request for its stream_options, and
  // the client had no members of its own in them, the backend is asked without them from now on.
  // Otherwise it may have refused these members, and nothing is learned.
  void LearnRefusal(const BackendState& backend) const;

 private:
  WrittenBody written_;
  bool has_stream_options_ = false;
  bool refused_ours_ = false;
  std::optional<backends::RequestBody> body_;
};

}  // namespace headgate::gateway
