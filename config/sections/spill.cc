#include "config/sections/spill.h"

#include <algorithm>
#include <array>

#include "config/base/text.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

constexpr std::string_view kNeverSpills = "never";

// A duration that says when the request leaves, by the key that it stands under.
template <Spill::When when>
struct SpillLimit {
  static constexpr std::string_view kExpects = Duration<0>::kExpects;
  static bool Read(const Value& value, Spill& spill) {
    spill.when = when;
    if (value.IsScalar() && value.Scalar(kExpects) == kNeverSpills) {
      return value.FailWritten({"is not a duration", "write `spill: never`"});
    }
    return Duration<0>::Read(value, spill.limit);
  }
  static Json JsonSchema(Definitions& definitions) { return Duration<0>::JsonSchema(definitions); }
};

constexpr std::array kSpillFields = {
    Optional<Spill, kItself, SpillLimit<Spill::When::kAfter>>(
        "after", "When it has waited so long; 0s: at once."),
    Optional<Spill, kItself, SpillLimit<Spill::When::kWaitOver>>(
        "when_wait_over", "When its predicted wait is longer."),
};

bool ReadSpillWord(const Value& value, Spill& spill) {
  const std::optional<std::string> text = value.Scalar(SpillSection::kExpects);
  if (!text) return false;
  if (*text == kNeverSpills) {
    spill.when = Spill::When::kNever;
    return true;
  }
  // The duration alone does not say of which time it is.
  if (ParseDuration(*text).value) {
    return value.FailWritten({"does not say of which time it is the limit",
                              Concat("write `spill: {after: ", *text,
                                     "}` for the time in the queue, or `spill: {when_wait_over: ",
                                     *text, "}` for the predicted wait")});
  }
  const auto is_one_of = [&](const auto& words) {
    return std::find(words.begin(), words.end(), *text) != words.end();
  };
  constexpr std::array<std::string_view, 4> kOn = {"always", "true", "yes", "on"};
  if (is_one_of(kOn)) {
    return value.FailWritten(
        {"is not known here", "write `spill: {after: 0s}`: a request leaves at once"});
  }
  constexpr std::array<std::string_view, 4> kOff = {"off", "false", "no", "none"};
  if (Nearest(*text, {std::string(kNeverSpills)}) || is_one_of(kOff)) {
    return value.FailWritten({"is not known here", "did you mean `never`?"});
  }
  return value.FailWritten({"is not known here", Concat("use ", SpillSection::kExpects)});
}

}  // namespace

bool SpillSection::Read(const Value& value, Spill& spill) {
  spill.written = true;
  if (value.IsScalar()) return ReadSpillWord(value, spill);
  if (!value.IsMapping()) return value.FailType(kExpects);
  const std::size_t keys = value.node().children.size();
  if (!Mapping<kSpillFields>::Read(value, spill)) return false;
  if (keys == 0) return value.Fail("is an empty mapping", Concat("write ", kExpects));
  if (keys == 1) return true;
  return value.Fail("has both `after` and `when_wait_over`",
                    "keep one: `after` limits the time in the queue, `when_wait_over` the "
                    "predicted wait");
}

Json SpillSection::JsonSchema(Definitions& definitions) {
  return AnyOfSchema({EnumSchema({kNeverSpills}), Mapping<kSpillFields>::JsonSchema(definitions)});
}

}  // namespace headgate::config
