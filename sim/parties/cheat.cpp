#include "sim/parties/cheat.h"

#include <algorithm>
#include <iterator>

#include "bitcoin/adapter/rpc_batch.h"
#include "sdk/codec/json.h"
#include "sdk/machine/stream.h"
#include "securities/machine/light_client.h"
#include "sim/scenario/catalogue.h"

namespace lockstep::sim {

namespace effect = assembly::effect;
namespace event = assembly::event;

namespace {

// Requests of its own making have numbers that no node gives out, so that nobody waits for the
// answers.
constexpr std::uint64_t own_requests = std::uint64_t{1} << 63;
constexpr Duration own_instruction_life = Duration::seconds(60);
constexpr std::size_t most_decoded = 256;

// The transactions that a batch sends.
std::vector<bitcoin::Transaction> transactions_in(ByteView body) {
    std::vector<bitcoin::Transaction> all;
    if (as_text(body).find("sendrawtransaction") == std::string_view::npos) return all;
    const auto batch = parse_json(as_text(body));
    if (!batch || batch->as_array() == nullptr) return all;
    for (const Json& call : *batch->as_array()) {
        const Json::Array* const params = call["params"].as_array();
        if (params == nullptr || params->empty()) continue;
        const auto octets = from_hex((*params)[0].text_or(""));
        if (auto sent = octets ? bitcoin::parse_transaction(*octets) : std::nullopt)
            all.push_back(std::move(*sent));
    }
    return all;
}

std::vector<bitcoin::EscrowLock> claims_in(const std::vector<bitcoin::Transaction>& all) {
    std::vector<bitcoin::EscrowLock> claims;
    for (const bitcoin::Transaction& sent : all)
        for (const bitcoin::TxIn& input : sent.inputs) {
            if (input.witness.empty()) continue;
            const auto lock = bitcoin::parse_escrow_script(input.witness.back());
            if (lock && bitcoin::preimage_of(input.witness, input.witness.back()))
                claims.push_back(*lock);
        }
    return claims;
}

}  // namespace

class Cheat::GoBetween final : public LedgerAdapter {
public:
    GoBetween(Cheat& cheat, std::size_t ledger, std::unique_ptr<LedgerAdapter> inner)
        : cheat_(cheat), ledger_(ledger), inner_(std::move(inner)) {}

    void restore(const std::vector<Put>& puts) override { inner_->restore(puts); }
    void step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) override {
        std::vector<AdapterInput> passed(std::make_move_iterator(inputs.begin()),
                                         std::make_move_iterator(inputs.end()));
        cheat_.passes_inputs(at, ledger_, passed);
        inner_->step(at, passed, out);
        cheat_.passes_reports(at, ledger_, out.reports);
    }
    std::optional<Timestamp> next_wake() const override { return inner_->next_wake(); }

private:
    Cheat& cheat_;
    std::size_t ledger_;
    std::unique_ptr<LedgerAdapter> inner_;
};

std::unique_ptr<LedgerAdapter> Cheat::between(std::size_t ledger,
                                              std::unique_ptr<LedgerAdapter> adapter) {
    return std::make_unique<GoBetween>(*this, ledger, std::move(adapter));
}

std::string Cheat::to_name(Behaviour behaviour) {
    return std::string(to_string(behaviour));
}

void Cheat::leaving(Timestamp now, std::vector<assembly::NodeEffect>& effects) {
    std::vector<assembly::NodeEffect> leave;
    for (assembly::NodeEffect& one : effects)
        if (std::visit([&](auto& kind) { return let(now, kind); }, one))
            leave.push_back(std::move(one));
    effects = std::move(leave);
}

bool Cheat::let(Timestamp now, effect::ToLedger& out) {
    if (out.request.path == "/") return let_rpc(now, out);
    if (out.request.path != "/v1/instructions") return true;
    Instruction instruction = decoded(out.request.body);
    const Passing how = passes(now, out.ledger, instruction);
    if (how == Passing::held || instruction.ops.empty()) return false;
    if (how == Passing::changed) out.request.body = sign_instruction(instruction, *means_.signer);
    return true;
}

