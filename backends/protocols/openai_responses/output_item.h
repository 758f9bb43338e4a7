#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::openai_responses {

// One item of a response's `output`, as a client reads it. Each part of an answer is an item of its
// own. Owns everything.
struct OutputItem {
  enum class Kind : std::uint8_t { kText, kRefusal, kThought, kFunction, kCustom };

  Kind kind = Kind::kText;
  std::string id;       // of the item
  std::string call_id;  // of a call, as the backend named it
  std::string name;     // of the tool of a call, with its namespace (input/wrapping.h)
  std::string text;     // what it says; of a call its arguments, as JSON, also of a custom tool
  // `text` has the escapes of a JSON string already, without its quotes, so that a long text is not
  // escaped each time that it is written. Of a custom tool it is then the input alone.
  bool escaped = false;
  std::string signature;  // of a thought: encrypted_content as the client gets it
  bool hidden = false;    // a thought of which only the signature is known
};

// Returns an empty item with an id of its own. `index`: of the item in the output.
OutputItem NewItem(OutputItem::Kind kind, std::size_t index, const AnswerContext& context);

// Appends the item as a JSON object. `status`: in_progress, completed or incomplete. Pure;
// thread-safe.
void AppendItem(const OutputItem& item, std::string_view status, std::string& out);

// The same for an item of which nothing has been said yet.
void AppendEmptyItem(const OutputItem& item, std::string& out);

// Appends the item's text as a JSON string. Of a custom tool it is the whole of its arguments,
// unless it is escaped.
void AppendItemText(const OutputItem& item, std::string& out);
// Appends the part of a message that has the item's text.
void AppendContentPart(const OutputItem& item, std::string& out);
// Appends the part of a thought's summary.
void AppendSummaryPart(const OutputItem& item, std::string& out);

}  // namespace headgate::backends::openai_responses
