#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::gateway {

// A request to the admin port. The views live until it has been answered.
struct AdminRequest {
  std::string_view method;
  std::string_view target;
  std::string_view host;
  std::string_view content_type;
  std::string_view authorization;
  std::string_view body;

  std::string_view path() const { return target.substr(0, target.find('?')); }
};

struct AdminAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow;  // with 405: the methods that there are
};

// {"error": message} as JSON.
AdminAnswer AdminError(int status, std::string_view message);

enum class AdminAccess : std::uint8_t {
  kAnybody,  // on any address
  kOperator  // who comes by loopback or has the token, and is not a foreign web page (guard.h)
};

// Of endpoints that make nothing of a body.
inline constexpr std::size_t kLongestAdminBody = 64u << 10;

// One row of the table. `method` is GET for what only shows something, and serves HEAD too; any
// other method changes something. A request whose body is larger than `most_body` bytes is refused
// unread.
struct AdminEndpoint {
  std::string_view method;
  std::string_view path;
  AdminAccess access = AdminAccess::kOperator;
  std::size_t most_body = kLongestAdminBody;
  std::function<AdminAnswer(const AdminRequest&)> answer;
};

// All that the admin port has. Immutable.
class AdminEndpoints {
 public:
  explicit AdminEndpoints(std::vector<AdminEndpoint> rows) : rows_(std::move(rows)) {}

  // Null: there is none. HEAD finds what GET does.
  const AdminEndpoint* Find(std::string_view method, std::string_view path) const;
  // What a request that finds no row is told: 405 with the methods that its path has, or 404 with
  // all paths.
  AdminAnswer Missing(std::string_view path) const;

 private:
  std::string Listing() const;

  const std::vector<AdminEndpoint> rows_;
};

}  // namespace headgate::gateway
