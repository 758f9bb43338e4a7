#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/base/parsed.h"
#include "config/secrets/foreign_reference.h"

namespace headgate::config {

// What a secret is used for, which decides what it may contain.
enum class SecretUse : std::uint8_t {
  kApiKey,        // a provider's key: one word of ASCII
  kToken,         // clients send it to us: it may contain spaces
  kHeaderSecret,  // like kToken, and may begin with a scheme ("Bearer …")
  kHeaderValue,   // not a secret; only references that would not be resolved are refused
  kAddress,       // a URL that may hold a secret; its reader checks the rest
};

// A complaint if a secret is written wrong: as a variable in another program's spelling (`$NAME`,
// `os.environ/NAME`), as the path of a file, as a reference to a secret store, as a placeholder
// from documentation, or with quotes or spaces around it. `text` is the secret after ${NAME} and
// file: are resolved. The complaint repeats at most the name of a variable in capitals, and nothing
// of a secret that is kept elsewhere. Pure and thread-safe.
std::optional<Complaint> MisspeltSecret(std::string_view text, SecretUse use,
                                        SecretOrigin origin = SecretOrigin::kWritten);

// The use of the header `name`, which is in lower case.
SecretUse UseOfHeader(std::string_view name);

}  // namespace headgate::config
