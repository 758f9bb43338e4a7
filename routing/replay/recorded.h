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
// without any text of prompts, answers, headers or metadata entries. gateway/recording writes and
// reads them.

struct RecordedTarget {
  std::string name;  // "model@backend"
  config::Hosting hosting = config::Hosting::kPaidApi;
  std::optional<config::Prices> prices;
  config::RentTerms slot_rent;
};
struct RecordedKey {
  std::string name;
  std::string team;
  std::optional<HintTrust> trust;  // nullopt: not recorded
};

// The names that the records of one policy refer to by index. Immutable once read.
struct RecordedPolicy {
  std::uint64_t generation = 0;
  std::vector<Pattern>
      patterns;  // only those of headers and metadata are used; others follow from keys
  std::vector<RecordedTarget> targets;
  std::vector<std::string> routes;
  std::optional<std::vector<config::Spill>> spills;  // by route; nullopt: not recorded
  std::vector<std::string> classes;
  std::vector<std::string> topics;
  std::string topic_model;  // its checksum (TopicModel::checksum); empty: not recorded
  std::vector<RecordedKey> keys;
  std::optional<HintTrust> keyless_trust;         // of requests without a key
  std::optional<std::vector<BackendRent>> rents;  // nullopt: not recorded
  bool waits = false;  // whether its requests say how long they waited in queues
  // Whether an answer to a request that spilled left its conversation where it was. In older
  // recordings the conversation went to the target that answered.
  bool spills_free = false;
};

// One attempt as it ended.
struct RecordedCall {
  std::size_t target = 0;
  bool answered = false;  // the client got its answer
  bool exact = false;     // the backend reported its usage
  policy::Usage usage;
  policy::ServiceTier tier = policy::ServiceTier::kStandard;
  NanoUsd cost = 0;  // as booked
  // From the start of the attempt, so without the wait for its slot; microseconds.
  std::int64_t ttft_us = 0;  // 0: not streamed, or nothing came
  std::int64_t duration_us = 0;
  // Whole seconds from the arrival of the request (DecisionInput::unix_seconds) to its end.
  std::int64_t ended_after_s = 0;
};

// One decided request. Thread-compatible; reused without allocating.
struct RecordedRequest {
  const RecordedPolicy* policy = nullptr;  // never null once read
  std::string_view id;
  // Everything except the model. Keys, patterns, conversation target, candidates, custom classes
  // and topics are indices of `policy`, not of a CompiledPolicy.
  DecisionInput input;
  std::string_view model;  // as the client wrote it, at most 256 bytes
  // Equal for the requests of one conversation. Nullopt: no conversation, or not recorded.
  std::optional<std::uint64_t> conversation;

  // What was decided.
  Outcome outcome = Outcome::kNoRoute;
  std::size_t route = 0;   // of kPlanned and kNoTarget
  std::size_t target = 0;  // of kPlanned: the first target of the plan
  // Decision::spilled_from, and the other targets of the plan that spilled.
  std::optional<std::size_t> spilled_from;
  absl::InlinedVector<std::size_t, 2> spilled;

  absl::InlinedVector<RecordedCall, 2> calls;
  absl::InlinedVector<std::size_t, 2> left;  // targets whose queue it left without a slot, in order
  // How long it waited for slots, in all queues together, in microseconds. Nullopt: not recorded.
  std::optional<std::int64_t> queued_us;
  // Why the client was refused, in the word of the access log: with a plan, that is a word of a
  // queue (`queue_full`, `shed`, …), `draining` or `bad_body`. Empty: it was not, or it is not
  // recorded.
  std::string_view refused;

  // The first target that it was sent to, or would have been if it was sent to none. REQUIRES:
  // kPlanned.
  std::size_t SentTo() const {
    return left.empty() || calls.empty() ? target : calls.front().target;
  }
};

}  // namespace headgate::routing
