// A second node of the chain, connected with the first by the network's own protocol, which makes a
// longer branch while they are apart: the first one reorganises when they meet again.
#pragma once

#include "tests/conformance/bitcoin_node.h"

namespace lockstep::conformance {

class BitcoinPeer {
public:
    // `address` is HOST:PORT of its protocol, which `first` can connect to. Both outlive this.
    BitcoinPeer(std::unique_ptr<BitcoinPort> port, std::string address, BitcoinNode& first)
        : node_(std::move(port), first.network()), address_(std::move(address)), first_(first) {}

    BitcoinNode& node() { return node_; }

    // Connected, and on one tip; ends the process when they do not agree on one within a minute.
    void meet();
    // Apart: what either makes, the other does not see.
    void part();
    // Blocks without transactions, paying to `script`, until this node has more of them than the
    // first.
    void overtake(ByteView script);

private:
    BitcoinNode node_;
    std::string address_;
    BitcoinNode& first_;
};

}  // namespace lockstep::conformance
