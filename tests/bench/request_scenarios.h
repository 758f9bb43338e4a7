#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::gateway {

// The bytes that a client sends, what its backend speaks, and the bytes of the backend's answer in
// the pieces in which they come.
struct Scenario {
  std::string_view name;
  std::string request;
  std::vector<std::string> answer;
  // Keys of the backend, as the policy has them.
  std::string_view backend = "endpoints: [chat]";
};

// The scenario of that name. Ends the process if there is none.
//
//   chat_32k_whole                     a request of 32 KB, answered whole
//   CLIENT_to_BACKEND_whole            a request of 1 KB in the client's protocol, answered whole
//   CLIENT_to_BACKEND_stream_EVENTS    the same, answered by a stream of so many events with text
//
// CLIENT and BACKEND are chat, messages or responses.
Scenario ScenarioOf(std::string_view name);

}  // namespace headgate::gateway
