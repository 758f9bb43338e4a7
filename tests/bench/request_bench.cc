// The cost of a request before anything is decided: its head, its body, its splice.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <string>

#include "backends/protocols/openai/request/spliced_body.h"
#include "backends/protocols/request_reader.h"
#include "gateway/http/head_parser.h"
#include "gateway/http/request_head.h"

namespace headgate::gateway {
namespace {

// A head as the Python SDK sends it, with made-up values.
constexpr std::string_view kSdkHead =
    "POST /v1/chat/completions HTTP/1.1\r\n"
    "Host: gateway.example.com:8080\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Connection: keep-alive\r\n"
    "Accept: application/json\r\n"
    "Content-Type: application/json\r\n"
    "User-Agent: OpenAI/Python 3.3.1\r\n"
    "X-Stainless-Lang: python\r\n"
    "X-Stainless-Async: false\r\n"
    "Authorization: Bearer sk-0123456789012345678901234567890123456789\r\n"
    "Content-Length: 1024\r\n"
    "\r\n";

void BM_ParseRequestHead(benchmark::State& state) {
  RequestHead head;
  HeadProblem problem;
  for (auto _ : state) {
    const HeadParse parse = ParseRequestHead(kSdkHead, 32u << 10, 0, head, problem);
    benchmark::DoNotOptimize(parse);
  }
}
BENCHMARK(BM_ParseRequestHead);

// A streamed chat body of about `size` bytes: turns of 600 characters with a line break in 60.
std::string ChatBody(std::size_t size) {
  std::string body = R"({"messages":[{"role":"system","content":"You are a terse assistant."})";
  std::string turn;
  for (int i = 0; i < 10; ++i)
    turn += "Sixty characters of some text that one may find in a turn\\n";
  turn.resize(std::min(turn.size(), size / 2) / 60 * 60);
  for (int i = 0; body.size() < size; ++i) {
    body += i % 2 == 0 ? R"(,{"role":"user","content":")" : R"(,{"role":"assistant","content":")";
    body += turn + "\"}";
  }
  return body + R"(],"model":"gpt-4o","stream":true,"temperature":0.2,"max_tokens":512})";
}

void BM_ReadAndSplice(benchmark::State& state) {
  const std::string body = ChatBody(static_cast<std::size_t>(state.range(0)));
  auto block = std::make_unique<char[]>(body.size() + backends::RequestReader::kPadding);
  body.copy(block.get(), body.size());
  backends::RequestReader reader;
  backends::RequestView view;
  std::string out;
  for (auto _ : state) {
    const auto problem = reader.Read(backends::ApiEndpoint::kChat, block.get(), body.size(), view);
    if (problem) state.SkipWithError(problem->message.c_str());
    out.clear();
    backends::openai::AppendSpliced(
        {block.get(), body.size()}, view.splice,
        {.model = "gpt-4o-2024-08-06", .usage = backends::StreamUsage::kAtEnd}, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(BM_ReadAndSplice)->Arg(1 << 10)->Arg(200 << 10);

}  // namespace
}  // namespace headgate::gateway

BENCHMARK_MAIN();
