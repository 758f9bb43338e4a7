#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <string_view>

#include "gateway/responses/response_store.h"
#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/proxy/proxied_fixture.h"
#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A backend of each kind; the model chooses.
constexpr std::string_view kKindsOfBackends = R"(
server: {auth: none, limits: {body: 2KiB}}
models:
  speaker: {context: 100000, max_output: 2000}
  poet: {context: 100000, max_output: 2000}
  keeper: {context: 100000, max_output: 2000}
backends:
  chat: {hosting: paid_api, url: "http://127.0.0.1:1/v1", api_key: a, models: {speaker: {name: up, price: {input: 1, output: 2}}}}
  claude: {protocol: anthropic, hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: b, models: {poet: {name: up, price: {input: 1, output: 2}}}}
  native: {hosting: paid_api, url: "http://127.0.0.1:3/v1", api_key: c, endpoints: [responses], models: {keeper: {name: up, price: {input: 1, output: 2}}}}
routes: [{name: all}]
)";

constexpr std::string_view kChatCompletion =
    R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"it is noon"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})";
constexpr std::string_view kClaudesMessage =
    R"({"id":"msg_1","type":"message","role":"assistant","model":"up","content":[{"type":"text","text":"it is noon"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":5}})";
constexpr std::string_view kNativeResponse =
    R"({"id":"resp_native","object":"response","created_at":1,"status":"completed","model":"up","output":[{"type":"message","id":"msg_9","role":"assistant","status":"completed","content":[{"type":"output_text","text":"it is noon","annotations":[]}]}],"usage":{"input_tokens":10,"output_tokens":5,"total_tokens":15}})";
constexpr std::string_view kChatChunks =
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":"
    "\"it is noon\"}}]}\n\n"
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}"
    "\n\ndata: [DONE]\n\n";

std::string NativeEvents(std::string_view last_type) {
  return "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":"
         "\"resp_native\",\"object\":\"response\",\"status\":\"in_progress\",\"output\":[]}}\n\n"
         "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
         "\"delta\":\"it is noon\"}\n\nevent: " +
         std::string(last_type) + "\ndata: {\"type\":\"" + std::string(last_type) +
         "\",\"response\":" + std::string(kNativeResponse) + "}\n\n";
}

class StoredRequestTest : public ProxiedFixture {
 protected:
  StoredRequestTest()
      : ProxiedFixture(kKindsOfBackends, "POST /v1/responses HTTP/1.1\r\nHost: h\r\n\r\n") {
    worker_.responses = &store_;
  }

  // Asks for `model` with more members of the body, and returns what the client got.
  std::string AskModel(std::string_view model, ExchangeScript answer, std::string_view more) {
    exchanges_.Expect(std::move(answer));
    return AskNobody(model, more);
  }
  // The same for a request that no backend sees.
  std::string AskNobody(std::string_view model, std::string_view more) {
    client_.sent.clear();
    Begin();
    Run(Ask(R"({"model":")" + std::string(model) + R"(",)" + std::string(more) + "}"));
    return client_.sent;
  }

  // Returns the text behind the first `"id":"` of the answer.
  static std::string IdIn(std::string_view answer) {
    constexpr std::string_view kMark = R"("id":")";
    const std::size_t begin = answer.find(kMark) + kMark.size();
    return std::string(answer.substr(begin, answer.find('"', begin) - begin));
  }

  bool IsStored(const std::string& id) {
    std::promise<bool> stored;
    store_.Post([&stored, &id](ResponseDatabase& database, std::int64_t now) {
      stored.set_value(database.Get("", id, now).ok());
    });
    return stored.get_future().get();
  }

  TemporaryFolder folder_;
  ResponseStore store_{
      folder_.path().string(),
      {.keep = 60'000, .max_bytes = 8u << 20},
      [] { return std::int64_t{1'700'000'000'000}; },
      [](bool, std::string_view what, std::string_view) { ADD_FAILURE() << what; }};
};

TEST_F(StoredRequestTest, ContinuesAtEachKindOfBackend) {
  const std::string first =
      AskModel("speaker", WholeAnswer(std::string(kChatCompletion)), R"("input":"what time?")");
  const std::string id = IdIn(first);
  ASSERT_TRUE(id.starts_with("resp_")) << first;
  const std::string more = R"("input":"and now?","previous_response_id":")" + id + R"(")";
  const auto has_history = AllOf(HasSubstr("what time?"), HasSubstr("it is noon"),
                                 HasSubstr("and now?"), Not(HasSubstr("previous_response_id")));
  AskModel("speaker", WholeAnswer(std::string(kChatCompletion)), more);
  EXPECT_THAT(exchanges_.traces[1].request, has_history);
  AskModel("poet", WholeAnswer(std::string(kClaudesMessage)), more);
  EXPECT_THAT(exchanges_.traces[2].request, has_history);
  AskModel("keeper", WholeAnswer(std::string(kNativeResponse)), more);
  EXPECT_THAT(exchanges_.traces[3].request, AllOf(has_history, HasSubstr(R"("store":false)")));
  EXPECT_TRUE(IsStored("resp_native"));
}

TEST_F(StoredRequestTest, StoresWhatIsStreamed) {
  AskModel("keeper", StreamedAnswer({NativeEvents("response.completed")}),
           R"("input":"what time?","stream":true)");
  EXPECT_TRUE(IsStored("resp_native"));
  const std::string translated = AskModel("speaker", StreamedAnswer({std::string(kChatChunks)}),
                                          R"("input":"what time?","stream":true)");
  EXPECT_TRUE(IsStored(IdIn(translated))) << translated;
  EXPECT_EQ(store_.figures().stored, 2);
}

