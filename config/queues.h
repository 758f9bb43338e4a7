#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "config/base/enum_words.h"

namespace headgate::config {

// How requests wait for slots of self-hosted backends, and when they leave a full backend. Part of
// config.h: immutable after loading, safe to share between threads.

// The place of a request in the queues, most urgent first.
enum class Band : std::uint8_t { kLatencyCritical, kNormal, kBatch };
inline constexpr std::array kBands = {EnumWord<Band>{"latency_critical", Band::kLatencyCritical},
                                      EnumWord<Band>{"normal", Band::kNormal},
                                      EnumWord<Band>{"batch", Band::kBatch}};

// `batch` of a backend: what batch work is sure of there.
struct BatchShare {
  // Of the slots, in millionths, 0..500'000: so many are for batch while batch waits, rounded up.
  std::int64_t floor = 100'000;
  // A batch request that has waited so long leaves the queue: for its next target, or with a 429.
  std::chrono::milliseconds max_wait{3'600'000};
};

// `priority` of a backend: which number its engine takes first in the field `priority` of a
// request. kNone: the field is not sent.
enum class EnginePriority : std::uint8_t { kNone, kLowFirst, kHighFirst };
// `true` is written too, for the order of vLLM or SGLang.
inline constexpr std::array kPriorityWords = {
    EnumWord<EnginePriority>{"low_first", EnginePriority::kLowFirst},
    EnumWord<EnginePriority>{"high_first", EnginePriority::kHighFirst}};

// `spill`: when a request leaves a full self-hosted target for the next target of its plan.
struct Spill {
  // kAfter: it has waited so long; 0: at once. kWaitOver: its predicted wait is longer. kNever: it
  // waits until its deadline.
  enum class When : std::uint8_t { kAfter, kWaitOver, kNever };
  When when = When::kAfter;
  std::chrono::milliseconds limit{2000};  // the time in the queue, or the predicted wait
  bool written = false;                   // in the file, rather than the default
};

}  // namespace headgate::config
