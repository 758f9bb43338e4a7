#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "backends/protocols/values/body_problem.h"
#include "backends/protocols/values/request_view.h"

namespace headgate::backends {

// Reads request bodies once, in place, over simdjson's index of their tokens. Keys are compared
// unescaped ("mod\u0065l" is model). A second occurrence of any field that is read is refused at
// every level. Values that are not read are checked for structure only: brackets that match in
// kind, commas, colons, 1024 levels, UTF-8. Worker-bound; reused for every request of a worker. The
// views in a RequestView point into the body and into the reader. They stay valid until the next
// Read and while the body stays where it is.
class RequestReader {
 public:
  RequestReader();
  ~RequestReader();

  // `body` of `size` bytes must be followed by at least 64 allocated bytes (kPadding). Returns
  // nullopt if the body is valid. `path_model` is the model that the path names, as with Azure's
  // clients. If it is not empty it is used instead of the body's model, which may then be null,
  // empty or absent.
  static constexpr std::size_t kPadding = 64;
  std::optional<BodyProblem> Read(ApiEndpoint endpoint, const char* body, std::size_t size,
                                  RequestView& view, std::string_view path_model = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace headgate::backends
