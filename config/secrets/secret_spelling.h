#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/base/parsed.h"
#include "config/secrets/foreign_reference.h"

namespace headgate::config {

// What a secret is for: it decides what may stand in it.
enum class SecretUse : std::uint8_t {
  kApiKey,        // of a provider: one word of ASCII
  kToken,         // that clients have to send us: blanks inside are theirs to choose
  kHeaderSecret,  // as kToken, and may have a scheme in front ("Bearer …")
  kHeaderValue,   // is no secret; only what cannot be meant is refused
};

// How a secret was written wrong: as a variable in another program's spelling (`$NAME`,
// `os.environ/NAME`), as the path of a file or the entry of a store, as a placeholder of a
// documentation, with quotes or blanks around. `text` is the secret as it would be used, after
// ${NAME} and file: are read. Never repeats more of it than the name of a variable, in capitals,
// and of what is kept elsewhere nothing. Pure and thread-safe.
std::optional<Complaint> MisspeltSecret(std::string_view text, SecretUse use,
                                        SecretOrigin origin = SecretOrigin::kWritten);

// What the header `name`, in lower case, is for.
SecretUse UseOfHeader(std::string_view name);

}  // namespace headgate::config
