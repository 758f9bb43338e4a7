#include "gateway/http/request_head.h"

#include <algorithm>

namespace headgate::gateway {

std::string_view RequestHead::Find(std::string_view lower_case_name) const {
  if (!MayHave(lower_case_name.size())) return {};
  for (const HeaderField& field : fields) {
    if (EqualsIgnoreCase(field.name, lower_case_name)) return field.value;
  }
  return {};
}

void RequestHead::Follow(const char* from, const char* to) {
  const auto follow = [&](std::string_view& view) {
    if (view.data() != nullptr) view = {to + (view.data() - from), view.size()};
  };
  for (std::string_view* view : {&method, &path, &query, &host, &content_encoding, &content_type,
                                 &authorization, &x_api_key, &api_key}) {
    follow(*view);
  }
  for (HeaderField& field : fields) {
    follow(field.name);
    follow(field.value);
  }
}

bool RequestHead::IsHopByHop(std::string_view lower_case_name) const {
  bool nominated = false;
  ForEachValue("connection", [&](std::string_view option) {
    nominated = nominated || EqualsIgnoreCase(option, lower_case_name);
  });
  return nominated;
}

std::string_view TakeListMember(std::string_view& list) {
  const std::size_t comma = std::min(list.find(','), list.size());
  const std::string_view member = TrimBlanks(list.substr(0, comma));
  list.remove_prefix(std::min(comma + 1, list.size()));
  return member;
}

}  // namespace headgate::gateway
