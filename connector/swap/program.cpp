#include "connector/swap/program.h"

#include <algorithm>
#include <array>

#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"
#include "sdk/crypto/hash.h"

namespace lockstep::swap {
namespace {

// Rounds of adapters and machine answering each other in one turn; more are a bug.
constexpr int max_rounds = 64;
// A ledger's time alone is journalled this often: what reckons with it takes our own clock too.
constexpr Duration time_interval = Duration::seconds(10);

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
        CommandBody operator()(command::Expect&& expect) const { return std::move(expect); }
    };
    return std::visit(Convert{}, std::move(body));
}

// What the secret is derived for: the terms without their condition.
Hash secret_context(Terms terms) {
    terms.condition = Condition{};
    return swap_id(terms);
}

}  // namespace

SwapProgram::SwapProgram(ProgramParts parts) : parts_(std::move(parts)) {
    ASSERT(parts_.keeper && parts_.random != nullptr);
    for (ProgramLedger& ledger : parts_.ledgers) {
        Ledger& made = ledgers_.emplace_back();
        made.own = std::move(ledger.own);
        made.adapter = std::move(ledger.adapter);
    }
    parts_.ledgers.clear();
}

SwapProgram::~SwapProgram() = default;

void SwapProgram::start(Timestamp at, Turn<Effect>& turn) {
    Context context{at, turn};
    assign_spaces(turn.puts);
    input::Configure configure{parts_.endurance, {}};
    for (Ledger& ledger : ledgers_) {
        configure.ledgers.push_back(ledger.own);
        ledger.adapter->restore(ledger.restored);
        ledger.restored = {};
        ledger.inputs.emplace_back(Woken{});
        ledger.woken = true;
    }
    const auto unfinished = machine_.unfinished_release();
    // First, so that nothing that fell due meanwhile acts on what the ledgers said before.
    apply(context, input::Started{});
    apply(context, configure);
    // A release that was decided is carried out, whatever happened meanwhile.
    if (unfinished) turn.effects.push_back(effect::Release{*unfinished});
    step_adapters(context);
}

void SwapProgram::run(Timestamp at, std::vector<Event> events, Turn<Effect>& turn) {
    Context context{at, turn};
    const auto wake = machine_.next_wake();
    if (wake && *wake <= at) apply(context, SwapMachine::wake());
    for (Event& event : events)
        std::visit([&](auto& kind) { take(context, std::move(kind)); }, event);
    step_adapters(context);
}

std::optional<Timestamp> SwapProgram::next_wake() const {
    std::optional<Timestamp> wake = machine_.next_wake();
    for (const Ledger& ledger : ledgers_) {
        const auto other = ledger.adapter->next_wake();
        if (other && (!wake || *other < *wake)) wake = other;
    }
    return wake;
}

void SwapProgram::take(Context& context, event::Begin&& event) {
    input::Begin begin{event.role, std::move(event.terms), event.proposer, Hash{}};
    if (event.role == Role::buyer) {
        std::array<std::uint8_t, Hash::size> drawn{};
        parts_.random->fill(drawn);
        begin.entropy = Hash{drawn};
        begin.terms.condition =
            parts_.keeper->condition(secret_context(begin.terms), begin.entropy);
    }
    Result<void> allowed = machine_.check(context.at, begin);
    if (allowed && context.turn.disk_low) allowed = refuse(Reason::disk_low);
    if (!allowed) {
        ++context.turn.refusals;
        context.turn.effects.push_back(effect::Begun{refuse(allowed.error())});
        return;
    }
    apply(context, begin);
    context.turn.effects.push_back(effect::Begun{begin.terms});
}

void SwapProgram::take(Context&, event::FromLedger&& event) {
    ASSERT(event.ledger < ledgers_.size());
    ledgers_[event.ledger].inputs.push_back(std::move(event.input));
}

// The one place where the secret comes into being: the decision is in the journal.
void SwapProgram::take(Context& context, event::ReleaseDurable&& event) {
    const auto& swap = machine_.swap();
    if (!swap || swap_id(swap->terms) != event.release.swap || swap->preimage) return;
    const Preimage preimage =
        parts_.keeper->preimage(secret_context(swap->terms), event.release.entropy);
    if (!fulfils(preimage.view(), event.release.condition)) {
        context.turn.effects.push_back(output::Alarm{
            "secret_seed_changed", "the secret seed is not the one that made the condition " +
                                       event.release.condition.hex() +
                                       "; put the old seed file back"});
        return;
    }
    apply(context, input::Released{Bytes(preimage.view().begin(), preimage.view().end())});
}

