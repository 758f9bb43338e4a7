#include "gateway/cli/plan/traffic/ledger_source.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "policy/ledger/report/ledger_traffic.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kMsPerSecond = 1000;
constexpr std::int64_t kNoHour = std::numeric_limits<std::int64_t>::min();

void AddAnswers(const policy::LedgerAnswers& answers, ObservedTraffic& traffic) {
  const std::int64_t seconds = answers.time / kMsPerSecond;
  if (answers.requests == 0) {
    traffic.AddCost(answers.target, answers.cost);
  } else if (answers.whole_hour) {
    traffic.AddHour({.unix_seconds = seconds,
                     .request_class = answers.request_class,
                     .target = answers.target,
                     .usage = answers.usage,
                     .answers = answers.requests,
                     .cost = answers.cost});
  } else {
    traffic.Add({.unix_seconds = seconds,
                 .request_class = answers.request_class,
                 .target = answers.target,
                 .usage = answers.usage,
                 .cost = answers.cost});
  }
}

}  // namespace

absl::StatusOr<TrafficSource> ReadLedgerSource(const std::string& folder,
                                               const policy::HourRange& hours) {
  TrafficSource source;
  std::int64_t last_whole = kNoHour;
  std::int64_t unpriced = 0;
  const auto begin = [&] {
    source = {.traffic = {}, .cautions = {}, .has_ttft = false, .has_costs = true};
    last_whole = kNoHour;
    unpriced = 0;
  };
  const auto read = [&](const policy::LedgerAnswers& answers) {
    AddAnswers(answers, source.traffic);
    unpriced += answers.unpriced;
    if (answers.whole_hour) last_whole = std::max(last_whole, policy::HourOf(answers.time));
  };
  absl::Status status = policy::ReadLedgerTraffic(folder, hours, {.begin = begin, .read = read});
  if (!status.ok()) return status;
  if (source.traffic.answers() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the ledger in ", folder,
                     " has no answers of this time; write another folder, --since or --until"));
  }
  if (last_whole != kNoHour) {
    source.cautions.push_back(absl::StrCat(
        "requests until ", policy::HourText(last_whole),
        " (UTC) are no longer kept: their tokens are sums by hour, with those of failed attempts"));
  }
  if (unpriced > 0) {
    source.cautions.push_back(
        absl::StrCat(unpriced, unpriced == 1 ? " call has" : " calls have",
                     " no price, so today's bill is higher than what is booked"));
  }
  return source;
}

}  // namespace headgate::gateway
