#include "gateway/failover/failed_attempts.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using backends::UpstreamError;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kUsual = 5;

UpstreamError Error(AttemptResult result, std::optional<milliseconds> retry_after = {}) {
  UpstreamError error;
  error.result = result;
  error.retry_after = retry_after;
  return error;
}

struct AttemptsCase {
  const char* name;
  std::vector<UpstreamError> errors;
  bool rate_limited;
  bool permanent;
  bool person;
  std::optional<int> wait;
};

TEST(FailedAttempts, decide_what_the_client_is_told) {
  const UpstreamError reset = Error(AttemptResult::kReset);
  const UpstreamError full = Error(AttemptResult::kStatus429);
  const UpstreamError full_7 = Error(AttemptResult::kStatus429, milliseconds(6001));
  const UpstreamError full_20 = Error(AttemptResult::kStatus429, seconds(20));
  const UpstreamError down_30 = Error(AttemptResult::kStatus5xx, seconds(30));
  const UpstreamError poor = Error(AttemptResult::kNoCredit, seconds(1));
  const UpstreamError rejected = Error(AttemptResult::kRejected);
  const UpstreamError malformed = Error(AttemptResult::kMalformed);
  const std::vector<AttemptsCase> cases = {
      {"nothing was tried", {}, false, false, false, kUsual},
      {"reset", {reset}, false, false, false, kUsual},
      {"full", {full}, true, false, false, {}},
      {"full, with a wait", {full_20, full_7, full}, true, false, false, 7},
      {"full at once", {Error(AttemptResult::kStatus429, seconds(0))}, true, false, false, 0},
      {"full and down", {full_20, down_30}, false, false, false, 20},
      {"full and reset", {full_20, reset}, false, false, false, kUsual},
      {"soon and reset",
       {Error(AttemptResult::kStatus5xx, seconds(2)), reset},
       false,
       false,
       false,
       2},
      {"no money", {poor}, false, true, true, {}},
      {"no money, no key", {poor, rejected}, false, true, true, {}},
      {"no money, nonsense", {poor, malformed}, false, true, false, {}},
      {"no money, full", {poor, full_20}, false, false, false, 20},
      {"no money, reset", {poor, reset}, false, false, false, kUsual},
  };
  for (const AttemptsCase& one : cases) {
    SCOPED_TRACE(one.name);
    FailedAttempts failed;
    for (const UpstreamError& error : one.errors) failed.Add(error);
    EXPECT_EQ(failed.AllRateLimited(), one.rate_limited);
    EXPECT_EQ(failed.AllPermanent(), one.permanent);
    EXPECT_EQ(failed.NeedAPerson(), one.person);
    EXPECT_EQ(failed.SecondsToWait(kUsual), one.wait);
  }
}

}  // namespace
}  // namespace headgate::gateway
