#include "tests/fuzz/targets.h"

#include <algorithm>

namespace lockstep::fuzz {
namespace {

constexpr std::size_t line = 512;          // addresses, numbers, fields
constexpr std::size_t document = 4096;     // bodies, files
constexpr std::size_t records = 8192;      // binary messages
constexpr std::size_t states = 24 * 1024;  // snapshots, journals
constexpr std::size_t world = 54;          // twelve faults

constexpr Target table[] = {
    {"address", fuzz_address, 1100},
    {"adapter_settings", fuzz_adapter_settings, document},
    {"amount", fuzz_amount, line},
    {"answers", fuzz_answers, records},
    {"api_body", fuzz_api_body, document},
    {"archive", fuzz_archive, records},
    {"asset", fuzz_asset, line},
    {"bitcoin_address", fuzz_bitcoin_address, line},
    {"bitcoin_block", fuzz_bitcoin_block, records},
    {"bitcoin_rpc", fuzz_bitcoin_rpc, document},
    {"bitcoin_script", fuzz_bitcoin_script, document},
    {"bitcoin_script_text", fuzz_bitcoin_script_text, document},
    {"bitcoin_transaction", fuzz_bitcoin_transaction, records},
    {"block_frame", fuzz_block_frame, records},
    {"block_leaf", fuzz_block_leaf, records},
    {"cash_input", fuzz_cash_input, records},
    {"cash_machine", fuzz_cash_machine, records},
    {"cash_snapshot", fuzz_cash_snapshot, states},
    {"client_model", fuzz_client_model, document},
    {"decided_block", fuzz_decided_block, records},
    {"genesis", fuzz_genesis, records},
    {"hex", fuzz_hex, line},
    {"http_head", fuzz_http_head, document},
    {"http_request", fuzz_http_request, document},
    {"http_response", fuzz_http_response, document},
    {"instruction", fuzz_instruction, records},
    {"invoice_code", fuzz_invoice_code, document},
    {"journal_file", fuzz_journal_file, states},
    {"journal_row", fuzz_journal_row, records},
    {"json", fuzz_json, document},
    {"json_fields", fuzz_json_fields, document},
    {"key_file", fuzz_key_file, line},
    {"ledger_adapter", fuzz_ledger_adapter, document},
    {"ledger_frame", fuzz_ledger_frame, records},
    {"ledger_info", fuzz_ledger_info, records},
    {"ledger_settings", fuzz_ledger_settings, document},
    {"light_client", fuzz_light_client, records},
    {"light_client_place", fuzz_light_client_place, line},
    {"merkle_proof", fuzz_merkle_proof, records},
    {"message_signature", fuzz_message_signature, document},
    {"node_input", fuzz_node_input, records},
    {"node_machine", fuzz_node_machine, records},
    {"node_message", fuzz_node_message, records},
    {"node_record", fuzz_node_record, records},
    {"node_settings", fuzz_node_settings, document},
    {"node_snapshot", fuzz_node_snapshot, states},
    {"oer", fuzz_oer, line},
    {"peer_ack", fuzz_peer_ack, line},
    {"peer_batch", fuzz_peer_batch, records},
    {"query", fuzz_query, records},
    {"query_answer", fuzz_query_answer, records},
    {"scenario", fuzz_scenario, records},
    {"securities_ledger", fuzz_securities_ledger, records},
    {"securities_record", fuzz_securities_record, records},
    {"state_file", fuzz_state_file, line},
    {"statement_row", fuzz_statement_row, records},
    {"structured_field", fuzz_structured_field, line},
    {"time_text", fuzz_time_text, line},
    {"toml", fuzz_toml, document},
    {"trades_csv", fuzz_trades_csv, document},
    {"url", fuzz_url, line},
    {"validator_input", fuzz_validator_input, records},
    {"validator_machine", fuzz_validator_machine, records},
    {"validator_message", fuzz_validator_message, records},
    {"validator_snapshot", fuzz_validator_snapshot, states},
    {"world", fuzz_world, world, 10},
};

}  // namespace

std::span<const Target> targets() {
    return table;
}

const Target* find_target(std::string_view name) {
    const auto found = std::find_if(std::begin(table), std::end(table),
                                    [&](const Target& target) { return target.name == name; });
    return found == std::end(table) ? nullptr : found;
}

}  // namespace lockstep::fuzz
