#include "gateway/attempt/sent_body.h"

#include <atomic>
#include <string>
#include <utility>

#include "gateway/log/operator_log.h"

namespace headgate::gateway {

using backends::StreamUsage;

StreamUsage StreamUsageFor(const config::Backend& backend, const BackendState& state) {
  if (!backend.stream_usage || state.refuses_stream_options->load(std::memory_order_relaxed)) {
    return StreamUsage::kNone;
  }
  const config::Engine engine = backend.engine;
  return engine == config::Engine::kVllm || engine == config::Engine::kSglang
             ? StreamUsage::kContinuous
             : StreamUsage::kAtEnd;
}

std::optional<int> EnginePriorityFor(const config::Backend& backend, const Dialect& dialect,
                                     const RequestAccount& account) {
  if (backend.priority == config::EnginePriority::kNone) return std::nullopt;
  if (dialect.protocol == backends::ClientProtocol::kAnthropic) return std::nullopt;
  constexpr int kBetweenBands = 10;
  const int behind =
      backend.priority == config::EnginePriority::kLowFirst ? kBetweenBands : -kBetweenBands;
  switch (account.snapshot->policy->BandOf(account.classification->request_class)) {
    case config::Band::kLatencyCritical:
      return -behind;
    case config::Band::kBatch:
      return behind;
    case config::Band::kNormal:
      break;
  }
  return 0;
}

SentBody::SentBody(const BodySource& source, const Dialect& dialect, StreamUsage usage,
                   WrittenBody written)
    : written_(std::move(written)) {
  if (source.no_stream_options) usage = StreamUsage::kNone;
  // The other protocols report usage without being asked.
  has_stream_options_ = source.stream && usage != StreamUsage::kNone &&
                        dialect.protocol == backends::ClientProtocol::kOpenAi;
  if (dialect.translation || (!written_.body.empty() && !written_.splice)) {
    refused_ours_ = source.no_stream_options;
    body_.emplace(std::string_view(written_.body));
  } else {
    const std::string_view body = written_.splice ? written_.body : source.body;
    const backends::SplicePoints& splice = written_.splice ? *written_.splice : source.splice;
    refused_ours_ = source.no_stream_options && backends::AsksForUsageOnly(body, splice);
    body_.emplace(
        body, splice,
        backends::SplicedFields{
            .model = source.upstream_model, .usage = usage, .priority = source.engine_priority});
  }
}

void SentBody::Free() {
  body_.reset();
  std::string().swap(written_.body);
}

void SentBody::LearnRefusal(const BackendState& backend) const {
  if (!refused_ours_) return;
  if (backend.refuses_stream_options->exchange(true, std::memory_order_relaxed)) return;
  OperatorLog::Info("a backend refuses stream_options; the usage of its streams is estimated",
                    "write stream_usage: false for backend " + backend.name +
                        ", so that no request is sent twice");
}

}  // namespace headgate::gateway
