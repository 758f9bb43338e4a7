#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "backends/protocols/values/body_problem.h"
#include "backends/protocols/values/request_view.h"

namespace headgate::backends {

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
  std::optional<BodyProblem> Read(ApiEndpoint endpoint, const char* body, std::size_t size,
                                  RequestView& view, std::string_view path_model = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace headgate::backends