TEST_F(StoredRequestTest, DoesNotStoreABrokenStream) {
  ExchangeScript broken = StreamedAnswer(
      {NativeEvents("response.completed").substr(0, NativeEvents("x").find("event: x"))});
  broken.breaks_at_end = backends::AttemptResult::kCut;
  AskModel("keeper", std::move(broken), R"("input":"what time?","stream":true)");
  AskModel("keeper", StreamedAnswer({NativeEvents("response.failed")}),
           R"("input":"what time?","stream":true)");
  EXPECT_FALSE(IsStored("resp_native"));
  AskModel("keeper", StreamedAnswer({NativeEvents("response.incomplete")}),
           R"("input":"what time?","stream":true)");
  EXPECT_TRUE(IsStored("resp_native"));
}

TEST_F(StoredRequestTest, DoesNotStoreWhatTheClientKeeps) {
  AskModel("keeper", WholeAnswer(std::string(kNativeResponse)), R"("input":"hi","store":false)");
  EXPECT_FALSE(IsStored("resp_native"));
  EXPECT_THAT(exchanges_.traces[0].request, HasSubstr(R"("input":"hi","store":false})"));
}

TEST_F(StoredRequestTest, NamesAConversation) {
  const std::string_view more = R"("input":"what time?","conversation":{"id":"conv_1"})";
  AskModel("speaker", WholeAnswer(std::string(kChatCompletion)), more);
  AskModel("keeper", WholeAnswer(std::string(kNativeResponse)),
           R"("input":"and now?","conversation":"conv_1")");
  EXPECT_THAT(exchanges_.traces[1].request,
              AllOf(HasSubstr("what time?"), HasSubstr("it is noon"), HasSubstr("and now?")));
}

TEST_F(StoredRequestTest, ReplacesReferencesAtEachKindOfBackend) {
  AskModel("keeper", WholeAnswer(std::string(kNativeResponse)), R"("input":"what time?")");
  const std::string_view more =
      R"("input":[{"role":"user","content":"what time?"},{"type":"item_reference","id":"msg_9"},{"role":"user","content":"and now?"}])";
  const auto has_item =
      AllOf(HasSubstr("it is noon"), HasSubstr("and now?"), Not(HasSubstr("item_reference")));
  const std::string second = AskModel("speaker", WholeAnswer(std::string(kChatCompletion)), more);
  EXPECT_THAT(exchanges_.traces[1].request, has_item);
  AskModel("poet", WholeAnswer(std::string(kClaudesMessage)), more);
  EXPECT_THAT(exchanges_.traces[2].request, has_item);
  AskModel("keeper", WholeAnswer(std::string(kNativeResponse)),
           std::string(more) + R"(,"store":false)");
  EXPECT_THAT(exchanges_.traces[3].request, AllOf(has_item, HasSubstr(R"("store":false)")));
  // What was stored of the second request has the item itself.
  AskModel("speaker", WholeAnswer(std::string(kChatCompletion)),
           R"("input":"later","previous_response_id":")" + IdIn(second) + R"(")");
  EXPECT_THAT(exchanges_.traces[4].request, AllOf(has_item, HasSubstr("later")));
}

TEST_F(StoredRequestTest, RefusesReferencesThatItCannotReplace) {
  const std::string unknown =
      AskNobody("keeper", R"("input":[{"type":"item_reference","id":"fc_0"}])");
  EXPECT_THAT(unknown,
              AllOf(HasSubstr("HTTP/1.1 404 "), HasSubstr("Item with id 'fc_0' not found."),
                    HasSubstr(R"("param":"input")")));
  EXPECT_EQ(account_.rejection, Rejection::kNotFound);
  EXPECT_THAT(AskNobody("keeper", R"("input":[{"type":"item_reference","id":5}],"store":false)"),
              AllOf(HasSubstr("HTTP/1.1 400 "), HasSubstr("has no id")));
  EXPECT_EQ(account_.rejection, Rejection::kBadBody);
  EXPECT_TRUE(exchanges_.traces.empty());
}

TEST_F(StoredRequestTest, RefusesWhatItCannotContinue) {
  const std::string unknown =
      AskNobody("keeper", R"("input":"hi","previous_response_id":"resp_0")");
  EXPECT_THAT(unknown, AllOf(HasSubstr("HTTP/1.1 400 "), HasSubstr("previous_response_not_found"),
                             HasSubstr("'resp_0' not found")));
  EXPECT_EQ(account_.rejection, Rejection::kNotFound);
  EXPECT_EQ(account_.endpoint, "responses");
  EXPECT_THAT(AskNobody("keeper", R"("input":"hi","background":true)"),
              AllOf(HasSubstr("HTTP/1.1 400 "), HasSubstr("background")));
  EXPECT_THAT(AskNobody("keeper", R"("input":"a","previous_response_id":"r","conversation":"c")"),
              AllOf(HasSubstr("HTTP/1.1 400 "), HasSubstr("exclude each other")));
  EXPECT_THAT(AskNobody("keeper", R"("input":"hi","previous_response_id":5)"),
              HasSubstr("HTTP/1.1 400 "));
  EXPECT_TRUE(exchanges_.traces.empty());
}

TEST_F(StoredRequestTest, CountsTheHistoryAgainstTheLimit) {
  const std::string text(1500, 'x');
  AskModel("keeper", WholeAnswer(std::string(kNativeResponse)), R"("input":")" + text + R"(")");
  EXPECT_THAT(
      AskNobody("keeper", R"("previous_response_id":"resp_native","input":")" + text + R"(")"),
      AllOf(HasSubstr("HTTP/1.1 413 "), HasSubstr("server.limits.body")));
  EXPECT_EQ(account_.rejection, Rejection::kTooLarge);
}

}  // namespace
}  // namespace headgate::gateway
