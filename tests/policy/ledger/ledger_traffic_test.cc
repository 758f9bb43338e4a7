#include "policy/ledger/report/ledger_traffic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "policy/ledger/ledger_store.h"
#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kHourOfNoon = kNoon / kMsPerHour;

class LedgerTrafficTest : public testing::Test {
 protected:
  LedgerTrafficTest() : store_(Folder(), told_.Alarm()) {
    EXPECT_TRUE(store_.Open().ok());
    LedgerRow fallback = RowOf(2, 9, RowState::kSettled, kNoon + 61'000);
    fallback.labels.request_class = "batch";
    fallback.attempts.insert(fallback.attempts.begin(), AttemptAt(kOwn, 7));
    fallback.attempts[0].answered = false;
    LedgerRow failed = RowOf(3, 5);
    failed.attempts[0].answered = false;
    Write({RowOf(1, 100), fallback, failed, RowOf(4, 1, RowState::kSettled, kNoon - kMsPerDay)});
  }
  std::string Folder() const { return folder_.path().string(); }
  void Write(std::vector<LedgerRow> rows) {
    ASSERT_TRUE(store_.Write({.ended = std::move(rows), .running = {}}).ok());
  }
  // "[hour ]seconds behind noon class target: requests, input/output"
  std::vector<std::string> Read(const HourRange& hours = {}) {
    std::vector<std::string> lines;
    const absl::Status status = ReadLedgerTraffic(
        Folder(), hours,
        {.begin = [&] { lines.clear(); },
         .read =
             [&](const LedgerAnswers& answers) {
               lines.push_back(
                   std::string(answers.whole_hour ? "hour " : "") +
                   std::to_string((answers.time - kNoon) / 1000) + " " +
                   std::string(answers.request_class) + " " + std::string(answers.target) + ": " +
                   std::to_string(answers.requests) + ", " + std::to_string(answers.usage.input) +
                   "/" + std::to_string(answers.usage.output));
             }});
    EXPECT_TRUE(status.ok()) << status;
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  TemporaryFolder folder_;
  ToldOperator told_;
  LedgerStore store_;
};

TEST_F(LedgerTrafficTest, HasAnAnswerForEachRequestThatGotOne) {
  // What an attempt without an answer cost is there too: rent.
  const auto all = ElementsAre("-86400 code gpt-4.1@openai: 1, 100/10",
                               "0 code gpt-4.1@openai: 0, 0/0", "0 code gpt-4.1@openai: 1, 100/10",
                               "61 batch gpt-4.1@openai: 1, 100/10", "61 batch qwen@gpu: 0, 0/0");
  EXPECT_THAT(Read(), all);
  ASSERT_TRUE(store_.Tidy(kNoon, {}).ok());  // which brings sums up to date
  EXPECT_THAT(Read(), all) << "rows are not counted twice";
}

TEST_F(LedgerTrafficTest, KeepsToTheHoursThatAreAsked) {
  EXPECT_THAT(Read({.since = kHourOfNoon - 24, .until = kHourOfNoon}),
              ElementsAre("-86400 code gpt-4.1@openai: 1, 100/10"));
  EXPECT_TRUE(Read({.since = kHourOfNoon + 1}).empty());
}

TEST_F(LedgerTrafficTest, HasSumsOfHoursWhoseRowsAreNotKept) {
  const LedgerKeeping short_time{.requests = 10, .hourly = 800};
  ASSERT_TRUE(store_.Tidy(kNoon + 20 * kMsPerDay, short_time).ok());
  // The failed request counts at its last target. The attempt at qwen@gpu brought no answer.
  EXPECT_THAT(Read(),
              ElementsAre("hour -86400 code gpt-4.1@openai: 1, 100/10",
                          "hour 0 batch gpt-4.1@openai: 1, 100/10", "hour 0 batch qwen@gpu: 0, 0/0",
                          "hour 0 code gpt-4.1@openai: 2, 200/20"));
  Write({RowOf(5, 1, RowState::kSettled, kNoon + 19 * kMsPerDay)});
  EXPECT_EQ(Read().size(), 5u);
}

TEST_F(LedgerTrafficTest, NamesTheFileThatCannotBeRead) {
  ASSERT_TRUE(store_.Tidy(kNoon + kMsPerDay, {}).ok());  // which closes the file
  folder_.Write("2026-11-29.db", std::string(5000, 'x'));
  const absl::Status status =
      ReadLedgerTraffic(Folder(), {}, {.begin = [] {}, .read = [](const LedgerAnswers&) {}});
  EXPECT_THAT(std::string(status.message()), HasSubstr("2026-11-29.db"));
}

}  // namespace
}  // namespace headgate::policy
