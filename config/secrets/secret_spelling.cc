#include "config/secrets/secret_spelling.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <utility>

#include "config/base/text.h"

namespace headgate::config {
namespace {

constexpr std::array<std::string_view, 18> kFolders = {
    "/run/", "/etc/",  "/var/",     "/home/", "/opt/", "/mnt/", "/root/", "/srv/",   "/tmp/",
    "/usr/", "/keys/", "/secrets/", "/data/", "/app/", "/dev/", "/proc/", "/vault/", "/Users/"};
constexpr std::array<std::string_view, 11> kRelative = {
    "./", "../", "~/", "@/", "@./", ".\\", "..\\", "\\\\", "$HOME/", "secrets/", "keys/"};
// Suffixes of files that hold secrets. No provider's key ends in one: the part after the last dot
// of a token is longer.
constexpr std::array<std::string_view, 18> kSuffixes = {
    ".txt",  ".key",  ".pem", ".secret", ".token", ".env", ".json", ".yaml", ".yml",
    ".toml", ".conf", ".cfg", ".ini",    ".crt",   ".cer", ".p12",  ".gpg",  ".asc"};

template <typename Prefixes>
bool StartsWithOne(std::string_view text, const Prefixes& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [text](std::string_view prefix) { return text.starts_with(prefix); });
}

bool ContainsAny(std::string_view text, std::initializer_list<std::string_view> pieces) {
  return std::any_of(pieces.begin(), pieces.end(), [text](std::string_view piece) {
    return text.find(piece) != std::string_view::npos;
  });
}

bool IsPath(std::string_view text) {
  const bool drive =
      text.size() > 3 && IsLetter(text[0]) && text[1] == ':' && (text[2] == '\\' || text[2] == '/');
  if (drive || StartsWithOne(text, kFolders) || StartsWithOne(text, kRelative)) return true;
  const std::string lower = Lower(text);
  return std::any_of(kSuffixes.begin(), kSuffixes.end(), [&lower](std::string_view suffix) {
    return lower.size() > suffix.size() && lower.ends_with(suffix);
  });
}

// "sk-xxxxxxxx", "****": one repeated character after the last dash.
bool IsMasked(std::string_view text) {
  const std::string_view rest = text.substr(text.rfind('-') + 1);  // npos + 1 is 0
  return rest.size() >= 3 && (Lowered(rest.front()) == 'x' || rest.front() == '*') &&
         rest.find_first_not_of(rest.front()) == std::string_view::npos;
}

// What documentation has in place of a key.
bool IsPlaceholder(std::string_view text) {
  if (text.size() > 1 && text.front() == '<' && text.back() == '>') return true;
  if (ContainsAny(text, {"...", "…"}) || IsMasked(text)) return true;
  std::string plain;
  for (const char c : Lower(text)) {
    if (IsAlphanumeric(c)) plain += c;
  }
  for (const std::string_view prefix : {"sk", "proj"}) {
    if (plain.starts_with(prefix)) plain.erase(0, prefix.size());
  }
  constexpr std::array<std::string_view, 9> kWhole = {"apikey",      "mykey",   "myapikey",
                                                      "secretkey",   "todo",    "fixme",
                                                      "placeholder", "keyhere", "apikeyhere"};
  return StartsWithOne(plain,
                       std::array<std::string_view, 3>{"replaceme", "changeme", "insertyour"}) ||
         (plain.starts_with("your") &&
          ContainsAny(plain, {"key", "token", "secret", "password"})) ||
         (plain.starts_with("replacewith") || plain.starts_with("insert")) ||
         std::find(kWhole.begin(), kWhole.end(), plain) != kWhole.end();
}

// The scheme ("Bearer ") that the text begins with; empty if there is none.
std::string_view SchemeOf(std::string_view text) {
  constexpr std::array<std::string_view, 6> kSchemes = {"bearer ",        "basic ",     "token ",
                                                        "authorization:", "x-api-key:", "api-key:"};
  const std::string lower = Lower(text.substr(0, 16));
  for (const std::string_view scheme : kSchemes) {
    if (lower.starts_with(scheme)) return text.substr(0, scheme.size());
  }
  return {};
}

// "OPENAI_API_KEY=…", a line of a .env file.
bool IsAssignment(std::string_view text) {
  if (text.starts_with("export ")) text.remove_prefix(7);
  const std::size_t equals = text.find('=');
  return equals != std::string_view::npos && equals + 1 < text.size() &&
         IsVariable(text.substr(0, equals)) && ContainsAny(text.substr(0, equals), {"_"});
}

bool IsQuoted(std::string_view text) {
  constexpr std::array<std::string_view, 5> kBefore = {"\"", "'", "`", "“", "‘"};
  constexpr std::array<std::string_view, 5> kAfter = {"\"", "'", "`", "”", "’"};
  return text.size() > 1 && StartsWithOne(text, kBefore) &&
         std::any_of(kAfter.begin(), kAfter.end(),
                     [text](auto mark) { return text.ends_with(mark); });
}

// Includes the spaces that copying from a page adds: no-break, zero width, byte-order mark.
bool HasBlanksAround(std::string_view text) {
  constexpr std::array<std::string_view, 4> kOdd = {"\u00a0", "\u200b", "\u2060", "\ufeff"};
  return Trim(text).size() != text.size() || StartsWithOne(text, kOdd) ||
         std::any_of(kOdd.begin(), kOdd.end(), [text](auto odd) { return text.ends_with(odd); });
}

std::optional<Complaint> WrongInside(std::string_view text, SecretUse use) {
  if (std::any_of(text.begin(), text.end(), IsControl)) {
    return Complaint{"has a line break or control character inside the secret",
                     "keep the secret alone, on one line"};
  }
  if (use != SecretUse::kApiKey) return std::nullopt;
  if (ContainsAny(text, {" ", "\"", "'", "`"})) {
    return Complaint{"has a space or a quotation mark inside",
                     "write the key alone, as the provider shows it"};
  }
  if (std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; })) {
    return Complaint{"has a character that is not ASCII, as typing or copying may add",
                     "copy the key again from the provider's page"};
  }
  return std::nullopt;
}

