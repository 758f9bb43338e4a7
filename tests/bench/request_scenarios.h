#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::gateway {

// The bytes that a client sends, and the bytes of the backend's answer in the pieces in which they
// come.
struct Scenario {
  std::string_view name;
  std::string request;
  std::vector<std::string> answer;
};

// The number of events with text in a scenario's stream.
inline constexpr std::size_t kEvents = 20;

// A stream of `events` events with text, each in a piece of its own, and the events that end it.
std::vector<std::string> StreamedAnswer(std::size_t events);

// The scenario of that name. Ends the process if there is none.
Scenario ScenarioOf(std::string_view name);

}  // namespace headgate::gateway
