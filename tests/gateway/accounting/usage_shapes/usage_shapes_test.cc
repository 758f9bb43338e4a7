#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "backends/protocols/answer_reader.h"
#include "gateway/accounting/reported_usage.h"
#include "gateway/attempt/outcome.h"
#include "tests/gateway/accounting/usage_shapes/usage_shape.h"

namespace headgate::gateway {

// gtest finds this function by its namespace.
static void PrintTo(const BookedShape& booked, std::ostream* out) {
  *out << "input " << booked.input << ", cached " << booked.cached << ", written " << booked.written
       << ", for an hour " << booked.hour << ", output " << booked.output << ", searches "
       << booked.searches << (booked.status == kExact ? ", exact" : ", estimated") << ", "
       << booked.cost << " nano-dollars";
}

namespace {

using backends::AttemptResult;

constexpr std::int64_t kWindow = 1'000'000;  // of the model, in tokens

// What an answer turned out to be, and what it reports.
struct ShapeRead {
  AttemptResult result = AttemptResult::kOk;
  backends::AnswerUsage usage;
  std::int64_t output_seen = 0;
  bool heard_to_the_end = true;
};

BookedShape Booked(const UsageShape& shape, const ShapeRead& read) {
  routing::Target target;
  target.hosting = config::Hosting::kPaidApi;
  target.context = kWindow;
  target.prices = *shape.prices;
  const Bill bill = BillOf({.result = read.result,
                            .generates = shape.form.generates,
                            .heard_to_the_end = read.heard_to_the_end,
                            .output_seen = read.output_seen,
                            .input_estimate = kInputEstimate,
                            .most_output = kWindow,
                            .ended_unix = shape.ended_unix},
                           read.usage, target);
  return {.input = bill.usage.input,
          .cached = bill.usage.cached_input,
          .written = bill.usage.cache_write,
          .hour = bill.usage.cache_write_1h,
          .output = bill.usage.output,
          .searches = bill.usage.web_searches,
          .status = bill.status,
          .cost = bill.cost};
}

// As an attempt and whole_relay.cc read an answer that is held.
ShapeRead ReadHeld(const UsageShape& shape) {
  std::string body = shape.bytes;
  backends::WholeAnswer answer = backends::ReadWholeAnswer(shape.form.protocol, body);
  EXPECT_EQ(answer.kind, backends::WholeAnswer::Kind::kAnswer);
  return {
      .usage = answer.usage,
      .output_seen = OutputUnlessReported(answer.usage, kWindow, shape.form.protocol, shape.bytes)};
}

// As whole_relay.cc reads an answer that is too large to hold.
ShapeRead ReadLarge(const UsageShape& shape, std::size_t piece) {
  backends::AnswerScanner scanner(backends::ScannedNamesOf(shape.form.protocol));
  const std::string_view bytes = shape.bytes;
  for (std::size_t at = 0; at < bytes.size(); at += piece) scanner.Feed(bytes.substr(at, piece));
  return {.usage = scanner.usage(), .output_seen = EstimateOutputTokens(scanner)};
}

// As stream_relay.cc reads a stream.
ShapeRead ReadEvents(const UsageShape& shape, backends::StreamReader& reader, std::size_t piece) {
  std::string out;
  const std::string_view bytes = shape.bytes;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.Feed(bytes.substr(at, piece), out);
  }
  const AttemptResult result = ResultOf({.end = reader.end(/*answers=*/1),
                                         .complete = !shape.form.cut,
                                         .exchange = AttemptResult::kCut});
  return {.result = result,
          .usage = reader.usage(),
          .output_seen = reader.token_events(),
          .heard_to_the_end = result == AttemptResult::kOk || reader.finished()};
}

// The answer for a client of another protocol.
ShapeRead ReadTranslated(const UsageShape& shape) {
  using backends::ChatProtocol;
  const backends::Conversation request;
  backends::AnswerTranslation translation;
  translation.context.request = &request;
  translation.context.request_id = "r";
  translation.client = ChatProtocol::kChatCompletions;
  switch (shape.form.protocol) {
    case ClientProtocol::kOpenAi:
      translation.client = ChatProtocol::kMessages;
      break;
    case ClientProtocol::kAnthropic:
      translation.backend = ChatProtocol::kMessages;
      break;
    case ClientProtocol::kResponses:
      translation.backend = ChatProtocol::kResponses;
      break;
  }
  backends::StreamReader reader(translation);
  return ReadEvents(shape, reader, shape.bytes.size());
}

void ExpectBooked(const UsageShape& shape) {
  SCOPED_TRACE(shape.name);
  if (!shape.form.streamed) {
    EXPECT_EQ(Booked(shape, ReadHeld(shape)), shape.want) << "held";
    if (shape.form.own_tools) return;
    for (const std::size_t piece : {std::size_t{7}, shape.bytes.size()}) {
      EXPECT_EQ(Booked(shape, ReadLarge(shape, piece)), shape.want) << "too large to hold";
    }
    return;
  }
  for (const std::size_t piece : {std::size_t{1}, std::size_t{61}, shape.bytes.size()}) {
    backends::StreamReader reader(shape.form.protocol, /*forward_usage=*/true);
    EXPECT_EQ(Booked(shape, ReadEvents(shape, reader, piece)), shape.want) << piece;
  }
  if (!shape.form.own_tools && shape.bytes.find("text_completion") == std::string::npos) {
    EXPECT_EQ(Booked(shape, ReadTranslated(shape)), shape.want) << "translated";
  }
}

std::vector<UsageShape> AllShapes() {
  std::vector<UsageShape> all;
  for (auto* const shapes :
       {OpenAiShapes, OpenAiStreamShapes, ResponsesShapes, AnthropicShapes, AnthropicStreamShapes,
        EngineShapes, DeepSeekAndMistralShapes, XaiShapes, GeminiShapes, GroqAndMoonshotShapes,
        OddShapes, OddStreamShapes}) {
    for (UsageShape& shape : shapes()) all.push_back(std::move(shape));
  }
  return all;
}

TEST(UsageShapesTest, EachIsBookedToTheNanoDollar) {
  for (const UsageShape& shape : AllShapes()) ExpectBooked(shape);
}

TEST(UsageShapesTest, ThereAreAtLeast80WithNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const UsageShape& shape : AllShapes()) {
    EXPECT_TRUE(names.insert(shape.name).second) << shape.name;
  }
  EXPECT_GE(names.size(), 80u);
}

// A self-hosted backend costs the rent of its slot, whatever its answer reports.
TEST(UsageShapesTest, NoShapeChangesTheRentOfASelfHostedBackend) {
  constexpr NanoUsd kRent = 77;
  routing::Target target;
  target.hosting = config::Hosting::kSelfHosted;
  for (const UsageShape& shape : EngineShapes()) {
    if (shape.form.streamed) continue;
    const ShapeRead read = ReadHeld(shape);
    const Bill bill = BillOf({.most_output = 100, .rent = kRent}, read.usage, target);
    EXPECT_EQ(bill.cost, kRent) << shape.name;
    EXPECT_EQ(bill.usage.input, shape.want.input) << shape.name;
  }
}

}  // namespace
}  // namespace headgate::gateway
