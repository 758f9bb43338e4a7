#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "backends/protocols/json/field_reader.h"
#include "backends/protocols/values/request_view.h"

namespace headgate::backends::openai {

// What the bodies of OpenAI's endpoints have in common. A class for one endpoint derives from it:
// its Read() begins the root, reads its own table of members, and ends the root. Worker-bound; one
// use.
class SharedFields : public json::FieldReader {
 public:
  // `path_model`: see RequestReader::Read. `view` is empty except for the size of the body.
  SharedFields(std::string_view path_model, json::JsonCursor& cursor, RequestView& view)
      : FieldReader(cursor), view_(view), facts_(view.facts), path_model_(path_model) {}

 protected:
  static constexpr std::string_view kRootType = "a JSON object such as {\"model\": …}";

  void BeginRoot() { view_.splice.object_begin = cursor_.offset() + 1; }
  // Called behind the root's last member: checks what depends on several members.
  bool EndRoot();

  bool ReadModel();
  bool ReadStream();
  bool ReadStreamOptions();
  bool ReadMaxTokens();
  bool ReadChoices();
  bool ReadServiceTier();
  bool ReadMetadata();

  bool ReadTokenLimit(std::optional<std::int64_t>& limit);
  // Reads how many choices are generated, `least` to 128. Generated choices cost money, whether or
  // not they are returned: best_of counts like n.
  bool ReadCount(std::int64_t least, std::string_view type, std::optional<std::int64_t>& count);
  // Reads a string that the model will read.
  bool ReadText(TextRole role);

  RequestView& view_;
  BodyFacts& facts_;  // of `view_`

 private:
  void TakePathModel();
  bool ReadIncludeUsage();
  bool ReadContinuousUsage();
  bool ReadMetadataClass(bool& seen);
  Span TakenMember(std::size_t value, bool& alone) const;

  const std::string_view path_model_;
};

}  // namespace headgate::backends::openai
