// What the ledgers say, by way of their adapters: the only thing that moves a leg of a deal.
#pragma once

#include "connector/core/forwarding.h"

namespace lockstep::core {

void on_ledger(Effects& fx, const input::EscrowReported& in);
void on_ledger(Effects& fx, const input::CommandAnswered& in);
void on_ledger(Effects& fx, const input::BalanceReported& in);
void on_ledger(Effects& fx, const input::LedgerHealth& in);
void on_ledger(Effects& fx, const input::LedgerDescribed& in);
void on_ledger(Effects& fx, const input::ShareMade& in);

// A peer says where an escrow for us is, or that ours is being given back.
void on_notice(Effects& fx, const PublicKey& peer, const message::HopNotice& notice);
void on_reject_notice(Effects& fx, const PublicKey& peer, const message::HopReject& notice);
void on_give_back(Effects& fx, const PublicKey& peer, const message::GiveBack& give_back);
void on_preimage(Effects& fx, const PublicKey& peer, const message::PreimageShown& shown);

}  // namespace lockstep::core
