#pragma once

#include "backends/protocols/openai/answer_scanner.h"
#include "backends/protocols/openai/event_stream.h"
#include "backends/protocols/openai/whole_answer.h"

namespace headgate::backends {

// The readers of backends' answers, under names that do not depend on a protocol. Every backend
// speaks OpenAI's protocol (config::Protocol). If a backend speaks another protocol, the choice
// belongs here, as the choice of a client's writer belongs in client_writer.h. The thread rules are
// those of the readers.

using StreamReader = openai::EventStream;
using AnswerScanner = openai::AnswerScanner;

using openai::BeginsAsAnswer;
using openai::ReadStrayAnswer;
using openai::ReadWholeAnswer;
using openai::ReadWholeAnswerCopied;

}  // namespace headgate::backends
