#include "gateway/keeping/response_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <string_view>

#include "gateway/keeping/response_to_store.h"
#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

using testing::HasSubstr;

constexpr std::string_view kHello = R"({"model":"m","input":"hello","store":true})";
constexpr std::string_view kWhole =
    R"({"id":"resp_7","object":"response","status":"completed","output":[{"type":"message","id":"m1"}]})";

// `text` with the room behind it that readers of JSON want.
class BodyOfAsker {
 public:
  explicit BodyOfAsker(std::string_view text) : size_(text.size()), text_(text) {
    text_.append(64, ' ');
  }
  KeptRequest Request() const {
    return {.owner = "anna",
            .previous = "resp_6",
            .conversation = {},
            .body = std::string_view(text_).substr(0, size_)};
  }

 private:
  std::size_t size_;
  std::string text_;
};

TEST(ResponseInTest, CutsTheResponseOutOfItsEvent) {
  EXPECT_EQ(ResponseIn(R"({"type":"response.completed", "response" : {"id":"r","a":[{}]} ,"n":3})"),
            R"({"id":"r","a":[{}]})");
  EXPECT_EQ(ResponseIn(R"({"response":{}})"), "{}");
  for (const char* const event :
       {"", "{}", R"({"response":null})", R"({"response":"r"})", R"({"response":{"id":"r"})"}) {
    EXPECT_EQ(ResponseIn(event), "") << event;
  }
}

TEST(ResponseToStoreTest, KeepsWhatTheClientSentAndGot) {
  const BodyOfAsker body(kHello);
  const std::optional<StoredResponse> stored =
      ResponseToStore(body.Request(), std::string(kWhole), 5);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->owner, "anna");
  EXPECT_EQ(stored->id, "resp_7");
  EXPECT_EQ(stored->created, 5);
  EXPECT_EQ(stored->object, kWhole);
  EXPECT_EQ(stored->previous, "resp_6");
  ASSERT_EQ(stored->input.size(), 1u);
  EXPECT_EQ(stored->input[0].id, "msg_7_in_0");
  EXPECT_THAT(stored->input[0].json, HasSubstr(R"("text":"hello")"));
}

TEST(ResponseToStoreTest, KeepsOnlyAResponseThatHasEnded) {
  const BodyOfAsker body(kHello);
  const auto is_kept = [&body](std::string object) {
    return ResponseToStore(body.Request(), std::move(object), 0).has_value();
  };
  EXPECT_TRUE(is_kept(R"({"id":"r","output":[],"status":"incomplete"})"));
  EXPECT_TRUE(is_kept(R"({"id":"r","output":[],"status":"failed"})"));
  EXPECT_TRUE(is_kept(R"({"id":"r","output":[]})"));
  EXPECT_FALSE(is_kept(R"({"id":"r","output":[],"status":"in_progress"})"));
  EXPECT_FALSE(is_kept(R"({"id":"r","output":[],"status":"queued"})"));
  EXPECT_FALSE(is_kept(R"({"id":"r"})"));
  EXPECT_FALSE(is_kept(R"({"id":"r","output":{}})"));
  EXPECT_FALSE(is_kept(R"({"id":"","output":[]})"));
  EXPECT_FALSE(is_kept(R"({"id":7,"output":[]})"));
  EXPECT_FALSE(is_kept(R"({"output":[]})"));
  EXPECT_FALSE(is_kept(R"({"id":")" + std::string(257, 'x') + R"(","output":[]})"));
  EXPECT_FALSE(is_kept(""));
  EXPECT_FALSE(is_kept("[]"));
}

class ResponseKeeperTest : public testing::Test {
 protected:
  // Returns the object that is stored; "none" without one.
  std::string StoredObject() {
    std::promise<std::string> object;
    store_.Post([&object](ResponseDatabase& database, std::int64_t now) {
      const absl::StatusOr<std::string> found = database.Get("anna", "resp_7", now);
      object.set_value(found.ok() ? *found : "none");
    });
    return object.get_future().get();
  }

  TemporaryFolder folder_;
  ResponseStore store_{
      folder_.path().string(),
      {.keep = 1000, .max_bytes = 8u << 20},
      [] { return std::int64_t{1'700'000'000'000}; },
      [](bool, std::string_view what, std::string_view) { ADD_FAILURE() << what; }};
  BodyOfAsker body_{kHello};
  ResponseKeeper keeper_{store_, body_.Request()};
};

TEST_F(ResponseKeeperTest, StoresAWholeAnswer) {
  keeper_.TakeAnswer(kWhole);
  EXPECT_EQ(StoredObject(), kWhole);
}

TEST_F(ResponseKeeperTest, StoresTheResponseOfTheLastEvent) {
  const std::string created =
      "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":"
      "\"resp_7\",\"output\":[],\"status\":\"in_progress\"}}\n\n";
  keeper_.TakeEvents(created);
  keeper_.TakeEvents(
      "event: response.output_text.delta\n"
      "data: {\"type\":\"response.output_text.delta\",\"delta\":\"response.completed\"}\n\n");
  EXPECT_EQ(StoredObject(), "none");
  keeper_.TakeEvents(created +
                     ": a comment\n\nevent: response.completed\ndata: {\"type\":"
                     "\"response.completed\",\"response\":" +
                     std::string(kWhole) + ",\"sequence_number\":9}\n\n: headgate-cost\n\n");
  EXPECT_EQ(StoredObject(), kWhole);
  EXPECT_EQ(store_.figures().stored, 1);
}

TEST_F(ResponseKeeperTest, FindsTheLastEventHoweverItIsWritten) {
  keeper_.TakeEvents("event: response.incomplete\r\ndata: {\"response\":" + std::string(kWhole) +
                     ",\r\ndata: \"type\":\"response.incomplete\"}\r\n\r\n");
  EXPECT_EQ(StoredObject(), kWhole);
}

TEST_F(ResponseKeeperTest, DoesNotStoreWhatFailed) {
  keeper_.TakeEvents("data: {\"type\":\"response.failed\",\"response\":" + std::string(kWhole) +
                     "}\n\n");
  keeper_.TakeEvents("");
  keeper_.TakeAnswer(R"({"error":{"message":"no"}})");
  keeper_.GiveUp();
  EXPECT_EQ(StoredObject(), "none");
  EXPECT_EQ(store_.figures().stored, 0);
  EXPECT_EQ(store_.figures().lost_too_large, 1);
}

}  // namespace
}  // namespace headgate::gateway
