#include "gateway/explain/failover_words.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "config/base/text.h"

namespace headgate::gateway {
namespace {

using config::DurationText;

// "5%" of 50,000 millionths.
std::string Percentage(std::int64_t millionths) {
  std::string text = absl::StrCat(millionths / 10'000);
  if (const std::int64_t rest = millionths % 10'000; rest != 0) {
    std::string fraction = absl::StrCat(10'000 + rest).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    absl::StrAppend(&text, ".", fraction);
  }
  return text + "%";
}

std::string AttemptsWords(const config::Attempts& attempts) {
  std::string words =
      absl::StrCat(attempts.same_target == 0
                       ? std::string("no second one at a target")
                       : absl::StrCat("up to ", attempts.same_target, " more at a target, after ",
                                      DurationText(attempts.backoff)));
  if (attempts.targets) {
    absl::StrAppend(&words, ", over ", *attempts.targets,
                    *attempts.targets == 1 ? " target" : " targets");
  }
  return words;
}

bool IsUsual(const config::Attempts& attempts) {
  const config::Attempts usual;
  return attempts.same_target == usual.same_target && attempts.targets == usual.targets &&
         attempts.backoff == usual.backoff;
}

}  // namespace

boost::json::object FailoverWords(const config::Failover& failover) {
  boost::json::object words;
  if (!IsUsual(failover.attempts)) words["attempts"] = AttemptsWords(failover.attempts);
  if (failover.commit.at == config::CommitAt::kComplete) {
    words["commit"] = "when the answer is complete";
  } else if (failover.commit.at == config::CommitAt::kHold) {
    words["commit"] = absl::StrCat(DurationText(failover.commit.hold), " after the first token");
  }
  if (failover.resume)
    words["resume"] = "a broken stream goes on at a target that supports prefill";
  if (failover.hedge) {
    words["hedge"] = absl::StrCat(
        "after ", failover.hedge->after ? DurationText(*failover.hedge->after) : std::string("p95"),
        ", at most ", Percentage(failover.hedge->at_most), " of the requests");
  }
  return words;
}

}  // namespace headgate::gateway
