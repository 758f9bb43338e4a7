#include "tests/gateway/accounting/usage_shapes/usage_shape.h"

namespace headgate::gateway {
namespace {

constexpr std::string_view kTextDelta =
    R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}})";

std::string Event(std::string_view name, std::string_view data) {
  return "event: " + std::string(name) + "\ndata: " + std::string(data) + "\n\n";
}

std::string Choice(std::string_view choice, std::string_view members) {
  std::string chunk = R"({"id":"c1","object":"chat.completion.chunk","choices":[)";
  chunk.append(choice).append("],").append(members) += '}';
  return chunk;
}

std::string BegunMessage(std::string_view usage) {
  std::string start =
      R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":)";
  start.append(usage) += "}}";
  std::string events = Event("message_start", start);
  events += Event(
      "content_block_start",
      R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})");
  events += Event("ping", R"({"type":"ping"})");
  return events + Event("content_block_delta", kTextDelta) +
         Event("content_block_delta", kTextDelta);
}

std::string BegunResponse(std::string_view first) {
  std::string created =
      R"({"type":"response.created","sequence_number":0,"response":{"id":"r1","object":"response","status":"in_progress","output":[],)";
  created.append(first) += "}}";
  std::string events = Event("response.created", created);
  for (const std::string_view number : {"1", "2"}) {
    std::string piece = R"({"type":"response.output_text.delta","sequence_number":)";
    piece.append(number) += R"(,"item_id":"i1","output_index":0,"content_index":0,"delta":"Hi"})";
    events += Event("response.output_text.delta", piece);
  }
  return events;
}

config::Prices Sonnet() {
  // claude-sonnet-4-5: 3.00, read 0.30, written for 5 minutes 3.75, for an hour 6.00, output 15.00.
  config::Prices prices = Priced({.input = Each(3'000),
                                  .cached_input = Each(300),
                                  .cache_write = Each(3'750),
                                  .cache_write_1h = Each(6'000),
                                  .output = Each(15'000)});
  prices.context_tiers = {{.above = 200'000,
                           .row = {.input = Each(6'000),
                                   .cached_input = Each(600),
                                   .cache_write = Each(7'500),
                                   .cache_write_1h = Each(12'000),
                                   .output = Each(22'500)}}};
  prices.batch = config::TierPrice{.row = {}, .share = 500'000};  // 50%
  prices.per_web_search = 10'000'000;                             // 0.01
  return prices;
}

config::Prices Opus() {
  config::Prices prices = Priced({.input = Each(5'000),
                                  .cached_input = Each(500),
                                  .cache_write = Each(6'250),
                                  .cache_write_1h = Each(10'000),
                                  .output = Each(25'000)});
  prices.fast = config::TierPrice{.row = {}, .share = 6'000'000};  // 600%
  return prices;
}

}  // namespace

config::Prices Priced(const config::PriceRow& standard) {
  config::Prices prices;
  prices.standard = standard;
  return prices;
}

const config::Prices& Gpt4oPrices() {
  static const config::Prices prices =
      Priced({.input = Each(2'500), .cached_input = Each(1'250), .output = Each(10'000)});
  return prices;
}

const config::Prices& SonnetPrices() {
  static const config::Prices prices = Sonnet();
  return prices;
}

const config::Prices& OpusPrices() {
  static const config::Prices prices = Opus();
  return prices;
}

std::string ChatAnswer(std::string_view members) {
  std::string answer =
      R"({"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Twelve bytes","refusal":null},"logprobs":null,"finish_reason":"stop"}])";
  if (!members.empty()) answer += ',';
  return answer.append(members) + "}";
}

std::string TextChunk(std::string_view members) {
  return Choice(R"({"index":0,"delta":{"content":"Hi"},"finish_reason":null})", members);
}

std::string StopChunk(std::string_view members) {
  return Choice(R"({"index":0,"delta":{},"finish_reason":"stop"})", members);
}

std::string LastChunk(std::string_view members) { return Choice("", members); }

std::string ChunksWithoutEnd(std::initializer_list<std::string_view> chunks) {
  std::string stream;
  for (const std::string_view chunk : chunks) stream.append("data: ").append(chunk) += "\n\n";
  return stream;
}

std::string Chunks(std::initializer_list<std::string_view> chunks) {
  return ChunksWithoutEnd(chunks) + "data: [DONE]\n\n";
}

std::string Message(std::string_view usage) {
  std::string message =
      R"({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Twelve bytes","citations":null}],"stop_reason":"end_turn","stop_sequence":null,"usage":)";
  return message.append(usage) + "}";
}

std::string MessageEvents(std::string_view usage, std::initializer_list<std::string_view> deltas) {
  std::string events = BegunMessage(usage);
  events += Event("content_block_stop", R"({"type":"content_block_stop","index":0})");
  for (const std::string_view delta : deltas) {
    std::string data =
        R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":)";
    events += Event("message_delta", data.append(delta) + "}");
  }
  return events + Event("message_stop", R"({"type":"message_stop"})");
}

std::string CutMessageEvents(std::string_view usage) { return BegunMessage(usage); }

std::string Response(std::string_view members, std::string_view items) {
  std::string response = R"({"id":"r1","object":"response","status":"completed","output":[)";
  response.append(items).append(
      R"({"type":"message","id":"i1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Twelve bytes","annotations":[]}]}],)");
  return response.append(members) + "}";
}

std::string ResponseEvents(std::string_view end, std::string_view first, std::string_view last,
                           std::string_view items) {
  std::string data = R"({"type":")";
  data.append(end).append(R"(","sequence_number":3,"response":)");
  data.append(Response(last, items)) += '}';
  return BegunResponse(first) + Event(end, data);
}

std::string CutResponseEvents() { return BegunResponse(R"("usage":null)"); }

}  // namespace headgate::gateway
