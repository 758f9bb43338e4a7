#include "gateway/cli/key/daemon.h"

#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "config/base/text.h"
#include "config/load.h"
#include "config/reader/address.h"

namespace headgate::gateway {
namespace {

constexpr int kFirstRefusal = 400;  // statuses from here on say that nothing was done

absl::Status ReadAddress(const std::string& file, AdminAddress& address) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    return absl::NotFoundError(
        config::Concat(file, " does not exist; write --config FILE or --admin HOST:PORT"));
  }
  const config::LoadResult loaded =
      config::LoadFile(file, config::ProcessEnvironment(), nullptr, config::Secrets::kOptional);
  if (!loaded.config) {
    return absl::InvalidArgumentError(
        config::Concat(file, " has problems; `headgate check ", file,
                       "` shows them, and --admin HOST:PORT needs no file (the token is taken from "
                       "HEADGATE_ADMIN_TOKEN)"));
  }
  const config::Server& server = loaded.config->server;
  if (!config::IsWildcard(server.admin.host)) address.host = server.admin.host;
  address.port = std::to_string(server.admin.port);
  address.token = server.admin_token.Reveal();
  return absl::OkStatus();
}

}  // namespace

AtDaemon DaemonOf(AtDaemon daemon) {
  if (!daemon.asked()) daemon.config = kUsualConfig;
  return daemon;
}

absl::StatusOr<AdminAddress> AddressOf(const AtDaemon& daemon) {
  AdminAddress address;
  if (!daemon.config.empty()) {
    absl::Status status = ReadAddress(daemon.config, address);
    if (!status.ok() && daemon.admin.empty()) return status;
  }
  if (!daemon.admin.empty()) {
    absl::StatusOr<AdminAddress> written = ParseAdminAddress(daemon.admin);
    if (!written.ok()) return written.status();
    address.host = written->host;
    address.port = written->port;
  }
  if (const char* const token = std::getenv("HEADGATE_ADMIN_TOKEN")) address.token = token;
  return address;
}

absl::StatusOr<boost::json::object> AskDaemon(const AtDaemon& daemon, const AdminCall& call) {
  const absl::StatusOr<AdminAddress> address = AddressOf(daemon);
  if (!address.ok()) return address.status();
  const absl::StatusOr<AdminReply> reply = CallAdmin(*address, call.method, call.path, call.body);
  if (!reply.ok()) return reply.status();
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(reply->body, error);
  if (error || !value.is_object()) {
    return absl::UnavailableError("what answers there is not headgate's admin port");
  }
  boost::json::object json = value.as_object();
  if (reply->status < kFirstRefusal) return json;
  const auto* const words = json.if_contains("error");
  return absl::FailedPreconditionError(
      words != nullptr && words->is_string() ? std::string(words->as_string()) : reply->body);
}

}  // namespace headgate::gateway
