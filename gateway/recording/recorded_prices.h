#pragma once

#include <string>
#include <string_view>

#include "config/prices.h"
#include "simdjson.h"

namespace headgate::gateway {

// What a target costs in a recording. docs/replay.md has the members. Pure.

// The prices as an object.
void AppendPrices(const config::Prices& prices, std::string& out);

// Returns false if the object is not valid. Unknown members are passed over.
bool ReadPrices(simdjson::ondemand::value from, config::Prices& prices);

// The rent of a slot as members of the target: `,"rent":…`, and `"rent_hours"` if it has hours.
void AppendRent(const config::RentTerms& slot_rent, std::string& out);
// Returns false if one of these members is not valid. Another one is passed over.
bool ReadRentMember(std::string_view key, simdjson::ondemand::value from,
                    config::RentTerms& slot_rent);

}  // namespace headgate::gateway
