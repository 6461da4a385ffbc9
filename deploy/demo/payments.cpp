#include "deploy/demo/payments.h"

#include <algorithm>

namespace lockstep::demo {

using Steady = std::chrono::steady_clock;

bool TrackedPayment::ended() const {
    return state == "paid" || state == "refunded" || state == "declined" || state == "broken";
}

Result<void, Failure> Payments::invoice(const std::string& prefix,
                                        const std::vector<std::string>& amounts) {
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        const auto invoice = receiver_.create_invoice({order_.to, order_.to_asset, amounts[i], {}});
        if (!invoice) return unexpected<Failure>(invoice.error());
        TrackedPayment payment;
        payment.name = prefix + std::to_string(i + 1);
        payment.invoice = invoice->code;
        payment.amount = amounts[i];
        payment.condition = invoice->condition;
        all_.push_back(std::move(payment));
    }
    return {};
}

Result<bool, Failure> Payments::go_on() {
    std::size_t open = 0;
    for (TrackedPayment& payment : all_) {
        if (payment.ended()) continue;
        if (payment.id.empty() && open < order_.most_open) {
            payment.made = Steady::now();
            const auto id =
                payer_.pay({payment.invoice, order_.from, order_.asset, order_.most_paid, false});
            if (!id) return unexpected<Failure>(id.error());
            payment.id = *id;
        }
        if (payment.id.empty()) continue;
        look(payment);
        if (!payment.ended()) ++open;
    }
    return ended() == all_.size();
}

void Payments::look(TrackedPayment& payment) {
    const auto view = payer_.payment(payment.id);
    if (!view) return;
    payment.state = view->state;
    payment.reason = view->reason;
    payment.paid = view->amount;
    if (payment.ended())
        payment.seconds = std::chrono::duration<double>(Steady::now() - payment.made).count();
}

std::size_t Payments::ended() const {
    return static_cast<std::size_t>(std::count_if(
        all_.begin(), all_.end(), [](const TrackedPayment& payment) { return payment.ended(); }));
}

std::size_t Payments::count(std::string_view state) const {
    return static_cast<std::size_t>(
        std::count_if(all_.begin(), all_.end(),
                      [&](const TrackedPayment& payment) { return payment.state == state; }));
}

}  // namespace lockstep::demo
