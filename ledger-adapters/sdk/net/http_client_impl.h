// The client's state: hosts, their connections, and the requests that wait. All on one strand.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "sdk/net/dial.h"
#include "sdk/net/http_client.h"
#include "sdk/net/io_loop_impl.h"
#include "sdk/net/message_reader.h"
#include "sdk/net/registry.h"

namespace lockstep::net {

class ClientConnection;

// One request on its way.
struct ClientJob {
    explicit ClientJob(const Strand& strand) : timer(strand) {}

    Url url;
    std::string head;
    Bytes body;
    bool head_only = false;   // HEAD: the answer has no body
    bool repeatable = false;  // GET or HEAD: may be sent a second time
    bool repeated = false;
    HttpCallback callback;  // empty once it was called
    Timer timer;
    std::weak_ptr<ClientConnection> connection;  // while it is on one
};
using JobPtr = std::shared_ptr<ClientJob>;

struct ClientHost {
    std::deque<JobPtr> waiting;
    std::vector<std::shared_ptr<ClientConnection>> idle;  // the most recently used last
    std::set<std::shared_ptr<ClientConnection>> busy;
    std::set<std::shared_ptr<Dial>> dialling;

    std::size_t connections() const { return idle.size() + busy.size() + dialling.size(); }
};

struct HttpClient::Impl : std::enable_shared_from_this<HttpClient::Impl> {
    Impl(IoLoop::Impl& l, ClientLimits given)
        : loop(l), limits(given), strand(l.strand()), sweep_timer(strand) {}

    // On the strand, as all below.
    void submit(JobPtr job);
    void pump(const std::string& key);
    void dial(const std::string& key, const JobPtr& job);
    void dialled(const std::string& key, Result<Socket, std::string> socket);
    void assign(ClientHost& host, std::shared_ptr<ClientConnection> connection);
    void out_of_time(const JobPtr& job);
    void answer(const JobPtr& job, Result<HttpResponse, ClientError> result);
    void forget_if_unused(const std::string& key);
    void sweep();
    void close_all();

    // From a connection: what became of its job, and whether it can take another.
    void completed(const std::shared_ptr<ClientConnection>& connection, const JobPtr& job,
                   HttpResponse response, bool reusable);
    // `written` says whether a byte may have reached the server, `heard` whether one came back.
    struct Broken {
        bool reused = false, written = false, heard = false;
        std::string why;
    };
    void broke(const std::shared_ptr<ClientConnection>& connection, const JobPtr& job,
               const Broken& how);

    IoLoop::Impl& loop;
    const ClientLimits limits;
    Strand strand;
    Timer sweep_timer;
    bool sweeping = false, stopped = false;
    Gate gate;
    std::map<std::string, ClientHost> hosts;
};

// One connection to a server. A read is always pending, so that a close by the server is noticed
// while the connection is idle.
class ClientConnection : public std::enable_shared_from_this<ClientConnection> {
public:
    ClientConnection(std::string key, Socket socket,
                     const std::shared_ptr<HttpClient::Impl>& client);

    void begin();
    // False when the server has closed it already: nothing was written.
    bool send(const JobPtr& job);
    // Gives back the job that it had, unanswered.
    JobPtr close();

    const std::string key;
    SteadyClock::time_point idle_since{};

private:
    bool peer_is_there();
    void read();
    void received();
    void fail(const std::string& why);
    void complete();

    Socket socket_;
    // Weak: the client owns its connections, and a loop that ends must not leave the two to each
    // other.
    std::weak_ptr<HttpClient::Impl> client_;
    ResponseReader reader_;
    JobPtr job_;
    std::size_t served_ = 0;
    bool writing_ = false, closed_ = false, heard_ = false;
    // A failure that waits for the write to end, which knows how much was sent.
    std::optional<std::string> failed_;
    std::size_t written_ = 0;
};

}  // namespace lockstep::net
