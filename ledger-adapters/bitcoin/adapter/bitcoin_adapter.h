// How a node holds escrows on Bitcoin, and on what is like it: a LedgerAdapter that speaks the
// JSON-RPC of a Bitcoin node. One account, which is a public key; the blocks are read one by one
// and believed where the node believes them. README.md: what is remembered, how certain an event
// is, what a node is asked.
#pragma once

#include "bitcoin/adapter/announcement.h"
#include "sdk/machine/adapter_settings.h"

namespace lockstep::bitcoin {

// `setup.settings`: bitcoin_settings.h. `setup.accounts`: the account of the key, or nothing.
// Failure: bad_setting, bad_setup, as read_key_file.
Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(const AdapterSetup& setup);
// With a signer that somebody else holds; settings without "key_file".
Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(
    const AdapterSetup& setup, std::shared_ptr<const BitcoinSigner> signer);
SettingMistakes check_settings(const AdapterSetup& setup);
// Of the chain as the settings describe it; what the setup says of a profile does not count.
Result<TimingProfile, SettingMistakes> computed_profile(const AdapterSetup& setup);

}  // namespace lockstep::bitcoin
