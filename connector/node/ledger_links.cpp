#include "connector/node/ledger_links.h"

#include "sdk/net/basic_login.h"

namespace lockstep::node {

net::ClientLimits ledger_client_limits() {
    net::ClientLimits limits;
    limits.max_body_bytes = 64 * 1024 * 1024;
    return limits;
}

net::LedgerLinkSettings link_settings(const LedgerSettings& ledger) {
    net::LedgerLinkSettings settings{ledger.url};
    // Nodes that ask for a password answer with whole blocks and pools.
    if (!ledger.cookie_file.empty() || !ledger.user.empty())
        settings.timeout = Duration::seconds(15);
    if (!ledger.cookie_file.empty())
        settings.authorization = net::login_by_cookie(ledger.cookie_file);
    else if (!ledger.user.empty())
        settings.authorization = net::login_by_password(ledger.user, ledger.password_file);
    return settings;
}

}  // namespace lockstep::node
