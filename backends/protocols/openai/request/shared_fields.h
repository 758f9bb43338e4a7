#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "backends/protocols/json/cursor.h"
#include "backends/protocols/request_reader.h"

namespace headgate::gateway {

// The fields of a request body that the gateway reads, as tables of name and reader: what is in no
// table is skipped. Every step takes one value from the cursor and returns true, or returns false
// with problem() set, or with cursor.fault() set when the text is not JSON. Duplicates of a table's
// names are refused at every level. Worker-bound; one use.
class RequestFields {
 public:
  // `path_model`: see RequestReader::Read.
  RequestFields(routing::Endpoint endpoint, std::string_view path_model, JsonCursor& cursor,
                RequestView& view)
      : endpoint_(endpoint),
        path_model_(path_model),
        cursor_(cursor),
        view_(view),
        signals_(view.signals) {}

  // The whole document.
  bool Read();
  const BodyProblem& problem() const { return problem_; }

 private:
  struct Field {
    std::string_view name;
    bool (RequestFields::*read)();
  };

  // --- reading by type (request_fields.cc) -------------------------------------------------------
  // Takes a null, which stands for absent; false if the value is something else.
  bool TakeNull();
  bool ReadMembers(std::span<const Field> fields, std::string_view type);
  template <typename Element>
  bool ReadElements(std::string_view type, Element&& element);
  bool ReadString(std::string_view& text, std::string_view type);
  bool ReadNullableString(std::string_view& text, std::string_view type);
  bool ReadNullableBool(bool& value);
  bool ReadInteger(std::int64_t least, std::int64_t most, std::string_view type,
                   std::optional<std::int64_t>& value);
  bool Wrong(std::string_view type);  // "<path> must be <type>, not <what it is>."
  bool Refuse(std::initializer_list<std::string_view> message);  // behind the path
  std::string Path() const;
  Span TakenMember(std::size_t value, bool& alone) const;

  // --- fields of the root ------------------------------------------------------------------------
  bool ReadModel();
  void TakePathModel();
  bool ReadStream();
  bool ReadStreamOptions();
  bool ReadIncludeUsage();
  bool ReadContinuousUsage();
  bool ReadMaxTokens();
  bool ReadMaxCompletionTokens();
  bool ReadChoices();
  bool ReadBestOf();
  bool ReadTools();
  bool ReadFunctions();
  bool ReadTool();
  bool ReadNamed();
  bool ReadNullableNamed();
  bool ReadToolName();
  bool ReadNullableToolName();
  bool ReadResponseFormat();
  bool ReadResponseFormatType();
  bool ReadServiceTier();
  bool ReadReasoningEffort();
  bool ReadPromptCacheKey();
  bool ReadMetadata();
  bool ReadMetadataClass(bool& seen);
  bool ReadModalities();
  bool ReadAudioOutput();
  bool CheckRequired();

  // --- what the model is to read (request_texts.cc) ----------------------------------------------
  bool ReadMessages();
  bool ReadMessage();
  bool ReadRole();
  bool ReadContent();
  bool ReadToolCalls();
  bool ReadText();
  bool ReadPartText();
  bool ReadImage();
  bool ReadInputAudio();
  bool ReadAudioBytes();
  bool ReadFile();
  bool ReadFileBytes();
  bool ReadEncoded(std::int64_t characters_per_token);
  bool ReadPrompt();
  bool ReadPromptElement(char& kind);
  bool ReadTokenIds();
  bool ReadTokenId();
  bool ReadSuffix();
  void AddText(std::string_view text);

  static std::span<const Field> RootFields(routing::Endpoint endpoint);

  // One step of the path to the value that is being read.
  struct Step {
    std::string_view name;
    std::size_t index = 0;  // where `name` is empty
  };
  static constexpr std::size_t kMaxSteps = 8;  // messages[i].content[j].input_audio.data has 6
  void Push(Step step) { path_[path_size_++] = step; }
  void Pop() { --path_size_; }

  const routing::Endpoint endpoint_;
  const std::string_view path_model_;
  JsonCursor& cursor_;
  RequestView& view_;
  routing::Signals& signals_;
  BodyProblem problem_;
  std::array<Step, kMaxSteps> path_;
  std::size_t path_size_ = 0;
  std::optional<std::int64_t> max_completion_tokens_;
  std::optional<routing::Role> role_;  // of the message that is being read
  bool has_input_ = false;             // messages, prompt or input
};

// Calls element() at each element of the array, with its index on the path. `type` is what the
// value must be, in words.
template <typename Element>
bool RequestFields::ReadElements(std::string_view type, Element&& element) {
  if (cursor_.Peek() != '[') return Wrong(type);
  Push({{}, 0});
  const std::size_t at = path_size_ - 1;
  const bool good = cursor_.TakeArray([&] {
    if (!element()) return false;
    ++path_[at].index;
    return true;
  });
  if (good) Pop();
  return good;
}

}  // namespace headgate::gateway
