#include "loadtest/sim/server/call.h"

#include "loadtest/sim/dialects/errors.h"
#include "loadtest/sim/dialects/paths.h"
#include "loadtest/sim/http/http_response.h"

namespace headgate::loadtest::sim {

void Call::Reply(int status, std::string_view content_type, std::string_view body) {
  ResponseHead head;
  head.status = status;
  head.content_type = body.empty() ? "" : content_type;
  head.length = body.size();
  head.keep_alive = request.keep_alive && request.version >= 11;
  std::string extra;
  if (!request_id.empty()) extra = RequestIdLine(context.options.personality, request_id);
  head.extra = extra;
  std::string out;
  AppendHead(out, head);
  channel.Write(out.append(body));
  channel.Done(head.keep_alive);
}

void Call::Refuse(const Refusal& refusal) {
  Reply(refusal.status, kJsonType,
        ErrorJson(context.options.personality, endpoint, refusal, request_id));
}

void Call::NotFound() {
  const auto method = boost::beast::http::to_string(request.method);
  const NotFoundAnswer answer = sim::NotFound(
      context.options.personality, {method.data(), method.size()}, request.path(), request_id);
  Reply(404, answer.content_type, answer.body);
}

}  // namespace headgate::loadtest::sim
