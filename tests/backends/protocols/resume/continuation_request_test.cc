#include "backends/protocols/resume/continuation_request.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::backends {
namespace {

constexpr std::string_view kFinalMessage = "continue_final_message";

struct Written {
  std::string why;
  ContinuationRequest request;
};

Written Continue(std::string_view body, std::string_view text,
                 std::string_view dialect = kFinalMessage, std::int64_t tokens = 0) {
  ClientSeam seam;
  seam.text = text;
  Written written;
  written.why = WriteContinuation({.body = body,
                                   .seam = seam,
                                   .tokens_so_far = tokens,
                                   .dialect = PrefillDialectNamed(dialect)},
                                  written.request);
  return written;
}

std::string BodyOf(std::string_view body, std::string_view text,
                   std::string_view dialect = kFinalMessage, std::int64_t tokens = 0) {
  const Written written = Continue(body, text, dialect, tokens);
  return written.why.empty() ? written.request.body : "not written: " + written.why;
}

constexpr std::string_view kPlain = R"({"model":"m","messages":[{"role":"user","content":"x"}]})";

TEST(ContinuationRequestTest, WritesTheDialectOfTheBackend) {
  EXPECT_EQ(BodyOf(kPlain, "a \"b\""),
            R"({"model":"m","messages":[{"role":"user","content":"x"},)"
            R"({"role":"assistant","content":"a \"b\""}],)"
            R"("continue_final_message":true,"add_generation_prompt":false})");
  for (const std::string_view dialect : {"prefix", "prefix_beta"}) {
    EXPECT_EQ(BodyOf(kPlain, "a", dialect),
              R"({"model":"m","messages":[{"role":"user","content":"x"},)"
              R"({"role":"assistant","content":"a","prefix":true}]})");
  }
  EXPECT_EQ(BodyOf(kPlain, "a", "last_turn"),
            R"({"model":"m","messages":[{"role":"user","content":"x"},)"
            R"({"role":"assistant","content":"a"}]})");
  EXPECT_EQ(BodyOf(kPlain, "a", "none"), "not written: the backend cannot continue a text");
}

TEST(ContinuationRequestTest, DialectsSayWhatTheirBackendsDo) {
  EXPECT_EQ(PrefillDialectNamed("prefix")->repeats, Repeats::kAlways);
  EXPECT_EQ(PrefillDialectNamed(kFinalMessage)->repeats, Repeats::kNever);
  EXPECT_EQ(PrefillDialectNamed("prefix_beta")->base_path, "/beta");
  EXPECT_EQ(PrefillDialectNamed("last_turn")->protocol, ChatProtocol::kMessages);
  EXPECT_EQ(PrefillDialectNamed(""), nullptr);
}

// Unknown members, their order and their bytes stay.
TEST(ContinuationRequestTest, KeepsOtherMembersAsTheyAre) {
  EXPECT_EQ(BodyOf(R"({ "x\u0031" : [1, {"a" :2.50}], "messages":[ {"role":"user", "content":[]} ],
                   "echo":true,"continue_final_message":false,"seed" : 1e3})",
                   "a"),
            R"({"x1":[1, {"a" :2.50}],"messages":[{"role":"user", "content":[]},)"
            R"({"role":"assistant","content":"a"}],"seed":1e3,)"
            R"("continue_final_message":true,"add_generation_prompt":false})");
}

TEST(ContinuationRequestTest, WithholdsWhiteSpace) {
  const Written written = Continue(kPlain, "a\n b \n\n", "last_turn");
  EXPECT_EQ(written.request.sent, "a\n b");
  EXPECT_EQ(written.request.withheld, " \n\n");
  EXPECT_NE(written.request.body.find(R"("content":"a\n b"}])"), std::string::npos);
}

// Any backend can give the whole answer again.
TEST(ContinuationRequestTest, WithoutATextTheRequestStaysAsItIs) {
  for (const std::string_view text : {"", " \n"}) {
    const Written written =
        Continue(R"({"messages":[],"max_tokens":5,"echo":false})", text, "none", 2);
    EXPECT_EQ(written.why, "");
    EXPECT_EQ(written.request.body, R"({"messages":[],"max_tokens":3,"echo":false})");
    EXPECT_EQ(written.request.sent, "");
    EXPECT_EQ(written.request.withheld, text);
  }
}

