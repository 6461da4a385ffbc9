#include "deploy/demo/chaos.h"

#include <algorithm>

namespace lockstep::demo {

namespace {

// A margin is 2 D + o (K + D) + clocks: 13 s with the world's profiles. Outages of one process that
// begin 4.6 s after the last one ended are at most three in any 13 s.
constexpr double rest_s = 4.6;
constexpr Duration back_patience = Duration::seconds(20);

}  // namespace

Chaos::Chaos(World& world, ChaosSettings settings, Show show)
    : world_(world),
      settings_(settings),
      show_(std::move(show)),
      random_(settings.seed),
      thread_([this] { run(); }) {}

Chaos::~Chaos() {
    stop();
}

void Chaos::stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

std::vector<Outage> Chaos::outages() const {
    const std::lock_guard lock(mutex_);
    return outages_;
}

std::string Chaos::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

double Chaos::draw(double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(random_);
}

void Chaos::pause(double seconds) {
    const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                          std::chrono::duration<double>(seconds));
    while (!stopping_ && Clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

void Chaos::run() {
    for (std::size_t round = 0; settings_.rounds == 0 || round < settings_.rounds; ++round) {
        if (!one_round()) break;
    }
    done_ = true;
}

bool Chaos::one_round() {
    std::vector<std::string> names;
    for (const Role& role : roles)
        names.emplace_back(role.name);
    std::shuffle(names.begin(), names.end(), random_);
    for (const std::string& name : names) {
        pause(draw(0.05, 0.6));
        const auto rested = back_.find(name);
        if (rested != back_.end()) {
            const double since =
                std::chrono::duration<double>(Clock::now() - rested->second).count();
            pause(std::max(0.0, rest_s - since));
        }
        if (stopping_ || !kill_one(name)) return false;
    }
    return true;
}

bool Chaos::kill_one(const std::string& name) {
    const auto fail_with = [&](std::string text) {
        const std::lock_guard lock(mutex_);
        trouble_ = std::move(text);
        return false;
    };
    const double longest = longest_outage_s(name, world_.settings().profiles);
    // The last chance to read this life's counters.
    world_.sample(name);
    const auto killed = Clock::now();
    world_.kill(name);
    // Whoever would restart it takes some time to notice; a ledger's operator has little.
    std::this_thread::sleep_for(std::chrono::duration<double>(draw(0, longest * 0.25)));
    if (auto started = world_.restart(name); !started) return fail_with(started.error().detail);
    if (!world_.wait_ready(name, back_patience)) {
        const auto alive = world_.check_alive();
        return fail_with(alive ? name + " did not come back" : alive.error().detail);
    }
    const auto back = Clock::now();
    back_[name] = back;
    const Outage outage{name, std::chrono::duration<double>(killed - began_).count(),
                        std::chrono::duration<double>(back - killed).count()};
    {
        const std::lock_guard lock(mutex_);
        outages_.push_back(outage);
    }
    if (show_) show_(outage);
    return true;
}

}  // namespace lockstep::demo
