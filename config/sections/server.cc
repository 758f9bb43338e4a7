#include "config/sections/server.h"

#include <optional>
#include <string>

#include "config/base/text.h"
#include "config/reader/address.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

struct Workers {
  static constexpr std::string_view kExpects = "auto, or a number of threads";
  static bool Read(const Value& value, int& out) {
    if (value.IsScalar() && value.node().text == "auto") {
      out = 0;
      return true;
    }
    return Whole<1, 1024>::Read(value, out);
  }
  static Json JsonSchema(Definitions&) { return NumberSchema("integer", {1, 1024}, "auto|[0-9]+"); }
};

struct LogTarget {
  static constexpr std::string_view kExpects = "stdout, stderr, off or the path of a file";
  static bool Read(const Value& value, std::string& out) {
    if (!Text::Read(value, out)) return false;
    if (out != "stdout" && out != "stderr" && out != "off") out = value.Resolve(out);
    return true;
  }
  static Json JsonSchema(Definitions& definitions) { return Text::JsonSchema(definitions); }
};

// A host as clients write it in `Host`, without a port. Kept in lower case, without a dot at its
// end.
struct HostName {
  static constexpr std::string_view kExpects = "a host name, for example headgate.internal";
  static bool Read(const Value& value, std::string& out) {
    if (!Text::Read(value, out)) return false;
    if (!ConsistsOf(out, "-._~") || out.front() == '.') {
      return value.FailWritten({"is not a host name", "write the name alone, without a port"});
    }
    if (out.back() == '.') out.pop_back();
    out = Lower(out);
    return true;
  }
  static Json JsonSchema(Definitions&) { return AnyTextSchema("[0-9A-Za-z_~-][0-9A-Za-z._~-]*"); }
};

struct PageOrigin {
  static constexpr std::string_view kExpects = "an origin, for example https://chat.example";
  static bool Read(const Value& value, std::string& out) {
    return ReadScalar(value, kExpects, ParseOrigin, out);
  }
  static Json JsonSchema(Definitions&) {
    return TextSchema(
        R"(\*|[A-Za-z][0-9A-Za-z+.-]*://(?:[0-9A-Za-z._*-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?)");
  }
};

constexpr std::array kCorsFields = {
    Required<Cors, &Cors::origins, OneOrMore<PageOrigin>>(
        "origins", "Origins whose pages may send requests and read the answers."),
};

constexpr std::array kTlsFields = {
    Required<ServerTls, &ServerTls::certificate, ReadableFile>(
        "certificate", "PEM file with the certificate and its chain."),
    Required<ServerTls, &ServerTls::private_key, ReadableFile>(
        "private_key", "PEM file with the certificate's private key."),
};

constexpr std::array kLimitFields = {
    Optional<Limits, &Limits::body, Size<1, 1 << 20>>("body", "The largest request body."),
    Optional<Limits, &Limits::head, Size<1, 1 << 10>>("head", "The largest request head."),
    Optional<Limits, &Limits::connections, Whole<1, 1'000'000>>("connections",
                                                                "Client connections open at once."),
    Optional<Limits, &Limits::head_timeout, Duration<1>>(
        "head_timeout", "How long a client may take to send a request's head."),
    Optional<Limits, &Limits::body_timeout, Duration<1>>(
        "body_timeout", "How long a client may send nothing in the middle of a body."),
    Optional<Limits, &Limits::idle_timeout, Duration<1>>(
        "idle_timeout", "How long a connection may stay open between requests."),
};

// A folder that the daemon writes to. It must exist when the daemon starts.
struct Folder {
  static constexpr std::string_view kExpects = "the path of a folder";
  static bool Read(const Value& value, std::string& out) {
    if (!Text::Read(value, out)) return false;
    out = value.Resolve(out);
    return true;
  }
  static Json JsonSchema(Definitions& definitions) { return Text::JsonSchema(definitions); }
};

