#pragma once

#include <cstddef>
#include <optional>

namespace headgate::backends {

// Half-open byte range of the body.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool empty() const { return begin == end; }
};

// The fields that may be rewritten, as byte offsets into the body, so they outlive the parse and
// serve every attempt of a request.
struct SplicePoints {
  // The value's string literal with its quotes. With `insert_model`: the place where the member is
  // inserted.
  Span model;
  bool insert_model = false;           // the path names the model, and the body names none
  std::size_t object_begin = 0;        // offset just behind the root '{'
  std::optional<Span> stream_options;  // the whole value (object or null)
  bool stream_options_is_object = false;
  bool stream_options_empty = false;  // {}
  std::optional<Span> include_usage;  // the value inside stream_options
  // The member continuous_usage_stats inside stream_options of a streamed request, with the comma
  // that is removed with it, unless it is the only member.
  std::optional<Span> continuous_usage;
  bool continuous_usage_alone = false;
  // The member stream_options of a streamed request, with the comma that is removed with it. Such a
  // request has a member `stream` as well, so there always is a comma.
  std::optional<Span> stream_options_member;
  // The value of `priority`, which inference servers read. Bodies of Messages have none.
  std::optional<Span> priority;
  bool add_usage = false;  // a streamed request that does not ask for usage itself
};

}  // namespace headgate::backends
