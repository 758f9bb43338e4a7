#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/backends/protocols/openai/request/body_reader.h"

namespace headgate::backends {

// A body that must be refused.
struct RefusalCase {
  std::string body;
  std::string param;
  std::string message;                       // a piece of it
  std::optional<ApiEndpoint> endpoint = {};  // if it is not the one of the list
};

inline void ExpectAllRefused(ApiEndpoint endpoint, const std::vector<RefusalCase>& cases) {
  BodyReader reader;
  for (const RefusalCase& c : cases) {
    const std::string shown = c.body.substr(0, 200);
    const auto problem = reader.Read(c.body, c.endpoint.value_or(endpoint));
    ASSERT_TRUE(problem) << shown;
    EXPECT_EQ(problem->param, c.param) << shown << " -> " << problem->message;
    EXPECT_NE(problem->message.find(c.message), std::string::npos)
        << shown << " -> " << problem->message << " has no: " << c.message;
  }
}

// Cuts a sound body everywhere, and then replaces each of its bytes by each other byte: there is a
// verdict, and no byte outside of the block is touched.
inline void ExpectSurvived(ApiEndpoint endpoint, const std::string& sound) {
  BodyReader reader;
  ASSERT_FALSE(reader.Read(sound, endpoint));
  for (std::size_t size = 0; size < sound.size(); ++size) {
    const auto problem = reader.Read(std::string_view(sound).substr(0, size), endpoint);
    ASSERT_TRUE(problem) << sound.substr(0, size);
    EXPECT_FALSE(problem->message.empty());
  }
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string body = sound;
      body[at] = static_cast<char>(byte);
      if (reader.Read(body, endpoint)) continue;
      EXPECT_GE(reader.Spliced("upstream").size(), 40u);
    }
  }
}

}  // namespace headgate::backends
