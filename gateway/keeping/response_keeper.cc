#include "gateway/keeping/response_keeper.h"

#include <chrono>
#include <optional>

#include "backends/protocols/passing/event_keys.h"
#include "backends/protocols/sse/sse.h"
#include "config/base/text.h"

namespace headgate::gateway {
namespace {

// Returns whether an event brings the whole response. response.failed is not passed to clients.
bool IsEndOfResponse(const backends::SseEvent& event) {
  std::string_view type = backends::TypeAtFront(config::Trim(event.data));
  if (type.empty()) type = event.name;
  return type == "response.completed" || type == "response.incomplete";
}

std::int64_t MillisecondsNow() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

void ResponseKeeper::TakeEvents(std::string_view events) {
  backends::SseSplitter splitter(events.size());
  std::string joined;
  splitter.Add(events);
  while (const std::optional<backends::SseSplitter::Block> block = splitter.Next()) {
    const backends::SseEvent event = backends::ReadSseEvent(*block, joined);
    if (IsEndOfResponse(event)) return Keep(ResponseIn(config::Trim(event.data)));
  }
}

void ResponseKeeper::Keep(std::string object) {
  std::optional<StoredResponse> response =
      ResponseToStore(request_, std::move(object), MillisecondsNow());
  if (response) stored_ = store_.Put(*std::move(response));
}

}  // namespace headgate::gateway
