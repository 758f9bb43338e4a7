#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::backends::json {

// Small writers for JSON that is put together by hand, because every allocation counts. Pure;
// thread-safe.

// Appends `text` as a JSON string literal with quotes. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string& out);

void AppendInteger(std::int64_t value, std::string& out);

}  // namespace headgate::backends::json
