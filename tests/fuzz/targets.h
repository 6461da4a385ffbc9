// The fuzz targets: one function for each codec and parser of the tree. Each is given octets that
// nobody vouches for and asserts what must be true of whatever is made of them: what was accepted
// is written again as it was, what was refused gave a reason, no state was left half changed. The
// same functions run under libFuzzer (fuzzer_main.cpp) and over the stored corpus
// (replay_main.cpp).
#pragma once

#include <span>
#include <string_view>

#include "sdk/base/bytes.h"

namespace lockstep::fuzz {

// True where the octets were accepted, so that a corpus in which nothing is can be noticed.
using Function = bool (*)(ByteView octets);

struct Target {
    std::string_view name;
    Function run;
    std::size_t max_octets;  // longer inputs are not tried
    std::size_t cost = 1;    // in the time of an ordinary one: the replay tries so many fewer
};

std::span<const Target> targets();
// nullptr where there is none.
const Target* find_target(std::string_view name);

// --- targets_text.cpp: the words and numbers of sdk/base, and JSON ---
bool fuzz_address(ByteView octets);
bool fuzz_amount(ByteView octets);
bool fuzz_asset(ByteView octets);
bool fuzz_time_text(ByteView octets);
bool fuzz_hex(ByteView octets);
bool fuzz_json(ByteView octets);
bool fuzz_json_fields(ByteView octets);

// --- targets_codec.cpp: canonical OER and what is made of it in sdk/machine ---
bool fuzz_oer(ByteView octets);
bool fuzz_archive(ByteView octets);
bool fuzz_instruction(ByteView octets);
bool fuzz_answers(ByteView octets);
bool fuzz_query(ByteView octets);
bool fuzz_query_answer(ByteView octets);
bool fuzz_ledger_frame(ByteView octets);
bool fuzz_ledger_info(ByteView octets);
bool fuzz_statement_row(ByteView octets);

// --- targets_world.cpp ---
bool fuzz_world(ByteView octets);

// --- targets_adapter.cpp ---
bool fuzz_ledger_adapter(ByteView octets);

// --- targets_files.cpp: files that people or processes leave ---
bool fuzz_journal_row(ByteView octets);
bool fuzz_journal_file(ByteView octets);
bool fuzz_state_file(ByteView octets);
bool fuzz_key_file(ByteView octets);
bool fuzz_trades_csv(ByteView octets);
bool fuzz_toml(ByteView octets);
bool fuzz_node_settings(ByteView octets);
bool fuzz_ledger_settings(ByteView octets);
bool fuzz_scenario(ByteView octets);
bool fuzz_adapter_settings(ByteView octets);

// --- targets_cash.cpp ---
bool fuzz_cash_input(ByteView octets);
bool fuzz_cash_snapshot(ByteView octets);
bool fuzz_cash_machine(ByteView octets);

// --- targets_securities.cpp ---
bool fuzz_genesis(ByteView octets);
bool fuzz_decided_block(ByteView octets);
bool fuzz_block_leaf(ByteView octets);
bool fuzz_block_frame(ByteView octets);
bool fuzz_light_client(ByteView octets);
bool fuzz_light_client_place(ByteView octets);
bool fuzz_merkle_proof(ByteView octets);
bool fuzz_validator_message(ByteView octets);
bool fuzz_validator_input(ByteView octets);
bool fuzz_validator_snapshot(ByteView octets);
bool fuzz_validator_machine(ByteView octets);
bool fuzz_securities_ledger(ByteView octets);
bool fuzz_securities_record(ByteView octets);

// --- targets_bitcoin.cpp ---
bool fuzz_bitcoin_block(ByteView octets);
bool fuzz_bitcoin_transaction(ByteView octets);
bool fuzz_bitcoin_script(ByteView octets);
bool fuzz_bitcoin_script_text(ByteView octets);
bool fuzz_bitcoin_address(ByteView octets);
// --- targets_bitcoin_rpc.cpp ---
bool fuzz_bitcoin_rpc(ByteView octets);

// --- targets_node.cpp: the node's machine, its peers, callers and readers ---
bool fuzz_node_input(ByteView octets);
bool fuzz_node_message(ByteView octets);
bool fuzz_node_record(ByteView octets);
bool fuzz_node_snapshot(ByteView octets);
bool fuzz_node_machine(ByteView octets);
bool fuzz_peer_batch(ByteView octets);
bool fuzz_peer_ack(ByteView octets);
bool fuzz_invoice_code(ByteView octets);
bool fuzz_api_body(ByteView octets);
bool fuzz_client_model(ByteView octets);

// --- targets_net.cpp: HTTP without sockets ---
bool fuzz_http_request(ByteView octets);
bool fuzz_http_response(ByteView octets);
bool fuzz_http_head(ByteView octets);
bool fuzz_message_signature(ByteView octets);
bool fuzz_structured_field(ByteView octets);
bool fuzz_url(ByteView octets);

}  // namespace lockstep::fuzz
