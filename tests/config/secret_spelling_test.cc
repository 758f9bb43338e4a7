#include "config/secret_spelling.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::config {
namespace {

constexpr SecretUse kUses[] = {SecretUse::kApiKey, SecretUse::kToken, SecretUse::kHeaderSecret,
                               SecretUse::kHeaderValue};

// Keys of the shapes that providers give out (all made up), and stand-ins that servers ask for.
TEST(SecretSpelling, real_keys_are_taken) {
  for (const char* const key : {"sk-proj-9fJx_A-b3",
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
                                "AKIAIOSFODNN7"}) {
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
  const std::string around[][2] = {{"\"", "\""},  {" ", ""},        {"Bearer ", ""}, {"{{", "}}"},
                                   {"env:", ""},  {"$x_", ""},      {"<", ">"},      {"A_B=", ""},
                                   {"op://", ""}, {"/etc/", ""},    {"%", "%"},      {"sk-...", ""},
                                   {"\n", ""},    {"your-key-", ""}};
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

TEST(SecretSpelling, no_text_is_too_odd) {
  for (const std::string text : {"\"", "''", "{{}}", "${", "%%", "$()", "Bearer ", "<>", "=",
                                 "A_=", "-", "---", "\xff\xfe", "os.environ/", "…"}) {
    for (const SecretUse use : kUses) MisspeltSecret(text, use);
  }
}

}  // namespace
}  // namespace headgate::config