bool Cheat::let_rpc(Timestamp now, effect::ToLedger& out) {
    std::vector<bitcoin::Transaction> sent = transactions_in(out.request.body);
    const auto claims = claims_in(sent);
    if (!claims.empty() && passes_claims(now, out.ledger, claims) == Passing::held) return false;
    for (bitcoin::Transaction& each : sent) {
        const std::string before = to_hex(bitcoin::serialize(each));
        const Passing how = passes(now, out.ledger, each);
        if (how == Passing::held) return false;
        if (how == Passing::unchanged) continue;
        std::string body(as_text(out.request.body));
        const std::size_t at = body.find(before);
        ASSERT(at != std::string::npos);
        body.replace(at, before.size(), to_hex(bitcoin::serialize(each)));
        out.request.body.assign(body.begin(), body.end());
    }
    return true;
}

const Instruction& Cheat::decoded(const Bytes& octets) {
    if (const auto known = decoded_.find(octets); known != decoded_.end()) return known->second;
    if (decoded_.size() >= most_decoded) decoded_.clear();
    auto made = decode_instruction(octets);
    ASSERT(made);  // its own node made it
    return decoded_.emplace(octets, std::move(made->instruction)).first->second;
}

bool Cheat::let(Timestamp now, effect::SendBatch& out) {
    auto batch = assembly::decode_batch(out.body);
    ASSERT(batch);
    const Passing how = passes(now, out, *batch);
    if (how == Passing::changed) out.body = assembly::encode_batch(*batch);
    return how != Passing::held;
}

bool Cheat::let(Timestamp now, const effect::Release& out) {
    return passes(now, out) != Passing::held;
}

bool Cheat::hears(Timestamp now, assembly::NodeEvent& event) {
    if (const auto* batch = std::get_if<event::PeerBatchArrived>(&event))
        hears_batch(now, batch->batch);
    if (auto* reply = std::get_if<event::PeerReplied>(&event)) hears_reply(now, *reply);
    if (auto* ledger = std::get_if<event::FromLedger>(&event)) return hears_ledger(now, *ledger);
    return true;
}

Hash Cheat::draw_hash() {
    std::array<std::uint8_t, Hash::size> octets{};
    for (std::uint8_t& octet : octets)
        octet = static_cast<std::uint8_t>(rng_.next() >> 56);
    return Hash{octets};
}

void Cheat::submit(Timestamp when, std::size_t ledger, std::vector<Op> ops) {
    const Instruction instruction{ledger_address(ledger), means_.signer->public_key(),
                                  when + own_instruction_life, std::move(ops)};
    means_.let_out(when, effect::ToLedger{ledger,
                                          {own_requests + ++last_request_, "/v1/instructions",
                                           sign_instruction(instruction, *means_.signer), false}});
}

void Cheat::submit(Timestamp when, std::size_t ledger, const bitcoin::Transaction& transaction) {
    bitcoin::RpcBatch batch;
    batch.add("sendrawtransaction", Json::array().push(to_hex(bitcoin::serialize(transaction))));
    means_.let_out(
        when, effect::ToLedger{ledger, bitcoin::to_node(own_requests + ++last_request_, batch)});
}

const Address& Cheat::account_on(const std::string& ledger) const {
    for (const core::LedgerConfig& each : means_.config.ledgers)
        if (each.ledger.text() == ledger) return each.accounts.front();
    UNREACHABLE();
}

bool Cheat::is_ours(std::size_t ledger, const Address& account) const {
    const auto& accounts = means_.config.ledgers[ledger].accounts;
    return std::find(accounts.begin(), accounts.end(), account) != accounts.end();
}

bool Cheat::is_securities(std::size_t ledger) const {
    const auto& instruments = means_.config.instruments;
    return std::any_of(instruments.begin(), instruments.end(),
                       [&](const auto& each) { return each.ledger == ledger_address(ledger); });
}

std::vector<LedgerEvent> Cheat::events_in(const event::FromLedger& event) const {
    const auto* octets = std::get_if<StreamFrame>(&event.input);
    if (octets == nullptr) return {};
    if (!is_securities(event.ledger)) {
        auto frame = decode_frame(octets->body);
        return frame ? std::move(frame->events) : std::vector<LedgerEvent>{};
    }
    std::vector<LedgerEvent> events;
    const auto frame = securities::decode_frame(octets->body);
    if (!frame) return events;
    for (const securities::BlockView& view : frame->blocks)
        for (const securities::ProvenLeaf& leaf : view.leaves)
            if (auto told = securities::event_of_leaf(leaf.octets); told && *told)
                events.push_back(std::move(**told));
    return events;
}

}  // namespace lockstep::sim
