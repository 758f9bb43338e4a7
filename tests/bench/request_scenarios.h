#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::gateway {

// The bytes that a client sends, and those that a backend answers with, in the pieces in which they
// come.
struct Scenario {
  std::string_view name;
  std::string request;
  std::vector<std::string> answer;
};

// Events with text in a scenario's stream.
inline constexpr std::size_t kEvents = 20;

// `events` with text, each in a piece of its own, and those that end a stream.
std::vector<std::string> StreamedAnswer(std::size_t events);

// The scenario of that name. Ends the process if there is none.
Scenario ScenarioOf(std::string_view name);

}  // namespace headgate::gateway
