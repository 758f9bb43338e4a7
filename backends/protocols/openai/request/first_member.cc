#include "backends/protocols/openai/request/first_member.h"

#include <optional>

namespace headgate::backends {
namespace {

void Move(std::size_t by, Span& span) {
  span.begin += by;
  span.end += by;
}

void Move(std::size_t by, std::optional<Span>& span) {
  if (span) Move(by, *span);
}

}  // namespace

GrownBody WithFirstMember(std::string_view body, const SplicePoints& splice,
                          std::string_view member, std::size_t padding) {
  GrownBody grown{.body = {}, .splice = splice};
  const std::size_t begin = splice.object_begin;
  grown.body.reserve(body.size() + member.size() + 1 + padding);
  grown.body.append(body, 0, begin).append(member).append(",").append(body, begin);
  const std::size_t by = member.size() + 1;
  Move(by, grown.splice.model);
  Move(by, grown.splice.stream_options);
  Move(by, grown.splice.include_usage);
  Move(by, grown.splice.continuous_usage);
  Move(by, grown.splice.stream_options_member);
  Move(by, grown.splice.priority);
  return grown;
}

}  // namespace headgate::backends
