#include "backends/protocols/openai/request/spliced_body.h"

#include <algorithm>
#include <cstdint>
#include <span>
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

// The splices of one body in its order. Insertions come before removals at the same place.
class Splices {
 public:
  // Adds a splice behind those of the same place. Empty splices are left out.
  void Add(const Splice& added) {
    if (added.empty()) return;
    const auto end = splices_.begin() + static_cast<std::ptrdiff_t>(count_++);
    const auto place = std::upper_bound(splices_.begin(), end, added, ComesBefore);
    std::move_backward(place, end, end + 1);
    *place = added;
  }
  std::span<const Splice> list() const { return {splices_.data(), count_}; }

 private:
  static bool ComesBefore(const Splice& a, const Splice& b) {
    return std::pair(a.at.begin, a.at.end) < std::pair(b.at.begin, b.at.end);
  }

  std::array<Splice, kMostSplices> splices_;
  std::size_t count_ = 0;
};

void AddUsage(const SplicePoints& points, StreamUsage usage, Splices& splices) {
  if (usage == StreamUsage::kNone) {
    if (points.stream_options_member) splices.Add({*points.stream_options_member, {}});
    return;
  }
  if (!points.continuous_usage || usage != StreamUsage::kAtEnd) {
    splices.Add(UsageSplice(points));
  } else if (points.continuous_usage_alone) {
    // The requested member takes its place: without include_usage it is always requested.
    splices.Add({*points.continuous_usage, R"("include_usage":true)"});
  } else {
    splices.Add(UsageSplice(points));
    splices.Add({*points.continuous_usage, {}});
  }
}

// `model` and `priority` are the results of ModelText and PriorityText.
Splices SplicesOf(const SplicePoints& points, std::string_view model, StreamUsage usage,
                  std::string_view priority) {
  Splices splices;
  AddUsage(points, usage, splices);
  splices.Add({points.model, model});
  if (!priority.empty()) {
    const Span before{points.object_begin, points.object_begin};
    splices.Add({points.priority.value_or(before), priority});
  }
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

// Returns the value of the member, or the whole member if the body has none; empty if the client's
// stays.
std::string PriorityText(const SplicePoints& points, std::optional<int> priority) {
  std::string text;
  if (!priority) return text;
  if (!points.priority) text = "\"priority\":";
  json::AppendInteger(*priority, text);
  if (!points.priority) text += ',';
  return text;
}

}  // namespace

SplicedBody::SplicedBody(std::string_view body, const SplicePoints& splice,
                         const SplicedFields& fields)
    : model_(ModelText(splice, fields.model)), priority_(PriorityText(splice, fields.priority)) {
  std::size_t done = 0;
  const Splices splices = SplicesOf(splice, model_, fields.usage, priority_);
  for (const Splice& piece : splices.list()) {
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

void AppendSpliced(std::string_view body, const SplicePoints& splice, const SplicedFields& fields,
                   std::string& out) {
  const SplicedBody spliced(body, splice, fields);
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
