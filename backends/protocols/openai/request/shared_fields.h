#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "backends/protocols/request/body_fields.h"

namespace headgate::backends::openai {

// What the bodies of chat completions, completions and embeddings have in common, beyond what all
// protocols have: how many choices, and the options of a stream. Worker-bound; one use.
class SharedFields : public BodyFields {
 public:
  using BodyFields::BodyFields;

 protected:
  // Called behind the root's last member: checks what depends on several members.
  bool EndRoot();

  bool ReadStreamOptions();
  bool ReadChoices();

  // Reads how many choices are generated, `least` to 128. Generated choices cost money, whether or
  // not they are returned: best_of counts like n.
  bool ReadCount(std::int64_t least, std::string_view type, std::optional<std::int64_t>& count);

 private:
  bool ReadIncludeUsage();
  bool ReadContinuousUsage();
  Span TakenMember(std::size_t value, bool& alone) const;
};

}  // namespace headgate::backends::openai
