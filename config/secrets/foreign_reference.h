#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/base/parsed.h"

namespace headgate::config {

// Where a secret stands: advice for one and for the other differs, and what stands elsewhere is
// never shown, because it may be a secret.
enum class SecretOrigin : std::uint8_t {
  kWritten,    // in the configuration
  kElsewhere,  // in a variable of the environment or in a file
};

// A variable as everybody writes them: capitals, digits and _. Only such a name is ever shown.
bool IsVariable(std::string_view name);

// The advice where something else than a secret stands.
std::string_view SecretItself(SecretOrigin origin);

// `text` means a variable in a spelling that is not ours: `os.environ/NAME`, `{{ NAME }}`,
// `%(NAME)s`. Pure and thread-safe, like the others.
std::optional<Complaint> ForeignReference(std::string_view text,
                                          SecretOrigin origin = SecretOrigin::kWritten);

// The same for spellings that another text than a secret may have on purpose: `{NAME}`, `$key`. A
// password may begin with `$`, so of names in lower case only the usual ones of secrets count.
std::optional<Complaint> LooseReference(std::string_view text, SecretOrigin origin);

// `text` is a reference to a secret store (`vault:…`, `arn:aws:…`), or encrypted (`ENC[…]`).
std::optional<Complaint> StoreReference(std::string_view text, SecretOrigin origin);

}  // namespace headgate::config
