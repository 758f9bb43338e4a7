#include "gateway/keeping/page_query.h"

#include <charconv>
#include <cstddef>
#include <system_error>

#include "config/base/text.h"
#include "gateway/http/request_target.h"

namespace headgate::gateway {
namespace {

std::optional<ClientError> ReadLimit(const std::string& text, int& limit) {
  if (text.empty()) return std::nullopt;
  const char* const end = text.data() + text.size();
  const auto [read_to, error] = std::from_chars(text.data(), end, limit);
  if (error == std::errc() && read_to == end && limit >= 1 && limit <= PageQuery::kMostItems) {
    return std::nullopt;
  }
  return ClientError{
      .param = "limit",
      .message = config::Concat("limit must be a number from 1 to ", PageQuery::kMostItems, ".")};
}

}  // namespace

std::string QueryValue(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view part = TakeParameter(query);
    const std::size_t equals = part.find('=');
    if (part.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string()
                                            : PercentDecode(part.substr(equals + 1));
  }
  return {};
}

std::optional<ClientError> ReadPageQuery(std::string_view query, PageQuery& page) {
  if (std::optional<ClientError> wrong = ReadLimit(QueryValue(query, "limit"), page.limit)) {
    return wrong;
  }
  const std::string order = QueryValue(query, "order");
  if (!order.empty() && order != "asc" && order != "desc") {
    return ClientError{.param = "order", .message = "order must be asc or desc."};
  }
  page.ascending = order == "asc";
  page.after = QueryValue(query, "after");
  return std::nullopt;
}

}  // namespace headgate::gateway
