#include "config/secrets/foreign_reference.h"

#include <algorithm>
#include <array>
#include <string>

#include "config/base/text.h"

namespace headgate::config {
namespace {

constexpr std::size_t kLongestName = 64;

bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }

bool IsIdentifier(std::string_view name) {
  return !name.empty() && !IsDigit(name.front()) && ConsistsOf(name, "_");
}

// The names with which a spelling counts as a variable.
enum class Names : std::uint8_t {
  kAny,         // "{{ .Values.key }}" and "$(cat key)", too
  kIdentifier,  // "os.environ/key"
  kUsual,       // "$KEY" and "$my_key" are variables, "$tr0ng" is a password
};

struct Spelling {
  std::string_view before;
  std::string_view after;
  std::string_view whose;
  Names names = Names::kIdentifier;
};

// The name is between the two texts, with or without quotes. Longer spellings come first.
constexpr std::array kReferences = {
    Spelling{"os.environ/", "", "LiteLLM's"},
    Spelling{"os.environ.get(", ")", "Python's"},
    Spelling{"os.environ[", "]", "Python's"},
    Spelling{"os.getenv(", ")", "Python's"},
    Spelling{"process.env[", "]", "Node's"},
    Spelling{"process.env.", "", "Node's"},
    Spelling{"{{", "}}", "a template's", Names::kAny},
    Spelling{"<%", "%>", "a template's", Names::kAny},
    Spelling{"#{", "}", "Ruby's", Names::kAny},
    Spelling{"ENV[", "]", "Ruby's"},
    Spelling{"ENV.fetch(", ")", "Ruby's"},
    Spelling{"$ENV{", "}", "Perl's"},
    Spelling{"$(", ")", "Kubernetes'"},
    Spelling{"$(", ")", "a shell's", Names::kAny},
    Spelling{"${", "}", "an unread"},
    Spelling{"%(", ")s", "Python's"},
    Spelling{"%", "%", "Windows'"},
    Spelling{"$env:", "", "PowerShell's"},
    Spelling{"env://", "", "another program's"},
    Spelling{"env(", ")", "another program's"},
    Spelling{"ENV(", ")", "another program's"},
    Spelling{"getenv(", ")", "another program's"},
    Spelling{"env:", "", "another program's"},
    Spelling{"env.", "", "another program's"},
    Spelling{"ENV:", "", "another program's"},
    Spelling{"!env ", "", "another program's"},
    Spelling{"!ENV ", "", "another program's"},
    Spelling{"$", "", "a shell's", Names::kUsual},
};

constexpr std::array kLoose = {
    Spelling{"@{", "}", "another program's", Names::kUsual},
    Spelling{"{", "}", "another program's", Names::kUsual},
    Spelling{"[", "]", "another program's", Names::kUsual},
    Spelling{"$", "}", "a broken", Names::kUsual},
    Spelling{"$", "$", "another program's", Names::kUsual},
};

bool IsName(std::string_view name, Names names) {
  switch (names) {
    case Names::kAny:
      return !name.empty();
    case Names::kIdentifier:
      return IsIdentifier(name);
    case Names::kUsual:
      break;
  }
  return IsVariable(name) || (IsIdentifier(name) && name.find('_') != std::string_view::npos);
}

std::string_view Unquoted(std::string_view name) {
  const bool quoted = name.size() > 2 && name.front() == name.back() &&
                      (name.front() == '"' || name.front() == '\'');
  return quoted ? name.substr(1, name.size() - 2) : name;
}

Complaint Misread(std::string_view whose, std::string_view name, SecretOrigin origin) {
  std::string problem =
      Concat("has ", whose, " spelling of a variable, which would be sent as it is");
  if (origin == SecretOrigin::kElsewhere) {
    return {std::move(problem),
            "put the value itself into the variable or file: its content is not expanded again"};
  }
  return {std::move(problem), Concat("write ${", IsVariable(name) ? name : "NAME", "}")};
}

template <typename Spellings>
std::optional<Complaint> FindSpelling(std::string_view text, const Spellings& spellings,
                                      SecretOrigin origin) {
  for (const Spelling& spelling : spellings) {
    const std::size_t around = spelling.before.size() + spelling.after.size();
    if (text.size() <= around || !text.starts_with(spelling.before) ||
        !text.ends_with(spelling.after)) {
      continue;
    }
    const std::string_view name =
        Unquoted(Trim(text.substr(spelling.before.size(), text.size() - around)));
    if (IsName(name, spelling.names)) return Misread(spelling.whose, name, origin);
  }
  return std::nullopt;
}

// "key", "apikey", "apiKey", "openaiKey": names of variables that hold secrets, and unlikely
// passwords.
bool IsNameOfSecret(std::string_view name) {
  constexpr std::array<std::string_view, 12> kWhole = {
      "key",    "apikey",   "authkey",  "accesskey", "secretkey",  "token",
      "secret", "apitoken", "password", "authtoken", "credential", "credentials"};
  constexpr std::array<std::string_view, 4> kEnds = {"Key", "Token", "Secret", "Password"};
  if (!std::all_of(name.begin(), name.end(), IsLetter)) return false;
  return std::find(kWhole.begin(), kWhole.end(), name) != kWhole.end() ||
         std::any_of(kEnds.begin(), kEnds.end(), [name](std::string_view end) {
           return name.size() > end.size() && name.ends_with(end) &&
                  std::none_of(name.begin(), name.end() - static_cast<std::ptrdiff_t>(end.size()),
                               IsCapital);
         });
}

}  // namespace

bool IsVariable(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         (IsCapital(name.front()) || name.front() == '_') &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return IsCapital(c) || IsDigit(c) || c == '_'; });
}

std::string_view SecretItself(SecretOrigin origin) {
  return origin == SecretOrigin::kWritten ? "write ${NAME} or file:PATH"
                                          : "put the secret itself into the variable or file";
}

std::optional<Complaint> ForeignReference(std::string_view text, SecretOrigin origin) {
  return FindSpelling(text, kReferences, origin);
}

std::optional<Complaint> LooseReference(std::string_view text, SecretOrigin origin) {
  if (text.starts_with('$') && IsNameOfSecret(text.substr(1))) {
    return Misread("a shell's", {}, origin);
  }
  return FindSpelling(text, kLoose, origin);
}

std::optional<Complaint> StoreReference(std::string_view text, SecretOrigin origin) {
  constexpr std::array<std::string_view, 15> kBefore = {
      "vault:",   "op://",     "secret://",       "ref+",    "arn:aws",
      "ssm:",     "aws-sm:",   "secretsmanager:", "gcp-sm:", "@microsoft.keyvault(",
      "keyring:", "keychain:", "$ansible_vault;", "sops:",   "kms:"};
  const std::string lower = Lower(text);
  const bool encrypted = (lower.starts_with("enc[") && lower.ends_with(']')) ||
                         (lower.starts_with("enc(") && lower.ends_with(')'));
  const bool in_store =
      std::any_of(kBefore.begin(), kBefore.end(),
                  [&lower](std::string_view before) { return lower.starts_with(before); }) ||
      (lower.starts_with("projects/") && lower.find("/secrets/") != std::string::npos);
  if (!encrypted && !in_store) return std::nullopt;
  return Complaint{encrypted ? "is an encrypted secret" : "is a reference to a secret store",
                   Concat(SecretItself(origin), "; secret stores are not supported")};
}

}  // namespace headgate::config
