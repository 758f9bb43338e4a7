#include "config/sections/supply/rent.h"

#include <array>

#include "config/base/text.h"
#include "config/reader/value_types.h"
#include "config/sections/supply/hours_of_day.h"

namespace headgate::config {
namespace {

constexpr std::array kRentHoursFields = {
    FromTime<RentHours>(),
    ToTime<RentHours>(),
    Required<RentHours, &RentHours::per_hour, Usd>(
        "per_replica_hour", "US dollars of rent for one replica for one hour; may be 0."),
};
constexpr HoursNames kRentHoursNames = {"a mapping with from, to and per_replica_hour",
                                        "rent_hours", "rent"};

constexpr std::array kRentFields = {
    Optional<RentTerms, &RentTerms::per_hour, Usd>(
        "per_replica_hour",
        "US dollars of rent for one replica for one hour, at the hours that `rent` does not have; "
        "may be 0."),
    Optional<RentTerms, &RentTerms::hours,
             HoursOfDay<RentHours, kRentHoursFields, kRentHoursNames>>(
        "rent", "Other rents at hours of the day."),
};

}  // namespace

bool RentSection::Read(const Value& value, RentTerms& terms) {
  return Mapping<kRentFields>::Read(value, terms);
}

Json RentSection::JsonSchema(Definitions& definitions) {
  return Mapping<kRentFields>::JsonSchema(definitions);
}

}  // namespace headgate::config
