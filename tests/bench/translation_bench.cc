// What a translation costs a worker: an event of a stream beside one that passes, and a request
// with its whole answer.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "backends/protocols/answer_reader.h"
#include "backends/protocols/resume/answer_so_far.h"
#include "backends/protocols/translator.h"
#include "backends/protocols/values/client_protocol.h"

namespace headgate::backends {
namespace {

constexpr std::array kChats = {ChatProtocol::kChatCompletions, ChatProtocol::kMessages,
                               ChatProtocol::kResponses};
constexpr std::array kClients = {ClientProtocol::kOpenAi, ClientProtocol::kAnthropic,
                                 ClientProtocol::kResponses};
constexpr std::array<const char*, 3> kNames = {"chat", "messages", "responses"};
constexpr std::size_t kEvents = 64;

ChatProtocol ChatArg(const benchmark::State& state, std::size_t place) {
  return kChats[static_cast<std::size_t>(state.range(place))];
}

void Label(benchmark::State& state) {
  state.SetLabel(std::string(kNames[static_cast<std::size_t>(state.range(0))]) + " to " +
                 kNames[static_cast<std::size_t>(state.range(1))]);
}

// A user who asks a question about a long text, with one tool.
Conversation Request(ChatProtocol protocol) {
  Conversation request;
  request.protocol = protocol;
  request.model = "client-model";
  request.stream_usage = true;
  request.max_tokens = 1000;
  request.system.emplace_back().text = std::string(2000, 's');
  for (const TurnRole role : {TurnRole::kUser, TurnRole::kAssistant, TurnRole::kUser}) {
    Turn& turn = request.turns.emplace_back();
    turn.role = role;
    turn.parts.emplace_back().text = "He said: \"" + std::string(2000, 'a') + "\"\n";
  }
  ToolDefinition& tool = request.tools.emplace_back();
  tool.name = "get_weather";
  tool.description = "Says the weather.";
  tool.schema = R"({"type":"object","properties":{"city":{"type":"string"}}})";
  return request;
}

// The beginning of a stream, and its deltas, as a backend of the protocol writes them.
struct Stream {
  std::string begin;
  std::string deltas;
};

Stream StreamOf(ChatProtocol backend, const Conversation& request) {
  Stream stream;
  std::string out;
  const auto writer = MakeStreamWriter(backend, {.request = &request, .request_id = "r1"}, out);
  writer->On({.kind = AnswerEvent::Kind::kStart, .id = "x", .model = "backend-model"});
  writer->On({.kind = AnswerEvent::Kind::kText, .text = "Hi"});
  stream.begin = out;
  out.clear();
  for (std::size_t i = 0; i < kEvents; ++i) {
    writer->On({.kind = AnswerEvent::Kind::kText, .text = " word"});
  }
  stream.deltas = out;
  return stream;
}

template <typename Reader>
void Relay(benchmark::State& state, Reader& reader, const Stream& stream) {
  std::string out;
  reader.Feed(stream.begin, out);
  const std::size_t piece = stream.deltas.size() / kEvents;
  for (auto _ : state) {
    out.clear();
    for (std::size_t at = 0; at < stream.deltas.size(); at += piece) {
      reader.Feed(std::string_view(stream.deltas).substr(at, piece), out);
    }
    benchmark::DoNotOptimize(out.data());
  }
  if (reader.malformed() || !reader.started()) state.SkipWithError("not a stream");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kEvents));
}

// An item is an event. A writer of Responses keeps the answer, which grows here without end: its
// figure has the growth of a string in it.
void BM_Event(benchmark::State& state) {
  Label(state);
  const Conversation request = Request(ChatArg(state, 1));
  const Stream stream = StreamOf(ChatArg(state, 0), request);
  if (state.range(0) == state.range(1)) {
    StreamReader passing(kClients[static_cast<std::size_t>(state.range(0))], true);
    return Relay(state, passing, stream);
  }
  TranslatedStream translated(ChatArg(state, 0), ChatArg(state, 1),
                              {.request = &request, .request_id = "r1"});
  Relay(state, translated, stream);
}
BENCHMARK(BM_Event)->ArgsProduct({{0, 1, 2}, {0, 1, 2}});

