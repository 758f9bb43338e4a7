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
  std::string allow;  // with 405: the methods that the path takes
};

// {"error": message} as JSON.
AdminAnswer AdminError(int status, std::string_view message);

enum class AdminAccess : std::uint8_t {
  kAnybody,  // on any address
  kOperator  // clients on loopback or with the token, except foreign web pages (guard.h)
};

// In bytes. For endpoints that ignore the body.
inline constexpr std::size_t kLongestAdminBody = 64u << 10;

// One row of the table. A path that ends with a slash is followed by a name. `method` is GET for
// endpoints that only show something, and serves HEAD too; any other method changes something. A
// request whose body is larger than `most_body` bytes is refused before its body is read.
struct AdminEndpoint {
  std::string_view method;
  std::string_view path;
  AdminAccess access = AdminAccess::kOperator;
  std::size_t most_body = kLongestAdminBody;
  std::function<AdminAnswer(const AdminRequest&)> answer;
};

// All endpoints of the admin port. Immutable.
class AdminEndpoints {
 public:
  explicit AdminEndpoints(std::vector<AdminEndpoint> rows) : rows_(std::move(rows)) {}

  // Returns null if there is no such endpoint. HEAD finds what GET does.
  const AdminEndpoint* Find(std::string_view method, std::string_view path) const;
  // Returns the answer to a request that finds no row: 405 with the methods that its path takes, or
  // 404 with all paths.
  AdminAnswer Missing(std::string_view path) const;

 private:
  std::string Listing() const;

  const std::vector<AdminEndpoint> rows_;
};

}  // namespace headgate::gateway
