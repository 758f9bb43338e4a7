#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "config/supply.h"

namespace headgate::backends {

// What an inference server says of its load. A figure that its dialect does not have is nullopt.
struct EngineLoad {
  std::optional<int> running;        // requests that it generates for
  std::optional<int> waiting;        // requests in its own queue
  std::optional<double> kv_used;     // part of the KV cache in use, 0..1
  std::optional<int> slots;          // requests that it can generate for at once
  std::optional<int> loaded_models;  // Ollama: models in memory; the next request to another waits
};

// How an engine is asked for its load: a GET on `path`, relative to the root of the server. `read`
// returns nullopt if the answer has no figure that it knows. It is a pure function and accepts any
// bytes.
struct LoadQuestion {
  std::string_view path;
  std::optional<EngineLoad> (*read)(std::string_view body) = nullptr;
  // While the server is idle, its figures may be those of the time before.
  bool lags_when_idle = false;
};

// Returns the questions that an engine may answer, the best one first. A server that refuses one is
// asked the next. Empty: it is not known how to ask.
//
// * vLLM: /metrics, with old and new names of the KV cache.
// * SGLang: /v1/loads of recent releases, which asks the schedulers now; else /metrics, which needs
//   --enable-metrics and may be 30 s old while the server is idle.
// * llama.cpp: /metrics, which needs --metrics and alone has the queue; else /slots.
// * Ollama: /api/ps. It tells the models in memory, but not the requests.
// * TGI: /metrics, without the KV cache.
//
// Of data-parallel engines behind one server requests are added up, and the use of the KV cache is
// their mean. SGLang may repeat a figure for each tensor-parallel rank, and by priority beside the
// total: each data-parallel rank counts once. Sources: vLLM's and SGLang's metrics collectors,
// SGLang's GetLoadsReqOutput, llama.cpp's tools/server, TGI's router and Ollama's docs/api, as they
// were in 2026-11.
std::span<const LoadQuestion> LoadQuestionsOf(config::Engine engine);

}  // namespace headgate::backends
