// What `headgate ledger import` makes of lines of access logs.
#include "gateway/cli/ledger/ledger_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/text.h"
#include "gateway/cli/ledger/logged_row.h"
#include "policy/ledger/report/spend_report.h"
#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kImportTime = 1'795'957'200'000;  // 2026-11-29T13:00:00Z

struct LogLine {
  int number = 1;
  std::string time = "2026-11-29T10:00:00.000Z";
  std::string cost = "0.5";
  std::string team = "search";
  std::string target = "gpt-4.1@api";
  std::string attempt = {};  // more members of it
  int total_ms = 100;
};

std::string TextOf(const LogLine& line) {
  const std::string digits = std::to_string(line.number);
  return config::Concat(
      R"({"time":")", line.time, R"(","id":"req_)", std::string(24 - digits.size(), '0'), digits,
      R"(","key":"web","team":")", line.team, R"(","class":"code","route":"all","target":")",
      line.target, R"(","attempts":[{"target":")", line.target, R"(","result":"ok")", line.attempt,
      R"(,"cost_usd":)", line.cost,
      R"(}],"tokens":{"input":10,"output":5},"usage":"exact","total_ms":)", line.total_ms, ".5}");
}

TEST(LoggedRowTest, TakesCostsExactly) {
  struct Case {
    const char* text;
    std::optional<NanoUsd> cost;
    const char* problem;
  };
  const std::vector<Case> cases = {
      {"0.000020000", 20'000, ""},
      {"2e-05", 20'000, ""},
      {"2.0123E-05", 20'123, ""},
      {"1e3", 1'000'000'000'000, ""},
      {"12.5e+1", 125'000'000'000, ""},
      {"0.5e1", 5'000'000'000, ""},
      {"0e0", 0, ""},
      {"1e-9", 1, ""},
      {"10e-10", 1, ""},
      {"1e-10", std::nullopt, "is finer than 1e-9 US dollars"},
      {"-1", std::nullopt, "is negative"},
      {"-2e-05", std::nullopt, "is negative"},
      {"9000000000", std::nullopt, "is more than 100,000 US dollars"},
      {"1e6", std::nullopt, "is more than 100,000 US dollars"},
      {"1e999999", std::nullopt, "is not an amount of money"},
      {"1e99999999999999999999999", std::nullopt, "is not an amount of money"},
      {"\"0.5\"", std::nullopt, "is not a number"},
      {"{}", std::nullopt, "is not a number"},
      {"", std::nullopt, "is missing"},
  };
  for (const Case& one : cases) {
    const config::Parsed<NanoUsd> cost = ParseLoggedUsd(one.text);
    EXPECT_EQ(cost.value, one.cost) << one.text;
    EXPECT_EQ(cost.complaint.problem, one.problem) << one.text;
  }
}

TEST(LoggedRowTest, RefusesWhatItCannotBook) {
  struct Case {
    LogLine line;
    const char* problem;
  };
  const std::vector<Case> cases = {
      {{}, ""},
      {{.team = "=cmd|' /C calc'!A1"}, ""},
      {{.cost = "-1"}, "the cost of an attempt (cost_usd) is negative"},
      {{.time = "1969-12-31T23:59:59.000Z"}, "is before 2020"},
      {{.time = "9999-12-31T23:59:59.000Z"}, "more than a day ahead"},
      {{.time = "2026-11-30T12:59:59.000Z"}, ""},
      {{.time = "2026-11-30T13:00:01.000Z"}, "its time, 2026-11-30T13, is before 2020"},
      {{.team = "\\u001b[31mred"}, "a name has a control character"},
      {{.team = "\xc2\x9b\x33"}, "a name has a control character"},
      {{.target = "gpt\\n@api"}, "a name has a control character"},
      {{.team = "m\xc3\xbcnchen"}, ""},
  };
  for (const Case& one : cases) {
    const LoggedRow logged = RowOfLogLine(TextOf(one.line), config::Config{}, kImportTime);
    EXPECT_TRUE(logged.is_line);
    EXPECT_THAT(logged.problem, HasSubstr(one.problem)) << TextOf(one.line);
    EXPECT_EQ(logged.problem.empty(), std::string_view(one.problem).empty()) << logged.problem;
    EXPECT_EQ(logged.row.has_value(), logged.problem.empty()) << TextOf(one.line);
  }
  for (const char* const text : {"null", "[]", "{}", "{\"id\":1", "\x1f\x8b"}) {
    EXPECT_FALSE(RowOfLogLine(text, config::Config{}, kImportTime).is_line) << text;
  }
}

TEST(LoggedRowTest, BeginsWithItsFirstAttempt) {
  const LogLine line{.attempt = R"(,"queued_ms":7200.250)", .total_ms = 10'000};
  config::Config config;
  constexpr std::int64_t kEnd = kImportTime - 3 * 3'600'000;
  EXPECT_EQ(RowOfLogLine(TextOf(line), config, kImportTime).row->started, kEnd - 10'000 + 7200);
  config.budgets.emplace_back();
  EXPECT_EQ(RowOfLogLine(TextOf(line), config, kImportTime).row->started, kEnd - 10'000);
}

class LedgerImportTest : public testing::Test {
 protected:
  LedgerImportTest() {
    config_.ledger.emplace();
    config_.ledger->folder = folder_.Path("ledger");
    std::filesystem::create_directory(config_.ledger->folder);
  }
  // Imports a log, and returns what is said of it.
  std::string Import(const std::string& log) {
    LedgerImport import(config_, kImportTime, [](bool, std::string_view, std::string_view detail) {
      ADD_FAILURE() << detail;
    });
    EXPECT_TRUE(import.Open().ok());
    std::istringstream file(log);
    std::ostringstream errors;
    const absl::Status status = import.AddFile(file, "a.jsonl", errors);
    if (!status.ok()) return std::string(status.message());
    refused_ = import.has_refused();
    return errors.str() + import.Summary();
  }
  NanoUsd Spent() const {
    const auto report = policy::ReadSpend(config_.ledger->folder, {});
    return report.ok() ? report->total.cost : -1;
  }

  TemporaryFolder folder_;
  config::Config config_;
  bool refused_ = false;
};

TEST_F(LedgerImportTest, AddsEachRequestOnce) {
  const std::string log = TextOf({}) + "\n\nnull\n" + TextOf({.number = 2}) + "\n" + TextOf({});
  EXPECT_EQ(Import(log),
            "2 requests added; 1 were there already; 1 left out: they are no lines of an access "
            "log");
  EXPECT_FALSE(refused_);
  EXPECT_EQ(Import(log),
            "0 requests added; 3 were there already; 1 left out: they are no lines of an access "
            "log");
  EXPECT_EQ(Spent(), 1'000'000'000);
}

TEST_F(LedgerImportTest, FindsARequestThatWaitedOverMidnight) {
  // The daemon has booked it at 23:59:58, when its budgets were asked, or at 00:00:03.
  const LogLine line{
      .time = "2026-11-29T00:00:05.000Z", .attempt = R"(,"queued_ms":5000.000)", .total_ms = 7000};
  config_.budgets.emplace_back();
  EXPECT_EQ(Import(TextOf(line)), "1 request added");
  config_.budgets.clear();
  EXPECT_EQ(Import(TextOf(line)), "0 requests added; 1 were there already");
  const LogLine other{.number = 2,
                      .time = "2026-11-29T00:00:05.000Z",
                      .attempt = R"(,"queued_ms":5000.000)",
                      .total_ms = 7000};
  EXPECT_EQ(Import(TextOf(other)), "1 request added");
  config_.budgets.emplace_back();
  EXPECT_EQ(Import(TextOf(other)), "0 requests added; 1 were there already");
  EXPECT_EQ(Spent(), 1'000'000'000);
}

TEST_F(LedgerImportTest, NamesTheLinesThatItRefuses) {
  const std::string log = TextOf({}) + "\n" + TextOf({.number = 2, .cost = "\"0.5\""}) + "\n\n" +
                          TextOf({.number = 3, .time = "1969-01-01T00:00:00Z"});
  EXPECT_EQ(Import(log),
            "headgate: a.jsonl:2: the cost of an attempt (cost_usd) is not a number; it is left "
            "out\n"
            "headgate: a.jsonl:4: its time, 1968-12-31T23, is before 2020 or more than a day "
            "ahead; it is left out\n"
            "1 request added; 2 left out: they have an error");
  EXPECT_TRUE(refused_);
  std::string many;
  for (int i = 1; i <= 25; ++i) many += TextOf({.number = i, .cost = "-1"}) + "\n";
  const std::string said = Import(many);
  EXPECT_THAT(said, HasSubstr("a.jsonl:20: "));
  EXPECT_THAT(said, HasSubstr("later lines are only counted\n0 requests added; 25 left out"));
}

TEST_F(LedgerImportTest, AFileThatIsNoLogIsAnError) {
  EXPECT_THAT(Import(""), HasSubstr("a.jsonl is empty; name the file that `server.access_log`"));
  EXPECT_THAT(Import("hello\n"), HasSubstr("a.jsonl has no line of an access log"));
}

TEST(ProblemOfLogTest, SaysWhatToWriteInstead) {
  const TemporaryFolder folder;
  folder.Write("empty", "");
  folder.Write("a.gz", "\x1f\x8b\x08");
  folder.Write("a.zst", "\x28\xb5\x2f\xfd");
  folder.Write("log", "{}");
  EXPECT_EQ(ProblemOfLog("-"), "");
  EXPECT_EQ(ProblemOfLog(folder.Path("log")), "");
  EXPECT_THAT(ProblemOfLog(folder.Path("empty")), HasSubstr("is empty; leave it out"));
  EXPECT_THAT(ProblemOfLog(folder.Path("a.gz")),
              HasSubstr("write `zcat " + folder.Path("a.gz") + " | headgate ledger import -`"));
  EXPECT_THAT(ProblemOfLog(folder.Path("a.zst")), HasSubstr("`zstdcat "));
  EXPECT_THAT(ProblemOfLog(folder.path().string()), HasSubstr("is a folder; name the files"));
  EXPECT_THAT(ProblemOfLog(folder.Path("none")), HasSubstr("No such file"));
}

}  // namespace
}  // namespace headgate::gateway
