#include "gateway/attempt/outcome.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "backends/protocols/values/answer_usage.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using enum backends::AttemptResult;

// The effects of docs/operations.md, "When things fail", that cannot be seen from outside: one row
// for each result.
struct ResultRow {
  AttemptResult result;
  HealthReport health;          // with the blame on the replica
  HealthReport health_cut;      // the same for an attempt that a drain has ended
  std::optional<bool> failure;  // whether learning counts a failure
  WaitLesson wait;
  bool worked_on;              // the request was sent, no output was seen
  bool worked_on_with_output;  // the request was sent, output was seen
};
constexpr std::optional<bool> kNotCounted = std::nullopt;
constexpr std::array kResults = {
    ResultRow{kOk, HealthReport::kSucceeded, HealthReport::kSucceeded, false, WaitLesson::kAnswered,
              true, true},
    ResultRow{kConnectFailed, HealthReport::kDead, HealthReport::kDead, true, WaitLesson::kNothing,
              false, false},
    ResultRow{kTlsFailed, HealthReport::kDead, HealthReport::kDead, true, WaitLesson::kNothing,
              false, false},
    ResultRow{kReset, HealthReport::kFailed, HealthReport::kNothing, true, WaitLesson::kNothing,
              true, true},
    ResultRow{kStatus4xx, HealthReport::kAnswered, HealthReport::kAnswered, false,
              WaitLesson::kNothing, false, false},
    ResultRow{kStatus429, HealthReport::kNothing, HealthReport::kNothing, true,
              WaitLesson::kNothing, false, false},
    ResultRow{kStatus5xx, HealthReport::kFailed, HealthReport::kNothing, true, WaitLesson::kNothing,
              false, false},
    ResultRow{kFirstTokenTimeout, HealthReport::kDead, HealthReport::kDead, true,
              WaitLesson::kGivenUp, true, true},
    ResultRow{kStalled, HealthReport::kFailed, HealthReport::kNothing, true, WaitLesson::kNothing,
              true, true},
    ResultRow{kCut, HealthReport::kFailed, HealthReport::kNothing, true, WaitLesson::kNothing, true,
              true},
    ResultRow{kMalformed, HealthReport::kFailed, HealthReport::kNothing, true, WaitLesson::kNothing,
              true, true},
    ResultRow{kErrorEvent, HealthReport::kFailed, HealthReport::kNothing, true,
              WaitLesson::kNothing, false, true},
    ResultRow{kClientGone, HealthReport::kNothing, HealthReport::kNothing, kNotCounted,
              WaitLesson::kGivenUp, true, true},
    ResultRow{kTotalTimeout, HealthReport::kFailed, HealthReport::kNothing, true,
              WaitLesson::kGivenUp, true, true},
    ResultRow{kRejected, HealthReport::kFailed, HealthReport::kFailed, true, WaitLesson::kNothing,
              false, false},
    ResultRow{kNoCredit, HealthReport::kFailed, HealthReport::kFailed, true, WaitLesson::kNothing,
              false, false},
    ResultRow{kFirstByteTimeout, HealthReport::kFailed, HealthReport::kNothing, true,
              WaitLesson::kGivenUp, true, true},
    ResultRow{kHedgeLost, HealthReport::kNothing, HealthReport::kNothing, kNotCounted,
              WaitLesson::kGivenUp, true, true},
    ResultRow{kMovedAside, HealthReport::kNothing, HealthReport::kNothing, kNotCounted,
              WaitLesson::kGivenUp, true, true},
};

// A request that waited 19 of its 20 seconds gives its attempt one. That says nothing about the
// replica, unless one second is more than twice what it usually needs.
TEST(Outcome, OnlyAnAttemptThatHadTimeIsBlamedForTheTimeOfItsRequest) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  struct Case {
    TimeOver over;
    bool had_time;
  };
  for (const Case& one :
       {Case{{.ran = seconds(1), .usual = milliseconds(800), .total = seconds(20)}, false},
        Case{{.ran = seconds(1), .usual = milliseconds(500), .total = seconds(20)}, true},
        Case{{.ran = seconds(9), .usual = {}, .total = seconds(20)}, false},
        Case{{.ran = seconds(10), .usual = {}, .total = seconds(20)}, true},
        Case{{.ran = seconds(20), .usual = milliseconds(1), .total = seconds(20), .output_seen = 1},
             false}}) {
    EXPECT_EQ(HadTimeToAnswer(one.over), one.had_time) << one.over.ran.count();
  }
}

