// Any bytes as a body, at every endpoint. A body that is taken must still be taken after the
// splice, and a second splice of the same name must change nothing.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "backends/protocols/request_reader.h"
#include "config/base/check.h"

namespace headgate::gateway {
namespace {

bool Read(RequestReader& reader, routing::Endpoint endpoint, std::string_view body,
          std::unique_ptr<char[]>& block, RequestView& view) {
  block = std::make_unique<char[]>(body.size() + RequestReader::kPadding);
  std::memcpy(block.get(), body.data(), body.size());
  const auto problem = reader.Read(endpoint, block.get(), body.size(), view);
  HEADGATE_CHECK(!problem || !problem->message.empty());
  return !problem;
}

void Check(routing::Endpoint endpoint, std::string_view body) {
  static RequestReader reader;
  static RequestView view;
  std::unique_ptr<char[]> block;
  if (!Read(reader, endpoint, body, block, view)) return;
  std::size_t bytes = 0;
  for (const routing::TextPiece& piece : view.signals.texts) bytes += piece.text.size();
  HEADGATE_CHECK(bytes == view.signals.text_bytes && bytes <= body.size());

  std::string once;
  AppendSpliced(body, view.splice, "an/\"upstream\"", StreamOptions::kPlain, once);
  HEADGATE_CHECK(once.size() ==
                 SplicedBody(body, view.splice, "an/\"upstream\"", StreamOptions::kPlain).size());
  HEADGATE_CHECK(Read(reader, endpoint, once, block, view));
  HEADGATE_CHECK(view.signals.model == "an/\"upstream\"" && !view.splice.add_usage);
  std::string twice;
  AppendSpliced(once, view.splice, "an/\"upstream\"", StreamOptions::kPlain, twice);
  HEADGATE_CHECK(twice == once);

  Read(reader, endpoint, body, block, view);
  const bool streamed = view.signals.stream;
  std::string without;
  AppendSpliced(body, view.splice, "u", StreamOptions::kNone, without);
  HEADGATE_CHECK(without.size() ==
                 SplicedBody(body, view.splice, "u", StreamOptions::kNone).size());
  HEADGATE_CHECK(Read(reader, endpoint, without, block, view));
  HEADGATE_CHECK(view.signals.model == "u" && view.signals.stream == streamed);
  HEADGATE_CHECK(!streamed || !view.splice.stream_options);
}

}  // namespace
}  // namespace headgate::gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using headgate::routing::Endpoint;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const Endpoint endpoint : {Endpoint::kChat, Endpoint::kCompletions, Endpoint::kEmbeddings}) {
    headgate::gateway::Check(endpoint, body);
  }
  return 0;
}
