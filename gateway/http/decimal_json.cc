#include "gateway/http/decimal_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include "gateway/http/json_text.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;

void AppendNumber(double number, std::string& out) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  // The digits of the largest number, or the zeros of the smallest, and a sign and a point.
  constexpr int kMost = std::numeric_limits<double>::max_exponent10 -
                        std::numeric_limits<double>::min_exponent10 + 64;
  char text[kMost];
  const auto end = std::to_chars(text, text + kMost, number, std::chars_format::fixed);
  out.append(text, end.ptr);
}

void Append(const json::value& value, std::string& out) {
  if (value.is_object()) {
    out += '{';
    bool first = true;
    for (const json::key_value_pair& member : value.get_object()) {
      if (!first) out += ',';
      first = false;
      AppendJsonString({member.key().data(), member.key().size()}, out);
      out += ':';
      Append(member.value(), out);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const json::value& element : value.get_array()) {
      if (&element != value.get_array().data()) out += ',';
      Append(element, out);
    }
    out += ']';
  } else if (value.is_double()) {
    AppendNumber(value.get_double(), out);
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string DecimalJson(const json::value& value) {
  std::string out;
  Append(value, out);
  return out;
}

}  // namespace headgate::gateway
