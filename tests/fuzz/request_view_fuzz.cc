// Reads any bytes as a body, at every endpoint. A body that is accepted must still be accepted
// after the splice, and a second splice of the same name must change nothing.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "backends/protocols/openai/request/spliced_body.h"
#include "backends/protocols/request_reader.h"
#include "config/base/check.h"

namespace headgate::backends {
namespace {

using openai::AppendSpliced;
using openai::SplicedBody;

bool Read(RequestReader& reader, ApiEndpoint endpoint, std::string_view body,
          std::unique_ptr<char[]>& block, RequestView& view) {
  block = std::make_unique<char[]>(body.size() + RequestReader::kPadding);
  std::memcpy(block.get(), body.data(), body.size());
  const auto problem = reader.Read(endpoint, block.get(), body.size(), view);
  HEADGATE_CHECK(!problem || !problem->message.empty());
  return !problem;
}

// The first splice adds or replaces `priority`; the second one finds nothing to change. Bodies of
// Messages are sent without.
void CheckPriority(ApiEndpoint endpoint, std::string_view body, RequestReader& reader,
                   RequestView& view) {
  if (endpoint == ApiEndpoint::kMessages || endpoint == ApiEndpoint::kCountTokens) return;
  std::unique_ptr<char[]> block;
  std::string once;
  AppendSpliced(body, view.splice, {.model = "u", .priority = -10}, once);
  HEADGATE_CHECK(Read(reader, endpoint, once, block, view) && view.splice.priority);
  std::string twice;
  AppendSpliced(once, view.splice, {.model = "u", .priority = -10}, twice);
  HEADGATE_CHECK(twice == once);
}

void Check(ApiEndpoint endpoint, std::string_view body) {
  static RequestReader reader;
  static RequestView view;
  std::unique_ptr<char[]> block;
  if (!Read(reader, endpoint, body, block, view)) return;
  std::size_t bytes = 0;
  for (const BodyText& piece : view.facts.texts) bytes += piece.text.size();
  HEADGATE_CHECK(bytes == view.facts.text_bytes && view.facts.prompt_bytes() <= body.size());

  std::string once;
  AppendSpliced(body, view.splice, {.model = "an/\"upstream\"", .usage = StreamUsage::kAtEnd},
                once);
  HEADGATE_CHECK(
      once.size() ==
      SplicedBody(body, view.splice, {.model = "an/\"upstream\"", .usage = StreamUsage::kAtEnd})
          .size());
  HEADGATE_CHECK(Read(reader, endpoint, once, block, view));
  HEADGATE_CHECK(view.facts.model == "an/\"upstream\"" && !view.splice.add_usage);
  std::string twice;
  AppendSpliced(once, view.splice, {.model = "an/\"upstream\"", .usage = StreamUsage::kAtEnd},
                twice);
  HEADGATE_CHECK(twice == once);

  Read(reader, endpoint, body, block, view);
  CheckPriority(endpoint, body, reader, view);
  Read(reader, endpoint, body, block, view);
  const bool streamed = view.facts.stream;
  std::string without;
  AppendSpliced(body, view.splice, {.model = "u", .usage = StreamUsage::kNone}, without);
  HEADGATE_CHECK(
      without.size() ==
      SplicedBody(body, view.splice, {.model = "u", .usage = StreamUsage::kNone}).size());
  HEADGATE_CHECK(Read(reader, endpoint, without, block, view));
  HEADGATE_CHECK(view.facts.model == "u" && view.facts.stream == streamed);
  HEADGATE_CHECK(!streamed || !view.splice.stream_options);
}

}  // namespace
}  // namespace headgate::backends

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using headgate::backends::ApiEndpoint;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const ApiEndpoint endpoint :
       {ApiEndpoint::kChat, ApiEndpoint::kCompletions, ApiEndpoint::kEmbeddings,
        ApiEndpoint::kMessages, ApiEndpoint::kCountTokens, ApiEndpoint::kResponses}) {
    headgate::backends::Check(endpoint, body);
  }
  return 0;
}
