#include "bitcoin/service/node_host.h"

namespace lockstep::bitcoin {

NodeHost::NodeHost(NodeSettings settings, const Clock& clock, std::function<void()> stop)
    : settings_(std::move(settings)),
      clock_(clock),
      stop_(std::move(stop)),
      store_({settings_.directory, "", settings_.disk}),
      program_(BitcoinMachine{}, {input::Configure{settings_.node}}),
      host_(
          program_, store_, clock,
          [this](std::vector<Effect> effects) { release(std::move(effects)); }, settings_.host) {}

NodeHost::~NodeHost() {
    finish();
}

Result<void, Failure> NodeHost::start() {
    if (auto started = host_.start(); !started) return started;
    return adopt_settings();
}

void NodeHost::finish() {
    host_.stop();
    // What the host did not come to is told so.
    std::map<Ticket, Waiting> left;
    {
        const std::lock_guard lock(mutex_);
        left.swap(waiting_);
    }
    for (auto& [ticket, waiting] : left)
        waiting.promise.set_value(refuse(Reason::draining));
}

// The journal's configuration is what counts; where another one was given, that becomes the next
// input.
Result<void, Failure> NodeHost::adopt_settings() {
    bool same = false;
    std::string difference;
    look([&](const BitcoinMachine& machine, Timestamp at) {
        same = machine.settings() == settings_.node;
        const auto refusal = machine.fault_of(at, Input{input::Configure{settings_.node}});
        if (refusal.fault) difference = refusal.detail;
    });
    if (same) return {};
    if (!difference.empty())
        return fail("bad_settings", settings_.directory + " holds a chain of other rules: " +
                                        difference + "; give another directory");
    if (const auto given = give(input::Configure{settings_.node}); !given)
        return fail("bad_settings", std::string(describe(given.error())));
    return {};
}

bool NodeHost::look(const std::function<void(const BitcoinMachine& machine, Timestamp at)>& view) {
    auto promise = std::make_shared<std::promise<void>>();
    auto future = promise->get_future();
    // Kept by the view alone: where that is dropped unseen, the wait ends too. The caller stands
    // still until then, so that what it refers to is there.
    const auto asked =
        host_.view([this, &view, promise = std::move(promise)](const Program& program) {
            view(program.machine(), clock_.now());
            promise->set_value();
        });
    if (!asked) return false;
    try {
        future.get();
        return true;
    } catch (const std::future_error&) {
        return false;
    }
}

Result<output::Done> NodeHost::give(Input input) {
    std::future<Result<output::Done>> future;
    Ticket ticket = 0;
    {
        const std::lock_guard lock(mutex_);
        ticket = ++last_ticket_;
        future = waiting_[ticket].promise.get_future();
    }
    if (const auto taken = host_.submit({std::move(input), ticket}); !taken) {
        const std::lock_guard lock(mutex_);
        waiting_.erase(ticket);
        return refuse(taken.error());
    }
    return future.get();
}

void NodeHost::release(std::vector<Effect> effects) {
    for (Effect& effect : effects) {
        const std::lock_guard lock(mutex_);
        if (auto* output = std::get_if<TicketedOutput<BitcoinMachine>>(&effect)) {
            const auto found = waiting_.find(output->ticket);
            if (found != waiting_.end())
                found->second.done = std::move(std::get<output::Done>(output->output));
            continue;
        }
        const auto& answer = std::get<TicketAnswer>(effect);
        const auto found = waiting_.find(answer.ticket);
        if (found == waiting_.end()) continue;
        if (answer.result)
            found->second.promise.set_value(std::move(found->second.done));
        else
            found->second.promise.set_value(refuse(answer.result.error()));
        waiting_.erase(found);
    }
}

}  // namespace lockstep::bitcoin
