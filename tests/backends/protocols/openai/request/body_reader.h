#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backends/protocols/openai/request/spliced_body.h"
#include "backends/protocols/request_reader.h"

namespace headgate::backends {

// Reads bodies from a block of exactly the promised size, so that AddressSanitizer finds a read
// past its end. The views of `view` live until the next Read.
class BodyReader {
 public:
  std::optional<BodyProblem> Read(std::string_view body, ApiEndpoint endpoint = ApiEndpoint::kChat,
                                  std::string_view path_model = {}) {
    auto block = std::make_unique<char[]>(body.size() + RequestReader::kPadding);
    std::memcpy(block.get(), body.data(), body.size());
    std::optional<BodyProblem> problem =
        reader_.Read(endpoint, block.get(), body.size(), view, path_model);
    block_ = std::move(block);
    size_ = body.size();
    return problem;
  }

  // The last body that was read, as it goes upstream.
  std::string Spliced(std::string_view upstream_model, StreamUsage usage = StreamUsage::kAtEnd,
                      std::optional<int> priority = {}) const {
    std::string out = "before|";
    openai::AppendSpliced({block_.get(), size_}, view.splice,
                          {.model = upstream_model, .usage = usage, .priority = priority}, out);
    return out.substr(7);
  }

  RequestView view;

 private:
  RequestReader reader_;
  std::unique_ptr<char[]> block_;
  std::size_t size_ = 0;
};

}  // namespace headgate::backends
