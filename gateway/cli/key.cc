#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>

#include "gateway/cli/commands.h"
#include "gateway/http/json_text.h"
#include "policy/key_ring.h"

namespace headgate::gateway {
namespace {

std::string Hex(const config::Sha256& digest) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : digest) {
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

// A JSON string is a YAML double-quoted scalar too, so any name survives.
std::string Quoted(const std::string& text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

}  // namespace

int NewKeyCommand(const NewKeyOptions& options) {
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

}  // namespace headgate::gateway
