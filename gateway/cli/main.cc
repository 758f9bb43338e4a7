// The `headgate` binary: one subcommand per line of the table in README.md.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "gateway/cli/commands.h"
#include "gateway/version.h"

int main(int argc, char** argv) {
  using namespace headgate::gateway;  // NOLINT(google-build-using-namespace): composition only
  constexpr int kMistake = 2;
  try {
    CLI::App app{"Headgate: one endpoint in front of every language model a company uses."};
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string(kVersion));
    Command chosen;
    for (const auto add : {AddServe, AddKey, AddBudgets, AddCheck, AddExplain, AddReplay, AddLedger,
                           AddPlan, AddSchema, AddTrain, AddEvaluate}) {
      add(app, chosen);
    }
    if (argc == 1) {
      std::cerr << app.help();
      return kMistake;
    }
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : kMistake;
    }
    return chosen();
  } catch (const std::exception& error) {
    std::cerr << "headgate: " << error.what() << "\n";
    return 1;
  }
}
