#pragma once

#include <string>
#include <vector>

namespace headgate::gateway {

// `headgate serve`: the daemon. Returns the process's exit code: 0 after a drain, 1 when the
// configuration is wrong or a port is taken.
int Serve(const std::string& config_path);

struct NewKeyOptions {
  std::string team;
  std::string name;
  bool json = false;
};

// `headgate key new`.
int NewKeyCommand(const NewKeyOptions& options);

struct CheckOptions {
  std::vector<std::string> files;
  bool json = false;
  bool strict = false;  // what is only suspicious counts as a problem too
};

// `headgate check`: 0 when every file is good and its policy tests pass.
int CheckCommand(const CheckOptions& options);

struct ExplainOptions {
  std::string config;
  std::string request;  // a file with a request's body, "-" for standard input; empty: made of
  std::string model = "auto";  // these two
  std::string prompt;
  std::string endpoint = "chat";
  std::vector<std::string> headers;  // "name: value"
  std::string key;
  std::string time;  // RFC 3339; empty: now
  bool json = false;
};

// `headgate explain`: 0 when the request could be decided, whatever the outcome.
int ExplainCommand(const ExplainOptions& options);
struct ReplayOptions {
  std::string config;
  std::string against;               // empty: "before" is what was recorded
  std::vector<std::string> traffic;  // files and folders
  bool json = false;
};

// `headgate replay`: 1 when a configuration or a recording cannot be read.
int ReplayCommand(const ReplayOptions& options);

}  // namespace headgate::gateway
