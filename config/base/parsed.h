#pragma once

#include <optional>
#include <string>

namespace headgate::config {

// Why a text is refused. `problem` continues a sentence that begins with the quoted text ("has no
// unit"); `fix` says what to write. Neither repeats more of the text than a short number, since the
// text may be a secret.
struct Complaint {
  std::string problem;
  std::string fix;
};

template <typename T>
struct Parsed {
  std::optional<T> value;
  Complaint complaint;  // only when there is no value
};

}  // namespace headgate::config
