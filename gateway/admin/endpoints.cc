#include "gateway/admin/endpoints.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace headgate::gateway {
namespace {

using Texts = std::vector<std::string>;

void AddOnce(std::string text, Texts& texts) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
}

bool Serves(std::string_view row, std::string_view path) {
  if (!row.ends_with('/')) return row == path;
  return path.starts_with(row) && path.size() > row.size() &&
         path.find('/', row.size()) == std::string_view::npos;
}

// "a", "a and b", "a, b and c".
std::string InWords(const Texts& texts) {
  std::string words;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) words += i + 1 == texts.size() ? " and " : ", ";
    words += texts[i];
  }
  return words;
}

}  // namespace

AdminAnswer AdminError(int status, std::string_view message) {
  return {.status = status,
          .body = boost::json::serialize(boost::json::object{{"error", message}})};
}

const AdminEndpoint* AdminEndpoints::Find(std::string_view method, std::string_view path) const {
  if (method == "HEAD") method = "GET";
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const AdminEndpoint& row) {
    return Serves(row.path, path) && row.method == method;
  });
  return found == rows_.end() ? nullptr : &*found;
}

AdminAnswer AdminEndpoints::Missing(std::string_view path) const {
  Texts methods;
  std::string allow;
  for (const AdminEndpoint& row : rows_) {
    if (!Serves(row.path, path)) continue;
    methods.emplace_back(row.method);
    if (!allow.empty()) allow += ", ";
    allow += row.method == "GET" ? "GET, HEAD" : row.method;
  }
  if (methods.empty()) return AdminError(404, Listing());
  AdminAnswer answer = AdminError(405, "this is for " + InWords(methods));
  answer.allow = std::move(allow);
  return answer;
}

// "there is GET /a and /b here, and POST /c".
std::string AdminEndpoints::Listing() const {
  Texts methods;
  for (const AdminEndpoint& row : rows_) AddOnce(std::string(row.method), methods);
  std::string listing;
  for (const std::string& method : methods) {
    Texts paths;
    for (const AdminEndpoint& row : rows_) {
      if (row.method != method) continue;
      paths.push_back(std::string(row.path) + (row.path.ends_with('/') ? "{name}" : ""));
    }
    listing += listing.empty() ? "there is " : ", and ";
    listing += method + " " + InWords(paths);
    if (method == methods.front()) listing += " here";
  }
  return listing;
}

}  // namespace headgate::gateway
