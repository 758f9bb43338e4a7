// The `headgate` binary: one subcommand per line of the table in README.md.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "gateway/cli/commands.h"
#include "gateway/version.h"

int main(int argc, char** argv) {
  using namespace headgate::gateway;  // NOLINT(google-build-using-namespace): composition only
  CLI::App app{"Headgate: one endpoint in front of every language model a company uses."};
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string(kVersion));

  std::string config = "headgate.yaml";
  CLI::App* const serve = app.add_subcommand("serve", "run the gateway");
  serve->add_option("--config", config, "the configuration file")->capture_default_str();

  CLI::App* const key = app.add_subcommand("key", "client keys");
  key->require_subcommand(1);
  NewKeyOptions new_key;
  CLI::App* const key_new =
      key->add_subcommand("new", "make a key, print it once, and the YAML with its digest");
  key_new->add_option("--team", new_key.team, "the team that its cost is booked to")->required();
  key_new->add_option("--name", new_key.name, "the key's name in logs (default: the team)");
  key_new->add_flag("--json", new_key.json, "print JSON");

  constexpr int kMistake = 2;
  if (argc == 1) {
    std::cerr << app.help();
    return kMistake;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kMistake;
  }
  try {
    if (serve->parsed()) return Serve(config);
    return NewKeyCommand(new_key);
  } catch (const std::exception& error) {
    std::cerr << "headgate: " << error.what() << "\n";
    return 1;
  }
}
