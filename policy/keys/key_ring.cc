#include "policy/keys/key_ring.h"

#include <absl/strings/escaping.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>

#include "config/base/check.h"

namespace headgate::policy {

config::Sha256 DigestOf(std::string_view key) {
  // Fetched once, because EVP_sha256() looks up the provider under a lock at every call.
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  HEADGATE_CHECK(sha256 != nullptr);
  config::Sha256 digest{};
  unsigned int size = 0;
  HEADGATE_CHECK(EVP_Digest(key.data(), key.size(), digest.data(), &size, sha256, nullptr) == 1);
  HEADGATE_CHECK(size == digest.size());
  return digest;
}

KeyRing::KeyRing(const std::vector<config::Key>& keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (const config::Sha256& digest : keys[i].digests) entries_.push_back({digest, i});
  }
}

std::optional<std::size_t> KeyRing::Find(std::string_view key_text) const {
  const config::Sha256 digest = DigestOf(key_text);
  std::optional<std::size_t> found;
  for (const Entry& entry : entries_) {
    const bool equal = CRYPTO_memcmp(entry.digest.data(), digest.data(), digest.size()) == 0;
    if (equal && !found) found = entry.key;
  }
  return found;
}

std::string NewKey() {
  std::array<unsigned char, 32> random{};
  HEADGATE_CHECK(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1);
  const std::string bytes(random.begin(), random.end());
  return "hg-" + absl::WebSafeBase64Escape(bytes);
}

}  // namespace headgate::policy
