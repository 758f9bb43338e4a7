#include "backends/protocols/translator.h"

#include "backends/protocols/anthropic/answer_reader.h"
#include "backends/protocols/anthropic/answer_writer.h"
#include "backends/protocols/anthropic/conversation_reader.h"
#include "backends/protocols/anthropic/conversation_writer.h"
#include "backends/protocols/anthropic/stream_reader.h"
#include "backends/protocols/anthropic/stream_writer.h"
#include "backends/protocols/openai_chat/answer_reader.h"
#include "backends/protocols/openai_chat/answer_writer.h"
#include "backends/protocols/openai_chat/conversation_reader.h"
#include "backends/protocols/openai_chat/conversation_writer.h"
#include "backends/protocols/openai_chat/stream_reader.h"
#include "backends/protocols/openai_chat/stream_writer.h"
#include "backends/protocols/openai_responses/answer_reader.h"
#include "backends/protocols/openai_responses/answer_writer.h"
#include "backends/protocols/openai_responses/conversation_reader.h"
#include "backends/protocols/openai_responses/conversation_writer.h"
#include "backends/protocols/openai_responses/stream_reader.h"
#include "backends/protocols/openai_responses/stream_writer.h"

namespace headgate::backends {
namespace {

// The translations of one protocol.
struct Codec {
  std::optional<BodyProblem> (*read_conversation)(std::string_view, Conversation&, DroppedFields&);
  std::optional<BodyProblem> (*write_conversation)(const Conversation&, const BackendTraits&,
                                                   DroppedFields&, std::string&);
  bool (*read_answer)(std::string_view, AnswerSink&);
  void (*write_answer)(const Answer&, const AnswerContext&, std::string&);
  std::unique_ptr<AnswerStreamReader> (*make_reader)();
  std::unique_ptr<AnswerStreamWriter> (*make_writer)(const AnswerContext&, std::string&);
  std::unique_ptr<AnswerStreamWriter> (*go_on)(const AnswerContext&, const ClientSeam&,
                                               std::string&);
};

template <typename Reader>
std::unique_ptr<AnswerStreamReader> MakeReader() {
  return std::make_unique<Reader>();
}

template <typename Writer>
std::unique_ptr<AnswerStreamWriter> MakeWriter(const AnswerContext& context, std::string& out) {
  return std::make_unique<Writer>(context, out);
}

template <typename Writer>
std::unique_ptr<AnswerStreamWriter> MakeWriterBehind(const AnswerContext& context,
                                                     const ClientSeam& seam, std::string& out) {
  auto writer = std::make_unique<Writer>(context, out);
  writer->GoOn(seam);
  return writer;
}

constexpr Codec kChatCompletions{
    .read_conversation = openai_chat::ReadConversation,
    .write_conversation = openai_chat::WriteConversation,
    .read_answer = openai_chat::ReadAnswer,
    .write_answer = openai_chat::WriteAnswer,
    .make_reader = MakeReader<openai_chat::StreamReader>,
    .make_writer = MakeWriter<openai_chat::StreamWriter>,
    .go_on = MakeWriterBehind<openai_chat::StreamWriter>,
};

constexpr Codec kMessages{
    .read_conversation = anthropic::ReadConversation,
    .write_conversation = anthropic::WriteConversation,
    .read_answer = anthropic::ReadAnswer,
    .write_answer = anthropic::WriteAnswer,
    .make_reader = MakeReader<anthropic::StreamReader>,
    .make_writer = MakeWriter<anthropic::StreamWriter>,
    .go_on = MakeWriterBehind<anthropic::StreamWriter>,
};

constexpr Codec kResponses{
    .read_conversation = openai_responses::ReadConversation,
    .write_conversation = openai_responses::WriteConversation,
    .read_answer = openai_responses::ReadAnswer,
    .write_answer = openai_responses::WriteAnswer,
    .make_reader = MakeReader<openai_responses::StreamReader>,
    .make_writer = MakeWriter<openai_responses::StreamWriter>,
    .go_on = MakeWriterBehind<openai_responses::StreamWriter>,
};

const Codec& CodecOf(ChatProtocol protocol) {
  switch (protocol) {
    case ChatProtocol::kChatCompletions:
      break;
    case ChatProtocol::kMessages:
      return kMessages;
    case ChatProtocol::kResponses:
      return kResponses;
  }
  return kChatCompletions;
}

}  // namespace

std::optional<BodyProblem> ReadConversation(ChatProtocol client, std::string_view body,
                                            Conversation& conversation, DroppedFields& dropped) {
  std::optional<BodyProblem> problem =
      CodecOf(client).read_conversation(body, conversation, dropped);
  conversation.protocol = client;
  return problem;
}

std::optional<BodyProblem> WriteConversation(ChatProtocol backend, const Conversation& conversation,
                                             const BackendTraits& traits, DroppedFields& dropped,
                                             std::string& out) {
  return CodecOf(backend).write_conversation(conversation, traits, dropped, out);
}

bool ReadAnswer(ChatProtocol backend, std::string_view body, AnswerSink& sink) {
  return CodecOf(backend).read_answer(body, sink);
}

void WriteAnswer(ChatProtocol client, const Answer& answer, const AnswerContext& context,
                 std::string& out) {
  CodecOf(client).write_answer(answer, context, out);
}

std::unique_ptr<AnswerStreamReader> MakeStreamReader(ChatProtocol backend) {
  return CodecOf(backend).make_reader();
}

std::unique_ptr<AnswerStreamWriter> MakeStreamWriter(ChatProtocol client,
                                                     const AnswerContext& context,
                                                     std::string& out) {
  return CodecOf(client).make_writer(context, out);
}

std::unique_ptr<AnswerStreamWriter> MakeStreamWriter(ChatProtocol client,
                                                     const AnswerContext& context,
                                                     const ClientSeam& seam, std::string& out) {
  AnswerContext same = context;
  if (seam.created != 0) same.created = seam.created;
  return CodecOf(client).go_on(same, seam, out);
}

}  // namespace headgate::backends
