#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/http/json_text.h"
#include "gateway/request_view.h"

namespace headgate::gateway {
namespace {

// Bytes of the body that are replaced; an empty span inserts.
struct Splice {
  Span at;
  std::string_view text;
};

// What makes the backend report usage at the end of its stream. Empty text: nothing is to be done.
Splice UsageSplice(const SplicePoints& points) {
  if (!points.add_usage) return {};
  if (!points.stream_options) {
    return {{points.object_begin, points.object_begin},
            R"("stream_options":{"include_usage":true},)"};
  }
  if (!points.stream_options_is_object) {
    return {*points.stream_options, R"({"include_usage":true})"};
  }
  if (points.include_usage) return {*points.include_usage, "true"};
  const std::size_t inside = points.stream_options->begin + 1;
  return {{inside, inside},
          points.stream_options_empty ? R"("include_usage":true)" : R"("include_usage":true,)"};
}

// In the order of the body. `model` is the upstream name as a JSON literal.
std::array<Splice, 2> SplicesOf(const SplicePoints& points, std::string_view model) {
  std::array<Splice, 2> splices = {UsageSplice(points), Splice{points.model, model}};
  if (splices[1].at.begin < splices[0].at.begin) std::swap(splices[0], splices[1]);
  return splices;
}

std::string ModelLiteral(std::string_view upstream_model) {
  std::string literal;
  AppendJsonString(upstream_model, literal);
  return literal;
}

}  // namespace

void AppendSpliced(std::string_view body, const SplicePoints& splice,
                   std::string_view upstream_model, std::string& out) {
  const std::string model = ModelLiteral(upstream_model);
  std::size_t done = 0;
  for (const Splice& piece : SplicesOf(splice, model)) {
    if (piece.text.empty()) continue;
    out.append(body.substr(done, piece.at.begin - done)).append(piece.text);
    done = piece.at.end;
  }
  out.append(body.substr(done));
}

std::size_t SplicedSize(std::string_view body, const SplicePoints& splice,
                        std::string_view upstream_model) {
  const std::string model = ModelLiteral(upstream_model);
  std::size_t size = body.size();
  for (const Splice& piece : SplicesOf(splice, model)) {
    size += piece.text.size() - (piece.at.end - piece.at.begin);
  }
  return size;
}

}  // namespace headgate::gateway