void SwapProgram::apply(Context& context, const MachineInput& input) {
    Turn<Effect>& turn = context.turn;
    turn.entries.push_back(
        {RowKind::input, context.at, SwapMachine::encode_input(input), machine_.rules()});
    Outputs<SwapMachine> out;
    machine_.apply(context.at, input, out);
    // Recorded outputs follow their input in the journal, in order.
    for (MachineOutput& one : out.outputs) {
        if (auto recorded = encode_recorded(one))
            turn.entries.push_back(
                {RowKind::output, context.at, std::move(*recorded), machine_.rules()});
        route(context, std::move(one));
    }
}

void SwapProgram::route(Context& context, MachineOutput&& output) {
    std::vector<Effect>& effects = context.turn.effects;
    if (auto* command = std::get_if<output::ToLedger>(&output)) {
        const auto ledger = std::find_if(ledgers_.begin(), ledgers_.end(), [&](const Ledger& one) {
            return one.own.ledger == command->ledger;
        });
        // recover() finds those of a swap that is open; this is one that was over and goes on.
        if (ledger == ledgers_.end())
            effects.push_back(output::Alarm{"ledger_not_configured",
                                            "a command for " + command->ledger.text() +
                                                " is lost: it is not in the configuration"});
        else
            ledger->inputs.emplace_back(
                Command{command->id, command_body(std::move(command->body))});
    } else if (auto* release = std::get_if<output::Release>(&output)) {
        effects.push_back(effect::Release{*release});
    } else if (auto* told = std::get_if<output::Told>(&output)) {
        effects.push_back(std::move(*told));
    } else if (auto* ended = std::get_if<output::Ended>(&output)) {
        effects.push_back(*ended);
    } else if (auto* alarm = std::get_if<output::Alarm>(&output)) {
        effects.push_back(std::move(*alarm));
    }
}

// Reports may lead to commands, which go out in this same turn: what is recorded must be in the
// adapter's puts before the turn is durable.
void SwapProgram::step_adapters(Context& context) {
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
            std::vector<AdapterInput> inputs = std::exchange(ledger.inputs, {});
            AdapterOutputs out;
            ledger.adapter->step(context.at, inputs, out);
            for (Put& put : out.puts) {
                put.space = ledger.space;
                context.turn.puts.push_back(std::move(put));
            }
            for (Request& request : out.requests)
                context.turn.effects.push_back(effect::ToLedger{i, std::move(request)});
            report(context, i, out.reports);
        }
        if (quiet) break;
    }
    for (Ledger& ledger : ledgers_)
        ledger.woken = false;
}

void SwapProgram::report(Context& context, std::size_t index, std::vector<Report>& reports) {
    const Address& ledger = ledgers_[index].own.ledger;
    for (Report& one : reports) {
        if (auto* answer = std::get_if<report::Answer>(&one)) {
            apply(context, input::Answered{answer->id, static_cast<std::uint8_t>(answer->outcome),
                                           answer->reason});
        } else if (auto* escrow = std::get_if<report::Escrow>(&one)) {
            apply(context, input::Reported{ledger, std::move(escrow->terms), escrow->state,
                                           escrow->certainty, std::move(escrow->preimage),
                                           escrow->ledger_time, std::move(escrow->locator)});
        } else if (const auto* balances = std::get_if<report::Balances>(&one)) {
            for (const Balance& balance : balances->balances)
                free_[{balance.account, balance.asset}] = balance.free;
        } else if (const auto* health = std::get_if<report::Health>(&one)) {
            hear(context, index, *health);
        } else if (auto* info = std::get_if<report::Info>(&one)) {
            apply(context, input::Described{std::move(info->info)});
            const report::Health told = ledgers_[index].told.value_or(report::Health{});
            context.turn.effects.push_back(
                effect::LedgerChanged{index, told.mode, told.detail, told.ledger_time});
        }
    }
}

void SwapProgram::hear(Context& context, std::size_t index, const report::Health& health) {
    Ledger& ledger = ledgers_[index];
    const bool changed = !ledger.told || ledger.told->mode != health.mode;
    const bool answers =
        ledger.told && ledger.told->ledger_time == Timestamp{} && health.ledger_time != Timestamp{};
    // How far it is, is told and not journalled.
    const bool proceeds = ledger.told && ledger.told->detail != health.detail;
    if (proceeds) ledger.told->detail = health.detail;
    if (changed || answers || proceeds)
        context.turn.effects.push_back(
            effect::LedgerChanged{index, health.mode, health.detail, health.ledger_time});
    if (!changed && health.ledger_time < ledger.told->ledger_time + time_interval) return;
    ledger.told = health;
    apply(context, input::Health{ledger.own.ledger, health.ledger_time,
                                 static_cast<std::uint8_t>(health.mode)});
}

}  // namespace lockstep::swap
