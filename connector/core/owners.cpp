#include "connector/core/owners.h"

#include "connector/core/paying.h"
#include "connector/core/trading.h"

namespace lockstep::core {

void deal_progressed(Effects& fx, const Deal& deal) {
    switch (deal.role) {
        case DealRole::connector:
            return;
        case DealRole::seller:
        case DealRole::buyer:
            return trade_deal_progressed(fx, deal);
        case DealRole::sender:
            return payment_deal_progressed(fx, deal);
        case DealRole::receiver:
            return invoice_deal_progressed(fx, deal);
    }
}

void deal_ended(Effects& fx, const Deal& deal) {
    switch (deal.role) {
        case DealRole::connector:
            return;
        case DealRole::seller:
        case DealRole::buyer:
            return trade_deal_ended(fx, deal);
        case DealRole::sender:
            return payment_deal_ended(fx, deal);
        case DealRole::receiver:
            return invoice_deal_ended(fx, deal);
    }
}

}  // namespace lockstep::core
