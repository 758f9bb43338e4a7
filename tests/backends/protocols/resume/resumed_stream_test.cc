// An answer that breaks anywhere and goes on elsewhere is one stream to its client.
#include "tests/backends/protocols/resume/resumed_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/json/append_json.h"

namespace headgate::backends::resumed {
namespace {

constexpr std::string_view kText =
    "Hello, \"you\"!\n\n- one \\ two\n-  \t three \xF0\x9F\x98\x80 and the end of it";

std::size_t CountOf(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

std::vector<int> NumbersBehind(std::string_view text, std::string_view name) {
  std::vector<int> numbers;
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    numbers.push_back(std::atoi(text.data() + at + name.size()));
  }
  return numbers;
}

std::string_view BeginningOf(ChatProtocol client) {
  switch (client) {
    case ChatProtocol::kChatCompletions:
      return R"("role":"assistant")";
    case ChatProtocol::kMessages:
      return "event: message_start";
    case ChatProtocol::kResponses:
      break;
  }
  return "event: response.created";
}

std::string_view EndOf(ChatProtocol client) {
  switch (client) {
    case ChatProtocol::kChatCompletions:
      return "data: [DONE]";
    case ChatProtocol::kMessages:
      return "event: message_stop";
    case ChatProtocol::kResponses:
      break;
  }
  return "event: response.completed";
}

void ExpectOneStream(ChatProtocol client, const ResumedResult& result) {
  const Answer answer = ReadClients(client, result.bytes);
  EXPECT_EQ(TextOf(answer), kText);
  EXPECT_TRUE(answer.ended);
  EXPECT_EQ(answer.parts.size(), 1u);
  EXPECT_EQ(answer.model, "served");
  EXPECT_EQ(CountOf(result.bytes, BeginningOf(client)), 1u);
  EXPECT_EQ(CountOf(result.bytes, EndOf(client)), 1u);
  EXPECT_TRUE(result.bytes.ends_with("\n\n"));
  if (client == ChatProtocol::kChatCompletions) {
    EXPECT_EQ(CountOf(result.bytes, R"({"id":")" + result.id + R"(",)"),
              CountOf(result.bytes, R"({"id":)"));
    const std::vector<int> created = NumbersBehind(result.bytes, R"("created":)");
    EXPECT_EQ(std::count(created.begin(), created.end(), created.front()),
              static_cast<std::ptrdiff_t>(created.size()));
  } else if (client == ChatProtocol::kMessages) {
    EXPECT_EQ(CountOf(result.bytes, "event: content_block_start"), 1u);
    EXPECT_EQ(CountOf(result.bytes, "event: content_block_stop"), 1u);
    for (const int index : NumbersBehind(result.bytes, R"("index":)")) EXPECT_EQ(index, 0);
  } else {
    const std::vector<int> numbers = NumbersBehind(result.bytes, R"("sequence_number":)");
    for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], static_cast<int>(i));
    for (const std::string_view once :
         {"event: response.output_item.added", "event: response.content_part.added",
          "event: response.output_text.done", "event: response.output_item.done"}) {
      EXPECT_EQ(CountOf(result.bytes, once), 1u) << once;
    }
    EXPECT_EQ(
        CountOf(result.bytes, R"("item_id":"msg_1)") + CountOf(result.bytes, R"("item_id":"msg_r)"),
        CountOf(result.bytes, R"("item_id":)"));
    std::string whole = R"("text":)";
    json::AppendJsonString(kText, whole);
    EXPECT_EQ(CountOf(result.bytes, whole), 4u);  // text, part, item, response
  }
}

void ExpectUsage(ChatProtocol client, std::string_view bytes) {
  const Answer answer = ReadClients(client, bytes);
  ASSERT_TRUE(answer.usage.tokens);
  EXPECT_EQ(answer.usage.tokens->input, 110);
  EXPECT_GE(answer.usage.tokens->output, 50);
}

// Returns how often the answer was resumed, of all places where it may break.
int ExpectResumedEverywhere(ResumedCase one, std::size_t step) {
  int resumed = 0;
  one.text = kText;
  const std::size_t size = StreamOf(one.first, kText, "1", one.piece).size();
  for (one.cut = 0; one.cut <= size; one.cut += step) {
    const ResumedResult result = Resume(one);
    if (!result.resumed) {
      const std::string text = TextOf(ReadClients(one.client, result.bytes));
      EXPECT_TRUE(!result.whole || text == kText) << text;
      continue;
    }
    ++resumed;
    EXPECT_TRUE(result.whole);
    ExpectOneStream(one.client, result);
    ExpectUsage(one.client, result.bytes);
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "cut at " << one.cut << ":\n"
                    << result.bytes.substr(0, result.first_bytes) << "-----\n"
                    << result.bytes.substr(result.first_bytes);
      return resumed;
    }
  }
  return resumed;
}

