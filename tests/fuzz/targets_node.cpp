// The node: its journal, messages, state and rows, what a hostile peer, caller or ledger can make
// of it, and what passes between it and those who call it.
#include <algorithm>

#include "connector/api/bodies.h"
#include "connector/api/invoice_code.h"
#include "connector/assembly/message_check.h"
#include "connector/assembly/peer_link.h"
#include "connector/client/model.h"
#include "connector/core/state.h"
#include "sdk/codec/archive.h"
#include "sdk/machine/stream_reader.h"
#include "tests/fuzz/fixtures.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/targets.h"

namespace lockstep::fuzz {

using namespace core;

bool fuzz_node_input(ByteView octets) {
    return is_canonical(octets, decode_node_input, encode_node_input);
}

bool fuzz_node_message(ByteView octets) {
    if (!is_canonical(
            octets, [](ByteView from) { return core::decode_message(from); },
            [](const core::Message& message) { return core::encode_message(message); }))
        return false;
    const auto message = core::decode_message(octets);
    assembly::check_message(named<PublicKey>("peer"), *message, LenientScheme{});
    if (const auto* quote = std::get_if<message::Quote>(&*message))
        assembly::check_quote(named<PublicKey>("peer"), {}, *quote, LenientScheme{});
    return true;
}

// The kind, then a row for readers or an answer to a caller.
bool fuzz_node_record(ByteView octets) {
    if (octets.empty()) return false;
    const ByteView row = octets.subspan(1);
    switch (octets[0] % 9) {
        case 0:
            return is_canonical_archive<TradeRecord>(row);
        case 1:
            return is_canonical_archive<PaymentRecord>(row);
        case 2:
            return is_canonical_archive<InvoiceRecord>(row);
        case 3:
            return is_canonical_archive<DealRecord>(row);
        case 4:
            return is_canonical_archive<FeeRecord>(row);
        case 5:
            return is_canonical_archive<AlarmRecord>(row);
        case 6:
            return is_canonical_archive<EventRecord>(row);
        case 7:
            return is_canonical_archive<AbortRecord>(row);
        default:
            return is_canonical_archive<CallerAnswer>(row);
    }
}

namespace {

// What the process around the machine does at once: it makes secrets and shows them.
Bytes secret_of(const Hash& context) {
    return Bytes(context.view().begin(), context.view().end());
}

void apply(NodeMachine& machine, Timestamp at, const NodeInput& first) {
    std::vector<NodeInput> inputs{first};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const NodeInput input = inputs[i];
        Outputs<NodeMachine> out;
        machine.apply(at, input, out);
        for (const NodeOutput& output : out.outputs) {
            encode_recorded(output);
            if (const auto* make = std::get_if<output::MakeCondition>(&output)) {
                const Condition made{sha256(secret_of(make->context)).array()};
                inputs.emplace_back(input::ConditionMade{make->context, make->context, made});
            } else if (const auto* release = std::get_if<output::ReleaseSecret>(&output)) {
                inputs.emplace_back(
                    input::SecretReleased{release->context, secret_of(release->context)});
            } else if (const auto* send = std::get_if<output::ToPeer>(&output)) {
                // what this node says can be read
                ASSERT(core::decode_message(core::encode_message(send->message)));
            } else if (const auto* answer = std::get_if<output::ToCaller>(&output)) {
                if (answer->body) ASSERT(decode_fields<CallerAnswer>(*answer->body));
            }
        }
    }
}

void wake(NodeMachine& machine, Timestamp at) {
    for (int i = 0; i < 1000; ++i) {
        const auto due = machine.next_wake();
        if (!due || *due > at) return;
        apply(machine, at, input::Wake{});
    }
    ASSERT(false);  // a machine that is never asleep
}

// What can come from outside: from peers what passes the checks of connector/assembly, from ledgers
// what passes those of an adapter.
bool is_from_outside(const NodeMachine& machine, const NodeInput& input) {
    const LenientScheme scheme;
    if (const auto* said = std::get_if<input::FromPeer>(&input)) {
        const PeerConfig* peer = machine.state().peer(said->peer);
        if (peer == nullptr || !assembly::check_message(said->peer, said->message, scheme))
            return false;
        if (std::holds_alternative<message::Proposal>(said->message)) return peer->venue;
        const auto* quote = std::get_if<message::Quote>(&said->message);
        if (quote == nullptr) return true;
        const auto* asked = machine.pending_ask(quote->ask);
        return asked != nullptr && assembly::check_quote(said->peer, *asked, *quote, scheme);
    }
    if (const auto* reported = std::get_if<input::EscrowReported>(&input)) {
        const LedgerEvent event{reported->cursor, reported->ledger_time, reported->terms,
                                reported->state, reported->preimage};
        return machine.state().ledger_config(reported->ledger) != nullptr &&
               find_lie(event, reported->ledger) == nullptr;
    }
    if (const auto* answered = std::get_if<input::CommandAnswered>(&input))
        return answered->outcome >= 1 && answered->outcome <= 3;
    if (const auto* health = std::get_if<input::LedgerHealth>(&input))
        return health->mode >= 1 && health->mode <= 4;
    if (const auto* told = std::get_if<input::LedgerDescribed>(&input))
        return machine.state().ledger_config(told->info.ledger) != nullptr;
    return std::holds_alternative<input::BalanceReported>(input) ||
           std::holds_alternative<input::FromApi>(input) ||
           std::holds_alternative<input::DiskLow>(input) ||
           std::holds_alternative<input::Drain>(input);
}

}  // namespace

