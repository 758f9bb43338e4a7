#include "gateway/keeping/told_state.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::gateway {
namespace {

std::string ToldAnswer(const ToldState& state, std::string answer) {
  TellInAnswer(state, answer);
  return answer;
}

TEST(ToldStateTest, WritesWhatTheClientAskedForIntoTheAnswer) {
  const std::string answer =
      R"({"id":"r","previous_response_id": null ,"output":[{"store":false}],"store":false,"n":1.50})";
  EXPECT_EQ(
      ToldAnswer({.store = true, .previous = "resp_\"1", .conversation = {}}, answer),
      R"({"id":"r","previous_response_id": "resp_\"1" ,"output":[{"store":false}],"store":true,"n":1.50})");
  EXPECT_EQ(
      ToldAnswer({.store = false, .previous = {}, .conversation = "conv_1"}, answer),
      R"({"conversation":{"id":"conv_1"},"id":"r","previous_response_id": null ,"output":[{"store":false}],"store":false,"n":1.50})");
  EXPECT_EQ(ToldAnswer({}, R"( {"id":"r","st\u006fre":null} )"),
            R"( {"id":"r","st\u006fre":true} )");
}

TEST(ToldStateTest, LeavesEverythingElseAlone) {
  for (const char* const answer : {"", "{}", "[]", "no", R"({"id":"r")", R"("store")"}) {
    EXPECT_EQ(ToldAnswer({.store = true, .previous = "p", .conversation = "c"}, answer), answer);
  }
}

TEST(ToldStateTest, WritesIntoEventsThatHaveTheResponse) {
  const std::string delta =
      "event: response.output_text.delta\n"
      R"(data: {"type":"response.output_text.delta","delta":"\"response\":{\"store\":false}"})"
      "\n\n";
  std::string events =
      "event: response.created\r\n"
      R"(data: {"type":"response.created","response":{"id":"r","store":false},"sequence_number":0})"
      "\r\n\r\n" +
      delta + ": a comment\n" +
      R"(data:{"type":"response.completed","response" : {"store" : false}})"
      "\n\n";
  TellInEvents({.store = true, .previous = "p", .conversation = {}}, events);
  EXPECT_EQ(
      events,
      "event: response.created\r\n"
      R"(data: {"type":"response.created","response":{"previous_response_id":"p","id":"r","store":true},"sequence_number":0})"
      "\r\n\r\n" +
          delta + ": a comment\n" +
          R"(data:{"type":"response.completed","response" : {"previous_response_id":"p","store" : true}})"
          "\n\n");
  std::string alone = delta;
  TellInEvents({.store = true, .previous = "p", .conversation = {}}, alone);
  EXPECT_EQ(alone, delta);
}

}  // namespace
}  // namespace headgate::gateway
