#include "sdk/machine/command_ops.h"

#include "sdk/base/assert.h"

namespace lockstep {

Op to_op(Command command) {
    struct Visit {
        OpBody operator()(command::Expect&) const { UNREACHABLE(); }
        OpBody operator()(command::Prepare& c) const { return op::Prepare{c.terms, c.not_after}; }
        OpBody operator()(command::Fulfil& c) const {
            const ByteView octets = c.preimage.view();
            return op::Fulfil{c.escrow, Bytes(octets.begin(), octets.end())};
        }
        OpBody operator()(command::Reject& c) const { return op::Reject{c.escrow, c.payee}; }
        OpBody operator()(command::Refund& c) const { return op::Refund{c.escrow}; }
        OpBody operator()(command::Transfer& c) const {
            return op::Transfer{c.from, c.to, c.asset, c.amount, c.not_after};
        }
    };
    return Op{command.id, std::visit(Visit{}, command.body)};
}

std::optional<Timestamp> not_after_of(const Op& op) {
    if (const auto* prepare = std::get_if<op::Prepare>(&op.body)) return prepare->not_after;
    if (const auto* transfer = std::get_if<op::Transfer>(&op.body)) return transfer->not_after;
    return std::nullopt;
}

std::size_t most_octets(const Op& op) {
    constexpr std::size_t fixed_parts = 256;  // ids, times, amounts, asset, lengths
    struct Visit {
        std::size_t operator()(const op::Prepare& o) const {
            return o.terms.payer.text().size() + o.terms.payee.text().size();
        }
        std::size_t operator()(const op::Fulfil& o) const {
            return o.escrow.payer.text().size() + o.preimage.size();
        }
        std::size_t operator()(const op::Reject& o) const {
            return o.escrow.payer.text().size() + o.payee.text().size();
        }
        std::size_t operator()(const op::Refund& o) const { return o.escrow.payer.text().size(); }
        std::size_t operator()(const op::Transfer& o) const {
            return o.from.text().size() + o.to.text().size();
        }
        std::size_t operator()(const op::OpenAccount&) const { UNREACHABLE(); }
        std::size_t operator()(const op::RegisterAsset&) const { UNREACHABLE(); }
        std::size_t operator()(const op::Issue&) const { UNREACHABLE(); }
        std::size_t operator()(const op::Redeem&) const { UNREACHABLE(); }
    };
    return fixed_parts + std::visit(Visit{}, op.body);
}

bool is_done_already(const Op& op, Reason reason) {
    if (std::holds_alternative<op::Fulfil>(op.body)) return reason == Reason::already_fulfilled;
    if (std::holds_alternative<op::Refund>(op.body) || std::holds_alternative<op::Reject>(op.body))
        return reason == Reason::already_refunded;
    return false;
}

}  // namespace lockstep
