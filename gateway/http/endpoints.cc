#include "gateway/http/endpoints.h"

#include <string>

namespace headgate::gateway {
namespace {

bool PathMatches(const EndpointRow& row, std::string_view path) {
  if (row.path.size() > 1 && row.path.back() == '/') {
    return path.size() > row.path.size() && path.starts_with(row.path);
  }
  return path == row.path;
}

}  // namespace

EndpointMatch FindEndpoint(std::string_view method, std::string_view path) {
  EndpointMatch match;
  for (const EndpointRow& row : kEndpoints) {
    if (!PathMatches(row, path)) continue;
    match.path_exists = true;
    if (row.method == method) {
      match.row = &row;
      return match;
    }
  }
  return match;
}

std::string_view EndpointList() {
  static const std::string list = [] {
    std::string text;
    for (const EndpointRow& row : kEndpoints) {
      if (row.action == Action::kRoot) continue;
      if (!text.empty()) text += ", ";
      text.append(row.method).append(" ").append(row.path);
      if (row.action == Action::kOneModel) text += "{id}";
    }
    return text;
  }();
  return list;
}

}  // namespace headgate::gateway