TEST(Outcome, EveryResultHasOneRow) {
  ASSERT_EQ(kResults.size(), static_cast<std::size_t>(backends::kAttemptResultCount));
  for (std::size_t i = 0; i < kResults.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kResults[i].result), i);
  }
}

TEST(Outcome, EveryResultTellsHealthLearningAndTheBooksTheirPart) {
  for (const ResultRow& row : kResults) {
    SCOPED_TRACE(backends::ToString(row.result));
    EXPECT_EQ(HealthReportOf(row.result, Blame::kReplica, /*excused=*/false), row.health);
    EXPECT_EQ(HealthReportOf(row.result, Blame::kReplica, /*excused=*/true), row.health_cut);
    EXPECT_EQ(FailureToLearn(row.result, /*excused=*/false), row.failure);
    EXPECT_EQ(FailureToLearn(row.result, /*excused=*/true), kNotCounted);
    EXPECT_EQ(WaitLessonOf(row.result), row.wait);
    EXPECT_EQ(WasWorkedOn(row.result, /*sent=*/true, 0), row.worked_on);
    EXPECT_EQ(WasWorkedOn(row.result, /*sent=*/true, 7), row.worked_on_with_output);
    // A backend cannot work on a request that was not sent whole. An error event is the exception:
    // it comes in an answer.
    const bool seen = row.result == kErrorEvent;
    EXPECT_EQ(WasWorkedOn(row.result, /*sent=*/false, 7), seen);
  }
}

TEST(Outcome, ARejectionSpeaksAgainstWhatItIsBlamedOn) {
  for (const AttemptResult result : {kRejected, kNoCredit}) {
    EXPECT_EQ(HealthReportOf(result, Blame::kReplica, false), HealthReport::kFailed);
    EXPECT_EQ(HealthReportOf(result, Blame::kModel, false), HealthReport::kModelRejected);
    EXPECT_EQ(HealthReportOf(result, Blame::kRequest, false), HealthReport::kAnswered);
  }
}

TEST(Outcome, AStreamIsWholeOnlyIfEverythingSaysSo) {
  const StreamOutcome whole{.end = {.closed = true, .finished = true}, .complete = true};
  EXPECT_EQ(ResultOf(whole), kOk);
  // The closing event ends a stream, even if the body has not ended yet.
  EXPECT_EQ(ResultOf({.end = {.closed = true}}), kOk);
  // Some servers leave the closing event out.
  EXPECT_EQ(ResultOf({.end = {.finished = true}, .complete = true}), kOk);
  EXPECT_EQ(ResultOf({.end = {.finished = false}, .complete = true}), kCut);
  EXPECT_EQ(ResultOf({.end = {.finished = true}, .complete = false, .exchange = kStalled}),
            kStalled);
  EXPECT_EQ(ResultOf({.exchange = kTotalTimeout}), kTotalTimeout);
  EXPECT_EQ(ResultOf({.end = {.malformed = true, .closed = true}, .complete = true}), kMalformed);
  EXPECT_EQ(ResultOf({.end = {.error = true, .malformed = true}, .complete = true}), kErrorEvent);
  StreamOutcome gone = whole;
  gone.client_gone = true;
  EXPECT_EQ(ResultOf(gone), kClientGone);
}

routing::Target PaidTarget() {
  routing::Target target;
  target.hosting = config::Hosting::kPaidApi;
  target.context = 1000;
  config::Prices prices;
  prices.standard.input = 1'000'000'000;   // nano-USD per 1M tokens: 1 USD
  prices.standard.output = 2'000'000'000;  // 2 USD
  target.prices = prices;
  return target;
}

