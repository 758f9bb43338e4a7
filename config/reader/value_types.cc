#include "config/reader/value_types.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "config/base/regular_file.h"
#include "config/base/text.h"
#include "config/reader/timestamp.h"

namespace headgate::config {
namespace {

bool HasControls(std::string_view text) { return std::any_of(text.begin(), text.end(), IsControl); }

bool IsName(std::string_view name, std::string_view punctuation, std::size_t longest) {
  return !name.empty() && name.size() <= longest && IsAlphanumeric(name.front()) &&
         ConsistsOf(name, punctuation);
}

struct FoundSecret {
  Parsed<std::string> text;
  bool missing = false;  // the only mistake is that the secret is missing
  SecretOrigin origin = SecretOrigin::kWritten;
};

// REQUIRES: `value` is a scalar.
FoundSecret FindSecret(const Value& value) {
  constexpr std::string_view kFilePrefix = "file:";
  FoundSecret found;
  found.text = value.context().Expand(value.node().text, &found.missing);
  if (found.text.value) found.origin = OriginOf(value, *found.text.value);
  if (found.text.value && value.node().text.starts_with(kFilePrefix)) {
    const std::string path(Trim(std::string_view(*found.text.value).substr(kFilePrefix.size())));
    found.text = value.context().ReadSecretFile(path, value.node());
    found.origin = SecretOrigin::kElsewhere;
    std::error_code error;
    found.missing = !found.text.value &&
                    !std::filesystem::exists(value.context().Resolve(path, value.node()), error);
  }
  if (found.text.value && Trim(*found.text.value).empty()) {
    found.text = {std::nullopt,
                  {"is an empty secret", "set the variable or fill the file, or remove the key"}};
    found.missing = true;
  }
  return found;
}

// Reports a secret that was not found, unless it may be missing. Returns whether it may.
bool MayBeMissing(const Value& value, const FoundSecret& found) {
  const Complaint& complaint = found.text.complaint;
  const bool written_empty = Trim(value.node().text).empty();
  if (found.missing && !written_empty &&
      value.context().TolerateMissing(value.location(), value.path(), complaint)) {
    return true;
  }
  return value.Fail(complaint.problem, complaint.fix);
}

}  // namespace

std::string PercentagePatternUpTo(int most) {
  return Concat("0*(?:", most, R"((?:\.0{1,4})?|[0-)", most / 10 - 1,
                R"(]?[0-9](?:\.[0-9]{1,4})?)[ \t]*%)");
}

std::string SizeText(std::int64_t kib) {
  constexpr std::int64_t kStep = 1024;
  if (kib % (kStep * kStep) == 0) return Concat(kib / (kStep * kStep), "GiB");
  return kib % kStep == 0 ? Concat(kib / kStep, "MiB") : Concat(kib, "KiB");
}

bool Text::Read(const Value& value, std::string& out) {
  const std::optional<std::string> text = value.Scalar(kExpects);
  if (!text) return false;
  if (text->empty()) return value.Fail("is empty", "write a text, or remove the key");
  if (HasControls(*text)) return value.Fail("has a line break or control character", "remove it");
  out = *text;
  return true;
}

bool Name::Read(const Value& value, std::string& out) {
  return Text::Read(value, out) && Check(value, out);
}

bool Name::Check(const Value& value, const std::string& name) {
  if (IsName(name, "-_.", 64)) return true;
  return value.Fail(
      "is not a name",
      "use letters, digits, -, _ and ., beginning with a letter or digit, at most 64");
}

bool ModelName::Read(const Value& value, std::string& out) {
  return Text::Read(value, out) && Check(value, out);
}

bool ModelName::Check(const Value& value, const std::string& name) {
  if (name == "auto") {
    return value.Fail("`auto` is not a model: it lets the policy choose", "choose another name");
  }
  if (name.find('@') != std::string::npos) {
    return value.Fail("has an @, which separates model and backend",
                      "remove the @ (the upstream name may have one)");
  }
  if (IsName(name, "-_.:/+", 128)) return true;
  return value.Fail("is not a model's name",
                    "use letters, digits, - _ . : / and +, beginning with a letter or digit");
}

bool Flag::Read(const Value& value, bool& out) {
  return ReadScalar(value, kExpects, ParseFlag, out);
}

bool Usd::Read(const Value& value, NanoUsd& out) {
  return ReadScalar(value, kExpects, ParseUsd, out);
}

bool Tokens::Read(const Value& value, std::int64_t& out) {
  std::int64_t tokens = 0;
  if (!ReadScalar(value, kExpects, ParseTokens, tokens)) return false;
  if (tokens == 0) return value.Fail("is 0", "write at least 1 token, or remove the key");
  out = tokens;
  return true;
}

bool Score::Read(const Value& value, double& out) {
  return ReadScalar(value, kExpects, ParseScore, out);
}

bool TimeOfDay::Read(const Value& value, int& out) {
  return ReadScalar(value, kExpects, ParseTimeOfDay, out);
}

bool InputTokens::Read(const Value& value, Comparison& out) {
  return ReadScalar(value, kExpects, ParseComparison, out);
}

bool HostAndPort::Read(const Value& value, ListenAddress& out) {
  return ReadScalar(value, kExpects, ParseListenAddress, out);
}

bool HttpUrl::Read(const Value& value, Url& out) {
  const std::optional<std::string> text = value.Scalar(kExpects);
  if (!text) return false;
  Parsed<Url> url = ParseUrl(*text);
  // Not FailWritten: the URL may be refused because it holds a password.
  if (!url.value) return value.Fail(url.complaint.problem, url.complaint.fix);
  out = std::move(*url.value);
  return true;
}

bool ReadableFile::Read(const Value& value, std::string& out) {
  std::string path;
  if (!Text::Read(value, path)) return false;
  path = value.Resolve(path);
  value.context().AddDependency(path);
  if (!ReadRegularFile(path, 1)) {
    return value.FailWritten({Concat("cannot be read: ", WhyUnreadable(path)),
                              "check the path (it is relative to the folder of this file) and the "
                              "permissions"});
  }
  out = std::move(path);
  return true;
}

SecretOrigin OriginOf(const Value& value, std::string_view text) {
  return text == ReplaceAll(value.node().text, "$${", "${") ? SecretOrigin::kWritten
                                                            : SecretOrigin::kElsewhere;
}

bool ReadSecret(const Value& value, SecretUse use, std::string& out) {
  if (!value.IsScalar()) return value.FailType(SecretFor<SecretUse::kToken>::kExpects);
  FoundSecret found = FindSecret(value);
  if (!found.text.value) {
    if (!MayBeMissing(value, found)) return false;
    out = kNotSet;
    return true;
  }
  const std::optional<Complaint> misspelt = MisspeltSecret(*found.text.value, use, found.origin);
  // The name of a variable, which the complaint repeats, is not a secret. Neither is the value of
  // an ordinary header, unless it is kept elsewhere.
  const bool named = misspelt && misspelt->fix.find(*found.text.value) != std::string::npos;
  const bool shown =
      found.origin == SecretOrigin::kWritten && (named || use == SecretUse::kHeaderValue);
  if (!shown) value.context().AddSecret(*found.text.value);
  if (misspelt) return value.Fail(misspelt->problem, misspelt->fix);
  out = *std::move(found.text.value);
  return true;
}

bool Proxy::Read(const Value& value, EgressProxy& out) {
  if (!value.IsScalar()) return value.FailType(kExpects);
  FoundSecret found = FindSecret(value);
  if (!found.text.value) {
    if (!MayBeMissing(value, found)) return false;
    out = {.host = std::string(kNotSet), .port = 1, .credentials = {}};
    return true;
  }
  if (found.text.value->find('@') != std::string::npos) {
    value.context().AddSecret(*found.text.value);
  }
  Parsed<EgressProxy> proxy = ParseProxy(*found.text.value);
  if (!proxy.value) return value.Fail(proxy.complaint.problem, proxy.complaint.fix);
  if (!proxy.value->credentials.empty()) {
    const std::string& credentials = proxy.value->credentials.Reveal();
    value.context().AddSecret(credentials.substr(credentials.find(':') + 1));
  }
  out = *std::move(proxy.value);
  return true;
}

bool HeaderName::Read(const Value& value, std::string& out) {
  if (!Text::Read(value, out) || !Check(value, out)) return false;
  out = Lower(out);
  return true;
}

bool HeaderName::Check(const Value& value, std::string_view name) {
  if (IsHeaderName(name)) return true;
  return value.Fail("is not a header name", "write a name such as x-data-class");
}

Json Text::JsonSchema(Definitions& definitions) {
  return definitions.Use("text",
                         [](Definitions&) { return AnyTextSchema(R"([^\x00-\x1f\x7f]+)"); });
}

Json Name::JsonSchema(Definitions& definitions) {
  return definitions.Use("name", [](Definitions&) { return AnyTextSchema(kPattern); });
}

Json ModelName::JsonSchema(Definitions& definitions) {
  return definitions.Use("model_name", [](Definitions&) { return AnyTextSchema(kPattern); });
}

Json Flag::JsonSchema(Definitions& definitions) {
  return definitions.Use("flag",
                         [](Definitions&) { return NumberSchema("boolean", {}, "true|false"); });
}

Json Usd::JsonSchema(Definitions& definitions) {
  return definitions.Use("usd", [](Definitions&) {
    return NumberSchema("number", {0, kMaxUsdAmount / kNanoPerUsd}, kUsdPattern);
  });
}

Json Tokens::JsonSchema(Definitions& definitions) {
  return definitions.Use("tokens", [](Definitions&) {
    return NumberSchema("integer", {1, kMaxTokens}, kTokensPattern);
  });
}

Json Score::JsonSchema(Definitions& definitions) {
  return definitions.Use("score", [](Definitions&) {
    return NumberSchema("number", {0, 10'000}, kScorePattern);
  });
}

Json TimeOfDay::JsonSchema(Definitions&) { return TextSchema("[0-2][0-9]:[0-5][0-9]"); }

Json InputTokens::JsonSchema(Definitions& definitions) {
  return Compared<ParseComparison, kTokensPattern>::JsonSchema(definitions);
}

Json HostAndPort::JsonSchema(Definitions&) {
  return TextSchema(
      R"((?:[0-9.]+|\[[0-9A-Fa-f:.]+\]|[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]):[0-9]+)");
}

Json Proxy::JsonSchema(Definitions&) { return TextSchema("http://.+:[0-9]+/?|file:.+"); }

Json HttpUrl::JsonSchema(Definitions& definitions) {
  return definitions.Use("url", [](Definitions&) {
    return TextSchema("[Hh][Tt][Tt][Pp][Ss]?://[^/?#@]+(?:/[^?#]*)?");
  });
}

Json ReadableFile::JsonSchema(Definitions& definitions) { return Text::JsonSchema(definitions); }

Json HeaderName::JsonSchema(Definitions&) { return AnyTextSchema(kPattern); }

Parsed<TargetReference> ParseTarget(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == text.size() ||
      text.find('@', at + 1) != std::string_view::npos) {
    return {std::nullopt,
            {"is not a target", "write model@backend, for example gpt-4.1-mini@openai"}};
  }
  TargetReference target;
  target.model = std::string(text.substr(0, at));
  target.backend = std::string(text.substr(at + 1));
  return {std::move(target), {}};
}

}  // namespace headgate::config
