// Reads any bytes as an error answer. The result is valid UTF-8 of bounded size, without control
// characters. Mending a mended text changes nothing.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/json/mend_json.h"
#include "config/base/check.h"

namespace headgate::backends {
namespace {

void CheckText(std::string_view text, std::size_t limit) {
  HEADGATE_CHECK(text.size() <= limit);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = json::Utf8Length(text, at);
    HEADGATE_CHECK(length > 0);
    const bool control = static_cast<unsigned char>(text[at]) < 0x20 || text[at] == 0x7F;
    HEADGATE_CHECK(!control || text[at] == '\n' || text[at] == '\t');
    at += length;
  }
}

void Check(int status, std::string_view body) {
  const ErrorBody error = ReadErrorBody(status, body);
  HEADGATE_CHECK(!error.message.empty());
  CheckText(error.message, 4096);
  for (const std::string& word : {error.type, error.code, error.param}) CheckText(word, 256);
  // The reader only mends texts that look like JSON.
  if (body.empty() || std::string_view("{[\"").find(body.front()) == std::string_view::npos) return;
  const std::string mended = json::MendJson(body);
  HEADGATE_CHECK(json::MendJson(mended) == mended);
}

}  // namespace
}  // namespace headgate::backends

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const int status : {0, 400, 403, 429, 502}) {
    headgate::backends::Check(status, body);
  }
  return 0;
}
