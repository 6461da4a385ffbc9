// The mock Bitcoin node and its adapter against the conformance kit, in this process.
#include "bitcoin/adapter/bitcoin_adapter.h"

#include "tests/conformance/bitcoin_in_process.h"
#include "tests/conformance/in_process.h"

using namespace lockstep;
using namespace lockstep::conformance;

TEST_CASE("the Bitcoin adapter and node conform") {
    BitcoinInProcess ledger(bitcoin::make_adapter);
    check_conformance(ledger, left_out_of_open());
}
