#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "routing/classify/signals.h"

namespace headgate::gateway {

// Half-open byte range of the body.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool empty() const { return begin == end; }
};

// Where the fields stand that may be rewritten: byte offsets into the body, so they outlive the
// parse and serve every attempt of a request.
struct SplicePoints {
  // The value's string literal with its quotes; with `insert_model` the place where the member
  // goes.
  Span model;
  bool insert_model = false;           // the path names the model, and the body names none
  std::size_t object_begin = 0;        // offset just behind the root '{'
  std::optional<Span> stream_options;  // the whole value (object or null)
  bool stream_options_is_object = false;
  bool stream_options_empty = false;  // {}
  std::optional<Span> include_usage;  // the value inside stream_options
  // The member continuous_usage_stats inside stream_options of a streamed request, with the comma
  // that goes when it goes, unless it is the only one.
  std::optional<Span> continuous_usage;
  bool continuous_usage_alone = false;
  // The member stream_options of a streamed request, with the comma that goes with it. Such a
  // request has a member `stream` as well, so there always is one.
  std::optional<Span> stream_options_member;
  bool add_usage = false;  // a streamed request that does not ask for usage itself
};

// What one pass over a request body yields: the signals, and where to splice. Everything else of
// the body is never touched.
struct RequestView {
  routing::Signals signals;
  SplicePoints splice;
  bool wants_usage = false;  // stream_options.include_usage: true
  int answered_choices = 1;  // `n`: without those of best_of, which are not returned
};

// A body that is refused: an OpenAI 400 with `param` naming the field.
struct BodyProblem {
  std::string message;
  std::string param;  // empty = null
};

// Reads request bodies once, in place, over simdjson's index of their tokens. Keys are compared
// unescaped ("mod\u0065l" is model), a second occurrence of any field we read is refused at every
// level, values we do not read are checked for structure only: brackets that match in kind, commas,
// colons, 1024 levels, UTF-8. Worker-bound; reused for every request of a worker: the views in a
// RequestView point into the body and into the reader, and stay valid until the next Read and while
// the body stays where it is.
class RequestReader {
 public:
  RequestReader();
  ~RequestReader();

  // `body` of `size` bytes must be followed by at least 64 allocated bytes (kPadding). Returns
  // nullopt when the body is good. `path_model`: the model that the path names, as Azure's clients
  // do; not empty, it counts instead of the body's, which may then be null, empty or absent.
  static constexpr std::size_t kPadding = 64;
  std::optional<BodyProblem> Read(routing::Endpoint endpoint, const char* body, std::size_t size,
                                  RequestView& view, std::string_view path_model = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a backend takes of a streamed request's stream_options. Some refuse a request for a field
// that they do not know.
enum class StreamOptions : std::uint8_t {
  kNone,        // the whole field is left out; the backend does not report usage then
  kPlain,       // all but continuous_usage_stats
  kContinuous,  // all: vLLM and SGLang know continuous_usage_stats
};

// How many places of a body are rewritten at most.
inline constexpr std::size_t kMostSplices = 3;

// The body that goes upstream: the same bytes, with `model` replaced by `upstream_model`
// (JSON-escaped here), where `splice.add_usage` says so stream_options.include_usage set to true,
// and without what the backend does not take. Never re-serialised, and never copied as a whole: a
// list of pieces, most of which lie in the client's body. `body` must outlive it.
class SplicedBody {
 public:
  SplicedBody(std::string_view body, const SplicePoints& splice, std::string_view upstream_model,
              StreamOptions options);
  SplicedBody(const SplicedBody&) = delete;  // the pieces point into it
  SplicedBody& operator=(const SplicedBody&) = delete;

  // In the order of the body; none is empty.
  std::span<const std::string_view> pieces() const { return {pieces_.data(), count_}; }
  std::size_t size() const { return size_; }  // bytes in all

 private:
  void Add(std::string_view piece);

  const std::string model_;
  std::array<std::string_view, 2 * kMostSplices + 1> pieces_;
  std::size_t count_ = 0;
  std::size_t size_ = 0;
};

// Appends all pieces of a SplicedBody to `out`.
void AppendSpliced(std::string_view body, const SplicePoints& splice,
                   std::string_view upstream_model, StreamOptions options, std::string& out);

// Whether the stream_options that go upstream ask for usage and for nothing else, so that a
// backend which refuses them refuses what Headgate itself asks every backend for.
bool AsksForUsageOnly(std::string_view body, const SplicePoints& splice);

}  // namespace headgate::gateway
