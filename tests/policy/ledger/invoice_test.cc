#include "policy/ledger/report/invoice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(InvoiceTest, KnowsTheModelOfASnapshot) {
  EXPECT_EQ(WithoutDate("gpt-4.1-2025-04-14"), "gpt-4.1");
  EXPECT_EQ(WithoutDate("claude-opus-4-20250514"), "claude-opus-4");
  for (const std::string_view name : {"gpt-4.1", "gpt-4-0613", "-2025-04-14", ""}) {
    EXPECT_EQ(WithoutDate(name), name);
  }
}

TEST(InvoiceTest, ReadsTheExportOfOpenAi) {
  const auto lines = ReadInvoice(
      "start_time,end_time,num_model_requests,input_tokens,output_tokens,input_cached_tokens,"
      "project_id,model,batch\r\n"
      "1795910400,1795996800,3,900,40,100,\"a, b\",gpt-4.1-2025-04-14,false\r\n"
      "1795910400,1795996800,2,100,10,,\"say \"\"x\"\"\",gpt-4.1-2025-04-14,true\r\n"
      "1795996800,1796083200,1,7,1,0,p,gpt-4.1-mini,\r\n");
  ASSERT_TRUE(lines.ok()) << lines.status();
  ASSERT_THAT(lines->lines, SizeIs(2));
  EXPECT_THAT(lines->missing, IsEmpty());
  const InvoiceLine& line = lines->lines.front();
  EXPECT_EQ(line.day, DayOf(kNoon));
  EXPECT_EQ(line.model, "gpt-4.1");
  EXPECT_EQ(line.requests, 5);
  EXPECT_EQ(line.usage.input, 1000);
  EXPECT_EQ(line.usage.cached_input, 100);
  EXPECT_EQ(line.usage.output, 50);
}

TEST(InvoiceTest, ReadsTheExportOfAnthropic) {
  const auto lines = ReadInvoice(
      "\xef\xbb\xbfusage_date_utc,model_version,api_key,workspace,usage_input_tokens_no_cache,"
      "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,"
      "usage_input_tokens_cache_read,usage_output_tokens,web_search_count\n"
      "2026-11-29,claude-opus-4-20250514,k,w,100,20,3,4000,55,0\n\n");
  ASSERT_TRUE(lines.ok()) << lines.status();
  ASSERT_THAT(lines->lines, SizeIs(1));
  EXPECT_THAT(lines->missing, IsEmpty());
  const InvoiceLine& line = lines->lines.front();
  EXPECT_EQ(line.day, DayOf(kNoon));
  EXPECT_EQ(line.model, "claude-opus-4");
  EXPECT_FALSE(line.requests);
  EXPECT_EQ(line.usage.input, 4123);
  EXPECT_EQ(line.usage.cached_input, 4000);
  EXPECT_EQ(line.usage.cache_write, 23);
  EXPECT_EQ(line.usage.output, 55);
}

TEST(InvoiceTest, TakesSemicolonsAndSaysWhichColumnsAreMissing) {
  const auto invoice =
      ReadInvoice("start_time;model;input_tokens;output_tokens\n2026-11-29;\"g;x\";1000;50\n");
  ASSERT_TRUE(invoice.ok()) << invoice.status();
  ASSERT_THAT(invoice->lines, SizeIs(1));
  EXPECT_EQ(invoice->lines[0].model, "g;x");
  EXPECT_EQ(invoice->lines[0].usage.output, 50);
  EXPECT_FALSE(invoice->lines[0].requests);
  EXPECT_FALSE(invoice->has_cached);
  EXPECT_THAT(invoice->missing, ElementsAre("input_cached_tokens", "num_model_requests"));
  const SpendReport booked{
      .by = {},
      .rows = {{.values = {"2026-11-29", "openai", "g;x"},
                .sums = {.attempts = 3,
                         .usage = {.input = 1000, .cached_input = 600, .output = 50}}}},
      .total = {}};
  const auto lines = CompareWithInvoice(*invoice, booked, "openai");
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0].difference, IsEmpty()) << "cached input is taken as booked";
}

TEST(InvoiceTest, SaysWhatADifferenceIsWorth) {
  std::vector<ReconciledLine> lines(2);
  lines[0].model = "priced";
  lines[0].billed.usage = {.input = 3'000'000, .output = 1'000'000};
  lines[0].booked.usage = {.input = 1'000'000, .output = 1'500'000};
  lines[0].booked.cost = 1;  // in another tier, for example: tokens alone are compared
  lines[1].model = "other";
  config::PriceRow price;
  price.input = 2 * kNanoPerUsd;
  price.output = 8 * kNanoPerUsd;
  AddValues(
      [&](const std::string& model) {
        return model == "priced" ? std::optional(price) : std::nullopt;
      },
      lines);
  EXPECT_EQ(lines[0].billed_value, 14 * kNanoPerUsd);  // 3 * 2 + 1 * 8
  EXPECT_EQ(lines[0].value_of_difference, 0);          // 14 - (1 * 2 + 1.5 * 8)
  EXPECT_FALSE(lines[1].billed_value);
  EXPECT_FALSE(lines[1].value_of_difference);
}

TEST(InvoiceTest, SaysWhatIsWrong) {
  const auto wrong = [](std::string_view csv) {
    return std::string(ReadInvoice(csv).status().message());
  };
  EXPECT_THAT(wrong(""), HasSubstr("line 1: these are not the columns"));
  EXPECT_THAT(wrong("a,b\n1,2\n"), HasSubstr("OpenAI's has start_time"));
  EXPECT_EQ(wrong("start_time,model,output_tokens\nsoon,m,1\n"), "line 2: start_time is not a day");
  EXPECT_EQ(wrong("start_time,model,output_tokens\n2026-11-29,m,1\n2026-11-29,m,1.5\n"),
            "line 3: output_tokens is not a number");
}

TEST(InvoiceTest, NamesTheDifferences) {
  const auto line = [](std::string model, std::int64_t requests, Usage usage) {
    return InvoiceLine{
        .day = DayOf(kNoon), .model = std::move(model), .requests = requests, .usage = usage};
  };
  const auto row = [](std::string backend, std::string billed_as, std::int64_t attempts,
                      Usage usage) {
    return SpendRow{.values = {"2026-11-29", std::move(backend), std::move(billed_as)},
                    .sums = {.attempts = attempts, .usage = usage}};
  };
  const SpendReport booked{
      .by = {},
      .rows = {row("openai", "same", 3, {.input = 10, .output = 5}),
               row("openai", "other-2025-04-14", 3, {.input = 10, .output = 5}),
               row("openai", "ours", 1, {.input = 1}), row("azure", "theirs", 1, {.input = 1})},
      .total = {}};
  const auto lines = CompareWithInvoice(
      {.lines = {line("same", 3, {.input = 10, .output = 5}),
                 line("other", 4, {.input = 12, .output = 4}), line("theirs", 1, {.input = 1})},
       .missing = {}},
      booked, "openai");
  ASSERT_THAT(lines, SizeIs(4));  // by model
  EXPECT_EQ(lines[0].model, "other");
  EXPECT_EQ(lines[0].difference,
            "requests: 4 billed, 3 booked, input tokens: 12 billed, 10 booked, "
            "output tokens: 4 billed, 5 booked");
  EXPECT_THAT(lines[1].difference, HasSubstr("only in the ledger"));
  EXPECT_THAT(lines[2].difference, IsEmpty());
  EXPECT_THAT(lines[3].difference, HasSubstr("only on the bill"));
}

}  // namespace
}  // namespace headgate::policy
