#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/values/client_protocol.h"
#include "config/base/money.h"
#include "config/prices.h"
#include "policy/money/cost.h"

namespace headgate::gateway {

// Answers of vendors, byte by byte as they come, with what they cost. Each cost is worked out by
// hand in the comment of its shape, in nano-dollars for a token. `x` means times.

// Where a usage stands, and how its bytes come.
struct AnswerForm {
  backends::ClientProtocol protocol = backends::ClientProtocol::kOpenAi;
  bool streamed = false;
  bool cut = false;       // the body breaks off behind the bytes
  bool generates = true;  // false: embeddings
  // Calls of the provider's own tools are in the output. Only clients of its protocol can ask for
  // them, and an answer that is too large to hold does not show them.
  bool own_tools = false;
};
using backends::ClientProtocol;
inline constexpr AnswerForm kChat{};
inline constexpr AnswerForm kEmbeddings{.generates = false};
inline constexpr AnswerForm kChatStream{.streamed = true};
inline constexpr AnswerForm kCutChatStream{.streamed = true, .cut = true};
inline constexpr AnswerForm kMessage{.protocol = ClientProtocol::kAnthropic};
inline constexpr AnswerForm kMessageStream{.protocol = ClientProtocol::kAnthropic,
                                           .streamed = true};
inline constexpr AnswerForm kCutMessageStream{
    .protocol = ClientProtocol::kAnthropic, .streamed = true, .cut = true};
inline constexpr AnswerForm kResponse{.protocol = ClientProtocol::kResponses};
inline constexpr AnswerForm kToolResponse{.protocol = ClientProtocol::kResponses,
                                          .own_tools = true};
inline constexpr AnswerForm kToolResponseStream{
    .protocol = ClientProtocol::kResponses, .streamed = true, .own_tools = true};
inline constexpr AnswerForm kResponseStream{.protocol = ClientProtocol::kResponses,
                                            .streamed = true};
inline constexpr AnswerForm kCutResponseStream{
    .protocol = ClientProtocol::kResponses, .streamed = true, .cut = true};

// What a shape is booked as.
struct BookedShape {
  std::int64_t input = 0;
  std::int64_t cached = 0;
  std::int64_t written = 0;  // to a cache, for any time
  std::int64_t hour = 0;     // the part of it that is kept for an hour
  std::int64_t output = 0;
  std::int64_t searches = 0;
  policy::UsageStatus status = policy::UsageStatus::kExact;
  NanoUsd cost = 0;
  bool operator==(const BookedShape& other) const = default;
};
inline constexpr auto kExact = policy::UsageStatus::kExact;
inline constexpr auto kEstimated = policy::UsageStatus::kEstimated;

struct UsageShape {
  std::string name;  // vendor first
  AnswerForm form;
  std::string bytes;
  const config::Prices* prices = nullptr;
  BookedShape want;
  std::int64_t ended_unix = 0;
};

// What is booked for the input if an answer does not report it, in tokens.
inline constexpr std::int64_t kInputEstimate = 900;

// A price of `nano` nano-dollars for each token: 2'500 is 2.50 US dollars for 1M tokens.
constexpr NanoUsdPerMillion Each(std::int64_t nano) { return nano * 1'000'000; }

config::Prices Priced(const config::PriceRow& standard);

// OpenAI's gpt-4o, for the shapes that any vendor may have.
const config::Prices& Gpt4oPrices();
// Anthropic's claude-sonnet-4-5 and claude-opus-4-6.
const config::Prices& SonnetPrices();
const config::Prices& OpusPrices();

// The chunks of a chat completion. The text of a whole answer has 12 bytes, which are estimated as
// 3 tokens. A chunk of text is estimated as 1 token.
inline constexpr std::string_view kTextChunk =
    R"({"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null})";
inline constexpr std::string_view kStopChunk =
    R"({"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null})";
// `members`: of the answer, beside its choices.
std::string ChatAnswer(std::string_view members);
// A chunk of text with members beside its choices, the chunk that ends the text, and a chunk
// without choices.
std::string TextChunk(std::string_view members);
std::string StopChunk(std::string_view members);
std::string LastChunk(std::string_view members);
// The chunks as events, with [DONE] or without.
std::string Chunks(std::initializer_list<std::string_view> chunks);
std::string ChunksWithoutEnd(std::initializer_list<std::string_view> chunks);

// A whole message, and the events of a streamed message with two pieces of text. `usage` and each
// of `deltas` is an object.
std::string Message(std::string_view usage);
std::string MessageEvents(std::string_view usage, std::initializer_list<std::string_view> deltas);
// The same without the end.
std::string CutMessageEvents(std::string_view usage);

// A whole response with one text, or with further items before it. `items` ends with a comma.
std::string Response(std::string_view members, std::string_view items = "");
// The events of a streamed response with two pieces of text. `end`: type of the last event; `first`
// and `last`: members of the response in the first and in the last event.
std::string ResponseEvents(std::string_view end, std::string_view first, std::string_view last,
                           std::string_view items = "");
std::string CutResponseEvents();

std::vector<UsageShape> OpenAiShapes();
std::vector<UsageShape> OpenAiStreamShapes();
std::vector<UsageShape> ResponsesShapes();
std::vector<UsageShape> AnthropicShapes();
std::vector<UsageShape> AnthropicStreamShapes();
std::vector<UsageShape> EngineShapes();
std::vector<UsageShape> DeepSeekAndMistralShapes();
std::vector<UsageShape> XaiShapes();
std::vector<UsageShape> GeminiShapes();
std::vector<UsageShape> GroqAndMoonshotShapes();
std::vector<UsageShape> OddShapes();
std::vector<UsageShape> OddStreamShapes();

}  // namespace headgate::gateway
