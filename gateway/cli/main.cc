// The `headgate` binary: one subcommand per line of the table in README.md.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "config/load.h"
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

  CheckOptions check;
  CLI::App* const check_files =
      app.add_subcommand("check", "validate configurations and run their policy tests");
  check_files->add_option("FILE", check.files, "configuration files")->required();
  check_files->add_flag("--json", check.json, "print JSON");
  check_files->add_flag("--strict", check.strict, "warnings fail too");

  ExplainOptions explain;
  CLI::App* const explain_one = app.add_subcommand(
      "explain", "say what a policy does with one request, and why; no backend is called");
  explain_one->add_option("--config", explain.config, "the configuration file")->required();
  explain_one->add_option("REQUEST", explain.request,
                          "a request's JSON body; - for standard input");
  explain_one->add_option("--model", explain.model, "without REQUEST: the model asked for")
      ->capture_default_str();
  explain_one->add_option("--prompt", explain.prompt, "without REQUEST: the user's message");
  explain_one->add_option("--endpoint", explain.endpoint, "chat, completions or embeddings")
      ->capture_default_str();
  // One value each time: what follows may be REQUEST.
  explain_one->add_option("--header", explain.headers, "\"name: value\", several times")
      ->allow_extra_args(false);
  explain_one->add_option("--key", explain.key, "the name of the client's key");
  explain_one->add_option("--time", explain.time,
                          "when it comes, such as 2026-11-24T09:30:00+01:00 (default: now)");
  explain_one->add_flag("--json", explain.json, "print JSON");
  ReplayOptions replay_options;
  CLI::App* const replay =
      app.add_subcommand("replay", "what a policy would have done to recorded traffic");
  replay->add_option("--config", replay_options.config, "the policy to try")->required();
  replay->add_option("--against", replay_options.against,
                     "the policy to compare with (default: what was recorded)");
  replay->add_flag("--json", replay_options.json, "print JSON");
  replay->add_option("traffic", replay_options.traffic, "recordings: files or folders")->required();

  const CLI::App* const schema =
      app.add_subcommand("schema", "print the JSON Schema of the configuration, for editors");

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
    if (check_files->parsed()) return CheckCommand(check);
    if (explain_one->parsed()) return ExplainCommand(explain);
    if (replay->parsed()) return ReplayCommand(replay_options);
    if (schema->parsed()) {
      std::cout << headgate::config::ConfigurationSchema();
      return 0;
    }
    return NewKeyCommand(new_key);
  } catch (const std::exception& error) {
    std::cerr << "headgate: " << error.what() << "\n";
    return 1;
  }
}
