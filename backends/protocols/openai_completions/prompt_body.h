#pragma once

#include "backends/protocols/openai/request/shared_fields.h"

namespace headgate::backends::openai_completions {

// What `prompt` and `input` share: their four shapes. Worker-bound; one use.
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

// The body of a request for a completion of a text.
class CompletionBody : public PromptFields {
 public:
  using PromptFields::PromptFields;

  // The whole document. false: see FieldReader.
  bool Read();

 private:
  bool ReadSuffix();
  bool ReadBestOf();
};

// The body of a request for embeddings.
class EmbeddingBody : public PromptFields {
 public:
  using PromptFields::PromptFields;

  // The whole document. false: see FieldReader.
  bool Read();
};

}  // namespace headgate::backends::openai_completions
