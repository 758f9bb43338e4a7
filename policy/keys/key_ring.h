#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace headgate::policy {

// The SHA-256 digest of a client's key, the only form in which Headgate keeps keys.
config::Sha256 DigestOf(std::string_view key);

// The client keys of one configuration. Immutable; thread-safe.
class KeyRing {
 public:
  explicit KeyRing(const std::vector<config::Key>& keys);

  // The index of the configured key with the digest of this text. All digests are compared in
  // constant time, so that the timing does not reveal how close a guess was.
  std::optional<std::size_t> Find(std::string_view key_text) const;

 private:
  struct Entry {
    config::Sha256 digest;
    std::size_t key;
  };
  std::vector<Entry> entries_;
};

// A new key for `headgate key new`: "hg-" and 43 characters of URL-safe base64 (32 random bytes).
std::string NewKey();

}  // namespace headgate::policy