bool fuzz_node_snapshot(ByteView octets) {
    const LenientSigner signer(named<PublicKey>("self"));
    NodeMachine machine(signer);
    if (!is_canonical_snapshot(octets, machine)) return false;
    // A state that was accepted can be worked with.
    machine.next_wake();
    machine.exposure();
    machine.accounts();
    machine.ledgers();
    machine.drained();
    machine.unfinished_releases();
    for (const auto& [id, deal] : machine.state().deals)
        machine.state().by_condition.at(deal.condition);
    return true;
}

// A list of inputs, each after so many tenths of a second.
bool fuzz_node_machine(ByteView octets) {
    const auto machine = node_world();
    Timestamp at = node_world_time();
    bool accepted = false;
    for (Pieces pieces(octets); !pieces.done();) {
        at = at + Duration::milliseconds(100 * pieces.number());
        wake(*machine, at);
        const auto input = decode_node_input(pieces.next());
        if (!input || !is_from_outside(*machine, *input) || !machine->check(at, *input)) continue;
        accepted = true;
        apply(*machine, at, *input);
    }
    if (!accepted) return false;
    const LenientSigner signer(named<PublicKey>("self"));
    NodeMachine restored(signer);
    ASSERT(is_canonical_snapshot(machine->write_snapshot(), restored));
    ASSERT(restored.next_wake() == machine->next_wake());
    ASSERT(restored.state().due == machine->state().due);
    ASSERT(restored.state().by_escrow == machine->state().by_escrow);
    ASSERT(restored.state().by_command == machine->state().by_command);
    // Everything that is open ends by itself, or waits for a ledger and says so.
    wake(*machine, at + Duration::seconds(48 * 3600));
    return true;
}

bool fuzz_peer_batch(ByteView octets) {
    if (!is_canonical(octets, assembly::decode_batch, assembly::encode_batch)) return false;
    auto batch = assembly::decode_batch(octets);
    ASSERT(batch->messages.size() <= assembly::max_batch_messages && batch->oldest >= 1);
    assembly::PeerInbox inbox;
    std::vector<Put> puts;
    const auto taken = inbox.take(*batch, puts);
    ASSERT(taken.skip <= batch->messages.size());
    if (!taken.ack.refused) {
        ASSERT(taken.ack.acknowledged == inbox.last());
        // the same again brings nothing new, and its last word is the same
        const auto again = inbox.take(*batch, puts);
        ASSERT(!again.ack.refused && again.skip == batch->messages.size());
        ASSERT(again.ack.acknowledged == taken.ack.acknowledged);
        assembly::PeerInbox restored;
        for (const Put& put : puts)
            restored.restore(put);
        ASSERT(restored.last() == inbox.last());
    }
    const std::size_t count = batch->messages.size();
    const auto checked = assembly::check_batch(std::move(*batch), LenientScheme{});
    ASSERT(checked.messages.size() == count);
    return true;
}

