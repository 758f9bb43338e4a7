#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::backends::openai {

// The result of a stream: its output and every fact about it.
struct Seen {
  std::string out;
  std::string comments;
  bool started = false;
  bool failed_first = false;
  bool error_event = false;
  bool done = false;
  bool malformed = false;
  bool finished = false;
  std::int64_t left_out = 0;
  std::int64_t token_events = 0;
  std::int64_t input = -1;  // -1: no usage
  std::int64_t output = -1;
  std::string tier;
  std::string error;

  bool operator==(const Seen&) const = default;
};

inline std::ostream& operator<<(std::ostream& os, const Seen& seen) {
  return os << "out [" << seen.out << "] comments [" << seen.comments << "] started "
            << seen.started << " failed_first " << seen.failed_first << " error_event "
            << seen.error_event << " done " << seen.done << " malformed " << seen.malformed
            << " finished " << seen.finished << " token_events " << seen.token_events << " input "
            << seen.input << " output " << seen.output << " tier " << seen.tier << " error ["
            << seen.error << "] left_out " << seen.left_out;
}

// The limit of the streams that are tested.
inline constexpr std::size_t kMaxEvent = 4096;

// Chunks as the servers of wire/openai.md and wire/selfhosted.md send them, shortened.
inline std::string Event(std::string_view json) { return "data: " + std::string(json) + "\n\n"; }
inline const std::string kRole = Event(
    R"({"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})");
inline const std::string kText = Event(
    R"({"id":"c","choices":[{"index":0,"delta":{"content":"Hé: \"ö\""},"finish_reason":null}],"usage":null})");
inline const std::string kStop =
    Event(R"({"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null})");
inline const std::string kUsage = Event(
    R"({"id":"c","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}})");
inline const std::string kDone = "data: [DONE]\n\n";

// A chunk with `content`.
inline std::string TextWith(std::string_view content) {
  return Event(R"({"choices":[{"index":0,"delta":{"content":")" + std::string(content) +
               R"("},"finish_reason":null}]})");
}

struct EventStreamCase {
  const char* name;
  std::string in;
  Seen want;
  bool forward_usage = false;
};

// Usage at every place, asked for by the client or by the gateway.
std::vector<EventStreamCase> UsageCases();
// Errors in place of an event, and events behind the end that still count.
std::vector<EventStreamCase> ErrorCases();
// Lines, comments and fields; lines that are not events; when an answer is whole.
std::vector<EventStreamCase> FramingCases();

}  // namespace headgate::backends::openai
