#include "gateway/keeping/store_error.h"

#include <string>

namespace headgate::gateway {

ClientError StoreError(const absl::Status& status, RequestAccount& account) {
  ClientError error{.message = std::string(status.message())};
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      account.rejection = Rejection::kNotFound;
      error.status = 404;
      return error;
    case absl::StatusCode::kInvalidArgument:
      account.rejection = Rejection::kBadBody;
      return error;
    case absl::StatusCode::kResourceExhausted:
      account.rejection = Rejection::kTooLarge;
      error.code = "context_length_exceeded";
      return error;
    default:
      error.status = 503;
      error.type = "server_error";
      error.code = "store_unavailable";
      error.retry_after_s = 1;
      return error;
  }
}

}  // namespace headgate::gateway
