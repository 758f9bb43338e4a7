#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "gateway/http/request_target.h"

namespace headgate::gateway {

struct HeaderField {
  std::string_view name;   // as sent
  std::string_view value;  // without surrounding white space
};

// A request head that has passed every check of head_parser.h. Views point into the buffer that
// was parsed. Reused: ParseRequestHead clears it and keeps the vector's capacity. Worker-bound.
struct RequestHead {
  std::string_view method;
  std::string_view path;   // of the target, without query
  std::string_view query;  // without '?'
  bool http_1_0 = false;
  bool keep_alive = true;  // from version and Connection
  bool expect_continue = false;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  std::vector<HeaderField> fields;  // all of them, in order; AddField adds
  // Bit n is set if the name of a field has n bytes, bit 63 if it has more than 62. Most fields
  // that are looked for are absent, and this shows it at once.
  std::uint64_t name_lengths = 0;

  void AddField(const HeaderField& field) {
    fields.push_back(field);
    name_lengths |= LengthBit(field.name.size());
  }

  // Fields that the gateway uses; empty if absent.
  std::string_view host;
  std::string_view content_encoding;
  std::string_view content_type;
  std::string_view authorization;
  std::string_view x_api_key;
  std::string_view api_key;

  // Returns the first field of that lower-case name; empty if it is absent.
  std::string_view Find(std::string_view lower_case_name) const;

  // Calls f with everything that the fields of that lower-case name may be taken to say. This is
  // the whole value of each field, in order, and after it, if it has commas, each of its members
  // without surrounding white space. RFC 9110 section 5.3 permits a sender to split a list over
  // fields and to join it again, so a search for one value must look at all of these. Empty members
  // are left out; an empty value is not. Quotes are ignored, so a comma inside them separates too.
  template <typename F>
  void ForEachValue(std::string_view lower_case_name, F&& f) const;

  // Makes all views follow the parsed bytes, which have moved from `from` to `to`. Both places must
  // still be allocated.
  void Follow(const char* from, const char* to);

  // Returns whether `Connection` nominates fields of that lower-case name. Such fields are between
  // the client and the gateway (RFC 9110 section 7.6.1).
  bool IsHopByHop(std::string_view lower_case_name) const;

  static constexpr std::uint64_t LengthBit(std::size_t length) {
    return std::uint64_t{1} << (length < 63 ? length : 63);
  }
  // Returns false if no field has a name of so many bytes.
  bool MayHave(std::size_t length) const { return (name_lengths & LengthBit(length)) != 0; }
};

// Returns the text without spaces and tabs at either end.
inline std::string_view TrimBlanks(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes the first member off a comma-separated `list`, without surrounding white space.
std::string_view TakeListMember(std::string_view& list);

template <typename F>
void RequestHead::ForEachValue(std::string_view lower_case_name, F&& f) const {
  if (!MayHave(lower_case_name.size())) return;
  for (const HeaderField& field : fields) {
    if (!EqualsIgnoreCase(field.name, lower_case_name)) continue;
    f(field.value);
    if (field.value.find(',') == std::string_view::npos) continue;
    for (std::string_view list = field.value; !list.empty();) {
      const std::string_view member = TakeListMember(list);
      if (!member.empty()) f(member);
    }
  }
}

}  // namespace headgate::gateway
