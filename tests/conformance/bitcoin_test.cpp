// The mock Bitcoin node and its adapter against the conformance kit, in this process.
// ADAPTER
#include "tests/conformance/bitcoin_in_process.h"
#include "tests/conformance/in_process.h"

using namespace lockstep;
using namespace lockstep::conformance;

TEST_CASE("the Bitcoin adapter and node conform") {
    BitcoinInProcess ledger(nullptr);
    check_conformance(ledger, {});
}
