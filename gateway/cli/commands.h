#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace headgate::gateway {

// The command that was chosen, with its options: returns the process's exit code. Empty until a
// command has been parsed.
using Command = std::function<int()>;

// Each function adds one subcommand with its options to `app`. Parsing the subcommand sets
// `chosen`, which outlives the parse. A command is in the file of its name; `train` and
// `evaluate` are in the folder classifier, and `ledger` has a folder.

// `headgate serve`: the daemon. Returns 0 after a drain, and 1 if the configuration is wrong or a
// port is taken.
void AddServe(CLI::App& app, Command& chosen);

// `headgate key new`: makes a key and prints it once. `key list` and `key revoke` ask a running
// daemon, and so does `key new` with its address.
void AddKey(CLI::App& app, Command& chosen);

// `headgate budgets`: what is spent of each budget. Returns 1 if neither a daemon nor a ledger says
// so.
void AddBudgets(CLI::App& app, Command& chosen);

// `headgate check`: returns 0 if every file is valid and its policy tests pass.
void AddCheck(CLI::App& app, Command& chosen);

// `headgate explain`: returns 0 if the request could be decided, whatever the outcome.
void AddExplain(CLI::App& app, Command& chosen);

// `headgate replay`: returns 1 if a configuration or a recording cannot be read.
void AddReplay(CLI::App& app, Command& chosen);

// `headgate ledger`: what was spent. `ledger import` adds the requests of an access log. `ledger
// reconcile` compares with a provider's usage export, and returns 1 if they differ.
void AddLedger(CLI::App& app, Command& chosen);
// `headgate plan`: returns 1 if an input is missing or wrong, saying what to write.
void AddPlan(CLI::App& app, Command& chosen);

// `headgate schema`: the JSON Schema of the configuration.
void AddSchema(CLI::App& app, Command& chosen);

// `headgate train`: writes a topic model and prints its results on held-out texts.
void AddTrain(CLI::App& app, Command& chosen);

// `headgate evaluate`: prints the classifier's results on labelled texts.
void AddEvaluate(CLI::App& app, Command& chosen);

}  // namespace headgate::gateway
