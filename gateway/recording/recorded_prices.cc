#include "gateway/recording/recorded_prices.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "gateway/http/json_text.h"
#include "gateway/recording/record_json.h"

namespace headgate::gateway {
namespace {

using config::PriceList;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

// --- writing -------------------------------------------------------------------------------------

// [input, cached input, cache write, output, cache write for an hour]; -1: no price of its own. A
// last -1 is left out, as it was before rows had five prices.
void AppendRow(const config::PriceRow& row, std::string& out) {
  AppendNumber("[", row.input, out);
  AppendNumber(",", row.cached_input.value_or(-1), out);
  AppendNumber(",", row.cache_write.value_or(-1), out);
  AppendNumber(",", row.output, out);
  if (row.cache_write_1h) AppendNumber(",", *row.cache_write_1h, out);
  out += ']';
}

struct TierName {
  std::string_view name;
  std::optional<config::TierPrice> PriceList::*price;
};
constexpr std::array kTierNames = {
    TierName{"flex", &PriceList::flex}, TierName{"priority", &PriceList::priority},
    TierName{"batch", &PriceList::batch}, TierName{"fast", &PriceList::fast}};

// The members of a list. A tier is its row or its share in millionths.
void AppendList(const PriceList& list, std::string& out) {
  out += R"("standard":)";
  AppendRow(list.standard, out);
  for (const TierName& tier : kTierNames) {
    const std::optional<config::TierPrice>& price = list.*tier.price;
    if (!price) continue;
    out.append(",\"").append(tier.name).append("\":");
    if (price->row) {
      AppendRow(*price->row, out);
    } else {
      AppendInteger(price->share, out);
    }
  }
  List(R"(,"above":)", list.context_tiers, out, [&](const config::ContextTier& context) {
    AppendNumber("[", context.above, out);
    out += ',';
    AppendRow(context.row, out);
    out += ']';
  });
  if (list.per_request > 0) AppendNumber(R"(,"request":)", list.per_request, out);
  if (list.per_web_search > 0) AppendNumber(R"(,"search":)", list.per_web_search, out);
}

// `[from,to,`, in minutes of the day.
void AppendMinutes(const config::DayHours& hours, std::string& out) {
  AppendNumber("[", hours.from_minute, out);
  AppendNumber(",", hours.to_minute, out);
  out += ',';
}

// The same with `hours`: [from, to, share in millionths or list], in minutes.
void AppendDay(const config::DailyPrices& prices, std::string& out) {
  AppendList(prices, out);
  if (prices.hours.empty()) return;
  List(R"(,"hours":)", prices.hours, out, [&](const config::PriceHours& hours) {
    AppendMinutes(hours, out);
    if (hours.list) {
      out += '{';
      AppendList(*hours.list, out);
      out += '}';
    } else {
      AppendInteger(hours.share, out);
    }
    out += ']';
  });
}

// --- reading -------------------------------------------------------------------------------------

bool ReadNumber(value from, std::int64_t& number) {
  return from.get_int64().get(number) == simdjson::SUCCESS && number >= 0;
}

bool ReadShare(value from, config::PriceShare& share) {
  return ReadNumber(from, share) && share <= config::kMostShare;
}

bool ReadMinute(value from, int& minute) {
  std::int64_t number = 0;
  if (!ReadNumber(from, number) || number > config::kMinutesADay) return false;
  minute = static_cast<int>(number);
  return true;
}

bool ReadRow(value from, config::PriceRow& row) {
  std::array<std::int64_t, 5> prices{0, 0, 0, 0, -1};
  constexpr std::size_t kAlways = 4;
  std::size_t count = 0;
  const bool sound = ForEach(from, [&](value item) {
    return count < prices.size() && item.get_int64().get(prices[count++]) == simdjson::SUCCESS;
  });
  if (!sound || count < kAlways || prices[0] < 0 || prices[3] < 0) return false;
  row.input = prices[0];
  if (prices[1] >= 0) row.cached_input = prices[1];
  if (prices[2] >= 0) row.cache_write = prices[2];
  row.output = prices[3];
  if (prices[4] >= 0) row.cache_write_1h = prices[4];
  return true;
}

bool IsNumber(value from) {
  simdjson::ondemand::json_type type;
  return from.type().get(type) == simdjson::SUCCESS &&
         type == simdjson::ondemand::json_type::number;
}

bool ReadTier(value from, config::TierPrice& tier) {
  return IsNumber(from) ? ReadShare(from, tier.share) : ReadRow(from, tier.row.emplace());
}

bool ReadContextTier(value from, config::ContextTier& tier) {
  int position = 0;
  return ForEach(from, [&](value item) {
    return position++ == 0 ? item.get_int64().get(tier.above) == simdjson::SUCCESS
                           : ReadRow(item, tier.row);
  });
}

// Reads a member that is one of a list; true for other members.
bool ReadListMember(std::string_view key, value item, PriceList& list) {
  if (key == "standard") return ReadRow(item, list.standard);
  if (key == "above") return ReadList(item, list.context_tiers, ReadContextTier);
  if (key == "request") return ReadNumber(item, list.per_request);
  if (key == "search") return ReadNumber(item, list.per_web_search);
  for (const TierName& tier : kTierNames) {
    if (key == tier.name) return ReadTier(item, (list.*tier.price).emplace());
  }
  return true;
}

// Reads [from, to, what holds then]; `read` reads the last.
template <typename Read>
bool ReadWindow(value from, config::DayHours& hours, Read read) {
  int position = 0;
  const bool sound = ForEach(from, [&](value item) {
    switch (position++) {
      case 0:
        return ReadMinute(item, hours.from_minute);
      case 1:
        return ReadMinute(item, hours.to_minute);
      case 2:
        return read(item);
      default:
        return false;
    }
  });
  return sound && position == 3;
}

bool ReadHours(value from, config::PriceHours& hours) {
  return ReadWindow(from, hours, [&](value item) {
    object fields;
    if (IsNumber(item)) return ReadShare(item, hours.share);
    PriceList& list = hours.list.emplace();
    return item.get_object().get(fields) == simdjson::SUCCESS &&
           ForEachField(fields, [&](std::string_view key, value member) {
             return ReadListMember(key, member, list);
           });
  });
}

// [from, to, rent], in minutes and nano-dollars an hour.
bool ReadRentHours(value from, config::RentHours& hours) {
  return ReadWindow(from, hours, [&](value item) { return ReadNumber(item, hours.per_hour); });
}

bool ReadDayMember(std::string_view key, value item, config::DailyPrices& prices) {
  if (key == "hours") return ReadList(item, prices.hours, ReadHours);
  return ReadListMember(key, item, prices);
}

bool ReadChange(value from, config::PriceChange& change) {
  object fields;
  if (from.get_object().get(fields) != simdjson::SUCCESS) return false;
  return ForEachField(fields, [&](std::string_view key, value item) {
    if (key == "from") return item.get_int64().get(change.from) == simdjson::SUCCESS;
    return ReadDayMember(key, item, change);
  });
}

}  // namespace

void AppendPrices(const config::Prices& prices, std::string& out) {
  out += '{';
  AppendDay(prices, out);
  if (!prices.changes.empty()) {
    List(R"(,"changes":)", prices.changes, out, [&](const config::PriceChange& change) {
      AppendNumber(R"({"from":)", change.from, out);
      out += ',';
      AppendDay(change, out);
      out += '}';
    });
  }
  out += '}';
}

bool ReadPrices(value from, config::Prices& prices) {
  object fields;
  if (from.get_object().get(fields) != simdjson::SUCCESS) return false;
  return ForEachField(fields, [&](std::string_view key, value item) {
    if (key == "changes") return ReadList(item, prices.changes, ReadChange);
    return ReadDayMember(key, item, prices);
  });
}

void AppendRent(const config::RentTerms& slot_rent, std::string& out) {
  AppendNumber(R"(,"rent":)", slot_rent.per_hour, out);
  if (slot_rent.hours.empty()) return;
  List(R"(,"rent_hours":)", slot_rent.hours, out, [&](const config::RentHours& hours) {
    AppendMinutes(hours, out);
    AppendInteger(hours.per_hour, out);
    out += ']';
  });
}

bool ReadRentMember(std::string_view key, value from, config::RentTerms& slot_rent) {
  if (key == "rent") return ReadNumber(from, slot_rent.per_hour);
  if (key == "rent_hours") return ReadList(from, slot_rent.hours, ReadRentHours);
  return true;
}

}  // namespace headgate::gateway
