// Seeds for the node: what reaches its machine, its state, its rows, its callers' words.
#include "connector/api/invoice_code.h"
#include "connector/assembly/peer_batch.h"
#include "connector/client/model.h"
#include "connector/core/state.h"
#include "sdk/codec/archive.h"
#include "tests/fuzz/fixtures.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/seed_makers.h"

namespace lockstep::fuzz {

using namespace core;

namespace {

const PublicKey peer = named<PublicKey>("peer");
const PublicKey venue = named<PublicKey>("venue");
const PublicKey self = named<PublicKey>("self");

Address at(std::string_view text) {
    return *Address::parse(text);
}
AssetId share() {
    return node_config().instruments.front().asset;
}
Signature signature() {
    return LenientSigner(peer).sign({});
}

PlannedHop hop(std::string_view ledger, std::string_view payer, std::string_view payee) {
    const AssetId asset = ledger == "test.l" ? krona() : share();
    return {at(ledger), asset, Amount{100}, at(payer), at(payee), second(60), second(600)};
}

Trade trade(bool bought) {
    const NodeConfig config = node_config();
    const auto side = [&](const PartyConfig& party) {
        return PartyInstructions{party.name,
                                 party.node,
                                 party.cash_account,
                                 party.cash_asset,
                                 party.securities_account,
                                 Duration::seconds(13)};
    };
    Trade trade;
    trade.venue = venue;
    trade.reference = "T-1";
    trade.instrument = share();
    trade.securities_ledger = at("test.c");
    trade.quantity = Amount{10};
    trade.price_asset = krona();
    trade.cash_ledger = at("test.l");
    trade.price = Amount{5};
    trade.consideration = Amount{50};
    trade.buyer = side(config.parties[bought ? 0 : 1]);
    trade.seller = side(config.parties[bought ? 1 : 0]);
    trade.valid_until = second(3600);
    return trade;
}

Terms sample_terms() {
    Terms terms;
    terms.trade = trade(false);
    terms.pay_asset = krona();
    terms.most_paid = Amount{60};
    terms.payment = hop("test.l", "test.l.sven", "test.l.my");
    terms.delivery = hop("test.c", "test.c.my", "test.c.sven");
    terms.payment.amount = Amount{50};
    terms.delivery.amount = Amount{10};
    terms.payment.expiry = second(900);
    terms.first_expiry = second(900);
    terms.condition = condition("t");
    terms.payment_notifier = peer;
    return terms;
}

message::QuoteAsk sample_ask() {
    message::QuoteAsk ask;
    ask.ask = named<Hash>("ask");
    ask.condition = condition("q");
    ask.in_ledger = at("test.l");
    ask.in_asset = krona();
    ask.in_payer = at("test.l.sven");
    ask.in_notifier = peer;
    ask.out = hop("test.c", "test.c.me", "test.c.sven");
    ask.out.payer = Address{};
    ask.out.expiry = second(300);
    ask.next_node = peer;
    ask.next_ref = named<PlanId>("next");
    ask.in_place_by = second(30);
    ask.in_expiry = second(900);
    return ask;
}

message::Quote sample_quote() {
    return {named<Hash>("ask"),
            named<QuoteId>("quote"),
            hop("test.l", "test.l.sven", "test.l.me"),
            at("test.c.me"),
            second(60),
            signature()};
}

input::Invoice sample_invoice() {
    const NodeConfig config = node_config();
    return {named<PlanId>("invoice"), peer,        at("test.l"),
            at("test.l.sven"),        krona(),     Amount{100},
            condition("i"),           second(600), config.ledgers.front().timing,
            config.endurance};
}

std::vector<core::Message> sample_messages() {
    const EscrowKey key{at("test.l.sven"), named<EscrowId>("e1")};
    const PlanId plan = plan_of(trade(true));
    return {message::Proposal{trade(true)},
            message::Proposal{trade(false)},
            sample_ask(),
            sample_quote(),
            message::QuoteRefused{named<Hash>("ask"), Reason::no_liquidity},
            message::TermsOffered{sample_terms(), signature()},
            message::TermsAccepted{settlement_of(sample_terms()), plan, signature()},
            message::Declined{plan, Reason::party_refused},
            message::HopNotice{at("test.l"), key, named<Hash>("ref")},
            message::HopReject{at("test.l"), key, Reason::cancelled},
            message::GiveBack{at("test.l"), key, Bytes{1, 2, 3}},
            message::PreimageShown{at("test.l"), key, preimage("q")},
            message::Ended{plan, message::EndState::settled, std::nullopt, preimage("t")},
            message::Hold{plan},
            message::Release{plan},
            message::Cancel{plan}};
}

input::FromApi call(std::string_view key, input::ApiBody body) {
    return {1, "caller", std::string(key), named<Hash>(key), std::move(body)};
}

std::vector<NodeInput> sample_inputs() {
    std::vector<NodeInput> inputs;
    for (const core::Message& message : sample_messages()) {
        const bool proposed = std::holds_alternative<message::Proposal>(message);
        inputs.emplace_back(input::FromPeer{proposed ? venue : peer, message});
    }
    EscrowTerms incoming = terms("e1");
    incoming.payer = at("test.l.sven");
    incoming.payee = at("test.l.me");
    incoming.amount = Amount{100};
    inputs.emplace_back(input::EscrowReported{at("test.l"), 5, incoming, EscrowState::prepared,
                                              Certainty::final_, std::nullopt, second(2)});
    inputs.emplace_back(input::EscrowReported{at("test.l"), 6, incoming, EscrowState::fulfilled,
                                              Certainty::final_, preimage("e1"), second(3)});
    inputs.emplace_back(
        input::CommandAnswered{at("test.l"), named<CommandId>("c"), 2, Reason::unknown_account});
    inputs.emplace_back(
        input::BalanceReported{at("test.l"), at("test.l.me"), krona(), Amount{5}, Amount{6}});
    inputs.emplace_back(input::LedgerHealth{at("test.c"), second(2), 2});
    inputs.emplace_back(input::DiskLow{true});
    inputs.emplace_back(input::Drain{});
    input::CreateInvoice create{at("test.l.my"), krona(), Amount{70}, second(600)};
    inputs.emplace_back(call("k1", create));
    inputs.emplace_back(
        call("k2", input::Pay{sample_invoice(), at("test.l.me"), krona(), Amount{200}, false}));
    inputs.emplace_back(
        call("k3", input::Pay{sample_invoice(), at("test.l.me"), krona(), Amount{200}, true}));
    inputs.emplace_back(call("k4", input::ConfirmPayment{named<PlanId>("invoice")}));
    inputs.emplace_back(call("k5", input::ActOnTrade{venue, "T-1", input::TradeAction::hold}));
    inputs.emplace_back(call("k6", input::ActOnTrade{venue, "T-2", input::TradeAction::withhold}));
    inputs.emplace_back(call(
        "k7", input::SubmitTrades{{{"T-3", share().code(), Amount{10}, Amount{5}, "anna", "sven"},
                                   {"T-4", "XX", Amount{1}, Amount{1}, "a", "b"}}}));
    return inputs;
}

void add_record_seeds(Seeds& seeds) {
    TradeRecord traded;
    traded.plan = plan_of(trade(true));
    traded.trade = trade(true);
    seeds.numbered("node_record", 0, encode_fields(traded));
    traded.state = TradeState::settled;
    traded.settlement = settlement_of(sample_terms());
    traded.terms = sample_terms();
    traded.buyer_signature = signature();
    traded.preimage = preimage("t");
    seeds.numbered("node_record", 0, encode_fields(traded));
    PaymentRecord paid;
    paid.invoice = sample_invoice();
    paid.reason = Reason::no_route;
    seeds.numbered("node_record", 1, encode_fields(paid));
    seeds.numbered("node_record", 2,
                   encode_fields(InvoiceRecord{sample_invoice(), InvoiceState::paid, second(1)}));
    DealRecord deal;
    deal.in = hop("test.l", "test.l.sven", "test.l.me");
    seeds.numbered("node_record", 3, encode_fields(deal));
    seeds.numbered("node_record", 4,
                   encode_fields(FeeRecord{named<Hash>("d"), krona(), Amount{3}, second(1)}));
    seeds.numbered("node_record", 5, encode_fields(AlarmRecord{1, second(1), "code", "detail"}));
    seeds.numbered(
        "node_record", 6,
        encode_fields(EventRecord{
            1, second(1), EventKind::payment, named<Hash>("d"), "", "held", Reason::held, {}}));
    EventRecord quoted{2, second(1), EventKind::quote, named<Hash>("d"), "", "given", {}, {}};
    for (const bool incoming : {true, false})
        quoted.legs.push_back({incoming, *Address::parse("test.l"), {}, krona(), Amount{7}});
    seeds.numbered("node_record", 6, encode_fields(quoted));
    seeds.numbered("node_record", 7, encode_fields(AbortRecord{"anna", 5, 1}));
    for (const CallerAnswer& answer :
         {CallerAnswer{answer::Submitted{{{"T-1", plan_of(trade(true)), std::nullopt}}}},
          CallerAnswer{answer::InvoiceMade{sample_invoice()}},
          CallerAnswer{answer::PaymentBegun{named<PlanId>("p")}},
          CallerAnswer{answer::Acted{TradeState::declined}}})
        seeds.numbered("node_record", 8, encode_fields(answer));
}

void add_api_seeds(Seeds& seeds) {
    const auto body = [&](std::uint8_t which, const Json& json) {
        seeds.numbered("api_body", which, as_bytes(write_json(json)));
    };
    const Json order = client::write_trade_request(
        {"T-1", share().code(), "10", "5.25", "anna", "sven", "2026-11-20T09:00:21Z"});
    body(0, order);
    body(0, Json::array().push(order));
    body(1, client::write_invoice_request({"test.l.my", "SEK", "1.50", second(600)}));
    body(1, client::write_invoice_request({"test.l.my", "", "2.00", {}}));
    const std::string code = api::write_invoice_code(sample_invoice());
    body(2, client::write_pay_request({code, "test.l.me", "SEK/2", "3.00", false}));
    body(2, client::write_pay_request({code, "test.l.me", "", "", true}));
    body(3, Json::object({{"venue", venue.hex()}, {"reference", "T-1"}}));
    body(4, Json::object());

    seeds.text("invoice_code", code);
    seeds.add("invoice_code", encode_fields(sample_invoice()));

    seeds.text("client_model", write_json(order));
    seeds.text("client_model",
               R"({"id":"aa","state":"settled","held":true,"created":"2026-11-20T09:00:21Z",)"
               R"("evidence":{"terms":"00","preimage":"01"},"invoice":{"code":"lockstep1"},)"
               R"("in":{"ledger":"test.l","expiry":"2026-11-20T09:00:21Z"},"out":null,)"
               R"("scale":2,"free":"1.00","number":7,"hops":3,"seq":1,"open":true})");
}

}  // namespace

void add_node_seeds(Seeds& seeds) {
    for (const core::Message& message : sample_messages())
        seeds.add("node_message", encode_message(message));
    Bytes sequence;
    for (const NodeInput& input : sample_inputs()) {
        const Bytes octets = encode_node_input(input);
        seeds.add("node_input", octets);
        // a clock that goes on, and once in a while waits for what falls due
        sequence.push_back(sequence.size() % 5 == 0 ? 20 : 0);
        add_piece(sequence, octets);
    }
    for (const NodeInput& input :
         {NodeInput{input::Configure{node_config()}}, NodeInput{input::Started{3}},
          NodeInput{input::Wake{}},
          NodeInput{input::ConditionMade{named<Hash>("c"), named<Hash>("e"), condition("c")}},
          NodeInput{input::SecretReleased{named<Hash>("c"), preimage("c")}},
          NodeInput{input::LedgerDescribed{cash_world().info()}},
          NodeInput{input::ShareMade{
              at("test.l"), {at("test.l.sven"), named<EscrowId>("e1")}, Bytes{1, 2, 3}}}})
        seeds.add("node_input", encode_node_input(input));
    seeds.add("node_machine", sequence);
    // Stories of a few steps: a quote and its escrow, a trade from both sides, payments.
    const std::vector<NodeInput> inputs = sample_inputs();
    const auto story = [&](std::initializer_list<std::size_t> steps) {
        Bytes octets;
        for (const std::size_t step : steps) {
            octets.push_back(1);
            add_piece(octets, encode_node_input(inputs[step]));
        }
        seeds.add("node_machine", octets);
    };
    story({2, 8, 15});
    story({0});
    story({1, 5, 8});
    story({5, 1, 14});
    story({22});
    story({23});
    story({24, 25});
    story({27, 1, 26, 28});
    for (const auto& machine : {node_world()}) {
        seeds.add("node_snapshot", machine->write_snapshot());
        Timestamp time = node_world_time();
        for (const NodeInput& input : inputs) {
            time = time + Duration{1};
            if (std::holds_alternative<input::Drain>(input) || !machine->check(time, input))
                continue;
            Outputs<NodeMachine> out;
            machine->apply(time, input, out);
        }
        seeds.add("node_snapshot", machine->write_snapshot());
    }
    const LenientSigner signer(self);
    seeds.add("node_snapshot", NodeMachine(signer).write_snapshot());

    assembly::PeerBatch batch{peer, 2, 1, 1, {}};
    seeds.add("peer_batch", assembly::encode_batch(batch));
    for (const core::Message& message : sample_messages())
        batch.messages.push_back(encode_message(message));
    batch.messages.push_back(Bytes(3));
    seeds.add("peer_batch", assembly::encode_batch(batch));
    seeds.add("peer_ack", assembly::encode_ack({7, std::nullopt, 2}));
    seeds.add("peer_ack", assembly::encode_ack({7, Reason::not_permitted, 3}));
    add_record_seeds(seeds);
    add_api_seeds(seeds);
}

}  // namespace lockstep::fuzz