constexpr std::array kServerFields = {
    Optional<Server, &Server::listen, HostAndPort>("listen", "Where clients connect."),
    Optional<Server, &Server::admin, HostAndPort>(
        "admin", "Where metrics, health and status are served; never the clients' address."),
    Optional<Server, &Server::tls, Mapping<kTlsFields>>("tls",
                                                        "Serves clients over TLS with this pair."),
    Optional<Server, &Server::auth, OneOf<kAuthModes>>(
        "auth", "Whether clients need a key (the default); none only on a loopback address."),
    Optional<Server, &Server::workers, Workers>("workers", "Threads; auto is one per core."),
    Optional<Server, &Server::limits, Mapping<kLimitFields>>(
        "limits", "Limits on the size, connections and time of clients."),
    Optional<Server, &Server::drain_timeout, Duration<0>>(
        "drain_timeout", "How long running requests may take to finish after SIGTERM."),
    Optional<Server, &Server::access_log, LogTarget>("access_log",
                                                     "Where the line about each request goes."),
    Optional<Server, &Server::admin_token, Token>(
        "admin_token", "Opens /status and /reload on an admin address that is not loopback."),
    Optional<Server, &Server::admin_hosts, OneOrMore<HostName>>(
        "admin_hosts", "Names that Host may have at the admin port, beside its own address."),
    Optional<Server, &Server::hosts, OneOrMore<HostName>>(
        "hosts",
        "Names that a client's Host may have, beside loopback and the port's own address."),
    Optional<Server, &Server::cors, Mapping<kCorsFields>>(
        "cors", "Lets pages of other origins use this gateway from a browser."),
    Optional<Server, &Server::state, Folder>(
        "state", "The folder where the gateway keeps what outlives a restart."),
};

// A file that the daemon writes. It need not exist.
struct WritableFile {
  static constexpr std::string_view kExpects = "the path of a file";
  static bool Read(const Value& value, std::string& out) {
    if (!Text::Read(value, out)) return false;
    if (out.ends_with('/')) {
      return value.Fail("is a folder",
                        Concat("write a file in it, for example ", out, "headgate.jsonl"));
    }
    out = value.Resolve(out);
    return true;
  }
  static Json JsonSchema(Definitions& definitions) { return Text::JsonSchema(definitions); }
};

constexpr std::array kRecordingFields = {
    Required<Recording, &Recording::file, WritableFile>(
        "file", "Where the line about each decided request goes, for `headgate replay`."),
    Optional<Recording, &Recording::rotate, Size<64, 1 << 20>>(
        "rotate", "The size at which a file is set aside and the next one started."),
    Optional<Recording, &Recording::keep, Whole<1, 1000>>(
        "keep", "How many files are kept; older ones are removed."),
};

constexpr std::int64_t kLeastStoredKib = 1 << 10;
constexpr std::int64_t kMostStoredKib = 1 << 30;

struct KeepingTime {
  using Kept = Duration<1'000, ParseLongDuration>;
  static constexpr std::string_view kExpects = "a duration, for example 24h";
  static bool Read(const Value& value, Milliseconds& out) {
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    if (*text == "false" || *text == "off" || *text == "no") {
      return value.FailWritten({"is not a duration", "to store nothing, remove `responses`"});
    }
    return Kept::Read(value, out);
  }
  static Json JsonSchema(Definitions& definitions) { return Kept::JsonSchema(definitions); }
};

constexpr std::array kResponsesFields = {
    Optional<Responses, &Responses::store, KeepingTime>(
        "store", "How long an answer is kept after its last use."),
    Optional<Responses, &Responses::max_bytes, Size<kLeastStoredKib, kMostStoredKib>>(
        "max_bytes", "The size of all kept answers; the least recently used are removed first."),
};

}  // namespace

bool ServerSection::Read(const Value& value, Server& server) {
  return Mapping<kServerFields>::Read(value, server);
}

Json ServerSection::JsonSchema(Definitions& definitions) {
  return Mapping<kServerFields>::JsonSchema(definitions);
}

bool RecordingSection::Read(const Value& value, Recording& recording) {
  return Mapping<kRecordingFields>::Read(value, recording);
}

Json RecordingSection::JsonSchema(Definitions& definitions) {
  return Mapping<kRecordingFields>::JsonSchema(definitions);
}

bool ResponsesSection::Read(const Value& value, Responses& responses) {
  return Mapping<kResponsesFields>::Read(value, responses);
}

Json ResponsesSection::JsonSchema(Definitions& definitions) {
  return Mapping<kResponsesFields>::JsonSchema(definitions);
}

}  // namespace headgate::config
