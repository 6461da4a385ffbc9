#include "connector/assembly/node.h"

#include <algorithm>
#include <set>

#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"
#include "sdk/crypto/hash.h"

namespace lockstep::assembly {

namespace input = core::input;
namespace output = core::output;

namespace {

// Rounds of adapters and machine answering each other in one turn. Each command is answered once
// and no answer asks for more than a handful of commands in a row, so this many are a bug.
constexpr int max_rounds = 64;

CommandBody command_body(output::ToLedger::Body&& body) {
    struct Convert {
        CommandBody operator()(op::Prepare&& prepare) const {
            return command::Prepare{std::move(prepare.terms), prepare.not_after};
        }
        CommandBody operator()(op::Fulfil&& fulfil) const {
            auto preimage = Preimage::from(fulfil.preimage);
            ASSERT(preimage);
            return command::Fulfil{std::move(fulfil.escrow), std::move(*preimage)};
        }
        CommandBody operator()(op::Reject&& reject) const {
            return command::Reject{std::move(reject.escrow), std::move(reject.payee)};
        }
        CommandBody operator()(op::Refund&& refund) const {
            return command::Refund{std::move(refund.escrow)};
        }
    };
    return std::visit(Convert{}, std::move(body));
}

template <class T>
void keep_earlier(std::optional<T>& earliest, const std::optional<T>& other) {
    if (other && (!earliest || *other < *earliest)) earliest = other;
}

}  // namespace

struct Node::Context {
    Timestamp at;
    Turn<NodeEffect>& turn;
    std::vector<core::NodeInput> queue;  // inputs that follow from the one being applied
    bool applying = false;
};

Node::Node(NodeParts parts) : parts_(std::move(parts)), machine_(*parts_.signer) {
    ASSERT(parts_.adapters.size() == parts_.config.ledgers.size());
    ASSERT(parts_.random != nullptr && parts_.keeper && parts_.scheme);
    for (std::size_t i = 0; i < parts_.adapters.size(); ++i) {
        Ledger& ledger = ledgers_.emplace_back();
        ledger.address = parts_.config.ledgers[i].ledger;
        ledger.adapter = std::move(parts_.adapters[i]);
    }
    parts_.adapters.clear();
}

Node::~Node() = default;

void Node::start(Timestamp at, Turn<NodeEffect>& turn) {
    Context context{at, turn, {}, false};
    assign_spaces(turn.puts);
    for (Ledger& ledger : ledgers_) {
        {
            const WatchedStep watched(parts_.watch, ledger.address);
            ledger.adapter->restore(ledger.restored);
        }
        ledger.restored = {};
        ledger.inputs.emplace_back(Woken{});
        ledger.woken = true;
    }
    std::array<std::uint8_t, sizeof life_> drawn{};
    parts_.random->fill(drawn);
    for (const std::uint8_t octet : drawn)
        life_ = life_ << 8 | octet;
    for (auto& [key, link] : links_)
        link.begin(life_);
    for (const core::PeerConfig& peer : parts_.config.peers)
        link(peer.key);
    // The takeover is what the machine hears first, so that nothing which fell due while the
    // process was away acts on what its ledgers said before; a machine without a configuration
    // hears nothing.
    const auto unfinished = machine_.unfinished_releases();
    const core::NodeConfig* configured = machine_.config();
    if (configured == nullptr) apply(context, input::Configure{parts_.config});
    apply(context, input::Started{epoch_});
    if (encode_fields(*machine_.config()) != encode_fields(parts_.config))
        apply(context, input::Configure{parts_.config});
    disk_low_ = turn.disk_low;
    apply(context, input::DiskLow{disk_low_});
    for (const Address& ledger : parts_.stalled)
        apply(context, input::AdapterStalled{ledger});
    if (!parts_.stalled.empty()) turn.effects.push_back(effect::StallsNoted{});
    // A release that was decided is carried out, whatever happened meanwhile.
    for (const output::ReleaseSecret& release : unfinished)
        turn.effects.push_back(
            effect::Release{release.context, release.entropy, release.condition});
    finish(context);
}

void Node::run(Timestamp at, std::vector<NodeEvent> events, Turn<NodeEffect>& turn) {
    Context context{at, turn, {}, false};
    if (turn.disk_low != disk_low_) {
        disk_low_ = turn.disk_low;
        apply(context, input::DiskLow{disk_low_});
    }
    const auto wake = machine_.next_wake();
    if (wake && *wake <= at) apply(context, core::NodeMachine::wake());
    for (NodeEvent& event : events) {
        std::visit([&](auto& kind) { take(context, std::move(kind)); }, event);
    }
    finish(context);
}

void Node::finish(Context& context) {
    step_adapters(context);
    for (auto& [key, link] : links_) {
        if (auto batch = link.poll(context.at, context.turn.puts))
            context.turn.effects.push_back(std::move(*batch));
    }
}

std::optional<Timestamp> Node::next_wake() const {
    std::optional<Timestamp> wake = machine_.next_wake();
    for (const Ledger& ledger : ledgers_)
        keep_earlier(wake, ledger.adapter->next_wake());
    for (const auto& [key, link] : links_)
        keep_earlier(wake, link.next_wake());
    return wake;
}

// --- events
// ---------------------------------------------------------------------------------------

void Node::take(Context& context, event::ForCore&& event) {
    if (const auto* call = std::get_if<input::FromApi>(&event.input)) {
        if (const auto allowed = machine_.check(context.at, event.input); !allowed) {
            ++context.turn.refusals;
            context.turn.effects.push_back(
                effect::AnswerCaller{call->ticket, refuse(allowed.error())});
            return;
        }
    }
    apply(context, std::move(event.input));
}

void Node::take(Context& context, event::PeerBatchArrived&& event) {
    const PublicKey peer = event.batch.batch.sender;
    PeerInbox::Taken taken = inboxes_[peer].take(event.batch.batch, context.turn.puts);
    if (taken.lost) {
        context.turn.effects.push_back(effect::Alarm{
            "messages_lost", "messages of peer " + peer.hex() + " are no longer to be had"});
    }
    counters_.messages_repeated += taken.ack.refused ? 0 : taken.skip;
    for (std::size_t i = taken.skip; i < event.batch.messages.size(); ++i) {
        std::optional<core::Message>& message = event.batch.messages[i];
        if (message)
            receive(context, peer, std::move(*message));
        else
            ++counters_.messages_refused;
    }
    context.turn.effects.push_back(effect::AnswerPeer{event.ticket, taken.ack});
}

void Node::take(Context& context, event::PeerReplied&& event) {
    PeerLink& to = link(event.peer);
    const std::uint64_t epoch = to.epoch();
    to.replied(context.at, event.batch, event.reply, context.turn.puts);
    if (to.epoch() == epoch) return;
    context.turn.effects.push_back(effect::Alarm{
        "data_outdated", "peer " + event.peer.hex() +
                             " has heard of a later run of this node: its data is an older copy, "
                             "or another process runs with a copy of it"});
}

void Node::take(Context&, event::FromLedger&& event) {
    ASSERT(event.ledger < ledgers_.size());
    ledgers_[event.ledger].inputs.push_back(std::move(event.input));
}

// The one place where a preimage of this node comes into being: its release is in the journal.
void Node::take(Context& context, event::ReleaseDurable&& event) {
    const Preimage preimage = parts_.keeper->preimage(event.context, event.entropy);
    if (!fulfils(preimage.view(), event.condition)) {
        context.turn.effects.push_back(effect::Alarm{
            "secret_seed_changed", "the secret seed is not the one that made the condition " +
                                       event.condition.hex() + "; put the old seed file back"});
        return;
    }
    const ByteView octets = preimage.view();
    apply(context, input::SecretReleased{event.context, Bytes(octets.begin(), octets.end())});
}

// --- the machine
// ----------------------------------------------------------------------------------

void Node::apply(Context& context, core::NodeInput first) {
    if (context.applying) return context.queue.push_back(std::move(first));
    context.applying = true;
    apply_one(context, first);
    for (std::size_t next = 0; next < context.queue.size(); ++next) {
        const core::NodeInput input = std::move(context.queue[next]);  // the queue may grow
        apply_one(context, input);
    }
    context.queue.clear();
    context.applying = false;
}

void Node::apply_one(Context& context, const core::NodeInput& input) {
    Turn<NodeEffect>& turn = context.turn;
    turn.entries.push_back(
        {RowKind::input, context.at, core::NodeMachine::encode_input(input), machine_.rules()});
    ++counters_.inputs;
    Outputs<core::NodeMachine> out;
    machine_.apply(context.at, input, out);
    for (Record& record : out.records) {
        if (record.kind == static_cast<std::uint16_t>(core::RecordKind::event)) {
            OerReader number(record.key);
            turn.effects.push_back(effect::Published{number.u64(), record.value});
        }
        turn.records.push_back(std::move(record));
    }
    // Recorded outputs follow their input in the journal, in order.
    for (core::NodeOutput& output : out.outputs) {
        if (auto recorded = core::encode_recorded(output)) {
            turn.entries.push_back(
                {RowKind::output, context.at, std::move(*recorded), machine_.rules()});
        }
        route(context, std::move(output));
    }
}

void Node::route(Context& context, core::NodeOutput&& output) {
    Turn<NodeEffect>& turn = context.turn;
    if (auto* command = std::get_if<output::ToLedger>(&output)) {
        ++counters_.commands;
        Ledger* ledger = find_ledger(command->ledger);
        if (ledger == nullptr) {
            turn.effects.push_back(effect::Alarm{
                "ledger_not_configured", "a command for " + command->ledger.text() +
                                             " waits; put the ledger back into the configuration"});
            return;
        }
        ledger->inputs.emplace_back(Command{command->id, command_body(std::move(command->body))});
    } else if (auto* message = std::get_if<output::ToPeer>(&output)) {
        send(context, message->peer, message->message);
    } else if (const auto* secret = std::get_if<output::MakeCondition>(&output)) {
        make_condition(context, secret->context);
    } else if (const auto* release = std::get_if<output::ReleaseSecret>(&output)) {
        turn.effects.push_back(
            effect::Release{release->context, release->entropy, release->condition});
    } else if (auto* share = std::get_if<output::PassShare>(&output)) {
        if (Ledger* ledger = find_ledger(share->ledger))
            ledger->inputs.emplace_back(
                Released{std::move(share->escrow), std::move(share->share)});
    } else if (auto* answer = std::get_if<output::ToCaller>(&output)) {
        turn.effects.push_back(effect::AnswerCaller{answer->ticket, std::move(answer->body)});
    } else if (auto* alarm = std::get_if<output::Alarm>(&output)) {
        turn.effects.push_back(effect::Alarm{std::move(alarm->code), std::move(alarm->detail)});
    }
}

void Node::make_condition(Context& context, const Hash& secret) {
    std::array<std::uint8_t, Hash::size> drawn{};
    parts_.random->fill(drawn);
    const Hash entropy{drawn};
    apply(context,
          input::ConditionMade{secret, entropy, parts_.keeper->condition(secret, entropy)});
}

// --- peers
// ----------------------------------------------------------------------------------------

PeerLink& Node::link(const PublicKey& peer) {
    const auto [found, is_new] =
        links_.try_emplace(peer, PeerLink(parts_.config.self, peer, epoch_));
    if (is_new) found->second.begin(life_);
    return found->second;
}

void Node::send(Context& context, const PublicKey& peer, const core::Message& message) {
    ++counters_.messages_sent;
    if (peer == parts_.config.self) {
        // A node that plays several roles talks to itself within the turn.
        apply(context, input::FromPeer{peer, message});
        return;
    }
    if (!link(peer).send(core::encode_message(message), context.turn.puts)) {
        ++counters_.messages_dropped;
        context.turn.effects.push_back(
            effect::Alarm{"outbox_full", "messages for peer " + peer.hex() + " were dropped"});
    }
}

void Node::receive(Context& context, const PublicKey& peer, core::Message&& message) {
    if (!is_admissible(peer, message)) {
        ++counters_.messages_refused;
        return;
    }
    ++counters_.messages_taken;
    apply(context, input::FromPeer{peer, std::move(message)});
}

bool Node::is_admissible(const PublicKey& peer, const core::Message& message) const {
    const auto& peers = parts_.config.peers;
    const auto known = std::find_if(peers.begin(), peers.end(),
                                    [&](const core::PeerConfig& p) { return p.key == peer; });
    if (known == peers.end()) return false;
    if (std::holds_alternative<core::message::Proposal>(message)) return known->venue;
    if (const auto* quote = std::get_if<core::message::Quote>(&message)) {
        const core::message::QuoteAsk* ask = machine_.pending_ask(quote->ask);
        return ask != nullptr && check_quote(peer, *ask, *quote, *parts_.scheme);
    }
    return true;
}

std::vector<PeerStanding> Node::peers() const {
    std::vector<PeerStanding> standings;
    for (const auto& [key, link] : links_)
        standings.push_back({key, link.waiting(), link.reachable()});
    return standings;
}

// --- ledgers
// --------------------------------------------------------------------------------------

Node::Ledger* Node::find_ledger(const Address& address) {
    for (Ledger& ledger : ledgers_) {
        if (ledger.address == address) return &ledger;
    }
    return nullptr;
}

// Each adapter takes everything that came for it in one step, so that many commands share a
// signature. Reports may lead to commands, which go out in this same turn: what is recorded must be
// in the adapter's puts before the turn is durable.
void Node::step_adapters(Context& context) {
    for (int round = 0;; ++round) {
        ASSERT(round < max_rounds);
        bool quiet = true;
        for (std::size_t i = 0; i < ledgers_.size(); ++i) {
            Ledger& ledger = ledgers_[i];
            const auto wake = ledger.adapter->next_wake();
            if (!ledger.woken && wake && *wake <= context.at) {
                ledger.inputs.emplace_back(Woken{});
                ledger.woken = true;
            }
            if (ledger.inputs.empty()) continue;
            quiet = false;
            std::vector<AdapterInput> inputs = std::move(ledger.inputs);
            ledger.inputs.clear();
            AdapterOutputs out;
            {
                const WatchedStep watched(parts_.watch, ledger.address);
                ledger.adapter->step(context.at, inputs, out);
            }
            for (Put& put : out.puts) {
                put.space = ledger.space;
                context.turn.puts.push_back(std::move(put));
            }
            for (Request& request : out.requests)
                context.turn.effects.push_back(effect::ToLedger{i, std::move(request)});
            report(context, ledger, out.reports);
        }
        if (quiet) break;
    }
    for (Ledger& ledger : ledgers_)
        ledger.woken = false;
}

// Of several healths and balances in one step only the last ones are told: they replace the
// earlier.
void Node::report(Context& context, Ledger& ledger, std::vector<Report>& reports) {
    std::set<std::pair<Address, AssetId>> told;
    std::vector<std::vector<bool>> is_last;  // of each report with balances
    std::optional<std::size_t> last_health;
    for (std::size_t i = reports.size(); i-- > 0;) {
        if (std::holds_alternative<report::Health>(reports[i])) {
            if (!last_health) last_health = i;
        } else if (const auto* balances = std::get_if<report::Balances>(&reports[i])) {
            is_last.resize(reports.size());
            for (const Balance& balance : balances->balances)
                is_last[i].push_back(told.emplace(balance.account, balance.asset).second);
        }
    }
    for (std::size_t i = 0; i < reports.size(); ++i) {
        if (auto* answer = std::get_if<report::Answer>(&reports[i])) {
            apply(context, input::CommandAnswered{ledger.address, answer->id,
                                                  static_cast<std::uint8_t>(answer->outcome),
                                                  answer->reason});
        } else if (auto* escrow = std::get_if<report::Escrow>(&reports[i])) {
            apply(context,
                  input::EscrowReported{ledger.address, escrow->cursor, std::move(escrow->terms),
                                        escrow->state, escrow->certainty,
                                        std::move(escrow->preimage), escrow->ledger_time});
        } else if (auto* balances = std::get_if<report::Balances>(&reports[i])) {
            for (std::size_t j = 0; j < balances->balances.size(); ++j) {
                const Balance& balance = balances->balances[j];
                if (is_last[i][j])
                    apply(context,
                          input::BalanceReported{ledger.address, balance.account, balance.asset,
                                                 balance.free, balance.escrowed});
            }
        } else if (auto* health = std::get_if<report::Health>(&reports[i])) {
            const bool refused = health->mode == report::Mode::refused;
            if (refused && !ledger.refused) {
                context.turn.effects.push_back(
                    effect::Alarm{"ledger_refused", ledger.address.text() + ": " + health->detail});
            }
            ledger.refused = refused;
            if (i == last_health)
                apply(context, input::LedgerHealth{ledger.address, health->ledger_time,
                                                   static_cast<std::uint8_t>(health->mode)});
        } else if (auto* info = std::get_if<report::Info>(&reports[i])) {
            context.turn.effects.push_back(effect::Described{info->info});
            apply(context, input::LedgerDescribed{std::move(info->info)});
        } else if (auto* release = std::get_if<report::Release>(&reports[i])) {
            apply(context, input::ShareMade{ledger.address, std::move(release->escrow),
                                            std::move(release->octets)});
        }
    }
}

}  // namespace lockstep::assembly