backends::AnswerUsage Reported(std::int64_t input, std::int64_t output) {
  backends::AnswerUsage usage;
  usage.tokens = backends::ReportedTokens{.input = input, .output = output};
  return usage;
}

TEST(Outcome, TheBackendsFiguresAreBookedExactly) {
  const Bill bill = BillOf({.output_seen = 3, .input_estimate = 50, .most_output = 10},
                           Reported(100, 20), PaidTarget());
  EXPECT_EQ(bill.usage.input, 100);
  EXPECT_EQ(bill.usage.output, 20);
  EXPECT_EQ(bill.status, policy::UsageStatus::kExact);
  EXPECT_TRUE(bill.learned);
  EXPECT_EQ(bill.cost, 100 * 1'000 + 20 * 2'000);
}

TEST(Outcome, WithoutFiguresWhatWasSeenIsBookedAsAnEstimate) {
  const BillingFacts cut{
      .result = kCut, .output_seen = 30, .input_estimate = 50, .most_output = 10};
  const Bill bill = BillOf(cut, {}, PaidTarget());
  EXPECT_EQ(bill.usage.input, 50);
  EXPECT_EQ(bill.usage.output, 10) << "not more than the request's limit";
  EXPECT_EQ(bill.status, policy::UsageStatus::kEstimated);
  EXPECT_FALSE(bill.learned);

  BillingFacts usually_cached = cut;
  usually_cached.cached_share = 0.37f;
  EXPECT_EQ(BillOf(usually_cached, {}, PaidTarget()).usage.cached_input, 19);
  EXPECT_EQ(BillOf(usually_cached, Reported(100, 20), PaidTarget()).usage.cached_input, 0);

  BillingFacts refused = cut;
  refused.result = kStatus5xx;
  EXPECT_EQ(BillOf(refused, {}, PaidTarget()).cost, 0);
  BillingFacts unsent = cut;
  unsent.sent = false;
  EXPECT_EQ(BillOf(unsent, {}, PaidTarget()).cost, 0);
}

// Otherwise the usage of a request would be uncertain because one replica was down.
TEST(Outcome, AnAttemptThatCannotHaveCostTokensIsExact) {
  routing::Target own = PaidTarget();
  own.hosting = config::Hosting::kSelfHosted;
  routing::Target unpriced = PaidTarget();
  unpriced.prices.reset();
  for (const auto result : {kConnectFailed, kTlsFailed, kStatus429, kStatus5xx}) {
    const BillingFacts facts{.result = result,
                             .sent = false,
                             .heard_to_the_end = false,
                             .input_estimate = 50,
                             .most_output = 10,
                             .rent = 6};
    for (const routing::Target& target : {PaidTarget(), own, unpriced}) {
      const Bill bill = BillOf(facts, {}, target);
      EXPECT_EQ(bill.status, policy::UsageStatus::kExact);
      EXPECT_EQ(bill.usage.input, 0);
      EXPECT_FALSE(bill.learned);
    }
    EXPECT_EQ(BillOf(facts, {}, own).cost, 6) << "the slot was taken";
  }
}

TEST(Outcome, FiguresThatMayHaveGrownAreAnEstimate) {
  const Bill bill = BillOf({.result = kCut, .heard_to_the_end = false, .most_output = 10},
                           Reported(100, 20), PaidTarget());
  EXPECT_EQ(bill.usage.output, 20);
  EXPECT_EQ(bill.status, policy::UsageStatus::kEstimated);
}

TEST(Outcome, FiguresThatNoModelCanHaveAreNotBelieved) {
  const Bill bill = BillOf({.output_seen = 8, .input_estimate = 50, .most_output = 100},
                           Reported(1'000'000, 20), PaidTarget());
  EXPECT_EQ(bill.usage.input, 50);
  EXPECT_EQ(bill.usage.output, 8);
  EXPECT_EQ(bill.status, policy::UsageStatus::kEstimated);
}

TEST(Outcome, SelfHostedTargetsCostTheRentOfTheirSlot) {
  routing::Target target = PaidTarget();
  target.hosting = config::Hosting::kSelfHosted;
  const Bill bill = BillOf({.most_output = 100, .rent = 77}, Reported(100, 20), target);
  EXPECT_EQ(bill.cost, 77);
  EXPECT_EQ(bill.status, policy::UsageStatus::kExact);
}

