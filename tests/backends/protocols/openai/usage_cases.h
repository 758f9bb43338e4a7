#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "backends/protocols/openai/event_stream.h"
#include "backends/protocols/openai/whole_answer.h"
#include "backends/protocols/values/answer_usage.h"
#include "tests/backends/protocols/values/usage_equality.h"

namespace headgate::backends::openai {

// Reads one usage in a whole answer, in an answer too large to hold, and in a stream.

using Usage = std::optional<ReportedTokens>;

inline Usage InWholeAnswer(const std::string& usage) {
  std::string json = R"({"id":"x","usage":)" + usage + R"(,"choices":[{"message":{}}]})";
  return ReadWholeAnswer(json).usage.tokens;
}

inline Usage InLargeAnswer(const std::string& usage) {
  AnswerScanner answer(kScannedCompletion);
  answer.Feed(R"({"choices":[{"message":{"content":"x"}}],"usage":)" + usage);
  answer.Feed("}");
  return answer.usage().tokens;
}

inline Usage InStream(const std::string& usage) {
  std::string one_line;
  for (const char c : usage) one_line += c == '\n' ? ' ' : c;
  EventStream stream(/*forward_usage=*/true);
  std::string out;
  stream.Feed("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n", out);
  stream.Feed("data: {\"choices\":[],\"usage\":" + one_line + "}\n\ndata: [DONE]\n\n", out);
  EXPECT_TRUE(stream.done()) << usage;
  return stream.usage().tokens;
}

struct UsageCase {
  const char* name;
  const char* usage;
  Usage want;  // input, cached, written, output, reasoning, output_said, consistent
};

inline void ExpectEverywhere(const UsageCase& one) {
  SCOPED_TRACE(one.name);
  EXPECT_EQ(InWholeAnswer(one.usage), one.want) << "whole";
  EXPECT_EQ(InLargeAnswer(one.usage), one.want) << "large";
  EXPECT_EQ(InStream(one.usage), one.want) << "streamed";
}

inline constexpr bool kSaid = true;
inline constexpr bool kDoubtful = false;

}  // namespace headgate::backends::openai