// What a route with `resume` pays for each event that is sent to a client.
void BM_EventThatIsKept(benchmark::State& state) {
  const ChatProtocol client = ChatArg(state, 0);
  const auto answers = static_cast<std::size_t>(state.range(1));
  const Conversation request = Request(client);
  const Stream stream = StreamOf(client, request);
  const std::size_t piece = stream.deltas.size() / kEvents;
  std::size_t held = 0;
  for (auto _ : state) {
    AnswerSoFar so_far(client, MakeStreamReader(client));
    so_far.Sent(stream.begin);
    for (std::size_t i = 0; i < answers; ++i) {
      for (std::size_t at = 0; at < stream.deltas.size(); at += piece) {
        so_far.Sent(std::string_view(stream.deltas).substr(at, piece));
      }
    }
    benchmark::DoNotOptimize(held = so_far.HeldBytes());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kEvents * answers));
}
BENCHMARK(BM_EventThatIsKept)->ArgsProduct({{0, 1, 2}, {1, 100}});

// An event of the rest of an answer that was resumed. The first argument is the backend's protocol.
void BM_EventOfARest(benchmark::State& state) {
  Label(state);
  const Conversation request = Request(ChatArg(state, 1));
  const Stream stream = StreamOf(ChatArg(state, 0), request);
  ClientSeam seam;
  seam.id = "x";
  seam.text = "Hi";
  StreamReader rest(AnswerContinuation{.backend = ChatArg(state, 0),
                                       .client = ChatArg(state, 1),
                                       .context = {.request = &request, .request_id = "r1"},
                                       .client_seam = &seam,
                                       .seam = {}});
  Relay(state, rest, stream);
}
BENCHMARK(BM_EventOfARest)->ArgsProduct({{0, 1, 2}, {0, 1, 2}});

std::string AnswerBody(ChatProtocol backend, const Conversation& request) {
  Answer answer;
  answer.parts.emplace_back().text = "He said: \"" + std::string(2000, 'a') + "\"\n";
  ContentPart& call = answer.parts.emplace_back();
  call.kind = ContentPart::Kind::kToolCall;
  call.id = "call_1";
  call.name = "get_weather";
  call.arguments = R"({"city":"Bonn"})";
  answer.finish = FinishReason::kToolCalls;
  answer.usage.tokens = ReportedTokens{.input = 2000, .cached_input = 100, .output = 700};
  std::string body;
  WriteAnswer(backend, answer, {.request = &request, .request_id = "r1"}, body);
  return body;
}

// The first argument is the client here, the second one the backend.
void BM_RequestAndAnswer(benchmark::State& state) {
  Label(state);
  const ChatProtocol client = ChatArg(state, 0);
  const ChatProtocol backend = ChatArg(state, 1);
  const Conversation said = Request(client);
  DroppedFields unsaid;
  std::string request_body;
  WriteConversation(client, said, {.model = "client-model"}, unsaid, request_body);
  const std::string answer_body = AnswerBody(backend, said);
  bool good = true;
  for (auto _ : state) {
    Conversation request;
    DroppedFields dropped;
    std::string to_backend;
    std::string to_client;
    Answer answer;
    AnswerCollector collector(answer);
    good = good && !ReadConversation(client, request_body, request, dropped) &&
           !WriteConversation(backend, request, {.model = "m"}, dropped, to_backend) &&
           ReadAnswer(backend, answer_body, collector);
    WriteAnswer(client, answer, {.request = &request, .request_id = "r1"}, to_client);
    benchmark::DoNotOptimize(to_backend.data());
    benchmark::DoNotOptimize(to_client.data());
  }
  if (!good) state.SkipWithError("not translated");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_RequestAndAnswer)->ArgsProduct({{0, 1, 2}, {0, 1, 2}});

}  // namespace
}  // namespace headgate::backends

BENCHMARK_MAIN();
