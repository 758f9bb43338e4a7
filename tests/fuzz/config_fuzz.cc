// Whatever stands in the file, the reader ends, and either accepts it or says what is wrong.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "config/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto loaded = headgate::config::LoadText(
      text, "fuzz.yaml", [](const std::string&) { return std::optional<std::string>(); });
  if (loaded.config.has_value() != loaded.diagnostics.empty()) std::abort();
  return 0;
}
