#include "connector/cli/swap_print.h"

#include <cstdio>

#include "sdk/base/time_text.h"
#include "sdk/base/utf8.h"

namespace lockstep::cli {
namespace {

void print(const std::string& text) {
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
}
void print(const Json& json) {
    print(write_json(json));
}

Json leg_json(const swap::Leg& leg) {
    return Json::object({{"ledger", leg.ledger.text()},
                         {"asset", leg.asset.code()},
                         {"amount", format_amount(leg.amount, leg.asset.scale())},
                         {"from", leg.payer.text()},
                         {"to", leg.payee.text()},
                         {"refund_from", format_time(leg.expiry)}});
}

}  // namespace

void SwapPrinter::terms(const swap::Terms& terms, const PublicKey& proposer,
                        std::optional<swap::Role> role) const {
    const std::string who = role == swap::Role::buyer ? "buyer" : "seller";
    if (json_) {
        Json json =
            Json::object({{"event", "terms"},
                          {"swap", swap::swap_id(terms).hex()},
                          {"proposer", proposer.hex()},
                          {"proposed", format_time(terms.proposed)},
                          {"condition", terms.condition.hex()},
                          {"payment", leg_json(terms.payment)},
                          {"delivery", leg_json(terms.delivery)},
                          {"payment_place_by", format_time(swap::payment_place_by(terms))},
                          {"delivery_place_by", format_time(swap::delivery_place_by(terms))}});
        if (role) json.set("role", who);
        return print(json);
    }
    print(swap::render(terms) + "\n   proposed by the key " + proposer.hex() +
          (role ? "\n   this party is the " + who : ""));
}

void SwapPrinter::proposal(const std::string& code) const {
    if (json_)
        print(Json::object({{"event", "proposal"}, {"code", code}}));
    else
        print("\nthe other side runs:  lockstep swap accept CODE --config FILE, with this CODE\n" +
              code + "\n");
}

void SwapPrinter::transaction(const swap::Line& line) const {
    if (!json_) return print(swap::render(line));
    Json json = Json::object({{"event", "transaction"},
                              {"number", static_cast<int>(line.step)},
                              {"state", line.state},
                              {"what", line.what},
                              {"ledger", line.ledger.text()},
                              {"asset", line.asset.code()},
                              {"amount", format_amount(line.amount, line.asset.scale())},
                              {"from", line.from.text()},
                              {"to", line.to.text()},
                              {"spend", line.spend}});
    if (!line.transaction.empty()) json.set("transaction", line.transaction);
    if (line.not_before) json.set("not_before", format_time(*line.not_before));
    print(json);
}

void SwapPrinter::alarm(const swap::output::Alarm& alarm) const {
    if (json_)
        print(Json::object(
            {{"event", "alarm"}, {"code", alarm.code}, {"detail", printable(alarm.detail)}}));
    else
        print("alarm: " + printable(alarm.detail) + " [" + alarm.code + "]");
}

void SwapPrinter::ended(const swap::Swap& swap) const {
    if (!json_) return print(swap::describe_end(swap));
    Json json = Json::object({{"event", "end"},
                              {"swap", swap::swap_id(swap.terms).hex()},
                              {"end", std::string(swap::to_string(*swap.end))}});
    if (swap.reason) json.set("reason", std::string(to_string(*swap.reason)));
    print(json);
}

void SwapPrinter::note(const std::string& sentence) const {
    if (!json_) std::fprintf(stderr, "lockstep: %s\n", printable(sentence).c_str());
}

}  // namespace lockstep::cli
