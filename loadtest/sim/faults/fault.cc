#include "loadtest/sim/faults/fault.h"

#include <algorithm>
#include <array>

#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {
namespace {

using Value = std::string_view;

// Setters by the type of the field. A flag takes no value; any other field needs a valid value.
template <bool Fault::*kField>
bool SetFlag(Fault& fault, Value value) {
  fault.*kField = true;
  return value.empty();
}

template <std::optional<std::int64_t> Fault::*kField>
bool SetCount(Fault& fault, Value value) {
  fault.*kField = ParseCount(value);
  return (fault.*kField).has_value();
}

template <std::string Fault::*kField>
bool SetText(Fault& fault, Value value) {
  fault.*kField = std::string(value);
  return true;
}

template <std::optional<Distribution> Fault::*kField>
bool SetDelays(Fault& fault, Value value) {
  fault.*kField = Distribution::Parse(value, Distribution::Quantity::kDuration);
  return (fault.*kField).has_value();
}

bool SetStatus(Fault& fault, Value value) {
  const std::optional<std::int64_t> status = ParseCount(value);
  if (!status || *status < 400 || *status > 599) return false;
  fault.status = static_cast<int>(*status);
  return true;
}

bool SetDelay(Fault& fault, Value value) {
  const std::optional<Nanoseconds> delay = ParseDuration(value);
  fault.delay = delay.value_or(Nanoseconds(0));
  return delay.has_value();
}

bool SetStall(Fault& fault, Value value) {
  const auto [count, span] = SplitOnce(value, ',');
  const std::optional<std::int64_t> tokens = ParseCount(count);
  const std::optional<Nanoseconds> pause = ParseDuration(span);
  if (!tokens || !pause) return false;
  fault.stall = {*tokens, *pause};
  return true;
}

bool SetHuge(Fault& fault, Value value) {
  return SetCount<&Fault::huge>(fault, value) && *fault.huge <= (std::int64_t{1} << 30);
}

bool SetThinking(Fault& fault, Value value) {
  return SetCount<&Fault::thinking>(fault, value) && *fault.thinking <= 1'000'000;
}

bool SetFinish(Fault& fault, Value value) {
  fault.finish = std::string(value);
  return std::find(kFinishNames.begin(), kFinishNames.end(), value) != kFinishNames.end();
}

bool SetComment(Fault& fault, Value value) {
  return SetCount<&Fault::comment>(fault, value) && *fault.comment > 0;
}

bool SetEvery(Fault& fault, Value value) {
  const std::optional<std::int64_t> every = ParseCount(value);
  fault.every = every.value_or(1);
  return every && *every > 0;
}

bool SetSkip(Fault& fault, Value value) {
  const std::optional<std::int64_t> skip = ParseCount(value);
  fault.skip = skip.value_or(0);
  return skip.has_value();
}

// Faults in place of an answer, and of its timing.
constexpr auto kBefore = std::to_array<FaultKey>({
    {"status", "S", "HTTP error S (400..599) instead of an answer", SetStatus},
    {"retry_after", "N", "`Retry-After: N` with that error", SetCount<&Fault::retry_after>},
    {"message", "T", "the message of every error", SetText<&Fault::message>},
    {"code", "T", "the code of every error", SetText<&Fault::code>},
    {"context_length", "", "400 in the server's words: the prompt does not fit the context",
     SetFlag<&Fault::context_length>},
    {"content_policy", "", "400 in the server's words: the filter refuses the prompt",
     SetFlag<&Fault::content_policy>},
    {"reset", "", "TCP RST before any byte", SetFlag<&Fault::reset>},
    {"reset_after", "N", "TCP RST after N tokens", SetCount<&Fault::reset_after>},
    {"silence", "", "no byte, ever; the connection stays open", SetFlag<&Fault::silence>},
    {"delay", "D", "waits D longer before the response head", SetDelay},
    {"early_head", "", "the head of a stream comes at once, long before its first token",
     SetFlag<&Fault::early_head>},
    {"ttft", "DIST", "replaces --ttft; the load does not change it", SetDelays<&Fault::ttft>},
    {"interval", "DIST", "replaces --interval; the load does not change it",
     SetDelays<&Fault::interval>},
    {"service", "DIST", "replaces --service; the load does not change it",
     SetDelays<&Fault::service>},
    {"tokens", "N", "replaces --tokens", SetCount<&Fault::tokens>},
});

// Faults in the middle of an answer, and of its end.
constexpr auto kDuring = std::to_array<FaultKey>({
    {"cut", "N", "closes after N tokens; a whole answer ends in the middle of its promised length",
     SetCount<&Fault::cut>},
    {"stall", "N,D", "pauses for D after N tokens", SetStall},
    {"malformed", "N",
     "a malformed event after N tokens, then the stream goes on; a whole answer is malformed",
     SetCount<&Fault::malformed>},
    {"error_event", "",
     "HTTP 200, then an error event; `[DONE]` follows in chat completions, and `response.created` "
     "comes first in Responses",
     SetFlag<&Fault::error_event>},
    {"error_after", "N",
     "an error event after N tokens; `[DONE]` follows in chat completions, and Responses has "
     "`response.failed`",
     SetCount<&Fault::error_after>},
    {"no_done", "", "leaves out the last event: `[DONE]`, `message_stop` or `response.completed`",
     SetFlag<&Fault::no_done>},
    {"no_usage", "", "leaves out the usage", SetFlag<&Fault::no_usage>},
});

// Content, form, and which requests are meant.
constexpr auto kForm = std::to_array<FaultKey>({
    {"cached", "N", "reports N input tokens as read from a cache", SetCount<&Fault::cached>},
    {"cache_write", "N", "reports N input tokens as written to a cache",
     SetCount<&Fault::cache_write>},
    {"thinking", "N",
     "N tokens of thinking before the answer; chat completions of `openai` count them and do not "
     "show them",
     SetThinking},
    {"finish", "F",
     "another reason of the end: `stop_sequence`, `refusal`, `pause` or `context`; a protocol "
     "without it sends its nearest",
     SetFinish},
    {"huge", "BYTES", "an answer text of that length; `max_tokens` is ignored", SetHuge},
    {"comment", "N", "an SSE comment before every Nth event", SetComment},
    {"crlf", "", "CRLF line ends", SetFlag<&Fault::crlf>},
    {"split", "", "chunks of 3 bytes", SetFlag<&Fault::split>},
    {"trickle", "", "every byte in a write of its own, the head included",
     SetFlag<&Fault::trickle>},
    {"encoded", "", "says `content-encoding: gzip`; the body is not compressed",
     SetFlag<&Fault::encoded>},
    {"close_after", "", "closes after a good answer", SetFlag<&Fault::close_after>},
    {"no_length", "", "sends no length: the close is the end of the body",
     SetFlag<&Fault::no_length>},
    {"echo_body", "", "the answer's text is the request body", SetFlag<&Fault::echo_body>},
    {"times", "N", "applies to the first N requests with exactly this text on this listener",
     SetCount<&Fault::times>},
    {"skip", "N", "leaves the first N such requests alone", SetSkip},
    {"every", "N", "applies to every Nth such request", SetEvery},
});

constexpr std::size_t kCount = kBefore.size() + kDuring.size() + kForm.size();

constexpr std::array<FaultKey, kCount> Joined() {
  std::array<FaultKey, kCount> all{};
  auto* end = std::copy(kBefore.begin(), kBefore.end(), all.begin());
  end = std::copy(kDuring.begin(), kDuring.end(), end);
  std::copy(kForm.begin(), kForm.end(), end);
  return all;
}

constexpr std::array<FaultKey, kCount> kKeys = Joined();

}  // namespace

std::span<const FaultKey> FaultKeys() { return kKeys; }

std::string FaultTable() {
  std::string table;
  for (const FaultKey& key : kKeys) {
    table.append(key.name);
    if (!key.value.empty()) table.append("=").append(key.value);
    table.append("\t").append(key.what).append("\n");
  }
  return table;
}

FaultResult ParseFault(std::string_view text) {
  FaultResult result;
  for (std::string_view part : Split(text, ';')) {
    const auto [name, value] = SplitOnce(part, '=');
    const auto* key =
        std::find_if(kKeys.begin(), kKeys.end(),
                     [&name = name](const FaultKey& known) { return known.name == name; });
    if (key == kKeys.end() || !key->set(result.fault, value)) {
      result.error = "`" + std::string(part) + "` is not a fault of the simulator";
      return result;
    }
  }
  return result;
}

}  // namespace headgate::loadtest::sim
