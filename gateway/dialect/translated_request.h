#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/answer_reader.h"
#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/body_problem.h"
#include "backends/protocols/values/conversation.h"
#include "backends/protocols/values/splice_points.h"
#include "gateway/dialect/dialect.h"

namespace headgate::gateway {

// A body that was written for a backend.
struct WrittenBody {
  std::string body;     // sent as it is, unless `splice` is set; empty: the client's bytes are sent
  std::string dropped;  // the fields that it lacks, as x-headgate-dropped has them
  // Set if `body` is the client's own without some thoughts: where it may be rewritten.
  std::optional<backends::SplicePoints> splice = {};
};

// One request in words of no protocol, for its attempts at backends of other protocols. The
// client's body is read when the first of them needs it. Attempts and answers point to what it
// holds, so it outlives them. Worker-bound.
class TranslatedRequest {
 public:
  // `body` and `request_id` outlive it. `model`: what the client asked for, which the path may say
  // instead of the body.
  TranslatedRequest(std::string_view body, std::string_view model, std::string_view request_id)
      : body_(body), model_(model), request_id_(request_id) {}
  TranslatedRequest(const TranslatedRequest&) = delete;
  TranslatedRequest& operator=(const TranslatedRequest&) = delete;

  // Writes the body for a backend. `stream_options` is false if the backend refuses them. Returns
  // why it cannot be written, in words for the client.
  std::optional<backends::BodyProblem> Write(const Translation& translation,
                                             const backends::BackendTraits& traits,
                                             bool stream_options, WrittenBody& written);

  // Returns how an answer is translated. `origin`: SignatureOrigin of the backend. REQUIRES: Write
  // has succeeded.
  backends::AnswerTranslation AnswersOf(const Translation& translation, std::string origin) const;
  // Returns with what the rest of a client's stream is written. A request that cannot be translated
  // has such a rest too; of the request it then knows the model alone, and whether the client asked
  // for usage.
  backends::AnswerContext ContextFor(backends::ChatProtocol client, bool stream_usage);
  // Replaces a backend's whole answer by the client's form of it. Returns false if it is not an
  // answer. REQUIRES: Write has succeeded.
  bool TranslateAnswer(const Translation& translation, std::string origin, std::string& body) const;

 private:
  void Read(backends::ChatProtocol client);

  const std::string_view body_;
  const std::string_view model_;
  const std::string_view request_id_;
  std::optional<backends::Conversation> conversation_;
  std::optional<backends::BodyProblem> problem_;  // of the client's body
  backends::DroppedFields unread_;                // fields that conversations do not have
  std::int64_t created_ = 0;                      // Unix time in seconds
};

// Returns the names as the value of a header field, separated by ", ". Clients choose some of the
// names, so bytes that a field cannot hold become '?', and of many names the first are listed.
std::string DroppedText(const backends::DroppedFields& dropped);

}  // namespace headgate::gateway
