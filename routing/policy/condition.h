#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"
#include "routing/policy/facts.h"

namespace headgate::routing {

// Built-in classes plus custom classes, which follow them.
inline constexpr std::size_t kMaxClasses = 32;

// A set of values of the enumerations and flags of which a request has exactly one each. It stands
// for a condition, or for one request. One comparison checks all of them. Pure.
class Traits {
 public:
  static constexpr Traits Any() { return Traits(~std::uint64_t{0}); }
  static constexpr Traits None() { return Traits(0); }

  constexpr Traits& Add(Class value) { return Set(kClasses, static_cast<unsigned>(value)); }
  constexpr Traits& Add(Topic value) { return Set(kTopics, static_cast<unsigned>(value)); }
  constexpr Traits& Add(Urgency value) { return Set(kUrgencies, static_cast<unsigned>(value)); }
  constexpr Traits& Add(Endpoint value) { return Set(kEndpoints, static_cast<unsigned>(value)); }
  constexpr Traits& AddStream(bool value) { return Set(kStream, value ? 1u : 0u); }
  constexpr Traits& AddTools(bool value) { return Set(kTools, value ? 1u : 0u); }
  constexpr Traits& AddImages(bool value) { return Set(kImages, value ? 1u : 0u); }

  // Whether every trait of `request` is in this set.
  constexpr bool Holds(Traits request) const { return (request.bits_ & ~bits_) == 0; }
  constexpr Traits operator|(Traits other) const { return Traits(bits_ | other.bits_); }
  constexpr Traits operator&(Traits other) const { return Traits(bits_ & other.bits_); }
  // Whether a request could have these traits: each enumeration has a value.
  constexpr bool Possible() const {
    for (const Field field :
         {kClasses, kTopics, kUrgencies, kEndpoints, kStream, kTools, kImages}) {
      if ((bits_ & All(field).bits_) == 0) return false;
    }
    return true;
  }

  // Without the values of `other`.
  constexpr Traits Without(Traits other) const { return Traits(bits_ & ~other.bits_); }
  // All values of one enumeration or flag each; classes first.
  static constexpr std::array<Traits, 7> Fields() {
    return {AllClasses(), AllTopics(), AllUrgencies(), AllEndpoints(),
            AllStreams(), AllTools(),  AllImages()};
  }
  constexpr bool operator==(const Traits&) const = default;

  static constexpr Traits AllClasses() { return All(kClasses); }
  static constexpr Traits AllTopics() { return All(kTopics); }
  static constexpr Traits AllUrgencies() { return All(kUrgencies); }
  static constexpr Traits AllEndpoints() { return All(kEndpoints); }
  static constexpr Traits AllStreams() { return All(kStream); }
  static constexpr Traits AllTools() { return All(kTools); }
  static constexpr Traits AllImages() { return All(kImages); }

 private:
  struct Field {
    unsigned first;
    unsigned size;
  };
  static constexpr Field kClasses{0, kMaxClasses};
  static constexpr Field kTopics{32, 16};
  static constexpr Field kUrgencies{48, 3};
  static constexpr Field kEndpoints{51, 7};
  static constexpr Field kStream{58, 2};
  static constexpr Field kTools{60, 2};
  static constexpr Field kImages{62, 2};

  static constexpr Traits All(Field field) {
    return Traits(((std::uint64_t{1} << field.size) - 1) << field.first);
  }
  constexpr explicit Traits(std::uint64_t bits) : bits_(bits) {}
  constexpr Traits& Set(Field field, unsigned value) {
    bits_ |= std::uint64_t{1} << (field.first + value);
    return *this;
  }
  std::uint64_t bits_;
};

// Whole numbers from `least` to `most`; empty if least > most.
struct Interval {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  bool Holds(std::int64_t value) const { return value >= least && value <= most; }
  bool Empty() const { return least > most; }
  bool Contains(const Interval& other) const { return other.least >= least && other.most <= most; }
  Interval operator&(const Interval& other) const {
    return {std::max(least, other.least), std::min(most, other.most)};
  }
};

// Hours of a week (config::TimeWindow) with the zone resolved.
struct WeekHours {
  std::bitset<7> days;
  int from_minute = 0;
  int to_minute = 0;
  absl::TimeZone zone;
};
bool Holds(const WeekHours& hours, std::int64_t unix_seconds);

// A moment on the clock of a zone.
struct LocalMinute {
  absl::TimeZone zone;
  std::size_t weekday = 0;  // Monday is 0
  int minute = 0;           // of the day
};
bool HoldsAt(const WeekHours& hours, const LocalMinute& now);

// What conditions look at in one request. Thread-compatible; evaluation writes to `local`.
struct ConditionInput {
  Traits traits = Traits::None();
  std::int64_t input_tokens = 0;
  std::optional<std::int64_t> max_tokens;
  std::size_t asked = 0;  // ModelRequest::asked
  std::int64_t unix_seconds = 0;
  const Facts* facts = nullptr;
  // The time in the last zone that was used. Nearly always all conditions use the same zone, and
  // computing the time takes longer than the rest of a condition.
  mutable std::optional<LocalMinute> local;
};

enum class Match : std::uint8_t { kNo, kUnknown, kYes };

// Patterns of one word of the facts, of which one must match.
struct FactTest {
  std::uint64_t mask = 0;
  std::uint32_t word = 0;
  bool last = true;  // test of its group: tests of a group are adjacent, and one of them must match
};

// Tests that few conditions have.
struct RareTests {
  std::optional<Interval> max_tokens;
  std::vector<std::uint64_t> asked;  // bit per ModelRequest::asked; empty: any model
  std::vector<WeekHours> times;      // empty: any time; else one must hold
};

// A `when` with every name resolved. Immutable. The tests that decide most conditions stand first
// and together, and rare tests are apart: matching a hundred routes is a matter of cache lines.
struct Condition {
  Traits traits = Traits::Any();
  Interval input_tokens;
  std::vector<FactTest> facts;
  std::vector<Condition> all;
  std::vector<Condition> any;
  std::vector<Condition> none;
  std::vector<RareTests> rare;  // none or one

  // Requires that one of these patterns matches. Without patterns, the condition can never hold.
  void AddFacts(const std::vector<std::size_t>& patterns);
};

// A necessary part of a condition that fits into three words. FindRoute checks it for every route
// before it evaluates a condition.
struct Gate {
  Traits traits = Traits::Any();
  std::uint64_t mask = 0;  // one of these patterns must match; 0: no test
  std::uint32_t word = 0;
  bool Opens(const ConditionInput& input) const {
    return traits.Holds(input.traits) && (mask == 0 || input.facts->HasOneOf(word, mask) ||
                                          input.facts->IsUnknownOneOf(word, mask));
  }
};
Gate GateOf(const Condition& condition);

// Whether the condition holds. kUnknown: it depends on a pattern that is unknown; this cannot
// happen if all facts are known. Pure; allocates nothing.
Match Evaluate(const Condition& condition, const ConditionInput& input);

}  // namespace headgate::routing
