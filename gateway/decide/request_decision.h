#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "backends/protocols/request_reader.h"
#include "backends/protocols/values/request_view.h"
#include "gateway/decide/session_table.h"
#include "gateway/http/request_head.h"
#include "routing/classify/signals.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// A request as it came. What it points to stays until the decision has been used.
struct IncomingRequest {
  routing::Endpoint endpoint = routing::Endpoint::kChat;
  const RequestHead& head;
  std::string_view body;             // backends::RequestReader::kPadding allocated bytes follow
  std::optional<std::size_t> key;    // into CompiledPolicy::keys; none: it came without one
  std::string_view path_model = {};  // that the path names instead of the body; empty: none
};

// The conversations that a request may go on with. `namer` null: none is known.
struct Conversations {
  const ConversationNamer* namer = nullptr;
  SessionTable* table = nullptr;
  const std::vector<LabelId>* target_labels = nullptr;  // parallel to CompiledPolicy::targets
  SessionTable::Clock::time_point now{};
  // Whether finding one counts as its use: yes for a request, no for one that is only asked about.
  bool use = false;
};

// Everything else that a decision hangs on.
struct Circumstances {
  const routing::CompiledPolicy& policy;
  // Fills in the state of every target for a class, parallel to CompiledPolicy::targets.
  absl::FunctionRef<void(routing::Class, std::vector<routing::Candidate>&)> load;
  Conversations conversations;
  std::int64_t unix_seconds = 0;
  std::uint64_t seed = 0;
};

// Whether the request goes on with a conversation that was answered before.
enum class Continuation : std::uint8_t {
  kNone,        // the client names no conversation, and no reply stands in its messages
  kNew,         // nobody has answered it in the last half hour
  kOtherTopic,  // it was about something else
  kTargetGone,  // the target that answered is not configured any more
  kKnown,       // DecisionInput::session_target
};

// From a request's bytes to its plan: read the body, add the hints of its head, look for its
// conversation, classify, describe it as a DecisionInput, decide. The only way to a decision about
// a request: workers, POST /explain, `headgate explain` and policy tests all go through Make, so
// that what is said of a request is what happens to it. Worker-bound; reused, and then allocates
// nothing once there is room.
class RequestDecision {
 public:
  // A problem: the body is refused, and only view() has something to say.
  std::optional<backends::BodyProblem> Make(const IncomingRequest& request,
                                            const Circumstances& around);

  // Of the last Make, until the next.
  const backends::RequestView& view() const { return view_; }
  const routing::Signals& signals() const { return signals_; }
  const routing::DecisionInput& input() const { return input_; }
  const routing::Decision& decision() const { return decision_; }
  const std::optional<ConversationId>& conversation() const { return conversation_; }
  Continuation continuation() const { return continuation_; }

 private:
  std::optional<SessionTable::Entry> FindConversation(const IncomingRequest& request,
                                                      const Circumstances& around);
  void TakeSession(const std::optional<SessionTable::Entry>& session,
                   const Conversations& conversations);
  void Describe(const IncomingRequest& request, const routing::CompiledPolicy& policy);

  backends::RequestReader reader_;
  backends::RequestView view_;
  routing::Signals signals_;
  std::optional<ConversationId> conversation_;
  Continuation continuation_ = Continuation::kNone;
  routing::DecisionInput input_;
  routing::Decision decision_;
};

}  // namespace headgate::gateway
