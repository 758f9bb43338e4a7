#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "config/base/money.h"
#include "config/config.h"
#include "policy/money/cost.h"
#include "routing/classify/classifier.h"
#include "routing/decide/decision.h"
#include "routing/policy/facts.h"

namespace headgate::routing {

// What a recording keeps of a policy and of the requests that were decided under it. Plain values
// without any text of a prompt, an answer, a header or a metadata entry; how they are written down
// is gateway/recording's business.

struct RecordedTarget {
  std::string name;  // "model@backend"
  config::Hosting hosting = config::Hosting::kPaidApi;
  std::optional<config::Prices> prices;
  NanoUsd rent_per_slot_hour = 0;
};
struct RecordedKey {
  std::string name;
  std::string team;
  std::optional<HintTrust> trust;  // none: not recorded
};

// The names that the records of one policy refer to by index. Immutable once read.
struct RecordedPolicy {
  std::uint64_t generation = 0;
  std::vector<Pattern> patterns;  // of headers and metadata are looked up, others follow from keys
  std::vector<RecordedTarget> targets;
  std::vector<std::string> routes;
  std::vector<std::string> classes;
  std::vector<std::string> topics;
  std::vector<RecordedKey> keys;
  std::optional<HintTrust> keyless_trust;         // of requests without a key
  std::optional<std::vector<BackendRent>> rents;  // none: not recorded
};

// One attempt as it ended.
struct RecordedCall {
  std::size_t target = 0;
  bool answered = false;  // the one that the client got
  bool exact = false;     // the backend said what it charged
  policy::Usage usage;
  policy::ServiceTier tier = policy::ServiceTier::kStandard;
  NanoUsd cost = 0;              // as booked
  std::int64_t ttft_us = 0;      // microseconds; 0: not streamed, or nothing came
  std::int64_t duration_us = 0;  // microseconds
};

// One decided request. Thread-compatible; reused without allocating.
struct RecordedRequest {
  const RecordedPolicy* policy = nullptr;  // never null once read
  std::string_view id;
  // Everything but the model, with indices of `policy` where indices of a CompiledPolicy are meant
  // otherwise: key, patterns, session target, candidates, custom classes, topics.
  DecisionInput input;
  std::string_view model;  // as the client wrote it, at most 256 bytes
  // Says which requests are of one conversation, and nothing else. None: of none, or not recorded.
  std::optional<std::uint64_t> conversation;

  // What was decided.
  Outcome outcome = Outcome::kNoRoute;
  std::size_t route = 0;   // of kPlanned and kNoTarget
  std::size_t target = 0;  // the first of the plan, of kPlanned
  absl::InlinedVector<RecordedCall, 2> calls;
};

}  // namespace headgate::routing