TEST(ContinuationRequestTest, LowersTheLimit) {
  const std::string begin = R"({"messages":[{"role":"user","content":"x"}],)";
  const auto limited = [&](std::string_view limit) {
    const std::string body = BodyOf(begin + std::string(limit) + "}", "a", "last_turn", 30);
    return body.substr(body.find("}],") + 3);
  };
  EXPECT_EQ(limited(R"("max_tokens":100)"), R"("max_tokens":70})");
  EXPECT_EQ(limited(R"("max_completion_tokens":31)"), R"("max_completion_tokens":1})");
  EXPECT_EQ(limited(R"("max_tokens":10)"), R"("max_tokens":1})");
  EXPECT_EQ(limited(R"("min_tokens":40)"), R"("min_tokens":10})");
  EXPECT_EQ(limited(R"("min_tokens":4)"), R"("min_tokens":0})");
  EXPECT_EQ(limited(R"("max_tokens":null)"), R"("max_tokens":null})");
}

TEST(ContinuationRequestTest, GoesOnWithTheClientsOwnBeginning) {
  constexpr std::string_view body =
      R"({"messages":[{"role":"user","content":"x"},)"
      R"({"prefix":true,"role":"assistant","content":"Once upon a time","name":"n"}]})";
  const Written written = Continue(body, ", a fox", "prefix");
  EXPECT_EQ(written.request.body,
            R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","name":"n",)"
            R"("content":"Once upon a time, a fox","prefix":true}]})");
  EXPECT_EQ(written.request.sent, "Once upon a time, a fox");
  EXPECT_EQ(written.request.repeats, Repeats::kAlways);
  // The answer has repeated it.
  EXPECT_EQ(Continue(body, "Once upon a time, a fox", "prefix").request.sent,
            "Once upon a time, a fox");
  EXPECT_EQ(BodyOf(R"({"messages":[{"role":"assistant","content":[{"type":"text"}]}]})", "a"),
            "not written: its last message cannot be continued");
  EXPECT_EQ(BodyOf(R"({"messages":"x"})", "a"),
            "not written: its last message cannot be continued");
  EXPECT_EQ(BodyOf("[]", "a"), "not written: the request cannot be read");
}

TEST(ContinuationRequestTest, DoesNotContinueInsideAStopSequence) {
  const std::string begin = R"({"messages":[{"role":"user","content":"x"}],)";
  struct Row {
    std::string_view stop;
    std::string_view text;
    bool refused;
  };
  const Row rows[] = {
      {R"("stop":"###")", "a #", true},
      {R"("stop":"###")", "a ##", true},
      {R"("stop":"###")", "#", true},
      {R"("stop":"###")", "a ## b", false},
      {R"("stop":["END","\nUser:"])", "the E", true},
      {R"("stop":["END","\nUser:"])", "a\nUs", true},
      {R"("stop":["END","\nUser:"])", "a\n", false},  // the white space is withheld
      {R"("stop":"\u00e9t")", "caf\xC3\xA9", true},
      {R"("stop":".")", "a", false},
      {R"("stop":null)", "a", false},
      {R"("stop_sequences":["zz"])", "buzz", true},
      {R"("stop_sequences":["zzz"])", "bu", false},
  };
  for (const Row& row : rows) {
    const Written written = Continue(begin + std::string(row.stop) + "}", row.text);
    EXPECT_EQ(written.why.empty(), !row.refused) << row.stop << " " << row.text;
  }
}

TEST(ContinuationRequestTest, DoesNotContinueWhereTheModelIsToThink) {
  const auto why = [](std::string_view thinking, std::string_view dialect) {
    return Continue(R"({"messages":[{"role":"user","content":"x"}],"thinking":)" +
                        std::string(thinking) + "}",
                    "a", dialect)
        .why;
  };
  EXPECT_EQ(why(R"({"type":"enabled","budget_tokens":1024})", "last_turn"),
            "the model is to think");
  EXPECT_EQ(why(R"({"type":"adaptive"})", "last_turn"), "the model is to think");
  EXPECT_EQ(why(R"({"type":"disabled"})", "last_turn"), "");
  EXPECT_EQ(why(R"({"type":"enabled"})", kFinalMessage), "");
}

TEST(ContinuationRequestTest, EstimatesTheTokensSoFar) {
  AnswerUsage usage;
  EXPECT_EQ(TokensSoFar(usage, 7, "0123456789"), 7);
  EXPECT_EQ(TokensSoFar(usage, 1, "0123456789"), 3);
  usage.tokens = ReportedTokens{.output = 5};
  EXPECT_EQ(TokensSoFar(usage, 7, "0123456789"), 5);
}

}  // namespace
}  // namespace headgate::backends
