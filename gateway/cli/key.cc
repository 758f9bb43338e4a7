#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>
#include <memory>

#include "config/base/text.h"
#include "gateway/cli/commands.h"
#include "gateway/http/json_text.h"
#include "policy/keys/key_ring.h"

namespace headgate::gateway {
namespace {

struct NewKeyOptions {
  std::string team;
  std::string name;
  bool json = false;
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

int MakeKey(const NewKeyOptions& options) {
  const std::string key = policy::NewKey();
  const std::string hash = "sha256:" + Hex(policy::DigestOf(key));
  const std::string name = options.name.empty() ? options.team : options.name;
  const std::string yaml = "  - {name: " + Quoted(name) + ", hash: [\"" + hash +
                           "\"], team: " + Quoted(options.team) + "}";
  if (options.json) {
    std::cout << boost::json::serialize(boost::json::object{
                     {"key", key}, {"hash", hash}, {"name", name}, {"team", options.team}})
              << "\n";
    return 0;
  }
  std::cout << "Key (shown once, stored nowhere):\n\n  " << key
            << "\n\nAdd to `keys:` of the configuration:\n\n"
            << yaml << "\n";
  return 0;
}

}  // namespace

void AddKey(CLI::App& app, Command& chosen) {
  const auto options = std::make_shared<NewKeyOptions>();
  CLI::App* const key = app.add_subcommand("key", "make client keys");
  key->require_subcommand(1);
  CLI::App* const fresh =
      key->add_subcommand("new", "make a key, and print it once with the YAML of its digest");
  fresh->add_option("--team", options->team, "the team that pays for the key's requests")
      ->required();
  fresh->add_option("--name", options->name, "the key's name in logs (default: the team)");
  fresh->add_flag("--json", options->json, "print JSON");
  fresh->callback([&chosen, options] { chosen = [options] { return MakeKey(*options); }; });
}

}  // namespace headgate::gateway
