#pragma once

#include <string>

#include "backends/protocols/values/conversation.h"

namespace headgate::backends::contract {

// Streams of a backend, as they come over the wire. Each whole one says the same: the thought
// "Hm.", the text "Hi \"you\"." and two calls, and cost 130 tokens of input, 100 of them cached,
// and 40 of output.
struct StreamSample {
  ChatProtocol protocol;
  std::string begin;   // the event that begins the answer
  std::string middle;  // all parts
  std::string finish;  // what ends the answer, with usage
  std::string end;     // what ends the stream; empty: `finish` does
  std::string error;
};

const StreamSample& SampleOf(ChatProtocol protocol);

}  // namespace headgate::backends::contract
