#include "backends/protocols/openai/request/spliced_body.h"

#include <algorithm>
#include <utility>

#include "backends/protocols/json/append_json.h"

namespace headgate::backends::openai {
namespace {

// Bytes of the body that are replaced; an empty span inserts, empty text removes.
struct Splice {
  Span at;
  std::string_view text;
  bool empty() const { return at.empty() && text.empty(); }
};

// Returns the splice that makes the backend report usage at the end of its stream. It is empty if
// nothing has to change.
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

// Returns the splices in the order of the body. `model` is the result of ModelText.
std::array<Splice, kMostSplices> SplicesOf(const SplicePoints& points, std::string_view model,
                                           StreamUsage usage) {
  std::array<Splice, kMostSplices> splices = {UsageSplice(points), Splice{},
                                              Splice{points.model, model}};
  if (usage == StreamUsage::kNone) {
    splices[0] = {};
    if (points.stream_options_member) splices[0].at = *points.stream_options_member;
  } else if (points.continuous_usage && usage == StreamUsage::kAtEnd) {
    splices[1].at = *points.continuous_usage;
    // If it is the only member, the requested member takes its place: without include_usage it is
    // always requested.
    if (points.continuous_usage_alone) splices[1].text = R"("include_usage":true)";
    if (points.continuous_usage_alone) splices[0] = {};
  }
  // Insertions come before removals at the same place.
  std::stable_sort(splices.begin(), splices.end(), [](const Splice& a, const Splice& b) {
    return std::pair(a.at.begin, a.at.end) < std::pair(b.at.begin, b.at.end);
  });
  return splices;
}

// Returns the upstream name as a JSON literal, or the whole member if the body names no model. In
// that case the body is not an empty object: it has messages, a prompt or an input.
std::string ModelText(const SplicePoints& points, std::string_view upstream_model) {
  std::string text;
  if (points.insert_model) text = "\"model\":";
  json::AppendJsonString(upstream_model, text);
  if (points.insert_model) text += ',';
  return text;
}

}  // namespace

SplicedBody::SplicedBody(std::string_view body, const SplicePoints& splice,
                         std::string_view upstream_model, StreamUsage usage)
    : model_(ModelText(splice, upstream_model)) {
  std::size_t done = 0;
  for (const Splice& piece : SplicesOf(splice, model_, usage)) {
    if (piece.empty()) continue;
    Add(body.substr(done, piece.at.begin - done));
    Add(piece.text);
    done = piece.at.end;
  }
  Add(body.substr(done));
}

void SplicedBody::Add(std::string_view piece) {
  if (piece.empty()) return;
  pieces_[count_++] = piece;
  size_ += piece.size();
}

void AppendSpliced(std::string_view body, const SplicePoints& splice,
                   std::string_view upstream_model, StreamUsage usage, std::string& out) {
  const SplicedBody spliced(body, splice, upstream_model, usage);
  for (const std::string_view piece : spliced.pieces()) out.append(piece);
}

bool AsksForUsageOnly(std::string_view body, const SplicePoints& splice) {
  if (!splice.stream_options || !splice.stream_options_is_object) return true;
  if (splice.stream_options_empty) return true;
  if (!splice.include_usage) return false;
  const auto between = [body](std::size_t begin, std::size_t end) {
    return body.substr(begin, end - begin);
  };
  // Only the brace stands behind the value; before it stands one name, and so one quoted text.
  const std::string_view before =
      between(splice.stream_options->begin, splice.include_usage->begin);
  const std::string_view behind = between(splice.include_usage->end, splice.stream_options->end);
  return std::count(before.begin(), before.end(), '"') == 2 &&
         behind.find(',') == std::string_view::npos;
}

}  // namespace headgate::backends::openai
