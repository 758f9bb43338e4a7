#include <CLI/CLI.hpp>
#include <iostream>

#include "config/sections/configuration.h"
#include "gateway/cli/commands.h"

namespace headgate::gateway {

void AddSchema(CLI::App& app, Command& chosen) {
  app.add_subcommand("schema", "print the JSON Schema of the configuration, for editors")
      ->callback([&chosen] {
        chosen = [] {
          std::cout << config::ConfigurationSchema();
          return 0;
        };
      });
}

}  // namespace headgate::gateway
