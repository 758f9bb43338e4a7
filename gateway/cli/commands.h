#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace headgate::gateway {

// The command that was chosen, with its options: returns the process's exit code. Empty until one
// has been parsed.
using Command = std::function<int()>;

// Each adds one subcommand with its options to `app`; parsing it sets `chosen`, which outlives the
// parse. A command is in the file of its name; `train` and `evaluate` are in classifier.cc.

// `headgate serve`: the daemon. 0 after a drain, 1 when the configuration is wrong or a port is
// taken.
void AddServe(CLI::App& app, Command& chosen);

// `headgate key new`: makes a key and prints it once.
void AddKey(CLI::App& app, Command& chosen);

// `headgate check`: 0 when every file is good and its policy tests pass.
void AddCheck(CLI::App& app, Command& chosen);

// `headgate explain`: 0 when the request could be decided, whatever the outcome.
void AddExplain(CLI::App& app, Command& chosen);

// `headgate replay`: 1 when a configuration or a recording cannot be read.
void AddReplay(CLI::App& app, Command& chosen);

// `headgate schema`: the JSON Schema of the configuration.
void AddSchema(CLI::App& app, Command& chosen);

// `headgate train`: writes a topic model and prints how it does on held-out texts.
void AddTrain(CLI::App& app, Command& chosen);

// `headgate evaluate`: what the classifier says of labelled texts.
void AddEvaluate(CLI::App& app, Command& chosen);

}  // namespace headgate::gateway
