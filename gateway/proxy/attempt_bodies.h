#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "backends/protocols/resume/continuation_request.h"
#include "backends/protocols/translated_stream.h"
#include "backends/protocols/values/client_seam.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/attempt.h"
#include "gateway/dialect/dialect.h"
#include "gateway/dialect/translated_request.h"
#include "gateway/http/answer.h"

namespace headgate::gateway {

// What a backend is asked for the rest of an answer, and how its answer is read. `reader` points to
// the other members, so it is never copied, and outlives the attempt.
struct RestOfAnswer {
  RestOfAnswer() = default;
  RestOfAnswer(const RestOfAnswer&) = delete;
  RestOfAnswer& operator=(const RestOfAnswer&) = delete;

  Dialect dialect;
  backends::ClientSeam seam;
  backends::ContinuationRequest request;
  backends::AnswerContinuation reader;
};

// What has become of an answer so far.
struct AnswerPart {
  const backends::ClientSeam& seam;
  std::int64_t tokens = 0;          // of its text
  backends::ReportedTokens before;  // what its parts were booked with
};

// Writes what the attempts of one request send. Worker-bound.
class AttemptBodies {
 public:
  // Both arguments outlive it. The account has its decision when a body is written.
  AttemptBodies(OutgoingRequest& outgoing, const RequestAccount& account)
      : outgoing_(outgoing), account_(account) {}

  // Writes the body for a target whose backend does not get the client's bytes as they are; writes
  // nothing for other targets. Returns why the body cannot be written.
  std::optional<ClientError> Write(std::size_t target, bool no_stream_options,
                                   WrittenBody& written);

  // Writes the request for the rest of an answer of which the client has `part`. Returns why the
  // target cannot be asked, or nothing; the text is a constant. REQUIRES: the endpoint has a
  // ChatProtocol.
  std::string_view WriteRest(std::size_t target, bool no_stream_options, const AnswerPart& part,
                             RestOfAnswer& rest);

 private:
  const routing::Target& TargetAt(std::size_t target) const {
    return account_.snapshot->policy->targets()[target];
  }
  const config::Backend& BackendOf(std::size_t target) const {
    return account_.snapshot->config->backends[TargetAt(target).backend];
  }
  backends::StreamUsage UsageOf(std::size_t target) const;
  TranslatedRequest& Conversation();
  std::optional<backends::BodyProblem> Translate(std::size_t target, const Dialect& dialect,
                                                 bool no_stream_options, WrittenBody& written);
  // Appends the body as the target would get it for the whole answer. Returns false if there is
  // none.
  bool AppendWhole(std::size_t target, const Dialect& dialect, bool no_stream_options,
                   std::string& body);

  OutgoingRequest& outgoing_;
  const RequestAccount& account_;
  std::optional<TranslatedRequest> conversation_;  // made when it is first needed
};

}  // namespace headgate::gateway
