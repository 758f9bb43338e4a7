#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "backends/protocols/request_reader.h"
#include "backends/protocols/values/request_view.h"
#include "gateway/decide/conversation_table.h"
#include "gateway/http/request_head.h"
#include "routing/classify/signals.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// A request as received. What it points to must stay until the decision has been used.
struct IncomingRequest {
  routing::Endpoint endpoint = routing::Endpoint::kChat;
  const RequestHead& head;
  std::string_view body;           // backends::RequestReader::kPadding allocated bytes follow
  std::optional<std::size_t> key;  // index into CompiledPolicy::keys; nullopt: without a key
  std::string_view path_model =
      {};  // the model that the path names instead of the body; empty: none
  // What the request continues is stored by the gateway, and was not read into `body`: for dry
  // runs.
  bool stores_responses = false;
};

// The conversations that a request may continue. `namer` null: no conversation is known.
struct Conversations {
  const ConversationNamer* namer = nullptr;
  ConversationTable* table = nullptr;
  const std::vector<LabelId>* target_labels = nullptr;  // parallel to CompiledPolicy::targets
  ConversationTable::Clock::time_point now{};
  // Whether a lookup counts as a use of the conversation: true for requests, false for dry runs.
  bool use = false;
};

// Everything else that a decision depends on.
struct DecisionContext {
  const routing::CompiledPolicy& policy;
  // Fills in the state of every target for a request, parallel to CompiledPolicy::targets. The
  // input is complete except for its candidates, which may be those to fill in.
  absl::FunctionRef<void(const routing::DecisionInput&, std::vector<routing::Candidate>&)> load;
  Conversations conversations;
  std::int64_t unix_seconds = 0;
  std::uint64_t seed = 0;
};

// Whether the request continues a conversation that was answered before.
enum class Continuation : std::uint8_t {
  kNone,        // the client names no conversation, and its messages have no reply
  kNew,         // not answered in the last half hour
  kOtherTopic,  // its topic was another
  kTargetGone,  // the target that answered is no longer configured
  kKnown,       // DecisionInput::conversation_target
};

// From the bytes of a request to its plan: reads the body, takes hints from the head, finds the
// conversation, classifies, fills a DecisionInput, decides. Workers, POST /explain, `headgate
// explain` and policy tests all call Make, so that explanations show what happens to requests.
// Worker-bound; reused, and allocates nothing once it has room.
class RequestDecision {
 public:
  // Returns a problem if the body is refused. Then only view() is valid.
  std::optional<backends::BodyProblem> Make(const IncomingRequest& request,
                                            const DecisionContext& context);

  // The results of the last Make; valid until the next Make.
  const backends::RequestView& view() const { return view_; }
  const routing::Signals& signals() const { return signals_; }
  const routing::DecisionInput& input() const { return input_; }
  const routing::Decision& decision() const { return decision_; }
  const std::optional<ConversationId>& conversation() const { return conversation_; }
  Continuation continuation() const { return continuation_; }

 private:
  std::optional<ConversationTable::Entry> FindConversation(const IncomingRequest& request,
                                                           const DecisionContext& context);
  void TakeConversation(const std::optional<ConversationTable::Entry>& last,
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
