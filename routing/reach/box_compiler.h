#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "config/config.h"
#include "routing/policy/condition.h"
#include "routing/policy/policy.h"
#include "routing/reach/request_box.h"

namespace headgate::routing {

// Rewrites conditions as lists of boxes (disjunctive normal form): a request is in one of the boxes
// exactly if the condition holds for it. Keys and teams become sets of keys, and hours become
// minutes of the week in their zone. Pure; not for the hot path. Thread-compatible.
class BoxCompiler {
 public:
  using Boxes = std::vector<RequestBox>;

  // A normal form can be exponentially longer than the condition. Compile gives up beyond this many
  // boxes.
  static constexpr std::size_t kMaxBoxes = 256;

  BoxCompiler(const config::Config& config, const CompiledPolicy& policy)
      : space_(SpaceOf(config, policy)) {}

  const RequestSpace& space() const { return space_; }
  // The zones of the dimensions from kZones on.
  const std::vector<absl::TimeZone>& zones() const { return zones_; }
  // The box of all requests.
  RequestBox Anything() const;

  // Returns nullopt if there are too many boxes. `ignoring_classes`: tests of classes count as
  // true, negated or not.
  std::optional<Boxes> Compile(const Condition& condition, bool ignoring_classes = false);

 private:
  std::uint32_t DimensionOf(const absl::TimeZone& zone);
  NumberSet KeysOf(const FactTest& test) const;
  bool IsOfKey(const FactTest& test) const;

  // Adds the parts of which all must hold (negated: of which one must fail). Returns false if there
  // are too many.
  bool AddTerms(const Condition& condition, bool negated, std::vector<Boxes>& terms);
  bool AddParts(const Condition& condition, bool negated, std::vector<Boxes>& terms);
  void AddTraits(const Condition& condition, bool negated, std::vector<Boxes>& terms) const;
  void AddFacts(const Condition& condition, bool negated, std::vector<Boxes>& terms) const;
  void AddRare(const RareTests& tests, bool negated, std::vector<Boxes>& terms);
  void AddTimes(const std::vector<WeekHours>& times, bool negated, std::vector<Boxes>& terms);
  Boxes Among(std::uint32_t dimension, NumberSet values, bool negated) const;
  Boxes Numbers(Interval RequestBox::*member, const Interval& interval, bool negated) const;
  std::optional<Boxes> Rewrite(const Condition& condition, bool negated);

  RequestSpace space_;
  std::vector<absl::TimeZone> zones_;
  bool ignoring_classes_ = false;
};

}  // namespace headgate::routing
