#include "policy/scrub/scrub.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::policy {
namespace {

constexpr std::string_view kSecret = "sk-proj-Zq81LmWx02";

TEST(Scrubber, table) {
  struct Case {
    std::string name;
    std::vector<std::string> secrets;
    std::string text;
    std::string scrubbed;
  };
  const std::string secret(kSecret);
  const std::vector<Case> cases = {
      {"no secrets", {}, "all of it stays", "all of it stays"},
      {"empty secret", {""}, "all of it stays", "all of it stays"},
      {"empty text", {secret}, "", ""},
      {"nothing of it", {secret}, "model not found", "model not found"},
      {"whole", {secret}, "key sk-proj-Zq81LmWx02 refused", "key *** refused"},
      {"alone", {secret}, secret, "***"},
      {"at the front", {secret}, secret + "!", "***!"},
      {"at the end", {secret}, "!" + secret, "!***"},
      {"first eight", {secret}, "sk-proj-...", "***..."},
      {"first seven stay", {secret}, "sk-proj...", "sk-proj..."},
      {"last eight", {secret}, "...81LmWx02", "...***"},
      {"last seven stay", {secret}, "...1LmWx02", "...1LmWx02"},
      {"from the middle", {secret}, "<oj-Zq81LmW>", "<***>"},
      {"both ends", {secret}, "sk-proj-Z....q81LmWx02", "***....***"},
      {"twice, touching", {secret}, secret + secret, "***"},
      {"twice, apart", {secret}, secret + " " + secret, "*** ***"},
      {"runs that overlap", {"abcdefgh", "efghijkl"}, "_abcdefghijkl_", "_***_"},
      {"runs that touch", {"abcdefgh", "ijklmnop"}, "_abcdefghijklmnop_", "_***_"},
      {"another secret", {"abcdefgh", secret}, "abcdefgh," + secret, "***,***"},
      {"repeats itself", {"aaaaaaaaaa"}, "aaaaaaa aaaaaaaa aaaaaaaaaaaaa", "aaaaaaa *** ***"},
      {"case differs", {"abcdefgh"}, "ABCDEFGH", "ABCDEFGH"},
      {"exactly eight", {"12345678"}, "0123456789", "0***9"},
      {"short secret whole", {"hunter2"}, "password hunter2.", "password ***."},
      {"part of a short secret stays", {"hunter2"}, "the hunter", "the hunter"},
      {"short inside long words", {"abc"}, "xabcabcx", "x***x"},
      {"longest of the short", {"ab", "abcd"}, "abcd ab abc", "*** *** ***c"},
      {"short at the very end", {"abc", secret}, "sk-abc", "sk-***"},
      {"bytes above 127", {"\xc3\xa9t\xc3\xa9-2026"}, "l'\xc3\xa9t\xc3\xa9-2026 !", "l'*** !"},
  };
  for (const Case& c : cases) {
    const Scrubber scrubber(c.secrets);
    EXPECT_EQ(scrubber.Scrub(c.text), c.scrubbed) << c.name;
  }
}

// A key may contain words that many messages contain too.
TEST(Scrubber, ordinary_words_of_a_secret_stay_by_themselves) {
  struct Case {
    std::string secret;
    std::string text;
    std::string scrubbed;
  };
  const std::vector<Case> cases = {
      {"simulated-key-1", "simulated failure", "simulated failure"},
      {"simulated-key-1", "a simulated-failure, simulates", "a simulated-failure, simulates"},
      {"simulated-key-1", "the simulated key", "the simulated key"},
      {"simulated-key-1", "key simulated-key-1 refused", "key *** refused"},
      {"simulated-key-1", "simulated-k", "***"},
      {"simulated-key-1", "ulated-key", "***"},
      {"simulated-key-1", "simulated-key-2", "***2"},
      {"SIMULATED_KEY_1", "SIMULATED, SIMULATED_KEY_1", "SIMULATED, ***"},
      {"key-simulated", "simulated, key-simulated", "simulated, ***"},
      {"key-simulated", "-simulated ey-simulated", "-simulated ***"},
      {"my-provider-key.of.Production", "the provider, in Production",
       "the provider, in Production"},
      {"my-provider-key.of.Production", "my-provider-key.of.Production!", "***!"},
      {"my-provider-key.of.Production", "y-provider and f.Production", "*** and ***"},
      {"provider2024", "provider, provider2, rovider20", "provider, ***, ***"},
      {"something-different-elephants", "something different", "something different"},
      {"something-different-elephants", "something-different-elephants", "***"},
      {"something-different-elephants", "something-different", "***"},
      // The word is the whole secret.
      {"simulated", "simulated failure", "*** failure"},
      {"-simulated-", "simulated failure", "*** failure"},
      // None of these is an ordinary word.
      {"qzxkvjwp-key-1", "qzxkvjwp", "***"},
      {"deadbeef-feedface-1", "deadbeef feedface", "*** ***"},
      {"simulatEd-key", "simulatEd", "***"},
      {"sk-aaaaaaaa-1", "aaaaaaaa", "***"},
      {"simulated\xc3\xa9-key", "simulated", "***"},
  };
  for (const Case& c : cases) {
    const Scrubber scrubber({c.secret});
    EXPECT_EQ(scrubber.Scrub(c.text), c.scrubbed) << c.secret << " in " << c.text;
  }
  // A word of one secret may be a part of another secret.
  EXPECT_EQ(Scrubber({"simulated-key-1", "unsimulatedly"}).Scrub("simulated"), "***");
}

// Random keys contain no ordinary words, so no run of them stays.
TEST(Scrubber, random_keys_have_no_ordinary_words) {
  std::mt19937_64 random(7);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  int shown = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string secret = "sk-";
    for (int i = 0; i < 48; ++i) secret += kAlphabet[random() % kAlphabet.size()];
    const Scrubber scrubber({secret});
    ASSERT_EQ(scrubber.Scrub(secret), "***");
    const std::size_t from = random() % (secret.size() - 8);
    shown += scrubber.Scrub(secret.substr(from, 8)) == "***" ? 0 : 1;
  }
  EXPECT_EQ(shown, 0);
}

