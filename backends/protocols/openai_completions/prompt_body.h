#pragma once

#include "backends/protocols/openai/request/shared_fields.h"

namespace headgate::backends::openai_completions {

// What `prompt` and `input` have in common: their four shapes. Worker-bound; one use.
class PromptFields : public openai::SharedFields {
 public:
  using SharedFields::SharedFields;

 protected:
  bool ReadPrompt();

  bool has_prompt_ = false;

 private:
  bool ReadPromptElement(char& kind);
  bool ReadTokenIds();
  bool ReadTokenId();
};

// The body of a request for a text completion.
class CompletionBody : public PromptFields {
 public:
  using PromptFields::PromptFields;

  // Reads the whole document. Returns false after a problem or a fault: see FieldReader.
  bool Read();

 private:
  bool ReadSuffix();
  bool ReadBestOf();
};

// The body of a request for embeddings.
class EmbeddingBody : public PromptFields {
 public:
  using PromptFields::PromptFields;

  // Reads the whole document. Returns false after a problem or a fault: see FieldReader.
  bool Read();
};

}  // namespace headgate::backends::openai_completions
