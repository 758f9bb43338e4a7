#include "gateway/proxy/attempt_bodies.h"

#include <string>
#include <utility>

#include "backends/protocols/marked_thoughts.h"
#include "backends/protocols/request_writer.h"
#include "gateway/attempt/sent_body.h"

namespace headgate::gateway {
namespace {

// A backend that gets the client's own bytes would refuse the thoughts of other backends in them.
void CutForeignThoughts(const OutgoingRequest& outgoing, WrittenBody& written) {
  if (!outgoing.has_thoughts) return;
  std::optional<backends::CutBody> cut =
      backends::WithoutMarkedThoughts(outgoing.body, outgoing.splice);
  if (!cut) return;
  written.body = std::move(cut->body);
  written.splice = cut->splice;
  written.dropped = cut->dropped;
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

}  // namespace

backends::StreamUsage AttemptBodies::UsageOf(std::size_t target) const {
  const BackendState& state = account_.snapshot->fleet->backend(TargetAt(target).backend);
  return StreamUsageFor(BackendOf(target), state);
}

TranslatedRequest& AttemptBodies::Conversation() {
  if (!conversation_) conversation_.emplace(outgoing_.body, account_.model, account_.id.View());
  outgoing_.conversation = &*conversation_;
  return *conversation_;
}

std::optional<ClientError> AttemptBodies::Write(std::size_t target, bool no_stream_options,
                                                WrittenBody& written) {
  const std::optional<Dialect> dialect = DialectOf(TargetAt(target), outgoing_.endpoint);
  if (!dialect) return ClientError{.message = "No backend of this model has this endpoint."};
  if (!dialect->translation) {
    CutForeignThoughts(outgoing_, written);
    return std::nullopt;
  }
  std::optional<backends::BodyProblem> problem =
      Translate(target, *dialect, no_stream_options, written);
  if (!problem) return std::nullopt;
  return ClientError{.param = std::move(problem->param), .message = std::move(problem->message)};
}

std::optional<backends::BodyProblem> AttemptBodies::Translate(std::size_t target,
                                                              const Dialect& dialect,
                                                              bool no_stream_options,
                                                              WrittenBody& written) {
  const bool with_usage = !no_stream_options && UsageOf(target) != backends::StreamUsage::kNone;
  backends::BackendTraits traits = TraitsOf(BackendOf(target), TargetAt(target));
  traits.priority = EnginePriorityFor(BackendOf(target), dialect, account_);
  return Conversation().Write(*dialect.translation, traits, with_usage, written);
}

bool AttemptBodies::AppendWhole(std::size_t target, const Dialect& dialect, bool no_stream_options,
                                std::string& body) {
  WrittenBody written;
  if (dialect.translation) {
    if (Translate(target, dialect, no_stream_options, written)) return false;
    body = std::move(written.body);
    return true;
  }
  CutForeignThoughts(outgoing_, written);
  const std::string_view bytes = written.splice ? written.body : outgoing_.body;
  const backends::SplicePoints& splice = written.splice ? *written.splice : outgoing_.splice;
  const backends::StreamUsage usage =
      no_stream_options ? backends::StreamUsage::kNone : UsageOf(target);
  backends::openai::AppendSpliced(
      bytes, splice,
      {.model = TargetAt(target).upstream_model,
       .usage = usage,
       .priority = EnginePriorityFor(BackendOf(target), dialect, account_)},
      body);
  return true;
}

std::string_view AttemptBodies::WriteRest(std::size_t target, bool no_stream_options,
                                          const AnswerPart& part, RestOfAnswer& rest) {
  const EndpointRow& endpoint = outgoing_.endpoint;
  const backends::PrefillDialect* prefill = nullptr;
  std::optional<Dialect> dialect;
  if (IsBlank(part.seam.text)) {  // any backend can answer from the beginning
    dialect = DialectOf(TargetAt(target), endpoint);
  } else if (const auto continued =
                 ContinuedDialectOf(BackendOf(target), TargetAt(target), endpoint)) {
    dialect = continued->dialect;
    prefill = continued->prefill;
  }
  if (!dialect) return "the backend cannot continue a text";
  std::string whole;
  if (!AppendWhole(target, *dialect, no_stream_options, whole))
    return "the request cannot be translated for it";
  rest.dialect = *dialect;
  rest.seam = part.seam;
  const std::string_view why = backends::WriteContinuation(
      {.body = whole, .seam = rest.seam, .tokens_so_far = part.tokens, .dialect = prefill},
      rest.request);
  if (!why.empty()) return why;
  const backends::ChatProtocol client = *ChatProtocolOf(endpoint);
  rest.reader = {.backend = dialect->translation ? dialect->translation->backend : client,
                 .client = client,
                 .context = Conversation().ContextFor(client, outgoing_.wants_usage),
                 .client_seam = &rest.seam,
                 .seam = {.sent = rest.request.sent,
                          .withheld = rest.request.withheld,
                          .repeats = rest.request.repeats,
                          .before = part.before}};
  rest.reader.context.backend = rest.reader.backend;
  return {};
}

}  // namespace headgate::gateway
