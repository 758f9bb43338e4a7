// Reads any bytes as an answer of chat completions, streamed or whole. The first byte says where
// to tear the stream, and what the client speaks.
#include "tests/fuzz/chat_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  headgate::backends::CheckChatAnswer(headgate::backends::ChatProtocol::kChatCompletions,
                                      {reinterpret_cast<const char*>(data), size});
  return 0;
}
