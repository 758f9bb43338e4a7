#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/answer_reader.h"

namespace headgate::backends {

// What a passing stream came to: its output and every fact.
struct PassedStream {
  std::string out;
  std::string comments;
  bool started = false;
  bool failed_first = false;
  bool error_event = false;
  bool done = false;
  bool malformed = false;
  bool ends_malformed = false;  // by end(), though malformed() is false
  bool finished = false;
  std::int64_t token_events = 0;
  std::int64_t input = -1;  // -1: no usage
  std::int64_t cached = 0;
  std::int64_t written = 0;
  std::int64_t output = -1;
  std::int64_t reasoning = 0;
  bool consistent = true;
  std::string tier;
  std::string error;
  std::int64_t left_out = 0;

  bool operator==(const PassedStream&) const = default;
};

inline std::ostream& operator<<(std::ostream& os, const PassedStream& seen) {
  return os << "out [" << seen.out << "] comments [" << seen.comments << "] started "
            << seen.started << " failed_first " << seen.failed_first << " error_event "
            << seen.error_event << " done " << seen.done << " malformed " << seen.malformed
            << " finished " << seen.finished << " token_events " << seen.token_events << " input "
            << seen.input << " cached " << seen.cached << " written " << seen.written << " output "
            << seen.output << " reasoning " << seen.reasoning << " consistent " << seen.consistent
            << " tier " << seen.tier << " error [" << seen.error << "] left_out " << seen.left_out
            << " ends_malformed " << seen.ends_malformed;
}

inline PassedStream Pass(ClientProtocol protocol, const std::vector<std::string_view>& pieces) {
  StreamReader stream(protocol, false, 4096);
  PassedStream seen;
  for (const std::string_view piece : pieces) {
    // A buffer of its own, so that a sanitizer sees a view that is kept too long.
    const std::string bytes(piece);
    stream.Feed(bytes, seen.out);
    seen.comments += stream.comments();
  }
  seen.started = stream.started();
  seen.failed_first = stream.failed_first();
  seen.error_event = stream.error_event();
  seen.done = stream.done();
  seen.malformed = stream.malformed();
  seen.ends_malformed = stream.end(1).malformed && !stream.malformed();
  seen.finished = stream.end(1).finished;
  seen.left_out = stream.left_out();
  seen.token_events = stream.token_events();
  const AnswerUsage usage = stream.usage();
  if (usage.tokens) {
    seen.input = usage.tokens->input;
    seen.cached = usage.tokens->cached_input;
    seen.written = usage.tokens->cache_write;
    seen.output = usage.tokens->output;
    seen.reasoning = usage.tokens->reasoning;
    seen.consistent = usage.tokens->consistent;
  }
  seen.tier = usage.service_tier;
  seen.error = stream.error();
  return seen;
}

struct PassingCase {
  const char* name;
  std::string in;
  PassedStream want;
};

// Reads each stream whole, torn in two at every byte, and byte by byte.
inline void ExpectPassed(ClientProtocol protocol, const std::vector<PassingCase>& cases) {
  for (const PassingCase& one : cases) {
    SCOPED_TRACE(one.name);
    const std::string_view in = one.in;
    ASSERT_EQ(Pass(protocol, {in}), one.want);
    for (std::size_t i = 0; i <= in.size(); ++i) {
      ASSERT_EQ(Pass(protocol, {in.substr(0, i), in.substr(i)}), one.want) << "torn at " << i;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < in.size(); ++i) bytes.push_back(in.substr(i, 1));
    EXPECT_EQ(Pass(protocol, bytes), one.want);
  }
}

// An event as both protocols write it.
inline std::string NamedEvent(std::string_view type, std::string_view more = "") {
  std::string event = "event: ";
  event.append(type).append("\ndata: {\"type\":\"").append(type).append("\"");
  if (!more.empty()) event.append(",").append(more);
  return event.append("}\n\n");
}

}  // namespace headgate::backends
