#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/base/parsed.h"

namespace headgate::config {

// Where a secret is kept. The advice differs, and a text that is kept elsewhere is never shown,
// because it may be a secret.
enum class SecretOrigin : std::uint8_t {
  kWritten,    // in the configuration
  kElsewhere,  // in a variable of the environment or in a file
};

// Whether `name` is an environment variable in the usual spelling: capitals, digits and _.
// Diagnostics show only such names.
bool IsVariable(std::string_view name);

// The advice for a text that is not a secret.
std::string_view SecretItself(SecretOrigin origin);

// A complaint if `text` is a variable in another program's spelling: `os.environ/NAME`, `{{ NAME
// }}`, `%(NAME)s`. All functions here are pure and thread-safe.
std::optional<Complaint> ForeignReference(std::string_view text,
                                          SecretOrigin origin = SecretOrigin::kWritten);

// The same for spellings that a text other than a secret may have on purpose: `{NAME}`, `$key`. A
// password may begin with `$`, so a name in lower case counts only if secrets usually have it.
std::optional<Complaint> LooseReference(std::string_view text, SecretOrigin origin);

// A complaint if `text` refers to a secret store (`vault:…`, `arn:aws:…`) or is encrypted
// (`ENC[…]`).
std::optional<Complaint> StoreReference(std::string_view text, SecretOrigin origin);

}  // namespace headgate::config
