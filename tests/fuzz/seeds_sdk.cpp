// Seeds for words, JSON, OER, the messages of sdk/machine, and HTTP.
#include "sdk/base/time_text.h"
#include "sdk/codec/json.h"
#include "sdk/machine/adapter.h"
#include "sdk/machine/statement.h"
#include "sdk/machine/stream.h"
#include "sdk/net/message_signature.h"
#include "sdk/net/structured_fields.h"
#include "sdk/net/wire.h"
#include "tests/fuzz/fixtures.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/seed_makers.h"

namespace lockstep::fuzz {

void add_text_seeds(Seeds& seeds) {
    for (const std::string_view text : {"test.l", "test.l.al", "g.a.b-c.~d._e", "private.1"})
        seeds.text("address", text);
    for (const std::uint8_t scale : Bytes{0, 2, 9})
        seeds.numbered("amount", scale, as_bytes(format_amount(Amount{1'234'567}, scale)));
    seeds.numbered("amount", 0, as_bytes("18446744073709551615"));
    for (const std::string_view code : {"SEK", "SE0000108656", "BTC"})
        seeds.numbered("asset", 2, as_bytes(code));
    seeds.text("time_text", format_time(start_time));
    seeds.text("time_text", "2028-02-29T23:59:59Z");
    seeds.text("time_text", "9999-12-31T00:00:00.5Z");
    seeds.text("hex", to_hex(named<Hash>("h").view()));
    seeds.text("hex", "00Ff");

    const Json value = Json::object(
        {{"a", Json::array().push(1).push(-2).push(UINT64_MAX).push(true).push(nullptr)},
         {"text", "\"\\\n\x01 \xc3\xa5 \xf0\x9f\x98\x80"},
         {"inner", Json::object({{"", ""}, {"decimal", 0.25}})}});
    seeds.text("json", write_json(value));
    seeds.text("json", write_json_pretty(value));
    seeds.text("json", R"([1e3,-0,1.5E-7,"\u00e5\ud83d\ude00\/\b",18446744073709551615])");
    seeds.text("json_fields", R"({"texts":[]})");
    seeds.text("json_fields",
               R"({"text":"abc","integer":7,"amount":"1.50","time":"2026-01-31T12:00:00Z",)"
               R"("bytes":"00ff","flag":true,"address":"test.l.al","choice":"red","hash":")" +
                   std::string(64, 'a') +
                   R"(","object":{"name":"n"},"objects":[{"n":1},{"n":2}],"any":null,)"
                   R"("texts":["a","b"]})");
}

std::vector<Bytes> sample_instructions() {
    const EscrowKey open{account("al"), named<EscrowId>("e2")};
    const EscrowKey closed{account("al"), named<EscrowId>("e1")};
    const auto one = [](std::string_view signer, std::string_view id, OpBody body) {
        return signed_octets(instruction(signer, {op(id, std::move(body))}));
    };
    return {
        one("op", "a1", op::OpenAccount{account("cy"), named<PublicKey>("cy")}),
        one("op", "a2",
            op::RegisterAsset{*AssetId::make("EUR", 2), named<PublicKey>("is"), Amount{5}}),
        one("is", "a3", op::Issue{account("bo"), krona(), Amount{70}}),
        one("al", "a4", op::Redeem{account("al"), krona(), Amount{30}}),
        one("al", "a5", op::Transfer{account("al"), account("bo"), krona(), Amount{9}, second(60)}),
        one("al", "a6", op::Prepare{terms("e3"), second(60)}),
        one("bo", "a7", op::Fulfil{open, preimage("e2")}),
        one("bo", "a8", op::Reject{open, account("bo")}),
        one("al", "a9", op::Refund{closed}),
        signed_octets(instruction(
            "al",
            {op("b1", op::Prepare{terms("e4"), second(60)}),
             op("b2", op::Transfer{account("al"), account("bo"), krona(), Amount{1}, second(60)}),
             op("b3", op::Refund{open}), op("b3", op::Fulfil{open, Bytes(33)})})),
    };
}

