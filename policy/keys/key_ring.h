#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace headgate::policy {

// SHA-256 of a client's key text; the only form in which Headgate keeps one.
config::Sha256 DigestOf(std::string_view key);

// The client keys of one configuration. Immutable; thread-safe.
class KeyRing {
 public:
  explicit KeyRing(const std::vector<config::Key>& keys);

  // The index (into the configured keys) of the key whose digest this text has. Every digest is
  // compared in constant time, so that timing says nothing about how close a guess was.
  std::optional<std::size_t> Find(std::string_view key_text) const;

 private:
  struct Entry {
    config::Sha256 digest;
    std::size_t key;
  };
  std::vector<Entry> entries_;
};

// A fresh key: "hg-" and 43 characters of URL-safe base64 (32 random bytes), for `headgate key
// new`.
std::string NewKey();

}  // namespace headgate::policy
