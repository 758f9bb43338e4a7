#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loadtest/load/traffic/scenario.h"

namespace headgate::loadtest::load {

struct Options {
  std::string host;  // of --url
  std::uint16_t port = 0;
  std::string base;  // the path of --url; "/v1" if --url has no path
  std::string key;
  Scenario scenario;
  std::vector<std::string> prompts;  // each the JSON of a messages array
  bool once = false;                 // send each prompt exactly once
  std::optional<std::uint64_t> requests;
  std::chrono::nanoseconds timeout = std::chrono::seconds(60);
  std::string json;          // a file, or "-" for standard output; empty: not written
  std::string keep_answers;  // a file; empty: not written
};

struct OptionsResult {
  std::optional<Options> options;
  int exit_code = 0;  // without options: 0 after --help, 2 after a mistake, which has been printed
};

OptionsResult ParseOptions(int argc, char** argv);

}  // namespace headgate::loadtest::load