TEST(ResumedStream, IsOneStreamWhereverItBroke) {
  for (const ChatProtocol client : kAllProtocols) {
    for (const ChatProtocol first : kAllProtocols) {
      for (const ChatProtocol second : kAllProtocols) {
        SCOPED_TRACE(testing::Message() << static_cast<int>(client) << static_cast<int>(first)
                                        << static_cast<int>(second));
        const std::size_t step = client == first && client == second ? 1 : 29;
        const int resumed = ExpectResumedEverywhere(
            {.client = client, .first = first, .second = second, .piece = 5}, step);
        EXPECT_GT(resumed, 30);
        if (HasFailure()) return;
      }
    }
  }
}

TEST(ResumedStream, LosesARepetition) {
  for (const ChatProtocol client : kAllProtocols) {
    EXPECT_GT(ExpectResumedEverywhere(
                  {.client = client, .first = client, .piece = 2, .repeats = Repeats::kAlways}, 31),
              60);
    EXPECT_GT(ExpectResumedEverywhere(
                  {.client = client, .first = client, .repeats = Repeats::kPerhaps}, 31),
              60);
  }
}

TEST(ResumedStream, ResumesTwice) {
  for (const ChatProtocol client : kAllProtocols) {
    const Conversation request = RequestOf(client);
    std::string bytes;
    AnswerSoFar so_far(client, MakeStreamReader(client));
    StreamReader first(ClientOf(client), true);
    const std::string begun = StreamOf(client, kText, "1");
    first.Feed(std::string_view(begun).substr(0, begun.size() / 3), bytes);
    so_far.Sent(bytes);
    for (int part = 0; part < 2; ++part) {
      ASSERT_EQ(so_far.WhyNot(), "");
      const ContinuationRequest rest = RestOf(so_far.seam(), Repeats::kNever);
      StreamReader more(
          AnswerContinuation{.backend = ChatProtocol::kChatCompletions,
                             .client = client,
                             .context = {.request = &request, .request_id = "r"},
                             .client_seam = &so_far.seam(),
                             .seam = {.sent = rest.sent,
                                      .withheld = rest.withheld,
                                      .before = ReportedTokens{.input = 100, .output = 50}}});
      const std::string stream =
          StreamOf(ChatProtocol::kChatCompletions, kText.substr(rest.sent.size()), "2");
      std::string out;
      more.Feed(std::string_view(stream).substr(0, part == 0 ? stream.size() / 3 : stream.size()),
                out);
      so_far.Sent(out);
      bytes += out;
      if (part == 1) more.AppendEnd(ClientOf(client), bytes);
    }
    EXPECT_EQ(TextOf(ReadClients(client, bytes)), kText);
    EXPECT_EQ(CountOf(bytes, BeginningOf(client)), 1u);
    EXPECT_EQ(CountOf(bytes, EndOf(client)), 1u);
  }
}

// Ids of backends that are not in the form of ours.
TEST(ResumedStream, KeepsAForeignId) {
  const auto chunk = [](std::string_view id, std::string_view content) {
    return R"(data: {"id":")" + std::string(id) +
           R"(","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,)"
           R"("delta":{"content":")" +
           std::string(content) + "\"},\"finish_reason\":null}]}\n\n";
  };
  const Conversation request = RequestOf(ChatProtocol::kChatCompletions);
  AnswerSoFar so_far(ChatProtocol::kChatCompletions,
                     MakeStreamReader(ChatProtocol::kChatCompletions));
  so_far.Sent(chunk("gen-1", "a"));
  ASSERT_EQ(so_far.WhyNot(), "");
  StreamReader rest(AnswerContinuation{.context = {.request = &request, .request_id = "r"},
                                       .client_seam = &so_far.seam(),
                                       .seam = {}});
  std::string out;
  rest.Feed(chunk("gen-2", "b"), out);
  EXPECT_EQ(out, R"(data: {"id":"gen-1","object":"chat.completion.chunk","created":5,"model":"m",)"
                 R"("choices":[{"index":0,"delta":{"content":"b"},"finish_reason":null}],)"
                 "\"usage\":null}\n\n");
}

}  // namespace
}  // namespace headgate::backends::resumed