void add_codec_seeds(Seeds& seeds) {
    {
        Bytes script;
        for (std::uint8_t step = 0; step < 16; ++step)
            script.push_back(step);
        OerWriter to;
        to.u8(1).u16(2).u32(3).u64(4).boolean(true).octets(Bytes(3)).text("text").raw(Bytes(5));
        to.fixed(named<Hash>("h"))
            .quantity(300)
            .quantity(7)
            .time(start_time)
            .address(account("al"));
        to.address({}).asset(krona()).reason(Reason::not_found);
        Bytes seed;
        add_piece(seed, script);
        append(seed, to.bytes());
        seeds.add("oer", seed);
    }
    {
        // As Everything of targets_codec.cpp: empty, and with one of each.
        OerWriter to;
        to.u8(0).u16(0).u32(0).u64(0).boolean(false).text("").octets({}).amount({}).time({});
        to.duration({}).address({}).text("").u8(0).reason(Reason::malformed).fixed(Hash{}).u8(1);
        to.boolean(false).u8(0).address({}).quantity(0).quantity(0).quantity(0).u8(0).u8(0);
        to.quantity(0);
        seeds.add("archive", to.bytes());
        OerWriter full;
        full.u8(1).u16(2).u32(3).u64(4).boolean(true).text("t").octets(Bytes(2)).amount(Amount{5});
        full.time(start_time).duration(Duration{6}).address(account("al")).asset(krona());
        full.reason(Reason::not_found).fixed(named<Hash>("h")).u8(2).boolean(true).u8(1);
        full.u8(7).address(account("bo")).quantity(2).boolean(false).boolean(true).u16(9);
        full.quantity(2).u16(1).text("a").u16(2).text("b").quantity(2).text("a").text("b");
        full.u8(2).address(account("al")).fixed(named<EscrowId>("e1")).quantity(1);
        write_terms(full, terms("e1"));
        seeds.add("archive", full.bytes());
    }
    for (const Bytes& octets : sample_instructions())
        seeds.add("instruction", octets);

    const std::vector<OpAnswer> answers{{named<CommandId>("a1"), true, Reason::internal_error, 7},
                                        {named<CommandId>("a2"), false, Reason::not_payee, 0}};
    seeds.add("answers", encode_answers(answers));
    seeds.add("answers", encode_answers({}));

    const LenientSigner signer(named<PublicKey>("al"));
    const EscrowKey key{account("al"), named<EscrowId>("e1")};
    for (const QueryBody& body :
         {QueryBody{ask::Escrow{key}}, QueryBody{ask::OpenEscrows{account("al"), 10, 3}},
          QueryBody{ask::Balances{account("al")}}})
        seeds.add("query",
                  sign_query({ledger_address(), signer.public_key(), second(60), body}, signer));

    const Balance balance{account("al"), krona(), Amount{5}, Amount{6}};
    const EscrowStanding open{terms("e2"), EscrowState::prepared, 4, std::nullopt};
    const EscrowStanding paid{terms("e1"), EscrowState::fulfilled, 5, preimage("e1")};
    seeds.add("query_answer", encode_query_answer({second(1), 9, {open, paid}, {balance}}));
    seeds.add("query_answer", encode_query_answer({second(1), 9, {}, {}}));

    const LedgerEvent prepared{4, second(1), terms("e1"), EscrowState::prepared, std::nullopt};
    const LedgerEvent fulfilled{5, second(2), terms("e1"), EscrowState::fulfilled, preimage("e1")};
    seeds.add("ledger_frame", encode_frame({second(3), 9, {prepared, fulfilled}, {balance}}));
    seeds.add("ledger_frame", encode_frame({second(3), 9, {}, {}}));

    LedgerInfo info = cash_world().info();
    info.assets.front().name = "krona";
    OerWriter to;
    write_ledger_info(to, info);
    seeds.add("ledger_info", to.bytes());

    // An adapter's life: the description, a frame, commands, time, replies, a restart.
    Bytes life;
    const auto reply = [&](std::uint8_t request, ByteView body) {
        life.insert(life.end(), {0, request});
        add_piece(life, body);
    };
    const auto say = [&](std::uint8_t what, std::uint8_t number) {
        life.insert(life.end(), {what, number});
    };
    reply(1, to.bytes());
    say(2, 0);
    add_piece(life, encode_frame({second(3), 9, {prepared, fulfilled}, {balance}}));
    for (const std::uint8_t command : Bytes{0, 1, 2, 3, 4})
        say(4, command);
    say(1, 65);
    life.push_back(4);
    reply(3, encode_answers({{named<CommandId>("c0"), true, Reason::internal_error, 12}}));
    reply(4, encode_answers({{named<CommandId>("c1"), false, Reason::unknown_escrow, 0}}));
    reply(5, encode_answers({{named<CommandId>("c2"), false, Reason::limit_reached, 0}}));
    say(5, 200);
    say(5, 200);
    reply(9, encode_query_answer({second(100), 9, {}, {}}));
    say(3, 62);
    say(6, 0);
    reply(1, to.bytes());
    say(5, 20);
    seeds.add("ledger_adapter", life);

    const StatementRow row{7,         second(1),     StatementRow::Kind::claimed, krona(),
                           Amount{5}, account("bo"), named<Hash>("e1"),           Amount{5},
                           Amount{6}};
    seeds.add("statement_row", encode_fields(row));
}

