#include "loadtest/sim/answers/script.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace headgate::loadtest::sim {
namespace {

CompletionRequest Asking(std::int64_t tool_results) {
  CompletionRequest request;
  request.tool_results = tool_results;
  request.tools = {{"read", false}, {"patch", true}};
  return request;
}

TEST(ScriptTest, StepsComeAfterTheResultsOfTheCallsBeforeThem) {
  const Script script = Script::Parse(
      "{\"text\":\"a\",\"tool_calls\":[{\"name\":\"read\"},{\"name\":\"read\"}]}\n\n"
      "{\"text\":\"b\",\"tool_calls\":[{\"name\":\"patch\",\"arguments\":\"x\"}]}\r\n"
      "{\"text\":\"c\"}");
  const char* const kTexts[] = {"a", "a", "b", "c", "c"};
  for (std::int64_t results = 0; results < 5; ++results) {
    const ScriptStep* step = script.Find(Asking(results), "{}");
    ASSERT_NE(step, nullptr);
    EXPECT_EQ(step->text, kTexts[results]) << results;
  }
  EXPECT_EQ(script.Find(Asking(0), "")->calls[0].arguments, "{}");
  EXPECT_EQ(script.Find(Asking(2), "")->calls[0].arguments, "x");
}

TEST(ScriptTest, AStepMaySayAfterHowManyResultsItComes) {
  const Script script = Script::Parse(R"({"after":2,"text":"a","tool_calls":[{"name":"read"}]})"
                                      "\n"
                                      R"({"text":"b"})");
  EXPECT_EQ(script.Find(Asking(1), ""), nullptr);
  EXPECT_EQ(script.Find(Asking(2), "")->text, "a");
  EXPECT_EQ(script.Find(Asking(3), "")->text, "b");
}

TEST(ScriptTest, TheFirstConversationThatTheBodyFitsIsTaken) {
  const Script script =
      Script::Parse(R"({"match":"say \"one\"","text":"1"})"
                    "\n"
                    R"({"match":"two","text":"2","tool_calls":[{"name":"absent"}]})"
                    "\n"
                    R"({"text":"any"})");
  EXPECT_EQ(script.Find(Asking(0), R"({"content":"say \"one\" or two"})")->text, "1");
  // The second conversation calls a tool that the request does not offer.
  EXPECT_EQ(script.Find(Asking(0), "two")->text, "any");
  EXPECT_EQ(script.Find(Asking(0), "three")->text, "any");
  EXPECT_EQ(Script().Find(Asking(0), "three"), nullptr);
}

TEST(ScriptTest, MistakesNameTheirLine) {
  const struct {
    std::string_view line;
    std::string_view says;
  } kCases[] = {
      {"[1]", "a step must be a JSON object"},
      {R"({"txt":"a"})", "`txt` is unknown or has a wrong value"},
      {R"({"after":"1"})", "`after` is unknown or has a wrong value"},
      {R"({"thinking":1})", "`thinking` must be a string"},
      {R"({"tool_calls":["a"]})", "a tool call must be an object"},
      {R"({"tool_calls":[{"arguments":{}}]})", "a tool call needs a `name`"},
      {R"({"tool_calls":[{"name":"a","arguments":5}]})", "`arguments` must be a string"},
      {R"({"tool_calls":[{"name":"a","input":{}}]})", "`input` is not a member of a tool call"},
  };
  for (const auto& c : kCases) {
    try {
      Script::Parse("{\"text\":\"a\"}\n" + std::string(c.line));
      ADD_FAILURE() << c.line;
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(std::string_view(error.what()), "line 2 of the script: " + std::string(c.says));
    }
  }
  EXPECT_THROW(Script::Parse("{"), std::runtime_error);
  EXPECT_THROW(Script::Load("/nonexistent"), std::runtime_error);
}

}  // namespace
}  // namespace headgate::loadtest::sim
