// The cost of an event of a stream to the worker that relays it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "backends/protocols/openai/event_stream.h"

namespace headgate::backends::openai {
namespace {

std::string Chunk(std::string_view content, std::string_view tail) {
  return R"(data: {"id":"chatcmpl-0123456789abcdef0123456789","object":"chat.completion.chunk",)"
         R"("created":1790000000,"model":"gpt-4o-2024-08-06","service_tier":"default",)"
         R"("system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":")" +
         std::string(content) + R"("},"logprobs":null,"finish_reason":null}])" + std::string(tail) +
         "}\n\n";
}

// `events` in one stream, read in pieces of `piece` bytes.
void Relay(benchmark::State& state, const std::string& event, std::size_t piece) {
  std::string bytes;
  constexpr std::size_t kEvents = 64;
  for (std::size_t i = 0; i < kEvents; ++i) bytes += event;
  EventStream stream(false);
  std::string out;
  for (auto _ : state) {
    out.clear();
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      stream.Feed(std::string_view(bytes).substr(at, piece), out);
    }
    benchmark::DoNotOptimize(out.data());
  }
  if (stream.malformed()) state.SkipWithError("malformed");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kEvents));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

void BM_WholeEvents(benchmark::State& state) {
  const std::string event = Chunk(" word", R"(,"usage":null)");
  Relay(state, event, event.size());
}
BENCHMARK(BM_WholeEvents);

void BM_TornEvents(benchmark::State& state) {
  const std::string event = Chunk(" word", R"(,"usage":null)");
  Relay(state, event, event.size() - 7);
}
BENCHMARK(BM_TornEvents);

void BM_EventsWithUsage(benchmark::State& state) {
  Relay(state, Chunk(" word", R"(,"usage":{"prompt_tokens":9,"completion_tokens":2})"), 16u << 10);
}
BENCHMARK(BM_EventsWithUsage);

void BM_EventsOf64KiB(benchmark::State& state) {
  Relay(state, Chunk(std::string(64u << 10, 'x'), ""), 16u << 10);
}
BENCHMARK(BM_EventsOf64KiB);

}  // namespace
}  // namespace headgate::backends::openai

BENCHMARK_MAIN();