TEST(Outcome, ACountOfTokensCostsNothingButRent) {
  const BillingFacts count{.free = true, .input_estimate = 50, .most_output = 100, .rent = 77};
  const Bill paid = BillOf(count, Reported(100, 20), PaidTarget());
  EXPECT_EQ(paid.cost, 0);
  EXPECT_EQ(paid.usage.input, 0) << "no tokens were generated or read";
  EXPECT_EQ(paid.usage.output, 0);
  EXPECT_FALSE(paid.learned);
  routing::Target unpriced = PaidTarget();
  unpriced.prices.reset();
  EXPECT_EQ(BillOf(count, {}, unpriced).status, policy::UsageStatus::kExact);
  routing::Target own = PaidTarget();
  own.hosting = config::Hosting::kSelfHosted;
  EXPECT_EQ(BillOf(count, {}, own).cost, 77);
}

TEST(Outcome, ThePriceIsThatOfTheAnswersTierWhenItEnded) {
  routing::Target target = PaidTarget();
  target.prices->priority = {.row = {}, .share = 2'000'000};
  target.prices->hours = {{{60, 120}, {}, 500'000}};
  backends::AnswerUsage priority = Reported(100, 20);
  priority.service_tier = "priority";
  constexpr NanoUsd kStandard = 100 * 1'000 + 20 * 2'000;
  EXPECT_EQ(BillOf({.ended_unix = 0}, Reported(100, 20), target).cost, kStandard);
  EXPECT_EQ(BillOf({.ended_unix = 3'600}, Reported(100, 20), target).cost, kStandard / 2);
  const Bill twice = BillOf({.ended_unix = 7'200}, priority, target);
  EXPECT_EQ(twice.cost, kStandard * 2);
  EXPECT_EQ(twice.tier, policy::ServiceTier::kPriority);
  EXPECT_EQ(twice.status, policy::UsageStatus::kExact);
}

TEST(Outcome, ATierWithoutAPriceIsAnEstimate) {
  for (const char* const word : {"flex", "ultrafast"}) {
    backends::AnswerUsage usage = Reported(100, 20);
    usage.service_tier = word;
    const Bill bill = BillOf({}, usage, PaidTarget());
    EXPECT_EQ(bill.cost, 100 * 1'000 + 20 * 2'000) << word;
    EXPECT_EQ(bill.status, policy::UsageStatus::kEstimated) << word;
    EXPECT_TRUE(bill.exact_tokens) << word;
    routing::Target own = PaidTarget();
    own.hosting = config::Hosting::kSelfHosted;
    EXPECT_EQ(BillOf({}, usage, own).status, policy::UsageStatus::kExact) << word;
  }
}

TEST(Outcome, ChargesThatNoPriceSaysMakeAnEstimate) {
  backends::AnswerUsage usage = Reported(100, 20);
  usage.tokens->other_charges = true;
  const Bill bill = BillOf({}, usage, PaidTarget());
  EXPECT_EQ(bill.cost, 100 * 1'000 + 20 * 2'000);
  EXPECT_EQ(bill.status, policy::UsageStatus::kEstimated);
  EXPECT_TRUE(bill.exact_tokens);
  routing::Target own = PaidTarget();
  own.hosting = config::Hosting::kSelfHosted;
  EXPECT_EQ(BillOf({}, usage, own).status, policy::UsageStatus::kExact);
}

TEST(Outcome, APriceThatIsNotKnownIsUnpriced) {
  routing::Target target = PaidTarget();
  target.prices.reset();
  const Bill bill = BillOf({.most_output = 100}, Reported(100, 20), target);
  EXPECT_EQ(bill.cost, 0);
  EXPECT_EQ(bill.status, policy::UsageStatus::kUnpriced);
  EXPECT_TRUE(bill.exact_tokens);
  EXPECT_FALSE(BillOf({.output_seen = 3, .most_output = 100}, {}, target).exact_tokens);
}

}  // namespace
}  // namespace headgate::gateway
