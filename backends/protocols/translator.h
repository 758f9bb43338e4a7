#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/body_problem.h"
#include "backends/protocols/values/client_seam.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends {

// Requests and answers of one protocol for a peer of another one, through neutral values. The
// choice among the protocols is made here. Each function is that of the protocol's folder, where
// its contract is: conversation_reader.h and so on. Thread-safe.

// Reads a client's body. Returns why it cannot be translated, or nullopt.
std::optional<BodyProblem> ReadConversation(ChatProtocol client, std::string_view body,
                                            Conversation& conversation, DroppedFields& dropped);

// Writes the body for a backend to `out`, which is empty. Returns why its protocol cannot say the
// conversation, or nullopt.
std::optional<BodyProblem> WriteConversation(ChatProtocol backend, const Conversation& conversation,
                                             const BackendTraits& traits, DroppedFields& dropped,
                                             std::string& out);

// Hands a backend's whole answer over as events. Returns false if it is not an answer.
bool ReadAnswer(ChatProtocol backend, std::string_view body, AnswerSink& sink);

// Writes a whole answer for a client to `out`, which is empty.
void WriteAnswer(ChatProtocol client, const Answer& answer, const AnswerContext& context,
                 std::string& out);

// Returns a reader of a backend's stream.
std::unique_ptr<AnswerStreamReader> MakeStreamReader(ChatProtocol backend);

// Returns a writer of a client's stream, which appends to `out`. `out`, and what `context` points
// to, outlive it.
std::unique_ptr<AnswerStreamWriter> MakeStreamWriter(ChatProtocol client,
                                                     const AnswerContext& context,
                                                     std::string& out);

// Returns a writer of the rest of a client's stream, behind `seam`. What belongs in the stream
// before the next event is appended to `out`.
std::unique_ptr<AnswerStreamWriter> MakeStreamWriter(ChatProtocol client,
                                                     const AnswerContext& context,
                                                     const ClientSeam& seam, std::string& out);

}  // namespace headgate::backends
