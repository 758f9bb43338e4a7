#include "loadtest/sim/faults/fault.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace headgate::loadtest::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(FaultTest, EmptyTextIsNoFault) {
  const FaultResult result = ParseFault("");
  EXPECT_EQ(result.error, "");
  EXPECT_FALSE(result.fault.status);
  EXPECT_FALSE(result.fault.reset);
}

TEST(FaultTest, ReadsSeveralKeys) {
  const FaultResult result = ParseFault("status=503;retry_after=7;message=a = b;delay=250ms");
  ASSERT_EQ(result.error, "");
  EXPECT_EQ(result.fault.status, 503);
  EXPECT_EQ(result.fault.retry_after, 7);
  EXPECT_EQ(result.fault.message, "a = b");
  EXPECT_EQ(result.fault.delay, milliseconds(250));
}

TEST(FaultTest, ReadsEveryKey) {
  const FaultResult result = ParseFault(
      "reset;reset_after=1;cut=2;stall=3,5s;malformed=4;no_done;no_usage;huge=1000;tokens=5;"
      "ttft=exp:20ms;interval=5ms;error_event;error_after=6;comment=7;crlf;split;encoded;"
      "close_after;no_length;times=8;cached=9;echo_body;code=slow_down;"
      "cache_write=10;thinking=11;finish=refusal;silence;trickle;context_length;content_policy;"
      "skip=12;every=13;early_head");
  ASSERT_EQ(result.error, "");
  const Fault& fault = result.fault;
  EXPECT_TRUE(fault.reset && fault.no_done && fault.no_usage && fault.error_event && fault.crlf);
  EXPECT_TRUE(fault.split && fault.encoded && fault.close_after && fault.no_length);
  EXPECT_TRUE(fault.echo_body && fault.ttft && fault.interval);
  EXPECT_TRUE(fault.silence && fault.trickle && fault.context_length && fault.content_policy &&
              fault.early_head);
  EXPECT_EQ(fault.skip, 12);
  EXPECT_EQ(fault.every, 13);
  EXPECT_EQ(fault.cache_write, 10);
  EXPECT_EQ(fault.thinking, 11);
  EXPECT_EQ(fault.finish, "refusal");
  EXPECT_EQ(fault.reset_after, 1);
  EXPECT_EQ(fault.cut, 2);
  EXPECT_EQ(fault.stall, std::pair(std::int64_t{3}, Nanoseconds(seconds(5))));
  EXPECT_EQ(fault.malformed, 4);
  EXPECT_EQ(fault.huge, 1000);
  EXPECT_EQ(fault.tokens, 5);
  EXPECT_EQ(fault.error_after, 6);
  EXPECT_EQ(fault.comment, 7);
  EXPECT_EQ(fault.times, 8);
  EXPECT_EQ(fault.cached, 9);
  EXPECT_EQ(fault.code, "slow_down");
}

TEST(FaultTest, NamesThePartItDoesNotUnderstand) {
  for (const std::string_view part :
       {"nonsense", "status=200", "status=600", "status", "cut", "cut=-1", "cut=x", "stall=3",
        "stall=3,5", "delay=5", "reset=1", "comment=0", "ttft=5", "huge=99999999999", "=3",
        "every=0", "skip=x", "silence=1"}) {
    const FaultResult result = ParseFault("tokens=3;" + std::string(part));
    EXPECT_NE(result.error.find("`" + std::string(part) + "`"), std::string::npos) << part;
  }
}

TEST(FaultTest, CountsOnlyIfARequestsNumberMatters) {
  for (const std::string_view text : {"status=500;times=1", "cut=3;skip=1", "reset;every=2"}) {
    EXPECT_TRUE(ParseFault(text).fault.Counted()) << text;
  }
  EXPECT_FALSE(ParseFault("status=500;every=1;skip=0").fault.Counted());
}

TEST(FaultTest, TheTableHasEachKeyOnceAndInItsText) {
  const std::string table = FaultTable();
  for (const FaultKey& key : FaultKeys()) {
    std::string line(key.name);
    if (!key.value.empty()) line.append("=").append(key.value);
    const std::size_t at = table.find("\n" + line + "\t");
    EXPECT_TRUE(at != std::string::npos || table.starts_with(line + "\t")) << line;
    EXPECT_FALSE(key.what.empty());
    EXPECT_EQ(std::count_if(FaultKeys().begin(), FaultKeys().end(),
                            [&](const FaultKey& other) { return other.name == key.name; }),
              1);
  }
}

}  // namespace
}  // namespace headgate::loadtest::sim
