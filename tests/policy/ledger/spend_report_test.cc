#include "policy/ledger/report/spend_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "policy/ledger/ledger_store.h"
#include "policy/ledger/report/report_text.h"
#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SpendReportTest : public testing::Test {
 protected:
  SpendReportTest() : store_(folder_.path().string(), told_.Alarm()) {
    EXPECT_TRUE(store_.Open().ok());
    LedgerRow shop = RowOf(3, 40'000, RowState::kEstimated, kNoon - kMsPerDay);
    shop.labels.team = "shop, \"the\" best";
    shop.attempts[0].status = UsageStatus::kEstimated;
    LedgerRow fallback = RowOf(2, 2'000'000'001);
    fallback.attempts.insert(fallback.attempts.begin(), AttemptAt(kOwn, 7));
    fallback.attempts[0].answered = false;
    Write({RowOf(1, 100), fallback, shop,
           RowOf(4, 9000, RowState::kSettled, kNoon - 60 * kMsPerDay)});
  }
  void Write(std::vector<LedgerRow> rows) {
    ASSERT_TRUE(store_.Write({.ended = std::move(rows), .running = {}}).ok());
  }
  SpendReport Read(std::vector<SpendBy> by, std::int64_t since = 0,
                   std::int64_t until = SpendQuery{}.until) {
    absl::StatusOr<SpendReport> report =
        ReadSpend(folder_.path().string(), {.by = std::move(by), .since = since, .until = until});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : SpendReport();
  }
  // "value/value: requests, cost"
  static std::vector<std::string> Lines(const SpendReport& report) {
    std::vector<std::string> lines;
    for (const SpendRow& row : report.rows) {
      std::string line;
      for (const std::string& value : row.values) line += value + "/";
      lines.push_back(line + " " + std::to_string(row.sums.requests) + ", " +
                      std::to_string(row.sums.cost));
    }
    return lines;
  }

  TemporaryFolder folder_;
  ToldOperator told_;
  LedgerStore store_;
};

TEST_F(SpendReportTest, AddsUpByWhateverIsAsked) {
  const SpendReport all = Read({});
  ASSERT_EQ(all.rows.size(), 1u);
  EXPECT_EQ(all.total.requests, 4);
  EXPECT_EQ(all.total.attempts, 5);
  EXPECT_EQ(all.total.cost, 2'000'049'108);
  EXPECT_EQ(all.total.estimated, 40'000);
  EXPECT_THAT(Lines(Read({SpendBy::kTeam})),
              ElementsAre("search/ 3, 2000009108", "shop, \"the\" best/ 1, 40000"));
  EXPECT_THAT(Lines(Read({SpendBy::kTarget})),
              ElementsAre("gpt-4.1@openai/ 4, 2000049101", "qwen@gpu/ 0, 7"));
  EXPECT_THAT(
      Lines(Read({SpendBy::kMonth, SpendBy::kBackend})),
      ElementsAre("2026-09/openai/ 1, 9000", "2026-11/gpu/ 0, 7", "2026-11/openai/ 3, 2000040101"));
  EXPECT_THAT(Lines(Read({SpendBy::kDay, SpendBy::kMonth})),
              ElementsAre("2026-09-30/2026-09/ 1, 9000", "2026-11-28/2026-11/ 1, 40000",
                          "2026-11-29/2026-11/ 2, 2000000108"));
  EXPECT_THAT(Lines(Read({SpendBy::kModel, SpendBy::kBilledAs, SpendBy::kHosting})),
              ElementsAre("gpt-4.1/gpt-4.1/paid_api/ 4, 2000049101",
                          "qwen/Qwen/Qwen2.5/self_hosted/ 0, 7"));
  EXPECT_THAT(Lines(Read({SpendBy::kKey, SpendBy::kRoute, SpendBy::kClass})),
              ElementsAre("search-prod/general/code/ 4, 2000049108"));
}

TEST_F(SpendReportTest, KeepsToTheHoursThatAreAsked) {
  const std::int64_t hour = HourOf(kNoon);
  EXPECT_THAT(Lines(Read({SpendBy::kHour}, hour, hour + 1)),
              ElementsAre("2026-11-29T13/ 2, 2000000108"));
  EXPECT_THAT(Lines(Read({SpendBy::kHour}, hour - 24, hour)),
              ElementsAre("2026-11-28T13/ 1, 40000"));
  EXPECT_THAT(Read({SpendBy::kHour}, hour + 1).rows, IsEmpty());
}

TEST_F(SpendReportTest, SaysTheSameOfRowsSumsAndTheArchive) {
  const std::vector<SpendBy> by = {SpendBy::kTeam, SpendBy::kHour, SpendBy::kTarget};
  const std::string before = ReportCsv(Read(by));
  ASSERT_TRUE(store_.Tidy(kNoon, {.requests = 10, .hourly = 800}).ok());
  EXPECT_EQ(LedgerDays(folder_.path().string()).size(), 2u);
  EXPECT_EQ(ReportCsv(Read(by)), before);
  Write({RowOf(5, 1)});
  EXPECT_EQ(Read({}).total.cost, 2'000'049'109) << "rows behind the sums";
}

TEST_F(SpendReportTest, SaysWhichFileCannotBeRead) {
  ASSERT_TRUE(store_.Tidy(kNoon + kMsPerDay, {}).ok());  // which closes the file
  std::ofstream(folder_.Path("2026-11-29.db")) << std::string(5000, 'x');
  const absl::StatusOr<SpendReport> report = ReadSpend(folder_.path().string(), {});
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("2026-11-29.db"));
}

TEST(SpendReportOfNothingTest, IsEmptyOnlyIfThereIsAFolder) {
  const TemporaryFolder folder;
  const absl::StatusOr<SpendReport> report = ReadSpend(folder.path().string(), {});
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->rows, IsEmpty());
  EXPECT_THAT(ReportTable(*report), HasSubstr("0.0000\n"));
  const auto problem = [](const std::string& path) {
    return std::string(ReadSpend(path, {}).status().message());
  };
  EXPECT_THAT(problem(folder.Path("ledgre")),
              HasSubstr("ledgre does not exist; ledger.path is wrong, or no gateway has started"));
  std::ofstream(folder.Path("file")) << "x";
  EXPECT_THAT(problem(folder.Path("file")), HasSubstr("is not a folder"));
}

// What another user finds: `nobody` for the time of a call.
std::string ProblemOfNobody(const std::string& folder) {
  constexpr uid_t kNobody = 65534;
  const uid_t user = ::geteuid();
  EXPECT_EQ(::seteuid(user == 0 ? kNobody : user), 0);
  const absl::Status status = ReadSpend(folder, {}).status();
  EXPECT_EQ(::seteuid(user), 0);
  return std::string(status.message());
}

TEST_F(SpendReportTest, SaysWhoCanReadAFolderThatThisUserMayNot) {
  namespace fs = std::filesystem;
  ASSERT_TRUE(store_.Tidy(kNoon + kMsPerDay, {}).ok());  // which closes the files
  fs::permissions(folder_.path(), fs::perms::none);
  EXPECT_THAT(ProblemOfNobody(folder_.path().string()),
              AllOf(HasSubstr("cannot read the folder " + folder_.path().string()),
                    HasSubstr("(Permission denied); run it as the user of headgate")));
  // Its names may be read, but not its files.
  fs::permissions(folder_.path(),
                  fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  EXPECT_THAT(ProblemOfNobody(folder_.path().string()), HasSubstr("Permission denied"));
  fs::permissions(folder_.path(), fs::perms::owner_all);
}

TEST_F(SpendReportTest, SaysWhichFileThisUserMayNotRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another user";
  namespace fs = std::filesystem;
  ASSERT_TRUE(store_.Tidy(kNoon + kMsPerDay, {}).ok());
  fs::permissions(folder_.path(), static_cast<fs::perms>(0755));
  EXPECT_THAT(ProblemOfNobody(folder_.path().string()),
              AllOf(HasSubstr(".db"), HasSubstr("run it as the user of headgate")));
}

TEST_F(SpendReportTest, KeepsToWhatIsFiltered) {
  const auto read = [&](std::vector<SpendFilter> filters) {
    return *ReadSpend(folder_.path().string(),
                      {.by = {SpendBy::kTarget}, .filters = std::move(filters)});
  };
  const SpendReport search = read({{SpendBy::kTeam, "search"}});
  EXPECT_THAT(Lines(search), ElementsAre("gpt-4.1@openai/ 3, 2000009101", "qwen@gpu/ 0, 7"));
  EXPECT_EQ(search.rent, 7);
  EXPECT_THAT(search.seen, ElementsAre(ElementsAre("search", "shop, \"the\" best")));
  EXPECT_THAT(Lines(read({{SpendBy::kTeam, "search"}, {SpendBy::kModel, "qwen"}})),
              ElementsAre("qwen@gpu/ 0, 7"));
  EXPECT_THAT(read({{SpendBy::kTeam, "serch"}}).rows, IsEmpty());
}

TEST_F(SpendReportTest, ShowsTimesOfAZone) {
  const absl::StatusOr<LocalHours> tokyo = LocalHours::Of("Asia/Tokyo", HourOf(kNoon));
  ASSERT_TRUE(tokyo.ok()) << tokyo.status();
  const auto by = [&](SpendBy what) {
    return Lines(*ReadSpend(folder_.path().string(),
                            {.by = {what}, .since = HourOf(kNoon), .filters = {}, .zone = *tokyo}));
  };
  EXPECT_THAT(by(SpendBy::kHour), ElementsAre("2026-11-29T22/ 2, 2000000108"));
  EXPECT_THAT(by(SpendBy::kDay), ElementsAre("2026-11-29/ 2, 2000000108"));
}

TEST_F(SpendReportTest, ComparesWithABaseline) {
  SpendReport report = Read({SpendBy::kTeam});
  config::PriceRow price;
  price.input = 2 * kNanoPerUsd;
  price.output = 8 * kNanoPerUsd;
  AddBaseline(price, report);
  // 400 * 2,000 + 40 * 8,000 and 100 * 2,000 + 10 * 8,000 nano-dollars.
  EXPECT_EQ(report.rows[0].baseline, 1'120'000);
  EXPECT_EQ(report.rows[1].baseline, 280'000);
  EXPECT_EQ(report.baseline, 1'400'000);
  EXPECT_THAT(ReportTable(report), HasSubstr("cost USD  at baseline  saved USD\n"));
  EXPECT_THAT(ReportTable(report), HasSubstr("   2.0000       0.0014    -1.9986\n"));
  EXPECT_THAT(ReportCsv(report), HasSubstr("unpriced_attempts,baseline_usd,saved_usd\r\n"));
  EXPECT_THAT(ReportCsv(report), HasSubstr(",0,0.001120000,-1.998889108\r\n"));
  EXPECT_THAT(ReportJson(report), HasSubstr(R"("baseline_usd":0.001400000,"saved_usd":-1.998649)"));
}

TEST_F(SpendReportTest, PrintsATable) {
  EXPECT_EQ(
      ReportTable(Read({SpendBy::kTeam})),
      "team              requests  input  cached  output  unpriced  estimated USD  cost USD\n"
      "search                   3    400       0      40         0         0.0000    2.0000\n"
      "shop, \"the\" best         1    100       0      10         0         0.0000    0.0000\n"
      "total                    4    500       0      50         0         0.0000    2.0000\n");
}

TEST_F(SpendReportTest, PrintsExactCsvAndJson) {
  EXPECT_EQ(ReportCsv(Read({SpendBy::kTeam})),
            "team,requests,attempts,input_tokens,cached_input_tokens,cache_write_tokens,"
            "output_tokens,reasoning_tokens,cost_usd,estimated_usd,unpriced_attempts\r\n"
            "search,3,4,400,0,0,40,0,2.000009108,0.000000000,0\r\n"
            "\"shop, \"\"the\"\" best\",1,1,100,0,0,10,0,0.000040000,0.000040000,0\r\n");
  const std::string json = ReportJson(Read({SpendBy::kTeam}));
  EXPECT_THAT(json, HasSubstr(R"({"team":"shop, \"the\" best","requests":1,)"));
  EXPECT_THAT(json, HasSubstr(R"("total":{"requests":4,"attempts":5,)"));
  EXPECT_THAT(json, HasSubstr(R"("cost_usd":2.000049108,"estimated_usd":0.000040000,)"));
}

TEST(ReportTextTest, NamesAreNoFormulasAndNoCommands) {
  SpendReport report{.by = {SpendBy::kTeam}, .rows = {}, .total = {}};
  for (const char* const name :
       {"=cmd|' /C calc'!A1", "+1", "-1", "@sum", "a=b", "\"q\",", "=\"x\"", ""}) {
    report.rows.push_back({.values = {name}, .sums = {}});
  }
  const std::string csv = ReportCsv(report);
  for (const char* const line : {"\n'=cmd|' /C calc'!A1,0", "\n'+1,0", "\n'-1,0", "\n'@sum,0",
                                 "\na=b,0", "\n\"\"\"q\"\",\",0", "\n\"'=\"\"x\"\"\",0", "\n,0"}) {
    EXPECT_THAT(csv, HasSubstr(line));
  }
  report.rows = {{.values = {"\x1b[31mred"}, .sums = {}}};
  EXPECT_THAT(ReportTable(report), HasSubstr("?[31mred"));
}

}  // namespace
}  // namespace headgate::policy
