#pragma once

#include <algorithm>
#include <vector>

#include "config/base/day_hours.h"
#include "config/reader/value_types.h"

namespace headgate::config {

// A list of hours of the day at which something else holds: prices, rents. Stateless and
// thread-safe. `Hours` is a DayHours and more; `kFields` are the fields of one entry, with FromTime
// and ToTime among them.

template <typename Hours>
constexpr Field<Hours> FromTime() {
  return Required<Hours, &Hours::from_minute, TimeOfDay>("from", "From this time, in UTC.");
}

template <typename Hours>
constexpr Field<Hours> ToTime() {
  return Required<Hours, &Hours::to_minute, TimeOfDay>(
      "to", "Until before this time in UTC; a time before `from` is on the next day.");
}

template <typename Hours, const auto& kFields, const auto& kNames>
struct HoursEntry {
  static constexpr std::string_view kExpects = kNames.expects;
  static bool Read(const Value& value, Hours& hours) {
    if (!Mapping<kFields>::Read(value, hours)) return false;
    if (hours.from_minute != hours.to_minute) return true;
    return value.Fail("begins and ends at the same time",
                      "write from: \"00:00\" and to: \"24:00\" for the whole day");
  }
  static Json JsonSchema(Definitions& definitions) {
    return definitions.Use(kNames.schema, &Mapping<kFields>::JsonSchema);
  }
};

// What an entry is called: in errors, in the schema, and what holds one at a time.
struct HoursNames {
  std::string_view expects;
  std::string_view schema;
  std::string_view one;
};

template <typename Hours, const auto& kFields, const auto& kNames>
struct HoursOfDay : OneOrMore<HoursEntry<Hours, kFields, kNames>> {
  static bool Read(const Value& value, std::vector<Hours>& hours) {
    if (!OneOrMore<HoursEntry<Hours, kFields, kNames>>::Read(value, hours)) return false;
    // Two windows overlap exactly if one covers the beginning of the other.
    const auto overlap = [](const Hours& a, const Hours& b) {
      return a.Covers(b.from_minute % kMinutesADay) || b.Covers(a.from_minute % kMinutesADay);
    };
    for (auto one = hours.begin(); one != hours.end(); ++one) {
      if (std::none_of(hours.begin(), one,
                       [&](const Hours& other) { return overlap(*one, other); })) {
        continue;
      }
      return value.Fail("has hours that overlap",
                        Concat("end each window before the next one begins: one ", kNames.one,
                               " holds at a time"));
    }
    return true;
  }
};

}  // namespace headgate::config
