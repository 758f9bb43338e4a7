#include "gateway/cli/ledger/logged_row.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "backends/protocols/json/members.h"
#include "config/base/text.h"
#include "config/reader/units.h"
#include "gateway/metrics/families.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::gateway {
namespace {

namespace json = backends::json;
using policy::LedgerAttempt;
using policy::LedgerRow;
using policy::RowState;
using policy::UsageStatus;

constexpr std::int64_t kFirstTime = 1'577'836'800'000;  // 2020-01-01
constexpr std::int64_t kMsPerDay = policy::kMsPerHour * policy::kHoursPerDay;

// Whether a terminal may take it for a command: ASCII, and U+0080 to U+009F in UTF-8.
bool HasControl(std::string_view text) {
  constexpr unsigned char kFirstPrinted = 0xa0;
  if (std::any_of(text.begin(), text.end(), config::IsControl)) return true;
  for (std::size_t at = 1; at < text.size(); ++at) {
    const auto last = static_cast<unsigned char>(text[at]);
    if (text[at - 1] == '\xc2' && last < kFirstPrinted) return true;
  }
  return false;
}

// The texts that a row points to.
class Texts {
 public:
  // Returns the text of a JSON string, which lives as long as this; empty if it is none.
  std::string_view Keep(std::string_view token) {
    std::string text;
    if (!json::ReadText(token, text)) text.clear();
    has_control_ |= HasControl(text);
    return texts_.emplace_back(std::move(text));
  }
  bool has_control() const { return has_control_; }

 private:
  std::deque<std::string> texts_;
  bool has_control_ = false;
};

std::int64_t Number(std::string_view token) {
  std::int64_t number = 0;
  std::from_chars(token.data(), token.data() + token.size(), number);
  return std::max<std::int64_t>(number, 0);
}

bool ReadId(std::string_view token, LedgerRow& row) {
  std::string id;
  constexpr std::string_view kPrefix = "req_";
  if (!json::ReadText(token, id) || !id.starts_with(kPrefix)) return false;
  if (id.size() != kPrefix.size() + 2 * row.request.size()) return false;
  for (std::size_t i = 0; i < row.request.size(); ++i) {
    const char* const digits = id.data() + kPrefix.size() + 2 * i;
    if (std::from_chars(digits, digits + 2, row.request[i], 16).ptr != digits + 2) return false;
  }
  return true;
}

// The time of the line is that of the end of the request.
bool ReadStart(const json::Members& line, LedgerRow& row) {
  std::string text;
  if (!json::ReadText(line.Find("time"), text)) return false;
  const std::optional<std::int64_t> end = policy::ParseTime(text);
  if (!end) return false;
  row.started = *end - Number(line.Find("total_ms"));
  return true;
}

// A request is booked when its first attempt begins. Budgets are asked before it waits in a queue.
void AddWait(const json::Members& first_attempt, const config::Config& config, LedgerRow& row) {
  if (config.budgets.empty()) row.started += Number(first_attempt.Find("queued_ms"));
}

policy::LedgerTarget TargetNamed(std::string_view name, const config::Config& config) {
  policy::LedgerTarget target{name, name, config::Hosting::kPaidApi};
  const std::size_t at = name.rfind('@');
  if (at == std::string_view::npos) return target;
  target.billed_as = name.substr(0, at);
  for (const config::Backend& backend : config.backends) {
    if (backend.name != name.substr(at + 1)) continue;
    target.hosting = backend.hosting;
    for (const config::ServedModel& model : backend.models) {
      if (model.model == name.substr(0, at)) target.billed_as = model.upstream_name;
    }
  }
  return target;
}

UsageStatus StatusNamed(std::string_view name) {
  const auto* const found = std::find(kUsageStatusNames.begin(), kUsageStatusNames.end(), name);
  if (found == kUsageStatusNames.end()) return UsageStatus::kExact;
  return static_cast<UsageStatus>(found - kUsageStatusNames.begin());
}

// Reads the attempts, and returns which brought the answer. `problem` is set if a cost is none.
std::optional<std::size_t> ReadLoggedAttempts(const json::Members& line,
                                              const config::Config& config, Texts& texts,
                                              LedgerRow& row, std::string& problem) {
  std::vector<std::string_view> elements;
  if (!json::ReadElements(line.Find("attempts"), elements)) return std::nullopt;
  const std::string_view answered = texts.Keep(line.Find("target"));
  const UsageStatus status = StatusNamed(texts.Keep(line.Find("usage")));
  std::optional<std::size_t> home;
  bool home_is_ok = false;
  for (const std::string_view element : elements) {
    json::Members members;
    if (!members.Read(element)) continue;
    if (row.attempts.empty()) AddWait(members, config, row);
    LedgerAttempt& attempt = row.attempts.emplace_back();
    attempt.target = TargetNamed(texts.Keep(members.Find("target")), config);
    const config::Parsed<NanoUsd> cost = ParseLoggedUsd(members.Find("cost_usd"));
    if (!cost.value) problem = "the cost of an attempt (cost_usd) " + cost.complaint.problem;
    attempt.cost = cost.value.value_or(0);
    if (attempt.cost > 0) attempt.status = status;
    const bool ok = texts.Keep(members.Find("result")) == "ok";
    if (attempt.target.name != answered || home_is_ok) continue;
    home = row.attempts.size() - 1;
    home_is_ok = ok;
  }
  if (home) row.attempts[*home].status = status;
  return home;
}

void ReadTokens(std::string_view token, policy::Usage& usage) {
  json::Members tokens;
  if (!tokens.Read(token)) return;
  usage = {.input = Number(tokens.Find("input")),
           .cached_input = Number(tokens.Find("cached_input")),
           .cache_write = Number(tokens.Find("cache_write")),
           .cache_write_1h = Number(tokens.Find("cache_write_1h")),
           .output = Number(tokens.Find("output")),
           .reasoning = Number(tokens.Find("reasoning")),
           .web_searches = Number(tokens.Find("web_searches"))};
}

RowState StateOfAttempts(const LedgerRow& row) {
  bool billed = false;
  for (const LedgerAttempt& attempt : row.attempts) {
    if (attempt.status == UsageStatus::kEstimated) return RowState::kEstimated;
    billed |= attempt.cost > 0 || attempt.answered;
  }
  return billed ? RowState::kSettled : RowState::kReleased;
}

// Writes a JSON number without its exponent; nullopt if it is far beyond any cost.
std::optional<std::string> PlainDecimal(std::string_view number) {
  constexpr std::ptrdiff_t kMostPlaces = 400;
  std::string out;
  if (number.starts_with('-')) out = "-";
  number.remove_prefix(out.size());
  const std::size_t mark = std::min(number.find_first_of("eE"), number.size());
  std::string_view exponent = number.substr(std::min(mark + 1, number.size()));
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::ptrdiff_t shift = 0;
  const auto read = std::from_chars(exponent.data(), exponent.data() + exponent.size(), shift);
  if (!exponent.empty() && read.ec != std::errc()) return std::nullopt;
  if (shift > kMostPlaces || shift < -kMostPlaces) return std::nullopt;
  number = number.substr(0, mark);
  const std::size_t point = std::min(number.find('.'), number.size());
  std::string digits(number.substr(0, point));
  digits += number.substr(std::min(point + 1, number.size()));
  const std::ptrdiff_t whole = static_cast<std::ptrdiff_t>(point) + shift;
  if (whole <= 0) return out + "0." + std::string(static_cast<std::size_t>(-whole), '0') + digits;
  const auto places = static_cast<std::size_t>(whole);
  if (places > digits.size()) digits.resize(places, '0');
  out += digits.substr(0, places);
  return places < digits.size() ? out + "." + digits.substr(places) : out;
}

std::string ProblemOf(const LedgerRow& row, const Texts& texts, std::int64_t now) {
  if (row.started < kFirstTime || row.started > now + kMsPerDay) {
    return config::Concat("its time, ", policy::HourText(policy::HourOf(row.started)),
                          ", is before 2020 or more than a day ahead");
  }
  return texts.has_control() ? "a name has a control character" : "";
}

}  // namespace

