#include "backends/protocols/translation/user_name.h"

#include <openssl/sha.h>

#include <array>

#include "config/base/text.h"

namespace headgate::backends {

std::string UserWithin(std::string_view user, std::size_t most) {
  if (user.size() <= most) return std::string(user);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(user.data()), user.size(), digest.data());
  std::string name;
  for (const unsigned char byte : digest) config::AppendHex(byte, name);
  return name;
}

}  // namespace headgate::backends
