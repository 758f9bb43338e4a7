#include "backends/protocols/request_writer.h"

#include <cstddef>
#include <utility>

#include "backends/protocols/request_reader.h"
#include "backends/protocols/values/request_view.h"

namespace headgate::backends {

void RemoveStreamOptions(std::string& body) {
  RequestReader reader;
  RequestView view;
  const std::size_t size = body.size();
  body.reserve(size + RequestReader::kPadding);
  if (reader.Read(ApiEndpoint::kChat, body.data(), size, view)) return;
  const std::string model(view.facts.model);
  std::string without;
  openai::AppendSpliced(body, view.splice, {.model = model, .usage = StreamUsage::kNone}, without);
  body = std::move(without);
}

}  // namespace headgate::backends
