#pragma once

#include <cstdint>

#include "backends/protocols/openai/answer_fields.h"
#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends::openai {

// The usage and the service tier of one stream, as its chunks report them. Worker-bound.
class StreamedUsage {
 public:
  // Takes the fields of the next chunk. `generated`: the chunk has content.
  void Learn(const AnswerFields& top, bool generated);
  // Returns usage and tier, as far as they came. If content came after the last report of the
  // output, that report was not final: each chunk counts as one more token, and the usage is not
  // `consistent`.
  AnswerUsage Usage() const;
  bool has_tier() const { return !usage_.service_tier.empty(); }

 private:
  AnswerUsage usage_;
  std::int64_t behind_ = 0;  // chunks with content after the last usage that reported the output
};

}  // namespace headgate::backends::openai
