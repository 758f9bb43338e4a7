// For any bytes from a backend, the client gets the same stream wherever the bytes were torn, and
// never half an event. The first byte of the input says where to tear, and of which protocol the
// stream is.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "backends/protocols/answer_reader.h"

namespace {

using headgate::backends::ClientProtocol;
using headgate::backends::StreamReader;

constexpr ClientProtocol kProtocols[] = {ClientProtocol::kOpenAi, ClientProtocol::kAnthropic,
                                         ClientProtocol::kResponses, ClientProtocol::kOpenAi};

// If a Feed brings more comment bytes than this, some of them may be dropped.
constexpr std::size_t kFewComments = 3000;

struct Outcome {
  std::string out, comments, error;
  bool started, failed_first, error_event, done, malformed, finished;
  std::int64_t token_events;
  bool has_usage;
  bool operator==(const Outcome&) const = default;
};

// `step` 0: all at once.
Outcome Relay(ClientProtocol protocol, std::string_view bytes, std::size_t step,
              bool forward_usage) {
  StreamReader stream(protocol, forward_usage, 4096);
  Outcome result{};
  if (step == 0) {
    stream.Feed(bytes, result.out);
    result.comments = stream.comments();
  }
  for (std::size_t at = 0, width = step; step != 0 && at < bytes.size(); at += width) {
    width = width % 7 + step % 5 + 1;
    stream.Feed(bytes.substr(at, width), result.out);
    result.comments += stream.comments();
  }
  result.comments.resize(std::min<std::size_t>(result.comments.size(), kFewComments));
  result.started = stream.started();
  result.failed_first = stream.failed_first();
  result.error_event = stream.error_event();
  result.error = stream.error();
  result.done = stream.done();
  result.malformed = stream.malformed();
  result.finished = stream.finished();
  result.token_events = stream.token_events();
  result.has_usage = stream.usage().tokens.has_value();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool forward_usage = (data[0] & 0x80) != 0;
  const std::size_t step = data[0] & 0x1F;
  const ClientProtocol protocol = kProtocols[(data[0] >> 5) & 3];
  const Outcome whole = Relay(protocol, bytes, 0, forward_usage);
  if (Relay(protocol, bytes, step + 1, forward_usage) != whole) std::abort();
  if (whole.failed_first && !whole.out.empty()) std::abort();
  return 0;
}
