#pragma once

#include "backends/protocols/openai_responses/request/input_items.h"

namespace headgate::backends::openai_responses {

// The body of a request for a response. Worker-bound; one use.
class ResponsesBody : public InputItems {
 public:
  using InputItems::InputItems;

  // Reads the whole document. Returns false after a problem or a fault: see FieldReader.
  bool Read();

 private:
  bool ReadInstructions();
  bool ReadTools();
  bool ReadTool();
  bool ReadNamespace();
  bool ReadToolType();
  bool ReadToolChoice();
  bool ReadChosenType();
  bool ReadReasoning();
  bool ReadTextOptions();
  bool ReadFormat();
  bool ReadStore();
  bool ReadBackground();
  bool ReadPreviousResponse();
  bool ReadConversation();
  bool ReadConversationId();
  bool ReadPrompt();
  bool ReadTopLogprobs();
  void JudgeTools();

  bool has_own_tool_ = false;    // a tool of the client's own, which any protocol has
  bool has_built_in_ = false;    // a tool of the provider's own that is not optional
  bool may_call_ = true;         // tool_choice is not none
  bool chose_built_in_ = false;  // tool_choice names a tool of the provider's own
};

}  // namespace headgate::backends::openai_responses
