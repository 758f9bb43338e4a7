// Reads any bytes as the body of a request of OpenAI's Responses. What is read can be written for
// a backend of each protocol, and is read there again.
#include "tests/fuzz/chat_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  headgate::backends::CheckChatRequest(headgate::backends::ChatProtocol::kResponses,
                                       {reinterpret_cast<const char*>(data), size});
  return 0;
}
