#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/cli/commands.h"
#include "gateway/cli/key/key_requests.h"

namespace headgate::gateway {
namespace {

struct KeyOptions {
  WantedKey key;
  AtDaemon daemon;
};

int MakeKey(const KeyOptions& options) {
  return options.daemon.asked() ? MakeKeyAt(options.daemon, options.key)
                                : MakeKeyHere(options.key, options.daemon.json);
}

void AddDaemon(CLI::App& command, AtDaemon& daemon) {
  command.add_option("--config", daemon.config,
                     "the configuration of the running daemon, for its admin address");
  command.add_option("--admin", daemon.admin, "the admin address HOST:PORT of a running daemon");
  command.add_flag("--json", daemon.json, "print JSON");
}

void AddNewKey(CLI::App& key, Command& chosen) {
  const auto options = std::make_shared<KeyOptions>();
  WantedKey& wanted = options->key;
  CLI::App* const fresh = key.add_subcommand(
      "new",
      "make a key, and print it once: with the YAML of its digest, or in force at a running daemon "
      "(--config or --admin)");
  fresh->add_option("--team", wanted.team, "the team that pays for the key's requests")->required();
  fresh->add_option("--name", wanted.name, "the key's name in logs (default: the team)");
  AddDaemon(*fresh, options->daemon);
  constexpr const char* kRestrictions = "What it may do";
  const auto list = [&](const char* name, std::vector<std::string>& into, const char* help) {
    fresh->add_option(name, into, help)->delimiter(',')->group(kRestrictions);
  };
  list("--models", wanted.models, "the models that it may use");
  list("--routes", wanted.routes, "the routes that may take its requests");
  list("--classes", wanted.classes, "the classes that its requests may have");
  fresh->add_option("--expires", wanted.expires, "the date from which it is refused")
      ->group(kRestrictions);
  fresh->add_option("--requests-per-minute", wanted.requests_per_minute)->group(kRestrictions);
  fresh->add_option("--tokens-per-minute", wanted.tokens_per_minute, "such as 400k")
      ->group(kRestrictions);
  fresh->add_option("--in-flight", wanted.in_flight, "requests at once")->group(kRestrictions);
  fresh->add_flag("--expose", wanted.expose, "answer with x-headgate-* headers")
      ->group(kRestrictions);
  fresh->add_flag("--new-team", wanted.new_team,
                  "at a running daemon: the team is new, and not a misspelt one");
  fresh->callback([&chosen, options] { chosen = [options] { return MakeKey(*options); }; });
}

// Adds a command that does something to the key of a name.
void AddForName(CLI::App& key, Command& chosen, std::pair<const char*, const char*> words,
                int (*act)(const AtDaemon& daemon, const std::string& name)) {
  const auto options = std::make_shared<KeyOptions>();
  CLI::App* const command = key.add_subcommand(words.first, words.second);
  command->add_option("name", options->key.name, "the name of the key")->required();
  AddDaemon(*command, options->daemon);
  command->callback([&chosen, options, act] {
    chosen = [options, act] { return act(DaemonOf(options->daemon), options->key.name); };
  });
}

}  // namespace

void AddKey(CLI::App& app, Command& chosen) {
  CLI::App* const key = app.add_subcommand("key", "make, list, revoke and allow client keys");
  key->require_subcommand(1);
  AddNewKey(*key, chosen);
  const auto listed = std::make_shared<AtDaemon>();
  CLI::App* const list = key->add_subcommand("list", "list the keys of a running daemon");
  AddDaemon(*list, *listed);
  list->callback(
      [&chosen, listed] { chosen = [listed] { return ListKeysAt(DaemonOf(*listed)); }; });
  AddForName(*key, chosen, {"revoke", "revoke a key at a running daemon, at once"}, RevokeKeyAt);
  AddForName(*key, chosen, {"allow", "end the revocation of a key of the configuration"},
             AllowKeyAt);
}

}  // namespace headgate::gateway
