#pragma once

#include <string>

namespace headgate::routing {

// One labelled text.
struct Example {
  std::string text;
  std::string topic;
  std::string source;
};

}  // namespace headgate::routing
