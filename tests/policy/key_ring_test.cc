#include "policy/keys/key_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace headgate::policy {
namespace {

std::string Hex(const config::Sha256& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

config::Key KeyOf(const std::string& name, const std::vector<std::string>& texts) {
  config::Key key;
  key.name = name;
  for (const std::string& text : texts) key.digests.push_back(DigestOf(text));
  return key;
}

TEST(DigestOf, is_sha256) {
  // The examples of FIPS 180-4 for "abc" and the empty message.
  EXPECT_EQ(Hex(DigestOf("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(DigestOf("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(KeyRing, finds_the_key_by_any_of_its_digests) {
  const KeyRing ring({KeyOf("search", {"hg-one"}), KeyOf("clinic", {"hg-old", "hg-new"})});
  struct Case {
    std::string text;
    std::optional<std::size_t> key;
  };
  const std::vector<Case> cases = {
      {"hg-one", 0},
      {"hg-old", 1},
      {"hg-new", 1},
      {"hg-on", std::nullopt},
      {"", std::nullopt},
      {"hg-one ", std::nullopt},
      {"HG-ONE", std::nullopt},
      {std::string("hg-one\0", 7), std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(ring.Find(c.text), c.key) << c.text;
}

TEST(KeyRing, digest_that_differs_in_one_bit_anywhere_is_another_key) {
  for (std::size_t bit = 0; bit < 256; ++bit) {
    config::Key key = KeyOf("almost", {"hg-secret"});
    key.digests[0][bit / 8] = static_cast<std::uint8_t>(key.digests[0][bit / 8] ^ (1u << bit % 8));
    EXPECT_EQ(KeyRing({key}).Find("hg-secret"), std::nullopt) << bit;
  }
}

TEST(KeyRing, without_keys_opens_to_nobody) { EXPECT_EQ(KeyRing({}).Find("hg-one"), std::nullopt); }

TEST(NewKey, is_url_safe_and_never_the_same) {
  std::set<std::string> keys;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = NewKey();
    ASSERT_EQ(key.size(), 46u);
    ASSERT_EQ(key.substr(0, 3), "hg-");
    ASSERT_TRUE(std::all_of(key.begin() + 3, key.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_';
    })) << key;
    ASSERT_TRUE(keys.insert(key).second);
  }
}

TEST(NewKey, opens_the_ring_that_has_its_digest) {
  const std::string key = NewKey();
  EXPECT_EQ(KeyRing({KeyOf("other", {NewKey()}), KeyOf("mine", {key})}).Find(key), 1u);
}

}  // namespace
}  // namespace headgate::policy
