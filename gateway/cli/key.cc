#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>
#include <memory>

#include "config/base/text.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/key/key_requests.h"
#include "gateway/http/json_text.h"
#include "policy/keys/key_ring.h"

namespace headgate::gateway {
namespace {

struct KeyOptions {
  WantedKey key;
  AtDaemon daemon;
};

std::string Hex(const config::Sha256& digest) {
  std::string out;
  for (const std::uint8_t byte : digest) config::AppendHex(byte, out);
  return out;
}

// A JSON string is also a YAML double-quoted scalar, so any name can be written.
std::string Quoted(const std::string& text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

int MakeKey(const KeyOptions& options) {
  if (options.daemon.asked()) return MakeKeyAt(options.daemon, options.key);
  const WantedKey& wanted = options.key;
  const std::string key = policy::NewKey();
  const std::string hash = "sha256:" + Hex(policy::DigestOf(key));
  const std::string name = wanted.name.empty() ? wanted.team : wanted.name;
  const std::string yaml = "  - {name: " + Quoted(name) + ", hash: [\"" + hash +
                           "\"], team: " + Quoted(wanted.team) + "}";
  if (options.daemon.json) {
    std::cout << boost::json::serialize(boost::json::object{
                     {"key", key}, {"hash", hash}, {"name", name}, {"team", wanted.team}})
              << "\n";
    return 0;
  }
  std::cout << "Key (shown once, stored nowhere):\n\n  " << key
            << "\n\nAdd to `keys:` of the configuration:\n\n"
            << yaml << "\n";
  return 0;
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
  constexpr const char* kAtDaemon = "At a running daemon";
  const auto list = [&](const char* name, std::vector<std::string>& into, const char* help) {
    fresh->add_option(name, into, help)->delimiter(',')->group(kAtDaemon);
  };
  list("--models", wanted.models, "the models that it may use");
  list("--routes", wanted.routes, "the routes that may take its requests");
  list("--classes", wanted.classes, "the classes that its requests may have");
  fresh->add_option("--expires", wanted.expires, "the date from which it is refused")
      ->group(kAtDaemon);
  fresh->add_option("--requests-per-minute", wanted.requests_per_minute)->group(kAtDaemon);
  fresh->add_option("--tokens-per-minute", wanted.tokens_per_minute)->group(kAtDaemon);
  fresh->add_option("--in-flight", wanted.in_flight, "requests at once")->group(kAtDaemon);
  fresh->add_flag("--expose", wanted.expose, "answer with x-headgate-* headers")->group(kAtDaemon);
  fresh->callback([&chosen, options] { chosen = [options] { return MakeKey(*options); }; });
}

// Without either option, the configuration of this folder.
AtDaemon DaemonOf(AtDaemon daemon) {
  if (!daemon.asked()) daemon.config = "headgate.yaml";
  return daemon;
}

}  // namespace

void AddKey(CLI::App& app, Command& chosen) {
  CLI::App* const key = app.add_subcommand("key", "make, list and revoke client keys");
  key->require_subcommand(1);
  AddNewKey(*key, chosen);
  const auto listed = std::make_shared<AtDaemon>();
  CLI::App* const list = key->add_subcommand("list", "list the keys of a running daemon");
  AddDaemon(*list, *listed);
  list->callback(
      [&chosen, listed] { chosen = [listed] { return ListKeysAt(DaemonOf(*listed)); }; });
  const auto revoked = std::make_shared<KeyOptions>();
  CLI::App* const revoke =
      key->add_subcommand("revoke", "revoke a key that was made at a running daemon, at once");
  revoke->add_option("name", revoked->key.name, "the name of the key")->required();
  AddDaemon(*revoke, revoked->daemon);
  revoke->callback([&chosen, revoked] {
    chosen = [revoked] { return RevokeKeyAt(DaemonOf(revoked->daemon), revoked->key.name); };
  });
}

}  // namespace headgate::gateway
