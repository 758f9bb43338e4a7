// A ledger as the source of a plan, beside the same answers from elsewhere.
#include "gateway/cli/plan/traffic/ledger_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/ledger/ledger_store.h"
#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::gateway {
namespace {

using policy::kNoon;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kMinute = 60'000;

class LedgerSourceTest : public testing::Test {
 protected:
  // Two days of answers of two classes at replicas of our own: one every ten minutes, and 30 in a
  // minute.
  LedgerSourceTest() : store_(Folder(), told_.Alarm()) {
    EXPECT_TRUE(store_.Open().ok());
    for (std::int64_t i = 0; i < 288; ++i) Answer(kNoon + i * 10 * kMinute, i % 3 == 0);
    for (std::int64_t i = 0; i < 30; ++i) Answer(kNoon + kDayMs + i * 2'000, false);
    EXPECT_TRUE(store_.Write({.ended = rows_, .running = {}}).ok());
  }
  void Answer(std::int64_t ms, bool batch) {
    const auto number = static_cast<std::int64_t>(rows_.size()) + 1;
    policy::LedgerRow row = policy::RowOf(number, 5, policy::RowState::kSettled, ms);
    row.labels.request_class = batch ? "batch" : "code";
    policy::LedgerAttempt& attempt = row.attempts[0];
    attempt.target = policy::kOwn;
    attempt.usage = {.input = 1000 + number, .cached_input = 300, .output = 50 + number};
    expected_.Add({.unix_seconds = ms / 1000,
                   .request_class = row.labels.request_class,
                   .target = "qwen@gpu",
                   .usage = attempt.usage});
    rows_.push_back(std::move(row));
  }
  std::string Folder() const { return folder_.path().string(); }
  TrafficSource Read(const policy::HourRange& hours = {}) {
    absl::StatusOr<TrafficSource> read = ReadLedgerSource(Folder(), hours);
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() ? *std::move(read) : TrafficSource();
  }

  TemporaryFolder folder_;
  policy::ToldOperator told_;
  policy::LedgerStore store_;
  std::vector<policy::LedgerRow> rows_;
  ObservedTraffic expected_;
};

TEST_F(LedgerSourceTest, AgreesWithTheSameAnswersFromElsewhere) {
  const TrafficSource source = Read();
  EXPECT_THAT(source.cautions, IsEmpty());
  EXPECT_FALSE(source.has_ttft);
  EXPECT_EQ(source.traffic.answers(), expected_.answers());
  EXPECT_EQ(source.traffic.Seconds(), expected_.Seconds());
  EXPECT_EQ(source.traffic.Hours(), expected_.Hours());
  const std::vector<policy::ClassVolume> got = source.traffic.MonthlyTokens();
  const std::vector<policy::ClassVolume> wanted = expected_.MonthlyTokens();
  ASSERT_EQ(got.size(), 2u);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(got[i].name, wanted[i].name);
    EXPECT_EQ(got[i].tokens, wanted[i].tokens);
  }
  const auto busiest = source.traffic.Throughput("gpu", std::nullopt);
  ASSERT_TRUE(busiest);
  EXPECT_EQ(busiest->tokens_per_hour, expected_.Throughput("gpu", std::nullopt)->tokens_per_hour);
  EXPECT_FALSE(source.traffic.Replicas("gpu"));
}

TEST_F(LedgerSourceTest, SumsByHourHaveTheTokensButNotTheThroughput) {
  ASSERT_TRUE(store_.Tidy(kNoon + 50 * kDayMs, {.requests = 10, .hourly = 800}).ok());
  const TrafficSource source = Read();
  ASSERT_EQ(source.cautions.size(), 1u);
  EXPECT_THAT(source.cautions[0], HasSubstr("until 2026-12-01T12 (UTC) are no longer kept"));
  EXPECT_EQ(source.traffic.answers(), expected_.answers());
  EXPECT_EQ(source.traffic.Hours(), expected_.Hours());
  EXPECT_EQ(source.traffic.Seconds(), 48 * 3600);
  EXPECT_EQ(source.traffic.MonthlyTokens().size(), 2u);
  EXPECT_FALSE(source.traffic.Throughput("gpu", std::nullopt));
}

TEST_F(LedgerSourceTest, ReadsTheTimeThatIsAsked) {
  const std::int64_t hour = kNoon / policy::kMsPerHour;
  EXPECT_EQ(Read({.since = hour, .until = hour + 2}).traffic.answers(), 12);
}

TEST_F(LedgerSourceTest, SaysWhatToWriteInstead) {
  const auto why = [](const std::string& folder, const policy::HourRange& hours) {
    return std::string(ReadLedgerSource(folder, hours).status().message());
  };
  EXPECT_THAT(why(folder_.Path("none"), {}), HasSubstr("does not exist; ledger.path is wrong"));
  EXPECT_THAT(why(Folder(), {.until = 5}), HasSubstr("has no answers of this time; write another"));
}

}  // namespace
}  // namespace headgate::gateway
