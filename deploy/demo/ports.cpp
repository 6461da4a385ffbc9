#include "deploy/demo/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "sdk/crypto/signature.h"

namespace lockstep::demo {

namespace {

constexpr std::uint16_t lowest = 12'000;
constexpr std::uint16_t above = 32'000;
constexpr int most_tries = 20'000;

bool is_free(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return false;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound =
        ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return bound;
}

}  // namespace

Result<std::vector<std::uint16_t>, Failure> free_ports(std::size_t count) {
    std::vector<std::uint16_t> ports;
    for (int tries = 0; ports.size() < count; ++tries) {
        if (tries == most_tries) {
            return fail("io",
                        "no free port on 127.0.0.1 between 12000 and 32000; stop some of the "
                        "servers there");
        }
        std::array<std::uint8_t, 2> drawn{};
        fill_random(drawn);
        const unsigned word = (static_cast<unsigned>(drawn[0]) << 8U) | drawn[1];
        const auto port = static_cast<std::uint16_t>(lowest + word % (above - lowest));
        if (std::find(ports.begin(), ports.end(), port) == ports.end() && is_free(port))
            ports.push_back(port);
    }
    return ports;
}

net::Url loopback(std::uint16_t port) {
    net::Url url;
    url.scheme = "http";
    url.host = "127.0.0.1";
    url.port = port;
    return url;
}

}  // namespace lockstep::demo
