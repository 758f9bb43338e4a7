// One request to a page, and the ways to answer it. *worker-bound*
#pragma once

#include <string>
#include <string_view>

#include "loadtest/sim/answers/channel.h"
#include "loadtest/sim/http/http_request.h"
#include "loadtest/sim/replica/replica.h"
#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

constexpr std::string_view kJsonType = "application/json";

struct Call {
  Context& context;
  Replica& replica;
  Channel& channel;
  HttpRequest& request;
  Endpoint endpoint = Endpoint::kChat;  // decides the shape of errors
  std::string request_id = {};          // id of Anthropic's answer; otherwise empty

  // Each answers the request.
  void Reply(int status, std::string_view content_type, std::string_view body);
  void Refuse(const Refusal& refusal);
  void NotFound();
};

}  // namespace headgate::loadtest::sim
