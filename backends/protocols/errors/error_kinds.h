#pragma once

#include <cstdint>
#include <string_view>

namespace headgate::backends {

// What an error answer means, as far as its words tell. Several may be set.
struct ErrorKinds {
  bool context_too_long = false;
  bool content_policy = false;
  bool account_exhausted = false;
  bool exhausted_by_words = false;
  bool costs_too_much = false;
  bool key_rejected = false;
  bool model_unknown = false;
  bool names_stream_options = false;
  // The status that other servers answer with for the same reason, as a code or a type tells; 0 if
  // none does.
  int status = 0;
};

// Learns from a code or type of the answer, such as "insufficient_quota" or "DataInspectionFailed".
// Case and separators are ignored. Pure; thread-safe.
void LearnFromCode(std::string_view code, ErrorKinds& kinds);

// Learns from the `status_code` of MiniMax, which answers 200 to everything. Returns the status
// that another server would have answered with, or 0 for a code without such a status.
int LearnFromMiniMaxCode(std::int64_t code, ErrorKinds& kinds);

// Learns from the answer's message, or from the name of the parameter that it refuses. `status` is
// the answer's and decides how much a message is believed: a 400 may quote the client's own words.
void LearnFromMessage(int status, std::string_view message, ErrorKinds& kinds);

}  // namespace headgate::backends
