#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "backends/protocols/json/field_reader.h"
#include "backends/protocols/values/request_view.h"

namespace headgate::backends {

// Returns whose words a message of the role `name` has. Roles of other vendors' templates are
// trusted no more than a user. Pure.
TextRole RoleNamed(std::string_view name);

// What the bodies of all protocols have in common. A class for one endpoint derives from it: its
// Read() begins the root, reads its own table of members, and ends the root. Worker-bound; one use.
class BodyFields : public json::FieldReader {
 public:
  // `path_model`: see RequestReader::Read. `view` is empty except for the size of the body.
  BodyFields(std::string_view path_model, json::JsonCursor& cursor, RequestView& view)
      : FieldReader(cursor), view_(view), facts_(view.facts), path_model_(path_model) {}

 protected:
  static constexpr std::string_view kRootType = "a JSON object such as {\"model\": …}";

  void BeginRoot() { view_.splice.object_begin = cursor_.offset() + 1; }
  // Called behind the root's last member: checks what depends on several members.
  bool EndRoot();

  bool ReadModel();
  bool ReadStream();
  bool ReadMaxTokens();
  bool ReadServiceTier();
  bool ReadReasoningEffort();
  bool ReadMetadata();
  bool ReadSessionId();
  // Only the place of its value matters here: backends that know the member judge it.
  bool ReadPriority();
  // Reads the `type` of the form that the answer is to have.
  bool ReadFormatType();
  bool ReadToolName();
  bool ReadNullableToolName();
  // Measures a value of a tool's definition or call: a string as the model reads it, any other
  // value as it is written. Null counts as absent.
  bool MeasureToolValue();
  // Reads the list of tools; `tool` reads one of them.
  template <typename Tool>
  bool ReadToolList(Tool&& tool);

  bool ReadTokenLimit(std::optional<std::int64_t>& limit);
  // Reads a string that the model will read.
  bool ReadText(TextRole role);
  void AddText(TextRole role, std::string_view text);
  // Takes the texts from the `first` on back: the model will not read them as text.
  void RemoveTexts(std::size_t first);

  // Adds an image that is `literal` in the body: an address, or base64.
  void AddImage(std::string_view literal);
  // Takes the value of an image's member: a string, or an object with a string.
  bool TakeImage();
  // Reads base64 without looking at it: megabytes of it are measured and never read.
  bool ReadAudioData();
  bool ReadFileData();
  // Notes that the tokens of the input cannot be counted from the bytes of the body.
  void HideInput() { facts_.hides_input = true; }
  // Takes a value that stands for input which the body does not have. Notes `what` as in
  // TakeNativeOnly.
  bool TakeHiddenInput(std::string_view what);
  // Takes an address where the file is.
  bool ReadFileUrl();
  void AddFile(std::size_t characters);

  // Notes that only a backend of the client's own protocol can serve the request. `what` is a
  // constant; the first one counts.
  void NoteNativeOnly(std::string_view what);
  // Takes a value, and notes `what` unless the value is null, false, 0 or empty.
  bool TakeNativeOnly(std::string_view what);
  // Takes any value, and sets `value` if it is an integer of 0 or more. A backend judges the
  // others.
  bool TakeAnyInteger(std::optional<std::int64_t>& value);

  RequestView& view_;
  BodyFacts& facts_;  // of `view_`

 private:
  bool ReadEncoded(std::size_t& characters);
  bool TakeUnlessEmpty(bool& empty);
  void TakePathModel();
  bool ReadMetadataClass(bool& seen);

  const std::string_view path_model_;
};

template <typename Tool>
bool BodyFields::ReadToolList(Tool&& tool) {
  if (TakeNull()) return true;
  return ReadElements("an array of objects", [&] {
    facts_.uses_tools = true;
    return tool();
  });
}

}  // namespace headgate::backends
