#include "config/secrets/secret_spelling.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::config {
namespace {

constexpr SecretUse kUses[] = {SecretUse::kApiKey, SecretUse::kToken, SecretUse::kHeaderSecret,
                               SecretUse::kHeaderValue};

// Keys in the formats of providers (all made up), and placeholders that servers ask for.
TEST(SecretSpelling, real_keys_are_taken) {
  for (const char* const key :
       {"sk-proj-9fJx_A-b3",
        "sk-ant-api03-Zm9v-AA",
        "AIzaSyB-xx_1",
        "gsk_0aXXXX9",
        "hf_abcXXXx",
        "xai-0123",
        "r8_x",
        "0123456789abcdef0123456789abcdef",
        "k",
        "EMPTY",
        "none",
        "KEY",
        "dummy",
        "sk-no-key-required",
        "Zm9vYmFy==",
        "a/b+c==",
        "pa$$word",
        "$tr0ng",
        "$monkey",
        "$KeyRing",
        "$ecret",
        "{abc}",
        "[x]",
        "{0a1b2c3d-4e5f}",
        "#1{x}",
        "file",
        "/9j/4AAQSkZJRgAB+/aZ==",
        "c:d",
        "vaulted:1",
        "enc[",
        "armed:aws",
        "a.b.txtual",
        "sk-proj.key-1",
        "$",
        "%",
        "$1",
        "<",
        "x",
        "xx",
        "1<2>3",
        "abc%def%",
        "key:with:colons",
        "env",
        "yours",
        "provider-key-1",
        "insurance-1",
        "lots-of-xxx-inside-1",
        "eyJhbGciOi.J9.x_y-z",
        "AKIAIOSFODNN7",
        "sk-ant-api03-aZ_09-bY8xW7vU6tS5rQ4pO3nM2lK1j-AA",
        "AIzaSyD3m0_nStRaT10n-KeYx0123456789abcd",
        "xai-Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2",
        "gsk_Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2",
        "hvs.CAESIJ1bQ9xY",
        "Zm9v/YmFyYmF6+cXV4/Zm9vYmFy=",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzKEY",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1g"}) {
    for (const SecretUse use : kUses) EXPECT_FALSE(MisspeltSecret(key, use)) << key;
  }
}

TEST(SecretSpelling, a_token_of_ours_may_be_a_passphrase) {
  for (const char* const token : {"correct horse battery staple", "schlüssel", "it's"}) {
    EXPECT_FALSE(MisspeltSecret(token, SecretUse::kToken)) << token;
    EXPECT_TRUE(MisspeltSecret(token, SecretUse::kApiKey)) << token;
  }
}

TEST(SecretSpelling, a_header_that_is_no_secret_says_what_it_likes) {
  EXPECT_EQ(UseOfHeader("http-referer"), SecretUse::kHeaderValue);
  EXPECT_EQ(UseOfHeader("ocp-apim-subscription-key"), SecretUse::kHeaderSecret);
  for (const char* const text : {"https://example.com/app", "Your App", "\"quoted\"", "/etc/x",
                                 "a...", "a b", "[\"beta\"]", "100%", "$5", "${A}", "TEAM_A"}) {
    EXPECT_FALSE(MisspeltSecret(text, SecretUse::kHeaderValue)) << text;
  }
  EXPECT_FALSE(MisspeltSecret("Bearer abc", SecretUse::kHeaderSecret));
  EXPECT_FALSE(MisspeltSecret("Bearer abc", SecretUse::kHeaderValue));
}

TEST(SecretSpelling, nothing_but_the_name_of_a_variable_is_repeated) {
  const std::string secret = "hunter22";
  const std::string around[][2] = {
      {"\"", "\""},    {" ", ""},      {"Bearer ", ""},  {"{{", "}}"},   {"env:", ""},
      {"$x_", ""},     {"<", ">"},     {"A_B=", ""},     {"op://", ""},  {"/etc/", ""},
      {"%", "%"},      {"sk-...", ""}, {"FILE:", ""},    {"file:", ""},  {"env(", ")"},
      {"ENV['", "']"}, {"#{", "}"},    {"%(", ")s"},     {"{x_", "}"},   {"$x_", "}"},
      {"vault:", ""},  {"ENC[", "]"},  {"C:\\", ""},     {"s/", ".txt"}, {"os.environ[", "]"},
      {"<%= ", " %>"}, {"\n", ""},     {"your-key-", ""}};
  for (const auto& [before, after] : around) {
    for (const SecretUse use : {SecretUse::kApiKey, SecretUse::kToken}) {
      const auto complaint = MisspeltSecret(std::string(before).append(secret).append(after), use);
      ASSERT_TRUE(complaint) << before;
      EXPECT_EQ(complaint->problem.find(secret), std::string::npos) << before;
      EXPECT_EQ(complaint->fix.find(secret), std::string::npos) << before;
    }
  }
  EXPECT_EQ(ForeignReference("os.environ/MY_KEY")->fix, "write ${MY_KEY}");
}

TEST(SecretSpelling, of_what_is_kept_elsewhere_not_even_a_name_is_repeated) {
  const std::string_view kept[] = {
      "${HUNTER_22}",   "$HUNTER_22",  "os.environ/HUNTER_22", "{{ HUNTER_22 }}", "{HUNTER_22}",
      "env(HUNTER_22)", "HUNTER_22",   "file:HUNTER_22",       "/run/HUNTER_22",  "vault:HUNTER_22",
      "<HUNTER_22>",    "HUNTER_22=x", "op://x/HUNTER_22/y",   "'HUNTER_22'",     "HUNTER_22.txt"};
  for (const std::string_view text : kept) {
    const auto complaint = MisspeltSecret(text, SecretUse::kApiKey, SecretOrigin::kElsewhere);
    ASSERT_TRUE(complaint) << text;
    EXPECT_EQ(complaint->problem.find("HUNTER_22"), std::string::npos) << complaint->problem;
    EXPECT_EQ(complaint->fix.find("HUNTER_22"), std::string::npos) << complaint->fix;
  }
}

TEST(SecretSpelling, a_variable_in_quotes_or_brackets_is_named) {
  for (const char* const text :
       {"os.environ[MY_KEY]", "os.environ[\"MY_KEY\"]", "os.environ.get('MY_KEY')", "env('MY_KEY')",
        "ENV[MY_KEY]", "%(MY_KEY)s", "{MY_KEY}", "$MY_KEY}", "#{MY_KEY}", "$ENV{MY_KEY}"}) {
    const auto complaint = MisspeltSecret(text, SecretUse::kApiKey);
    ASSERT_TRUE(complaint) << text;
    EXPECT_EQ(complaint->fix, "write ${MY_KEY}") << text;
  }
}

TEST(SecretSpelling, no_text_is_too_odd) {
  for (const std::string text :
       {"file:", "enc[]", "%()s", "{}",  "[]",       "$}",          "$$",      ":\\",
        "\"",    "''",    "{{}}", "${",  "%%",       "$()",         "Bearer ", "<>",
        "=",     "A_=",   "-",    "---", "\xff\xfe", "os.environ/", "…"}) {
    for (const SecretUse use : kUses) MisspeltSecret(text, use);
  }
}

}  // namespace
}  // namespace headgate::config
