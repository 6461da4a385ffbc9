// What a node does, as it happens.
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "connector/cli/commands.h"
#include "connector/cli/print.h"
#include "connector/client/balance_stream.h"
#include "sdk/base/time_text.h"
#include "sdk/base/utf8.h"

namespace lockstep::cli {

namespace {

// Says what is wrong while the stream is tried again, and waits until the node refuses it.
class Troubles {
public:
    void take(const client::StreamLink::Trouble& trouble) {
        if (!trouble.for_good) {
            std::fprintf(stderr, "lockstep: %s; trying again\n",
                         printable(trouble.failure.detail).c_str());
            return;
        }
        const std::lock_guard lock(mutex_);
        refusal_ = trouble.failure;
        changed_.notify_all();
    }
    Failure wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return refusal_.has_value(); });
        return *refusal_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Failure> refusal_;
};

Json to_json(const client::EventView& event) {
    Json json = Json::object({{"number", event.number},
                              {"at", format_time(event.at)},
                              {"kind", event.kind},
                              {"id", event.id},
                              {"reference", event.reference},
                              {"state", event.state},
                              {"reason", event.reason}});
    if (event.legs.empty()) return json;
    Json legs = Json::array();
    for (const client::EventLegView& leg : event.legs) {
        legs.push(Json::object({{"leg", leg.leg},
                                {"ledger", leg.ledger},
                                {"asset", leg.asset},
                                {"amount", leg.amount},
                                {"escrow", leg.escrow}}));
    }
    json.set("legs", std::move(legs));
    return json;
}

void print_event(const client::EventView& event, bool json) {
    if (json) {
        std::printf("%s\n", write_json(to_json(event)).c_str());
    } else {
        const std::string name = event.reference.empty() ? event.id : event.reference;
        std::string legs;
        for (const client::EventLegView& leg : event.legs)
            legs += "  " + leg.leg + " " + leg.amount + " " + leg.asset + " on " + leg.ledger;
        std::printf("%8llu  %s  %-8s %-20s  %s%s%s%s\n",
                    static_cast<unsigned long long>(event.number),
                    format_time(event.at).substr(11, 12).c_str(), printable(event.kind).c_str(),
                    shortened(printable(name), 40).c_str(), printable(event.state).c_str(),
                    event.reason.empty() ? "" : ": ", printable(event.reason).c_str(),
                    printable(legs).c_str());
    }
    std::fflush(stdout);
}

void print_balance(const client::BalanceView& balance, bool json) {
    if (json) {
        std::printf("%s\n", write_json(Json::object({{"ledger", balance.ledger},
                                                     {"account", balance.account},
                                                     {"asset", balance.asset},
                                                     {"scale", balance.scale},
                                                     {"free", balance.free},
                                                     {"escrowed", balance.escrowed},
                                                     {"available", balance.available}}))
                                .c_str());
    } else {
        std::printf("%-32s %-14s free %18s  in escrow %18s  available %18s\n",
                    printable(balance.account).c_str(), printable(balance.asset).c_str(),
                    printable(balance.free).c_str(), printable(balance.escrowed).c_str(),
                    printable(balance.available).c_str());
    }
    std::fflush(stdout);
}

}  // namespace

int watch(Session& session, std::optional<std::uint64_t> from,
          const std::optional<std::string>& kinds) {
    if (!from) {
        const auto stats = session.api().stats();
        if (!stats) return complain(stats.error(), session.global());
        from = stats->last_event + 1;
    }
    const std::uint64_t cursor = *from == 0 ? 0 : *from - 1;
    Troubles troubles;
    const client::EventStream stream(
        session.loop(), session.access(), cursor,
        [json = session.prints_json()](const client::EventView& event) {
            print_event(event, json);
        },
        [&](const client::StreamLink::Trouble& trouble) { troubles.take(trouble); }, kinds);
    return complain(troubles.wait(), session.global());
}

int watch_balances(Session& session) {
    Troubles troubles;
    const client::BalanceStream stream(
        session.loop(), session.access(),
        [json = session.prints_json()](const client::BalanceView& balance) {
            print_balance(balance, json);
        },
        [&](const client::StreamLink::Trouble& trouble) { troubles.take(trouble); });
    return complain(troubles.wait(), session.global());
}

}  // namespace lockstep::cli
