#include "backends/protocols/openai_completions/prompt_body.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace headgate::backends::openai_completions {

// The four shapes: string, [string], [token id], [[token id]].
bool PromptFields::ReadPrompt() {
  constexpr std::string_view kType = "a string, or an array of strings or token ids";
  has_prompt_ = true;
  if (cursor_.Peek() == '"') return ReadText(TextRole::kPrompt);
  char kind = '\0';
  int elements = 0;
  const auto read = [&] {
    ++elements;
    return ReadPromptElement(kind);
  };
  if (!ReadElements(kType, read)) return false;
  if (kind == '"' || kind == '[') facts_.prompts = elements;
  return kind != '\0' || Refuse({" is empty; send at least one string."});
}

// `kind` is the first byte of the first element ('0' for a number): all elements must be of one
// kind.
bool PromptFields::ReadPromptElement(char& kind) {
  const char c = cursor_.Peek();
  const char own = c == '"' || c == '[' ? c : '0';
  if (kind == '\0') kind = own;
  switch (kind) {
    case '"':
      return ReadText(TextRole::kPrompt);
    case '[':
      return ReadTokenIds();
    default:
      return ReadTokenId();
  }
}

bool PromptFields::ReadTokenIds() {
  return ReadElements("an array of token ids", [this] { return ReadTokenId(); });
}

bool PromptFields::ReadTokenId() {
  std::optional<std::int64_t> id;
  if (!ReadInteger(0, INT32_MAX, "a token id, which is an integer of 0 or more", id)) return false;
  ++facts_.other_input_tokens;
  return true;
}

bool CompletionBody::Read() {
  using B = CompletionBody;
  static constexpr Field<B> kFields[] = {
      {"model", &B::ReadModel},
      {"prompt", &B::ReadPrompt},
      {"suffix", &B::ReadSuffix},
      {"stream", &B::ReadStream},
      {"stream_options", &B::ReadStreamOptions},
      {"max_tokens", &B::ReadMaxTokens},
      {"n", &B::ReadChoices},
      {"best_of", &B::ReadBestOf},
      {"service_tier", &B::ReadServiceTier},
      {"metadata", &B::ReadMetadata},
      {"priority", &B::ReadPriority},
  };
  BeginRoot();
  if (!ReadMembers(*this, kFields, kRootType) || !EndRoot()) return false;
  return has_prompt_ || Missing("prompt", R"("prompt": "Once upon a time")");
}

bool CompletionBody::ReadSuffix() {
  if (TakeNull()) return true;
  facts_.has_suffix = true;
  return ReadText(TextRole::kPrompt);
}

bool CompletionBody::ReadBestOf() {
  if (TakeNull()) return true;
  std::optional<std::int64_t> count;
  return ReadCount(0, "an integer from 0 to 128", count);
}

bool EmbeddingBody::Read() {
  using B = EmbeddingBody;
  static constexpr Field<B> kFields[] = {
      {"model", &B::ReadModel},
      {"input", &B::ReadPrompt},
      {"service_tier", &B::ReadServiceTier},
      {"metadata", &B::ReadMetadata},
      {"priority", &B::ReadPriority},
  };
  BeginRoot();
  if (!ReadMembers(*this, kFields, kRootType) || !EndRoot()) return false;
  return has_prompt_ || Missing("input", R"("input": "Once upon a time")");
}

}  // namespace headgate::backends::openai_completions
