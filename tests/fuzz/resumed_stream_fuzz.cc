// An answer that breaks at any byte and goes on at another backend adds up to the text of the
// model, in one stream. The first bytes of the input say the three protocols, where the stream
// breaks, how it is torn and whether the second backend repeats what it was sent; the rest is the
// text.
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "config/base/check.h"
#include "tests/backends/protocols/resume/resumed_stream.h"

namespace {

using headgate::backends::Answer;
using headgate::backends::Repeats;
using headgate::backends::resumed::kAllProtocols;
using headgate::backends::resumed::ResumedCase;
using headgate::backends::resumed::ResumedResult;

constexpr std::size_t kHead = 5;

std::string TextIn(std::string_view bytes) {
  std::string text(bytes);
  if (simdjson::validate_utf8(text.data(), text.size())) return text;
  for (char& c : text) c = static_cast<char>(c & 0x7F);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kHead) return 0;
  const std::string text = TextIn({reinterpret_cast<const char*>(data) + kHead, size - kHead});
  const ResumedCase one{.client = kAllProtocols[data[0] % 3],
                        .first = kAllProtocols[data[0] / 3 % 3],
                        .second = kAllProtocols[data[0] / 9 % 3],
                        .text = text,
                        .cut = data[1] + std::size_t{256} * data[2],
                        .piece = std::size_t{data[3]} % 16 + 1,
                        .repeats = data[3] >= 128 ? Repeats::kAlways : Repeats::kNever,
                        .tear = data[4]};
  const ResumedResult result = headgate::backends::resumed::Resume(one);
  HEADGATE_CHECK(!result.resumed || result.whole);
  if (!result.whole) return 0;
  const Answer answer = headgate::backends::resumed::ReadClients(one.client, result.bytes);
  HEADGATE_CHECK(answer.ended);
  HEADGATE_CHECK(headgate::backends::resumed::TextOf(answer) == text);
  return 0;
}
