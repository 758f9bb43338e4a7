#include "config/sections/ledger.h"

#include <array>
#include <cstdint>
#include <string>

#include "config/base/text.h"
#include "config/reader/units.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

constexpr std::int64_t kMostDays = 36'500;

struct LedgerFolderPath {
  static constexpr std::string_view kExpects = "the path of a folder";
  static bool Read(const Value& value, std::string& out) {
    if (!Text::Read(value, out)) return false;
    out = value.Resolve(out);
    return true;
  }
  static Json JsonSchema(Definitions& definitions) { return Text::JsonSchema(definitions); }
};

Parsed<std::int64_t> ParseDays(std::string_view text) {
  if (!text.ends_with('d')) {
    return {.value = {}, .complaint = {"is not a number of days", "write days, for example 35d"}};
  }
  text.remove_suffix(1);
  return ParseInteger(text, 1, kMostDays);
}

struct DaysKept {
  static constexpr std::string_view kExpects = "a number of days, for example 35d";
  static bool Read(const Value& value, std::int64_t& out) {
    return ReadScalar(value, kExpects, ParseDays, out);
  }
  static Json JsonSchema(Definitions&) { return TextSchema("[0-9]+d"); }
};

constexpr std::array kRetentionFields = {
    Optional<LedgerRetention, &LedgerRetention::requests, DaysKept>(
        "requests", "How long the row of each request is kept."),
    Optional<LedgerRetention, &LedgerRetention::hourly, DaysKept>(
        "hourly", "How long the sums of each hour are kept; 32d at least, whatever it says."),
};

constexpr std::array kLedgerFields = {
    Optional<Ledger, &Ledger::folder, LedgerFolderPath>(
        "path", "The folder of its files; `ledger` in server.state if it is not set."),
    Optional<Ledger, &Ledger::retention, Mapping<kRetentionFields>>(
        "retention", "How long requests and sums are kept."),
};

}  // namespace

bool LedgerSection::Read(const Value& value, Ledger& ledger) {
  return Mapping<kLedgerFields>::Read(value, ledger);
}

Json LedgerSection::JsonSchema(Definitions& definitions) {
  return Mapping<kLedgerFields>::JsonSchema(definitions);
}

}  // namespace headgate::config