// Marks every byte of every run by comparing all positions, then writes the masks.
std::string PlainlyScrubbed(const std::vector<std::string>& secrets, const std::string& text) {
  std::vector<bool> covered(text.size(), false);
  for (const std::string& secret : secrets) {
    const std::size_t size = std::min<std::size_t>(secret.size(), 8);
    if (size == 0) continue;
    for (std::size_t from = 0; from + size <= secret.size(); ++from) {
      const std::string run = secret.substr(from, size);
      for (std::size_t at = text.find(run); at != std::string::npos; at = text.find(run, at + 1)) {
        std::fill_n(covered.begin() + static_cast<std::ptrdiff_t>(at), size, true);
      }
    }
  }
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!covered[i]) {
      out += text[i];
    } else if (i == 0 || !covered[i - 1]) {
      out += "***";
    }
  }
  return out;
}

class ScrubProperty : public testing::Test {
 protected:
  std::size_t Below(std::size_t bound) { return random_() % bound; }

  std::string RandomText(std::size_t length, std::size_t letters) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('a' + Below(letters));
    return text;
  }

  // Few letters, so that runs nearly match all the time. Half of the sets have no short secret.
  std::vector<std::string> RandomSecrets(std::size_t letters) {
    std::vector<std::string> secrets;
    const bool short_too = Below(2) == 0;
    for (std::size_t i = Below(4) + 1; i > 0; --i) {
      secrets.push_back(RandomText(short_too ? 3 + Below(20) : 8 + Below(20), letters));
    }
    return secrets;
  }

  // Random letters, with whole secrets and parts of them between.
  std::string RandomMixture(const std::vector<std::string>& secrets, std::size_t letters) {
    std::string text;
    for (std::size_t i = Below(8); i > 0; --i) {
      text += RandomText(Below(12), letters);
      const std::string& secret = secrets[Below(secrets.size())];
      const std::size_t from = Below(secret.size());
      text += secret.substr(from, 1 + Below(secret.size() - from));
    }
    return text;
  }

  std::mt19937_64 random_{42};
};

TEST_F(ScrubProperty, equals_the_plain_way_and_leaves_no_run) {
  for (int round = 0; round < 5'000; ++round) {
    const std::size_t letters = 1 + Below(20);
    const std::vector<std::string> secrets = RandomSecrets(letters);
    const std::string text = RandomMixture(secrets, letters);
    const std::string scrubbed = Scrubber(secrets).Scrub(text);
    ASSERT_EQ(scrubbed, PlainlyScrubbed(secrets, text)) << text;
    for (const std::string& secret : secrets) {
      for (std::size_t i = 0; i + 8 <= secret.size(); ++i) {
        ASSERT_EQ(scrubbed.find(secret.substr(i, 8)), std::string::npos) << text;
      }
      if (secret.size() < 8) {
        ASSERT_EQ(scrubbed.find(secret), std::string::npos) << text;
      }
    }
  }
}

TEST_F(ScrubProperty, no_secret_with_words_is_left_whole) {
  const std::vector<std::string> secrets = {"simulated-key-1", "my-provider-key-of-Production",
                                            "something--different-elephants", "key-simulated"};
  const std::vector<std::string> texts = {"simulated",   "-key",       "-",         "provider",
                                          "my-",         " ",          "elephants", "different",
                                          "something--", "Production", "simul"};
  const Scrubber scrubber(secrets);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (std::size_t i = Below(8); i > 0; --i) {
      text += Below(2) == 0 ? secrets[Below(secrets.size())] : texts[Below(texts.size())];
    }
    const std::string whole = scrubber.Scrub(text);
    for (const std::string& secret : secrets) {
      ASSERT_EQ(whole.find(secret), std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace headgate::policy
