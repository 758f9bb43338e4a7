#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "backends/protocols/values/splice_points.h"
#include "backends/protocols/values/stream_usage.h"

namespace headgate::backends::openai {

// The most places of a body that are rewritten.
inline constexpr std::size_t kMostSplices = 4;

// What a backend gets in the places of a body that are rewritten.
struct SplicedFields {
  std::string_view model;  // as the backend knows it; JSON-escaped when it is written
  StreamUsage usage = StreamUsage::kContinuous;
  // `priority`, in place of the client's. nullopt: the client's stays.
  std::optional<int> priority = {};
};

// The body that goes upstream: the client's bytes with its `model` and, if the backend has one, its
// `priority` replaced. A member that the client did not send is inserted. If `splice.add_usage` is
// set, stream_options.include_usage is set to true. Members that the backend does not take are
// removed: with StreamUsage::kNone the whole stream_options, with kAtEnd continuous_usage_stats in
// them. The body is never re-serialised, and never copied as a whole. It is a list of pieces, most
// of which lie in the client's body. `body` must outlive it.
class SplicedBody {
 public:
  SplicedBody(std::string_view body, const SplicePoints& splice, const SplicedFields& fields);
  SplicedBody(const SplicedBody&) = delete;  // the pieces point into it
  SplicedBody& operator=(const SplicedBody&) = delete;

  // Pieces in the order of the body; each has at least one byte.
  std::span<const std::string_view> pieces() const { return {pieces_.data(), count_}; }
  std::size_t size() const { return size_; }  // bytes in total

 private:
  void Add(std::string_view piece);

  const std::string model_;
  const std::string priority_;  // empty: the client's stays
  std::array<std::string_view, 2 * kMostSplices + 1> pieces_;
  std::size_t count_ = 0;
  std::size_t size_ = 0;
};

// Appends all pieces of a SplicedBody to `out`.
void AppendSpliced(std::string_view body, const SplicePoints& splice, const SplicedFields& fields,
                   std::string& out);

// Returns whether the stream_options that go upstream ask for usage and for nothing else. A backend
// that refuses such options refuses what Headgate itself asks every backend for.
bool AsksForUsageOnly(std::string_view body, const SplicePoints& splice);

}  // namespace headgate::backends::openai