// A complaint if the text refers to a secret that is kept elsewhere. `secret` has no scheme
// (`Bearer`).
std::optional<Complaint> PointsElsewhere(std::string_view secret, SecretOrigin origin) {
  const bool written = origin == SecretOrigin::kWritten;
  if (Lower(secret.substr(0, 5)) == "file:") {
    return written ? Complaint{"has a `file:` that is not read",
                               "write file:PATH alone, with file: in lower case"}
                   : Complaint{"holds `file:` and a path, which is not read there",
                               "write file:PATH in the configuration, or file:${NAME} if a "
                               "variable holds the path alone"};
  }
  if (IsPath(secret)) {
    return Complaint{"is the path of a file", written ? "write file: in front of the path"
                                                      : "write file:${NAME} if a variable holds "
                                                        "the path"};
  }
  if (std::optional<Complaint> store = StoreReference(secret, origin)) return store;
  if (IsPlaceholder(secret)) {
    return Complaint{"is a placeholder, not a secret", std::string(SecretItself(origin))};
  }
  if (IsAssignment(secret)) {
    return Complaint{"is a line of a .env file", "keep only what comes after the ="};
  }
  if (IsVariable(secret) && ContainsAny(secret, {"_"})) {
    return Complaint{"is the name of a variable, not its value",
                     written ? Concat("write ${", secret, "}") : std::string(SecretItself(origin))};
  }
  return std::nullopt;
}

}  // namespace

SecretUse UseOfHeader(std::string_view name) {
  return ContainsAny(name, {"key", "token", "secret", "auth", "password", "credential", "cookie"})
             ? SecretUse::kHeaderSecret
             : SecretUse::kHeaderValue;
}

std::optional<Complaint> MisspeltSecret(std::string_view text, SecretUse use, SecretOrigin origin) {
  if (HasBlanksAround(text)) {
    return Complaint{"has spaces or line breaks around the secret",
                     "remove them where the secret is kept"};
  }
  const bool header = use == SecretUse::kHeaderSecret || use == SecretUse::kHeaderValue;
  const std::string_view scheme = SchemeOf(text);
  if (!scheme.empty() && !header) {
    return Complaint{Concat("has `", Lower(Trim(scheme)), "` in front of the secret"),
                     "write the secret alone; headgate adds the prefix itself"};
  }
  const std::string_view secret = Trim(text.substr(scheme.size()));
  // A header that is to contain `${` is written with `$${`.
  const bool escaped = use == SecretUse::kHeaderValue && secret.starts_with("${");
  if (std::optional<Complaint> reference = ForeignReference(secret, origin);
      reference && !escaped) {
    return reference;
  }
  if (use == SecretUse::kHeaderValue || use == SecretUse::kAddress) return WrongInside(text, use);
  if (std::optional<Complaint> reference = LooseReference(secret, origin)) return reference;
  if (IsQuoted(secret)) {
    return Complaint{"has quotes around the secret, which would be sent too",
                     "remove them where the secret is kept"};
  }
  if (std::optional<Complaint> pointer = PointsElsewhere(secret, origin)) return pointer;
  if (!header && ContainsAny(secret, {"://"})) {
    return Complaint{"is an address, not a secret",
                     Concat(SecretItself(origin), "; secret stores are not supported")};
  }
  return WrongInside(text, use);
}

}  // namespace headgate::config