void add_net_seeds(Seeds& seeds) {
    using namespace net;
    HttpRequest request;
    request.method = "POST";
    request.target = "/v1/trades?limit=10&cursor=%41";
    request.headers = {{"idempotency-key", "k-1"}, {"content-type", "application/json"}};
    const std::string_view body = R"({"a":1})";
    request.body.assign(body.begin(), body.end());
    const auto on_wire = [](const HttpRequest& from) {
        std::string text = *request_head(from, "localhost");
        text += as_text(from.body);
        return text;
    };
    seeds.text("http_request", on_wire(request));
    seeds.text("http_request", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b?c HTTP/1.0\r\n\r\n");
    seeds.text("http_request",
               "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
               "Expect: 100-continue\r\n\r\n3;e=f\r\nabc\r\n0\r\nTrailer: t\r\n\r\n");

    HttpResponse response = json_response(200, body);
    response.headers = {{"retry-after", "3"}};
    const auto answer = [](const HttpResponse& from) {
        std::string text = response_head(from, Persistence::keep);
        // The date is the only thing that differs from run to run.
        const std::size_t date = text.find("Date: ");
        text.erase(date, text.find("\r\n", date) + 2 - date);
        text += as_text(from.body);
        return text;
    };
    seeds.text("http_response", answer(response));
    seeds.text("http_response", answer(problem(Reason::not_found, "no such thing")));
    seeds.text("http_response", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\nto the end");
    seeds.text("http_response",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n");

    Bytes head;
    for (const std::string_view piece :
         {std::string_view("POST"), std::string_view("/a?b=c"), body, std::string_view("x-name"),
          std::string_view("a value"), std::string_view("accept"), std::string_view("*/*")})
        add_piece(head, as_bytes(piece));
    seeds.add("http_head", head);

    const LenientSigner signer(named<PublicKey>("al"));
    sign_request(request, {"http", "localhost"}, signer, start_time, Bytes(nonce_size, 7));
    seeds.text("message_signature", on_wire(request));
    HttpRequest read;
    read.target = "/v1/stats";
    sign_request(read, {"http", "localhost"}, signer, start_time, Bytes(nonce_size, 8));
    seeds.text("message_signature", on_wire(read));

    seeds.text("structured_field", *request.header("signature-input"));
    seeds.text("structured_field", *request.header("signature"));
    seeds.text("structured_field", *request.header("content-digest"));
    seeds.text("structured_field", R"(*a.b-c_1=("x" "y\"\\");n=-12;s="t")");

    for (const std::string_view url : {"http://127.0.0.1:7001/v1/x?y=z", "wss://Node.Example",
                                       "https://[::1]:8443/%41", "http://a?b"})
        seeds.text("url", url);
}

}  // namespace lockstep::fuzz
