// How a process reaches its ledgers: what the links of its adapters need to know of them.
#pragma once

#include "connector/node/settings.h"
#include "sdk/net/http_client.h"
#include "sdk/net/ledger_link.h"

namespace lockstep::node {

// A Bitcoin node answers with blocks in hexadecimal, and with the ids of its whole pool.
net::ClientLimits ledger_client_limits();
net::LedgerLinkSettings link_settings(const LedgerSettings& ledger);

}  // namespace lockstep::node
