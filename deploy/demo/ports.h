// Loopback ports for processes that are killed and come back on the same one.
#pragma once

#include <cstdint>
#include <vector>

#include "sdk/base/result.h"
#include "sdk/net/url.h"

namespace lockstep::demo {

// Different ports that nobody listens on, below the range that the kernel takes for outgoing
// connections: a port from that range could be gone when its process comes back. Codes: io.
Result<std::vector<std::uint16_t>, Failure> free_ports(std::size_t count);

net::Url loopback(std::uint16_t port);

}  // namespace lockstep::demo
