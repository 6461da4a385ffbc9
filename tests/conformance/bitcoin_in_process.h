// The mock Bitcoin node in this process: its machine on a simulated host behind its own JSON-RPC,
// an adapter for each party, and a clock that stands still unless the kit lets it go on.
#pragma once

#include "tests/conformance/bitcoin_bench.h"

namespace lockstep::conformance {

class BitcoinInProcess final : public BitcoinBench {
public:
    using MakeBitcoin = Result<std::unique_ptr<LedgerAdapter>, Failure> (*)(
        const AdapterSetup&, std::shared_ptr<const bitcoin::BitcoinSigner>);

    explicit BitcoinInProcess(MakeBitcoin make);
};

}  // namespace lockstep::conformance
