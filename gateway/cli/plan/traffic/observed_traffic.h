#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "policy/money/cost.h"
#include "policy/plan/demand.h"

namespace headgate::gateway {

// One answer that a client got.
struct ObservedAnswer {
  std::int64_t unix_seconds = 0;
  std::string_view request_class;
  std::string_view target;  // "model@backend"
  policy::Usage usage;
  std::int64_t ttft_us = 0;  // 0: not streamed
  NanoUsd cost = 0;          // as booked; at self-hosted replicas the rent of its slot
};

// All answers of an hour in one class at one target, if their own times are not known.
struct ObservedHour {
  std::int64_t unix_seconds = 0;  // its first second
  std::string_view request_class;
  std::string_view target;
  policy::Usage usage;
  std::int64_t answers = 0;
  NanoUsd cost = 0;
};

// What went to one backend.
struct ObservedBackend {
  std::int64_t tokens = 0;
  NanoUsd cost = 0;  // of attempts without an answer, too
};

// The throughput that the replicas of a backend have shown together.
struct ObservedThroughput {
  std::int64_t tokens_per_hour = 0;
  std::int64_t begin = 0;  // of the busiest span, in seconds since 1970
  std::int64_t answers = 0;
  std::int64_t ttft_p95_us = 0;  // of its streams; 0: it has none
  NanoUsd cost = 0;              // of its answers
  std::size_t spans = 0;         // that were compared
};

// Sums answers, from wherever they were kept, into what a plan asks for. Answers may come in any
// order. Thread-compatible.
class ObservedTraffic {
 public:
  // Throughput is that of spans of this many seconds with at least kFewestAnswers answers.
  static constexpr std::int64_t kSpan = 300;
  static constexpr std::int64_t kFewestAnswers = 20;

  void Add(const ObservedAnswer& answer);
  // Says nothing of throughput.
  void AddHour(const ObservedHour& hour);
  // Adds what an attempt has cost that brought no answer.
  void AddCost(std::string_view target, NanoUsd cost);
  // The replicas of a backend, where the source says so; the latest number counts.
  void SetReplicas(std::string_view backend, std::int64_t replicas);

  std::int64_t answers() const { return answers_; }
  std::int64_t first() const { return first_; }
  // From the first answer to the last, both seconds included; 0 without answers.
  std::int64_t Seconds() const { return answers_ == 0 ? 0 : last_ - first_ + 1; }

  // The minutes of this time in which requests with an answer began, in seconds. Of a whole hour,
  // all minutes count.
  std::int64_t BusySeconds() const;
  // What went to a backend, and to all of them.
  ObservedBackend SumOf(const std::string& backend) const;
  ObservedBackend SumOfAll() const;

  // The tokens of a month, by class, as if every month had the traffic of this time. REQUIRES:
  // Seconds() > 0.
  std::vector<policy::ClassVolume> MonthlyTokens() const;
  // Tokens by hour of the day in UTC; absent under a day.
  std::optional<policy::HourProfile> Hours() const;
  std::optional<std::int64_t> Replicas(const std::string& backend) const;
  // The busiest span of a backend whose p95 of the time to first token is at most `ttft_us`
  // (absent: any). Less than what the replicas can do, unless they were full. Tokens count at the
  // time of their request.
  std::optional<ObservedThroughput> Throughput(const std::string& backend,
                                               std::optional<std::int64_t> ttft_us) const;

 private:
  struct Span {
    std::int64_t tokens = 0;
    std::int64_t answers = 0;
    NanoUsd cost = 0;
    std::vector<std::int64_t> ttft_us;
  };

  // Notes answers from the second `first` to the second `last`.
  void Count(std::int64_t answers, std::int64_t first, std::int64_t last);

  std::int64_t answers_ = 0;
  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
  std::map<std::string, policy::Usage, std::less<>> classes_;
  policy::HourProfile hours_{};
  std::map<std::string, std::map<std::int64_t, Span>, std::less<>> backends_;
  std::map<std::string, std::int64_t, std::less<>> replicas_;
  std::map<std::string, ObservedBackend, std::less<>> sums_;  // by backend
  absl::flat_hash_set<std::int64_t> busy_minutes_;            // since 1970
};

}  // namespace headgate::gateway
