// Parses any bytes as a request head, whole and in two pieces: both ways give the same verdict.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/base/check.h"
#include "gateway/http/head_parser.h"
#include "gateway/http/request_head.h"
#include "gateway/http/request_target.h"

namespace headgate::gateway {
namespace {

constexpr std::size_t kMaxHead = 2048;

void CheckComplete(const RequestHead& head, const HeadParse& parse, std::string_view input) {
  HEADGATE_CHECK(parse.size <= input.size() && parse.size <= kMaxHead);
  HEADGATE_CHECK(input.substr(0, parse.size).ends_with("\r\n\r\n"));
  HEADGATE_CHECK(!head.path.empty() && head.path.front() == '/');
  HEADGATE_CHECK(head.http_1_0 || IsHost(head.host));
  HEADGATE_CHECK(!head.chunked || (!head.content_length && !head.http_1_0));
  for (const HeaderField& field : head.fields) {
    HEADGATE_CHECK(!field.name.empty());
    HEADGATE_CHECK(field.value.find_first_of(std::string_view("\r\n\0", 3)) ==
                   std::string_view::npos);
  }
}

}  // namespace
}  // namespace headgate::gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace headgate::gateway;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  static RequestHead head;
  HeadProblem problem;
  const HeadParse whole = ParseRequestHead(input, kMaxHead, 0, head, problem);
  if (whole.verdict == HeadVerdict::kComplete) CheckComplete(head, whole, input);

  const std::size_t half = size / 2;
  const HeadParse first = ParseRequestHead(input.substr(0, half), kMaxHead, 0, head, problem);
  if (first.verdict != HeadVerdict::kIncomplete) return 0;
  const HeadParse rest = ParseRequestHead(input, kMaxHead, half, head, problem);
  // A parser that waits for more bytes may refuse later, but it must not accept the head.
  const bool put_off = rest.verdict == HeadVerdict::kIncomplete;
  HEADGATE_CHECK(rest.verdict == whole.verdict ||
                 (put_off && whole.verdict == HeadVerdict::kRefused));
  HEADGATE_CHECK(rest.size == whole.size);
  return 0;
}
