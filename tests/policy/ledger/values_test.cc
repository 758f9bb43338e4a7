#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ledger/running_chunks.h"
#include "policy/ledger/spend_sums.h"
#include "policy/ledger/values/calendar.h"
#include "policy/ledger/values/interned.h"
#include "policy/ledger/values/packed_row.h"
#include "policy/ledger/values/sums.h"
#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LedgerCalendarTest, ReadsWhatItWrites) {
  const std::int64_t hour = HourOf(kNoon);
  EXPECT_EQ(HourText(hour), "2026-11-29T13");
  EXPECT_EQ(DayText(DayOf(kNoon)), "2026-11-29");
  EXPECT_EQ(MonthText(DayOf(kNoon)), "2026-11");
  EXPECT_EQ(DayText(MonthStart(DayOf(kNoon))), "2026-11-01");
  EXPECT_EQ(ParseHour("2026-11-29T13"), hour);
  EXPECT_EQ(ParseHour("2026-11-29T13Z"), hour);
  EXPECT_EQ(ParseHour("2026-11-29"), hour - 13);
  EXPECT_EQ(ParseHour("2026-11"), hour - 13 - 28 * 24);
  EXPECT_EQ(ParseDay("2024-02-29"), 19'782);
  EXPECT_EQ(DayText(-1), "1969-12-31");
  EXPECT_EQ(HourOf(-1), -1);
  EXPECT_EQ(ParseTime("2026-11-29T13:00:00.000Z"), kNoon);
  EXPECT_EQ(ParseTime("2026-11-29T13:00:07.25Z"), kNoon + 7250);
}

