#pragma once

#include <string>
#include <string_view>

#include "backends/net/types.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/attempt.h"
#include "gateway/keeping/response_keeper.h"
#include "gateway/keeping/told_state.h"
#include "gateway/proxy/client_response.h"
#include "gateway/proxy/exposed_fields.h"

namespace headgate::gateway {

// Passes a streamed answer on: one upstream read, one downstream write, whole events, an honest
// end. The head can be sent before an attempt commits, together with a backend's comments
// (docs/decisions/0033). The stream has then begun, and its events may still come from a later
// attempt. There is one relay for each request. Worker-bound.
class StreamRelay final : public CommentListener {
 public:
  // Both arguments outlive the relay.
  StreamRelay(ClientResponse& response, RequestAccount& account)
      : response_(response), account_(account) {}

  // Has a whole answer stored. `keeper` outlives the relay; null: it is not stored.
  void KeepBy(ResponseKeeper* keeper) { keeper_ = keeper; }
  // Has the state written into the answer. `told` outlives the relay; null: the answer stays.
  void Tell(const ToldState* told) { told_ = told; }

  // Passes on comments that come before the first event, as a sign of life.
  Awaitable<bool> OnComments(Attempt& attempt, std::string_view comments) override;

  // Commits to an attempt's stream, relays and settles it. REQUIRES: Attempt::Ready::kStream.
  Awaitable<void> Relay(Attempt& attempt);

  // Returns whether the client has the head of a streamed answer.
  bool begun() const { return begun_; }
  // Ends a stream that has begun when nothing is left to try.
  Awaitable<void> Fail(const ClientError& error);

 private:
  void Begin(Exposed exposed);
  void Commit(Attempt& attempt);
  // Ends the client's stream, as a whole stream only if the answer is whole.
  Awaitable<void> End(Attempt& attempt);
  // Appends the end of a stream that broke.
  void AppendFault(Attempt& attempt, backends::AttemptResult result, std::string& out) const;

  ClientResponse& response_;
  RequestAccount& account_;
  ResponseKeeper* keeper_ = nullptr;
  const ToldState* told_ = nullptr;
  bool begun_ = false;
};

}  // namespace headgate::gateway