bool fuzz_peer_ack(ByteView octets) {
    return is_canonical(octets, assembly::decode_ack, assembly::encode_ack);
}

bool fuzz_invoice_code(ByteView octets) {
    // What the fuzzer cannot guess is the check: an input that is no code stands for an invoice.
    const auto invoice = decode_fields<input::Invoice>(octets);
    const std::string code =
        invoice ? api::write_invoice_code(*invoice) : std::string(as_text(octets));
    const auto read = api::read_invoice_code(code);
    if (!read) {
        ASSERT(read.error().code == "malformed" && !read.error().detail.empty());
        ASSERT(!invoice || code.size() > api::max_invoice_code);
        return false;
    }
    const std::string written = api::write_invoice_code(*read);
    std::string lower = code;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    ASSERT(written == lower);
    return true;
}

namespace {

template <class T>
bool is_answered(const api::Body<T>& body) {
    if (body) return true;
    ASSERT(!body.error().sentence().empty());
    ASSERT(to_string(body.error().reason) == body.error().failure().code);
    return false;
}

}  // namespace

// Which body, then its JSON.
bool fuzz_api_body(ByteView octets) {
    static const NodeConfig config = node_config();
    static const api::AssetBook assets(config);
    if (octets.empty()) return false;
    const auto json = parse_json(as_text(octets.subspan(1)));
    if (!json) return false;
    switch (octets[0] % 5) {
        case 0: {
            const auto body = api::read_trades(*json, config);
            if (!is_answered(body)) return false;
            ASSERT(!body->trades.empty() && body->trades.size() <= max_trades_per_request);
            for (const auto& trade : body->trades) {
                ASSERT(!trade.reference.empty() && trade.reference.size() <= max_reference);
                ASSERT(!trade.buyer.empty() && trade.buyer.size() <= max_party_name);
            }
            return true;
        }
        case 1: {
            const auto body = api::read_invoice_body(*json, assets, start_time);
            if (!is_answered(body)) return false;
            ASSERT(!body->account.empty() && !body->asset.code().empty());
            // as it will be journalled
            const auto again = decode_fields<input::CreateInvoice>(encode_fields(*body));
            ASSERT(again && again->amount == body->amount);
            return true;
        }
        case 2: {
            const auto body = api::read_payment_body(*json, assets);
            if (!is_answered(body)) return false;
            ASSERT(decode_fields<input::Pay>(encode_fields(*body)));
            return true;
        }
        case 3: {
            const auto body = api::read_withholding(*json);
            if (!is_answered(body)) return false;
            ASSERT(!body->reference.empty() && body->reference.size() <= max_reference);
            return true;
        }
        default:
            return is_answered(api::read_nothing(*json)) && json->size() == 0;
    }
}

// What our own programs read from a node: any JSON gives views, and a view of what was asked is
// what was asked.
bool fuzz_client_model(ByteView octets) {
    const auto json = parse_json(as_text(octets));
    if (!json) return false;
    client::read_trade(*json);
    client::read_invoice(*json);
    client::read_payment(*json);
    client::read_escrow(*json);
    client::read_balance(*json);
    client::read_exposure(*json);
    client::read_fee(*json);
    client::read_alarm(*json);
    client::read_ledger(*json);
    client::read_peer(*json);
    client::read_event(*json);
    client::read_stats(*json);
    client::read_digest(*json);
    client::read_submitted(*json);
    const auto text = [&](std::string_view key) { return (*json)[key].text_or(""); };
    const client::TradeRequest request{text("reference"), text("instrument"), text("quantity"),
                                       text("price"),     text("buyer"),      text("seller"),
                                       text("time")};
    const Json written = client::write_trade_request(request);
    ASSERT(parse_json(write_json(written)) == written);
    const auto seen = client::read_trade(written);
    ASSERT(seen.reference == request.reference && seen.seller == request.seller);
    return json->as_object() != nullptr;
}

}  // namespace lockstep::fuzz
