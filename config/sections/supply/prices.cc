#include "config/sections/supply/prices.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "config/base/text.h"
#include "config/reader/timestamp.h"
#include "config/reader/value_types.h"
#include "config/sections/supply/hours_of_day.h"

namespace headgate::config {
namespace {

constexpr std::string_view kSharePattern = R"([0-9]+(?:\.[0-9]{1,4})?[ \t]*%)";

template <typename T, std::size_t a, std::size_t b>
constexpr std::array<Field<T>, a + b> Concatenate(const std::array<Field<T>, a>& first,
                                                  const std::array<Field<T>, b>& second) {
  std::array<Field<T>, a + b> joined{};
  std::copy(first.begin(), first.end(), joined.begin());
  std::copy(second.begin(), second.end(), joined.begin() + a);
  return joined;
}

// The prices of a row; `row` finds the row inside T.
template <typename T, auto row>
constexpr std::array<Field<T>, 5> RowFields() {
  constexpr Through<row, &PriceRow::input> kInput;
  constexpr Through<row, &PriceRow::output> kOutput;
  constexpr Through<row, &PriceRow::cached_input> kCachedInput;
  constexpr Through<row, &PriceRow::cache_write> kCacheWrite;
  constexpr Through<row, &PriceRow::cache_write_1h> kCacheWriteHour;
  return {
      Required<T, kInput, Usd>("input", "US dollars per 1M input tokens."),
      Required<T, kOutput, Usd>("output", "US dollars per 1M output tokens, reasoning included."),
      Optional<T, kCachedInput, Usd>(
          "cached_input",
          "US dollars per 1M input tokens read from the cache; by default as input."),
      Optional<T, kCacheWrite, Usd>(
          "cache_write",
          "US dollars per 1M input tokens written to the cache (Anthropic: for 5 minutes); by "
          "default as input."),
      Optional<T, kCacheWriteHour, Usd>(
          "cache_write_1h",
          "US dollars per 1M input tokens written to the cache for an hour; by default as "
          "cache_write."),
  };
}

constexpr auto kRowFields = RowFields<PriceRow, kItself>();

struct PriceRowSection : Mapping<kRowFields> {
  static Json JsonSchema(Definitions& definitions) {
    return definitions.Use("price_row", &Mapping<kRowFields>::JsonSchema);
  }
};

// 50%, 175%.
struct Share {
  static constexpr std::string_view kExpects = "a percentage, for example 50%";
  static bool Read(const Value& value, PriceShare& out) {
    return ReadScalar(value, kExpects, ParsePriceShare, out);
  }
  static Json JsonSchema(Definitions&) { return TextSchema(kSharePattern); }
};

struct TierSection {
  static constexpr std::string_view kExpects = "a percentage, or a mapping with input and output";
  static bool Read(const Value& value, TierPrice& tier) {
    if (value.IsScalar()) return Share::Read(value, tier.share);
    return PriceRowSection::Read(value, tier.row.emplace());
  }
  static Json JsonSchema(Definitions& definitions) {
    return definitions.Use("price_tier", [](Definitions& inner) {
      return AnyOfSchema({Share::JsonSchema(inner), PriceRowSection::JsonSchema(inner)});
    });
  }
};

constexpr auto kContextFields =
    Concatenate(std::array{Required<ContextTier, &ContextTier::above, Tokens>(
                    "above", "The row prices the whole request when its prompt has more tokens.")},
                RowFields<ContextTier, &ContextTier::row>());

struct ContextSection : Mapping<kContextFields> {
  static Json JsonSchema(Definitions& definitions) {
    return definitions.Use("context_tier", &Mapping<kContextFields>::JsonSchema);
  }
};

struct ContextTiers : ListOf<ContextSection> {
  static bool Read(const Value& value, std::vector<ContextTier>& tiers) {
    if (!ListOf<ContextSection>::Read(value, tiers)) return false;
    std::sort(tiers.begin(), tiers.end(),
              [](const ContextTier& a, const ContextTier& b) { return a.above < b.above; });
    const auto twin = std::adjacent_find(
        tiers.begin(), tiers.end(),
        [](const ContextTier& a, const ContextTier& b) { return a.above == b.above; });
    if (twin == tiers.end()) return true;
    return value.Fail(Concat("has two tiers above ", twin->above), "keep one of them");
  }
};

// The fields of T, which is a PriceList.
template <typename T>
constexpr auto ListFields() {
  return Concatenate(
      RowFields<T, &PriceList::standard>(),
      std::array{
          Optional<T, &PriceList::flex, TierSection>(
              "flex", "Prices of answers whose service_tier is flex: a share, or a row."),
          Optional<T, &PriceList::priority, TierSection>(
              "priority", "Prices of answers whose service_tier is priority: a share, or a row."),
          Optional<T, &PriceList::batch, TierSection>(
              "batch", "Prices of answers whose service_tier is batch: a share, or a row."),
          Optional<T, &PriceList::fast, TierSection>(
              "fast", "Prices of Anthropic's answers whose speed is fast: a share, or a row."),
          Optional<T, &PriceList::context_tiers, ContextTiers>("tiers", "Prices of long prompts."),
          Optional<T, &PriceList::per_request, Usd>("per_request",
                                                    "US dollars for each request, beside tokens."),
          Optional<T, &PriceList::per_web_search, Usd>(
              "per_web_search", "US dollars for each web search that an answer reports."),
      });
}

constexpr auto kListFields = ListFields<PriceList>();

struct ListSection : Mapping<kListFields> {
  static Json JsonSchema(Definitions& definitions) {
    return definitions.Use("price_list", &Mapping<kListFields>::JsonSchema);
  }
};

// What holds at the hours: a share, or a list.
struct HoursPrice {
  static constexpr std::string_view kExpects = TierSection::kExpects;
  static bool Read(const Value& value, PriceHours& hours) {
    if (value.IsScalar()) return Share::Read(value, hours.share);
    return ListSection::Read(value, hours.list.emplace());
  }
  static Json JsonSchema(Definitions& definitions) {
    return AnyOfSchema({Share::JsonSchema(definitions), ListSection::JsonSchema(definitions)});
  }
};

constexpr std::array kHoursFields = {
    FromTime<PriceHours>(),
    ToTime<PriceHours>(),
    Required<PriceHours, kItself, HoursPrice>(
        "price", "A share of the prices that hold at other hours, or prices."),
};
constexpr HoursNames kHoursNames = {"a mapping with from, to and price", "price_hours", "price"};
using HoursList = HoursOfDay<PriceHours, kHoursFields, kHoursNames>;

template <typename T>
constexpr auto DailyFields() {
  return Concatenate(ListFields<T>(), std::array{Optional<T, &DailyPrices::hours, HoursList>(
                                          "hours", "Other prices at hours of the day.")});
}

// The first second of a date, or a time with an offset.
struct BeginningDate {
  static constexpr std::string_view kExpects = "a date, for example 2026-09-01";
  static bool Read(const Value& value, std::int64_t& out) {
    return ReadScalar(value, kExpects, ParseDateOrTimestamp, out);
  }
  static Json JsonSchema(Definitions&) {
    return TextSchema(
        "[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9:]{8}(?:[Zz]|[+-][0-9]{2}:[0-9]{2}))?");
  }
};

constexpr auto kChangeFields = Concatenate(
    std::array{Required<PriceChange, &PriceChange::from, BeginningDate>(
        "from", "The first day in UTC on which the prices hold, or their first second.")},
    DailyFields<PriceChange>());

struct ChangeSection : Mapping<kChangeFields> {
  static constexpr std::string_view kExpects = "a mapping with from, input and output";
  static Json JsonSchema(Definitions& definitions) {
    return definitions.Use("price_change", &Mapping<kChangeFields>::JsonSchema);
  }
};

struct ChangeList : OneOrMore<ChangeSection> {
  static bool Read(const Value& value, std::vector<PriceChange>& changes) {
    if (!OneOrMore<ChangeSection>::Read(value, changes)) return false;
    std::sort(changes.begin(), changes.end(),
              [](const PriceChange& a, const PriceChange& b) { return a.from < b.from; });
    const auto twin = std::adjacent_find(
        changes.begin(), changes.end(),
        [](const PriceChange& a, const PriceChange& b) { return a.from == b.from; });
    if (twin == changes.end()) return true;
    return value.Fail("has two changes at the same time", "keep one of them");
  }
};

constexpr auto kPriceFields =
    Concatenate(DailyFields<Prices>(),
                std::array{Optional<Prices, &Prices::changes, ChangeList>(
                    "changes", "The prices from a date on; each replaces all prices before it.")});

}  // namespace

bool PriceSection::Read(const Value& value, Prices& prices) {
  return Mapping<kPriceFields>::Read(value, prices);
}

Json PriceSection::JsonSchema(Definitions& definitions) {
  return definitions.Use("price", &Mapping<kPriceFields>::JsonSchema);
}

}  // namespace headgate::config
