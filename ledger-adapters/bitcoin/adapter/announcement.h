// How an escrow is told of on the chain itself, so that its payee, and either side with nothing but
// its seed, finds it: an output of the funding that has no value and says
//
//   OP_RETURN <"LSE1", condition 32, escrow id 32, expiry 7 (microseconds, big endian), payee hint
//   5>
//
// which takes the 83 bytes that nodes relay. The payer is the key in the witness of the funding's
// first input; the payee knows itself; for a payer that has lost everything the hint picks the
// payee among the keys that it can think of. Whether it is true, the script in output 0 says: who
// can spend it is who is named. That the one who is named paid for it is not said.
#pragma once

#include "bitcoin/adapter/escrow_keys.h"
#include "bitcoin/adapter/escrow_script.h"
#include "sdk/machine/escrow.h"

namespace lockstep::bitcoin {

// The first bytes of SHA-256 over the payee's account key.
using PayeeHint = FixedBytes<5, struct PayeeHintTag>;
PayeeHint hint_of(const ecdsa::CompressedKey& payee);

struct Announcement {
    Condition condition;
    EscrowId id;
    Timestamp expiry;
    PayeeHint payee;
    friend bool operator==(const Announcement&, const Announcement&) = default;
};
Bytes announcement_script(const Announcement& announcement);
std::optional<Announcement> parse_announcement(ByteView script);

// test.btc.<66 hexadecimal digits>: an account is a public key.
Address account_address(const Address& ledger, const ecdsa::CompressedKey& key);
// nullopt for what account_address does not write.
std::optional<ecdsa::CompressedKey> key_of_account(const Address& ledger, const Address& account);

// What the terms of an escrow on this ledger say on the chain. nullopt where an account is none of
// the ledger's, or where no locktime stands for the expiry.
std::optional<EscrowLock> lock_of(const Address& ledger, const EscrowTerms& terms);

// A funding as the chain shows it; the payee is still to be found.
struct AnnouncedFunding {
    Announcement announcement;
    ecdsa::CompressedKey payer;
    TxOut escrow;  // output 0
};
std::optional<AnnouncedFunding> announced_in(const Transaction& transaction);
// The key that the first input's witness shows, if it spends a key's coin; other coins may show
// any.
std::optional<ecdsa::CompressedKey> first_key_of(const Transaction& transaction);

struct LedgerName {
    Address ledger;
    AssetId asset;
};
// The terms, if that is the payee: output 0 pays to their script.
std::optional<EscrowTerms> terms_for(const LedgerName& name, const AnnouncedFunding& funding,
                                     const ecdsa::CompressedKey& payee);

}  // namespace lockstep::bitcoin
