// One connection of the server: reads requests under limits, hands them to the handler, writes the
// answers in the order of the requests, and becomes a WebSocket when asked to and allowed.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "sdk/net/http_server_impl.h"
#include "sdk/net/message_reader.h"
#include "sdk/net/websocket_connection.h"

namespace lockstep::net {

class HttpSession final : public Tracked, public std::enable_shared_from_this<HttpSession> {
public:
    HttpSession(Socket socket, std::shared_ptr<HttpServer::Impl> server);

    void start();
    // Instead of start(), for one connection too many: says so and closes.
    void turn_away(std::string_view why);

    // From any thread.
    void answer(std::uint64_t number, HttpResponse response);
    void upgrade(std::shared_ptr<WebSocketConnection> to, HttpRequest request);
    const Strand& strand() const { return strand_; }
    void drain() override;
    void cut() override;

private:
    // A request's place in the order of answers.
    struct Answer {
        bool head_only = false, http_1_0 = false, last = false, ready = false;
        std::string head;
        Bytes body;
    };

    void advance();
    void read();
    void parse();
    void take(RequestReader::Taken taken);
    void offer_upgrade(HttpRequest request, bool http_1_0);
    void refuse(Reason reason, std::string_view detail, int status = 0);
    void put_answer(Answer& answer, HttpResponse response);
    void write();
    void begin_close();
    void tick();
    void finish();
    void send_continue();
    std::size_t outstanding() const { return answers_.size() + in_flight_.size(); }

    Strand strand_;
    Socket socket_;
    Timer timer_;
    std::shared_ptr<HttpServer::Impl> server_;
    std::string remote_;

    RequestReader reader_;

    std::uint64_t first_answer_ = 0;  // the number of answers_.front()
    std::deque<Answer> answers_;
    std::vector<Answer> in_flight_;

    bool reading_ = false, writing_ = false, advancing_ = false;
    bool eof_ = false;        // the peer sends no more
    bool stopping_ = false;   // no request is read any more
    bool upgrading_ = false;  // waits for a decision
    bool lingering_ = false;  // everything is sent; what comes is thrown away
    bool draining_ = false, closed_ = false;
    std::weak_ptr<WebSocketConnection> successor_;
    SteadyClock::time_point idle_until_, request_until_, write_until_, linger_until_;
};

}  // namespace lockstep::net
