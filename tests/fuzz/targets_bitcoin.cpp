// Bitcoin's blocks, transactions, scripts and addresses.
#include "bitcoin/chain/block_rules.h"
#include "bitcoin/keys/address.h"
#include "bitcoin/script/script_text.h"
#include "bitcoin/script/verify_script.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/targets.h"

namespace lockstep::fuzz {

bool fuzz_bitcoin_block(ByteView octets) {
    using namespace bitcoin;
    const auto block = parse_block(octets);
    if (!block) return false;
    ASSERT(equal(serialize(*block), octets));
    ASSERT(weight_of(*block) <= 4 * octets.size());
    (void)merkle_root_of(*block);
    if (check_block(*block, regtest_params)) return true;
    (void)check_in_context(*block, Context{1, 1});
    return true;
}

bool fuzz_bitcoin_transaction(ByteView octets) {
    using namespace bitcoin;
    const auto transaction = parse_transaction(octets);
    if (!transaction) return false;
    ASSERT(equal(serialize(*transaction), octets));
    ASSERT((txid_of(*transaction) == wtxid_of(*transaction)) == !transaction->has_witness());
    (void)check_transaction(*transaction);
    return true;
}

// Three octets of rules, the sizes of a scriptSig and of a witness's one element, these, and the
// script of the output that is spent. What may be spent under some rules may be under fewer.
bool fuzz_bitcoin_script(ByteView octets) {
    using namespace bitcoin;
    if (octets.size() < 5) return false;
    const VerifyFlags flags =
        without_needing((octets[0] | VerifyFlags{octets[1]} << 8 | VerifyFlags{octets[2]} << 16) &
                        verify_flag::all & ~verify_flag::taproot);
    const std::size_t script_sig = octets[3];
    const std::size_t element = octets[4];
    octets = octets.subspan(5);
    if (octets.size() < script_sig + element) return false;
    Transaction spend;
    TxIn input;
    const ByteView first = octets.first(script_sig);
    input.script_sig.assign(first.begin(), first.end());
    const ByteView second = octets.subspan(script_sig, element);
    if (element > 0) input.witness.emplace_back(second.begin(), second.end());
    spend.inputs.push_back(std::move(input));
    spend.outputs.push_back({1, {}});
    const ByteView script = octets.subspan(script_sig + element);
    (void)disassemble(script);
    const CommonHashes common(spend);
    const Spending spending(spend, common, 0, 1);
    const ScriptError error = verify_script(spend.inputs[0], script, flags, spending);
    if (error != ScriptError::ok) return false;
    for (VerifyFlags rest = flags; rest != 0; rest &= rest - 1) {
        const VerifyFlags fewer = without_needing(flags & ~(rest & (~rest + 1)));
        ASSERT(verify_script(spend.inputs[0], script, fewer, spending) == ScriptError::ok);
    }
    return true;
}

bool fuzz_bitcoin_script_text(ByteView octets) {
    return bitcoin::parse_script(as_text(octets)).has_value();
}

bool fuzz_bitcoin_address(ByteView octets) {
    using namespace bitcoin;
    const std::string text(as_text(octets));
    bool accepted = false;
    for (const Network& network : networks) {
        if (const auto script = script_of_address(text, network)) {
            accepted = true;
            const auto address = address_of_script(*script, network);
            ASSERT(address && script_of_address(*address, network) == script);
            ASSERT(address->size() == text.size());
        }
        if (const auto key = decode_secret(text, network)) {
            accepted = true;
            ASSERT(encode_secret(*key, network) == text);
        }
    }
    return accepted;
}

}  // namespace lockstep::fuzz