TEST(LedgerCalendarTest, RefusesWhatIsNoTime) {
  for (const std::string_view text :
       {"", "2026", "2026-13", "2026-02-30", "2026-11-29T24", "2026-11-29T1", "2026-11-29x",
        "yesterday", "-026-11-29", "2026-11-29T13:00"}) {
    EXPECT_EQ(ParseHour(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseDay("2026-11"), std::nullopt);
  for (const std::string_view text :
       {"2026-11-29", "2026-11-29T13:00:00", "2026-11-29T13:61:00Z", "2026-11-29T13:00:00+01:00"}) {
    EXPECT_EQ(ParseTime(text), std::nullopt) << text;
  }
}

PackedAttempt Sample() {
  return {.target = 300,
          .usage = {.input = 128'000,
                    .cached_input = 127,
                    .cache_write = 128,
                    .output = 0,
                    .reasoning = std::numeric_limits<std::int64_t>::max()},
          .status = UsageStatus::kUnpriced,
          .tier = ServiceTier::kBatch,
          .answered = true,
          .cost = 123'456'789'012};
}

TEST(PackedRowTest, ReadsWhatItWrites) {
  std::string bytes;
  BeginAttempts(2, bytes);
  AppendAttempt(Sample(), bytes);
  AppendAttempt({}, bytes);
  bytes += "rest";
  std::string_view rest = bytes;
  std::vector<PackedAttempt> attempts;
  ASSERT_TRUE(TakeAttempts(rest, attempts));
  EXPECT_THAT(attempts, ElementsAre(Sample(), PackedAttempt{}));
  EXPECT_EQ(rest, "rest");
}

TEST(PackedRowTest, RefusesWhatIsCutOffOrAbsurd) {
  std::string bytes;
  BeginAttempts(1, bytes);
  AppendAttempt(Sample(), bytes);
  std::vector<PackedAttempt> attempts;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::string_view part = std::string_view(bytes).substr(0, size);
    EXPECT_FALSE(TakeAttempts(part, attempts)) << size;
  }
  std::string many;
  BeginAttempts(1u << 20, many);
  std::string_view part = many;
  EXPECT_FALSE(TakeAttempts(part, attempts));
  std::string_view endless = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
  EXPECT_FALSE(TakeAttempts(endless, attempts));
}

TEST(PackedRowTest, LeavesOutKindsOfTokensThatItDoesNotKnow) {
  std::string bytes;
  AppendVarints(std::array<std::int64_t, 11>{6, 1, 9, 0, 1, 2, 3, 4, 5, 6, 77}, bytes);
  std::string_view rest = bytes;
  std::vector<PackedAttempt> attempts;
  ASSERT_TRUE(TakeAttempts(rest, attempts));
  EXPECT_EQ(attempts.front().usage.reasoning, 5);
  EXPECT_EQ(attempts.front().cost, 77);
}

TEST(LedgerSumsTest, CountsARequestWhereItWasAnswered) {
  const auto attempt = [](std::int64_t target, bool answered, UsageStatus status, NanoUsd cost) {
    return PackedAttempt{.target = target,
                         .usage = {.input = 10, .output = 1},
                         .status = status,
                         .answered = answered,
                         .cost = cost};
  };
  SumTable table;
  AddRequest(7, 1,
             std::vector{attempt(1, false, UsageStatus::kEstimated, 5),
                         attempt(2, true, UsageStatus::kExact, 50),
                         attempt(1, false, UsageStatus::kUnpriced, 0)},
             table);
  AddRequest(7, 1, std::vector{attempt(1, false, UsageStatus::kExact, 3)}, table);
  AddRequest(7, 1, std::vector<PackedAttempt>(), table);
  ASSERT_EQ(table.size(), 2u);
  const LedgerSums& first = table[{7, 1, 1}];
  EXPECT_EQ(first.requests, 1);
  EXPECT_EQ(first.attempts, 3);
  EXPECT_EQ(first.cost, 8);
  EXPECT_EQ(first.estimated, 5);
  EXPECT_EQ(first.unpriced, 1);
  EXPECT_EQ(first.usage.input, 30);
  const LedgerSums& second = table[{7, 1, 2}];
  EXPECT_EQ(second.requests, 1);
  EXPECT_EQ(second.cost, 50);
  EXPECT_EQ(second.estimated, 0);
}

TEST(InternedTest, GivesEqualNamesOneNumberAndKeepsTheTexts) {
  Interned<LedgerLabels> labels;
  std::string team = "a team with a long name, which is not in the text itself";
  EXPECT_EQ(labels.IdOf({"k", team, "r", "c"}), 1);
  EXPECT_EQ(labels.IdOf({"k", "other", "r", "c"}), 2);
  EXPECT_EQ(labels.IdOf({"k", std::string(team), "r", "c"}), 1);
  const std::string copy = team;
  team.assign(team.size(), 'x');
  EXPECT_EQ(labels.At(1).team, copy);
  EXPECT_FALSE(labels.Has(0));
  EXPECT_FALSE(labels.Has(3));
}

std::vector<RunningChunks::Entry> Entries(std::vector<LedgerId> ids) {
  std::vector<RunningChunks::Entry> entries;
  for (const LedgerId id : ids) entries.push_back({id, std::to_string(id)});
  return entries;
}

std::vector<std::int64_t> Step(RunningChunks& chunks, std::vector<LedgerId> ended,
                               std::vector<LedgerId> begun) {
  RunningChunks::Change change = chunks.Plan(ended, Entries(std::move(begun)));
  std::vector<std::int64_t> emptied = change.emptied;
  chunks.Apply(ended, std::move(change));
  return emptied;
}

TEST(RunningChunksTest, EmptiesAChunkWithItsLastRequest) {
  RunningChunks chunks;
  EXPECT_THAT(Step(chunks, {}, {1, 2}), IsEmpty());    // chunk 1
  EXPECT_THAT(Step(chunks, {1}, {3}), IsEmpty());      // chunk 2
  EXPECT_THAT(Step(chunks, {9}, {}), IsEmpty());       // of no chunk
  EXPECT_THAT(Step(chunks, {}, {2}), ElementsAre(1));  // moves to chunk 3
  EXPECT_THAT(Step(chunks, {2, 3}, {}), ElementsAre(3, 2));
  EXPECT_EQ(chunks.size(), 0u);
}

TEST(RunningChunksTest, MovesTheOldestSoThatChunksStayFew) {
  RunningChunks chunks;
  for (LedgerId id = 1; id <= 2000; ++id) Step(chunks, {}, {id, -id});
  EXPECT_EQ(chunks.size(), 4000u);
  const RunningChunks::Change all = chunks.Rewrite();
  EXPECT_EQ(all.entries.size(), 4000u);
  EXPECT_EQ(chunks.size(), 0u);
}

TEST(SpendSumsTest, KnowsTodayAndThisMonth) {
  constexpr auto kApi = config::Hosting::kPaidApi;
  constexpr auto kGpu = config::Hosting::kSelfHosted;
  const std::int64_t today = DayOf(kNoon);
  SpendSums sums;
  sums.Add(today, "search", kApi, 5);
  sums.Add(today, "search", kApi, 6);
  sums.Add(today, "search", kGpu, 100);
  sums.Add(today - 1, "shop", kApi, 20);
  sums.Add(today - 29, "shop", kApi, 1000);  // October
  sums.Add(today + 400, "shop", kApi, 1);    // a clock that was wrong
  auto read = sums.Read(kNoon);
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ((read[{"search", kApi}].day), 11);
  EXPECT_EQ((read[{"search", kApi}].month), 11);
  EXPECT_EQ((read[{"search", kGpu}].month), 100);
  EXPECT_EQ((read[{"shop", kApi}].day), 0);
  EXPECT_EQ((read[{"shop", kApi}].month), 20);
  read = sums.Read(kNoon + kMsPerDay);  // the next day
  EXPECT_EQ((read[{"search", kApi}].day), 0);
  EXPECT_EQ((read[{"search", kApi}].month), 11);
  EXPECT_THAT(sums.Read(kNoon + 2 * kMsPerDay), IsEmpty()) << "December";
}

}  // namespace
}  // namespace headgate::policy
