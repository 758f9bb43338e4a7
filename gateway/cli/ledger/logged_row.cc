#include "gateway/cli/ledger/logged_row.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "backends/protocols/json/members.h"
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

// The texts that a row points to.
using Texts = std::deque<std::string>;

std::string_view KeepText(std::string_view token, Texts& texts) {
  std::string text;
  if (!json::ReadText(token, text)) text.clear();
  return texts.emplace_back(std::move(text));
}

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

// Reads the attempts, and returns which brought the answer.
std::optional<std::size_t> ReadLoggedAttempts(const json::Members& line,
                                              const config::Config& config, Texts& texts,
                                              LedgerRow& row) {
  std::vector<std::string_view> elements;
  if (!json::ReadElements(line.Find("attempts"), elements)) return std::nullopt;
  const std::string_view answered = KeepText(line.Find("target"), texts);
  const UsageStatus status = StatusNamed(KeepText(line.Find("usage"), texts));
  std::optional<std::size_t> home;
  bool home_is_ok = false;
  for (const std::string_view element : elements) {
    json::Members members;
    if (!members.Read(element)) continue;
    LedgerAttempt& attempt = row.attempts.emplace_back();
    attempt.target = TargetNamed(KeepText(members.Find("target"), texts), config);
    attempt.cost = config::ParseUsd(members.Find("cost_usd")).value.value_or(0);
    if (attempt.cost > 0) attempt.status = status;
    const bool ok = KeepText(members.Find("result"), texts) == "ok";
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

}  // namespace

std::optional<policy::LedgerRow> RowOfLogLine(std::string_view text, const config::Config& config,
                                              bool& readable) {
  json::PaddedCopy copy;
  json::Members line;
  LedgerRow row;
  readable = line.Read(copy.Take(text)) && ReadId(line.Find("id"), row) && ReadStart(line, row);
  if (!readable) return std::nullopt;
  auto texts = std::make_shared<Texts>();
  row.labels = {.key = KeepText(line.Find("key"), *texts),
                .team = KeepText(line.Find("team"), *texts),
                .route = KeepText(line.Find("route"), *texts),
                .request_class = KeepText(line.Find("class"), *texts)};
  const std::optional<std::size_t> home = ReadLoggedAttempts(line, config, *texts, row);
  if (row.attempts.empty()) return std::nullopt;
  if (home) {
    row.attempts[*home].answered = true;
    ReadTokens(line.Find("tokens"), row.attempts[*home].usage);
  }
  row.state = StateOfAttempts(row);
  row.names = std::move(texts);
  return row;
}

}  // namespace headgate::gateway