config::Parsed<NanoUsd> ParseLoggedUsd(std::string_view token) {
  if (!json::IsNumber(token)) {
    return {.value = {}, .complaint = {token.empty() ? "is missing" : "is not a number", ""}};
  }
  const std::optional<std::string> decimal = PlainDecimal(token);
  if (!decimal) return {.value = {}, .complaint = {"is not an amount of money", ""}};
  return config::ParseUsd(*decimal);
}

LoggedRow RowOfLogLine(std::string_view text, const config::Config& config, std::int64_t now) {
  json::PaddedCopy copy;
  json::Members line;
  LoggedRow logged;
  LedgerRow row;
  logged.is_line =
      line.Read(copy.Take(text)) && ReadId(line.Find("id"), row) && ReadStart(line, row);
  if (!logged.is_line) return logged;
  auto texts = std::make_shared<Texts>();
  row.labels = {.key = texts->Keep(line.Find("key")),
                .team = texts->Keep(line.Find("team")),
                .route = texts->Keep(line.Find("route")),
                .request_class = texts->Keep(line.Find("class"))};
  const std::optional<std::size_t> home =
      ReadLoggedAttempts(line, config, *texts, row, logged.problem);
  if (row.attempts.empty()) return logged;
  if (logged.problem.empty()) logged.problem = ProblemOf(row, *texts, now);
  if (!logged.problem.empty()) return logged;
  if (home) {
    row.attempts[*home].answered = true;
    ReadTokens(line.Find("tokens"), row.attempts[*home].usage);
  }
  row.state = StateOfAttempts(row);
  row.names = std::move(texts);
  logged.row = std::move(row);
  return logged;
}

}  // namespace headgate::gateway
