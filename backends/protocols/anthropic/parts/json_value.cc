#include "backends/protocols/anthropic/parts/json_value.h"

namespace headgate::backends::anthropic {

using simdjson::SUCCESS;

std::string_view RawJson(simdjson::ondemand::value value) {
  std::string_view raw;
  if (simdjson::to_json_string(value).get(raw) != SUCCESS) return {};
  return raw;
}

bool HasMember(std::string_view object, std::string_view name) {
  thread_local JsonText text;
  simdjson::ondemand::object members;
  simdjson::ondemand::value value;
  return text.Open(object, members) && members.find_field(name).get(value) == SUCCESS;
}

bool JsonText::Open(std::string_view json, simdjson::ondemand::object& root) {
  copy_.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  copy_.assign(json);
  const simdjson::padded_string_view padded(copy_.data(), copy_.size(), copy_.capacity());
  return parser_.iterate(padded).get(document_) == SUCCESS &&
         document_.get_object().get(root) == SUCCESS;
}

void JsonText::Trim() {
  if (copy_.capacity() <= kLargestKept) return;
  copy_ = {};
  document_ = {};
  parser_ = simdjson::ondemand::parser();
}

}  // namespace headgate::backends::anthropic
