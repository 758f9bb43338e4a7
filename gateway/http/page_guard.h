#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "gateway/http/request_head.h"

namespace headgate::gateway {

// Keeps web pages away from a port that asks nobody for a key. A browser on this machine reaches
// loopback for every page that it shows: a page of any origin can POST text/plain there and spend
// money, and a page whose name is made to resolve to 127.0.0.1 (DNS rebinding) can read the answers
// as well. What gives both away is in the request: Origin, Sec-Fetch-Site, and Host, which names
// what the page was loaded from. Programs send no Origin and reach loopback by its name. Pure.

enum class PageVerdict : std::uint8_t { kPass, kForeignHost, kForeignOrigin, kCrossSite };

// What belongs to the port. The views must outlive the call.
struct PortIdentity {
  bool tls = false;
  const std::vector<std::string>& hosts;  // more names that Host may have, in lower case
  std::string_view address;               // that the client has reached; empty: loopback
  const config::Cors* cors = nullptr;     // pages that may come; null: none
};

// Whether `host`, as a Host field has it, names this machine: a loopback name or address,
// `address`, or one of `hosts`. The port is not looked at: forwarded ports differ, and an
// attacker's page keeps its name. An empty host does not.
bool IsOurHost(std::string_view host, const std::vector<std::string>& hosts,
               std::string_view address);

// Whether Host is ours. A request of HTTP/1.0 may come without; browsers always send it.
PageVerdict CheckHost(const RequestHead& head, const PortIdentity& port);

// Whether the request comes from a program, from a page of this port, or from a listed one.
PageVerdict CheckOrigin(const RequestHead& head, const PortIdentity& port);

// What a client is told about it: what is wrong, and what whoever runs the gateway can set. Empty
// for kPass.
std::string ExplainVerdict(PageVerdict verdict, const RequestHead& head);

}  // namespace headgate::gateway
