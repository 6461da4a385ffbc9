// What a NodeAdapter asks its node when, and what it makes of the answers.
#include "bitcoin/adapter/node_adapter.h"

namespace lockstep::bitcoin {
namespace {

// Half an hour is what slow disks take for the outputs of Bitcoin; then twice as long.
constexpr Duration scan_patience = Duration::seconds(3'600);

}  // namespace

void NodeAdapter::reply(Timestamp at, const Reply& reply, AdapterOutputs& out) {
    if (sender_.reply(time(at), reply, out)) return;
    for (Question* const question :
         {&chain_question_, &pool_question_, &scan_question_, &scan_status_question_}) {
        if (question->request == 0 || question->request != reply.request) continue;
        question->request = 0;
        question->due = at + settings_.poll;
        const auto results = reply.body ? read_batch(*reply.body, question->calls) : std::nullopt;
        if (!results) {
            no_answer(at, *question, reply.body || !never_left(reply.body.error()));
        } else if (question == &chain_question_) {
            chain_answer(at, *results, reply.body->size(), out);
        } else if (question == &pool_question_) {
            pool_answer(*results, out);
        } else if (question == &scan_question_) {
            scan_answer((*results)[0]);
        } else {
            scan_status_answer(at, (*results)[0]);
        }
        return;
    }
    // An answer that was not waited for any more.
}

void NodeAdapter::no_answer(Timestamp at, const Question& question, bool has_left) {
    if (&question == &chain_question_) {
        if (chain_.has_asked_for_pool() && has_left) pool_.list_failed(at);
        chain_.lost(has_left);
    } else if (&question == &pool_question_) {
        has_left ? pool_.failed() : pool_.lost();
    }
}

void NodeAdapter::chain_answer(Timestamp at, const std::vector<RpcResult>& results,
                               std::size_t octets, AdapterOutputs& out) {
    const bool has_asked_for_pool = chain_.has_asked_for_pool();
    const ChainNews news = chain_.take(results);
    if (!news.answered) return;
    heard_ = at;
    if (has_asked_for_pool) {
        const PoolWatch::ListAnswer answer{chain_question_.asked, at, octets};
        if (news.pool)
            pool_.list_came(answer);
        else if (!results[0])
            pool_.list_failed(at);
        else
            pool_.list_unused(answer);
    }
    if (news.estimate) estimate_ = news.estimate;
    if (news.going_rate) going_rate_ = news.going_rate;
    if (news.again) chain_question_.due = at;
    if (!news.again && chain_.standing() == ChainFollower::Standing::at_tip)
        tip_at_ = chain_question_.asked;
    if (news.back_to) {
        coins_.disconnect(*news.back_to);
        escrows_.disconnect(*news.back_to);
        sender_.taken_back(at);
        escrows_.tell(chain_.height(), chain_.ledger_time(), out.reports);
    }
    for (const ConnectedBlock& block : news.blocks)
        connect(block, out);
    if (!news.blocks.empty()) pool_.block_came();
    if (news.pool) {
        pool_.list_is(*news.pool);
        if (!pool_.has_more()) escrows_.pool_is_shown();
        sender_.pool_is(time(at), pool_, chain_question_.asked);
    }
}

void NodeAdapter::pool_answer(const std::vector<RpcResult>& results, AdapterOutputs& out) {
    for (const Transaction& transaction : pool_.take(results))
        escrows_.show(transaction, {std::nullopt, is_ours(transaction)});
    // At once: a preimage that was shown counts, whatever the pool or a block says next.
    escrows_.tell(chain_.height(), chain_.ledger_time(), out.reports);
    if (!pool_.has_more()) escrows_.pool_is_shown();
    pool_question_.due = now_;
}

// The account's coins of before the height at which the blocks begin to be read. A node scans once
// at a time: while another one lasts, which may be that of a process before this one, it refuses.
void NodeAdapter::scan_answer(const RpcResult& result) {
    const Json::Array* const unspents = result ? (*result)["unspents"].as_array() : nullptr;
    if (unspents == nullptr) return;
    for (const Json& one : *unspents) {
        const auto txid = txid_from_text(one["txid"].text_or(""));
        const auto index = one["vout"].as_uint64();
        const auto value = satoshi_of(one["amount"]);
        const auto height = one["height"].as_int64();
        if (!txid || !index || *index > UINT32_MAX || !value || !height || *height < 0) continue;
        if (*height >= settings_.start_height) continue;
        // Whether it is a coinbase older nodes do not say; reckoned with as one it waits longer.
        const bool is_coinbase = one["coinbase"].as_bool().value_or(true);
        coins_.add({*txid, static_cast<std::uint32_t>(*index)},
                   {*value, static_cast<int>(*height), is_coinbase, std::nullopt, std::nullopt});
    }
    is_scanned_ = true;
    is_scan_news_ = true;
}

// Nothing where no scan is under way, else its progress in percent.
void NodeAdapter::scan_status_answer(Timestamp at, const RpcResult& result) {
    if (!result) return;
    heard_ = at;
    const auto percent = (*result)["progress"].as_double();
    if (percent && *percent >= 0 && *percent <= 100) scanned_percent_ = static_cast<int>(*percent);
}

void NodeAdapter::send(Timestamp at, Question& question, const RpcBatch& batch, AdapterOutputs& out,
                       Duration patience) {
    question.request = ids_.next();
    question.calls = batch.size();
    question.asked = at;
    question.due = at + std::max(settings_.reply_timeout, patience);
    out.requests.push_back(to_node(question.request, batch, patience));
}

void NodeAdapter::ask_for_scan(Timestamp at, AdapterOutputs& out) {
    if (scan_question_.request == 0 && scan_question_.due <= at) {
        RpcBatch batch;
        batch.add("scantxoutset", Json::array().push("start").push(
                                      Json::array().push("raw(" + to_hex(home_) + ")")));
        return send(at, scan_question_, batch, out, scan_patience);
    }
    if (scan_status_question_.request == 0 && scan_status_question_.due <= at) {
        RpcBatch batch;
        batch.add("scantxoutset", Json::array().push("status"));
        send(at, scan_status_question_, batch, out);
    }
}

void NodeAdapter::ask(Timestamp at, AdapterOutputs& out) {
    for (Question* const question :
         {&chain_question_, &pool_question_, &scan_question_, &scan_status_question_}) {
        if (question->request == 0 || question->due > at) continue;
        // No answer: asked again at once, and the old answer does not count any more.
        question->request = 0;
        no_answer(at, *question, true);
    }
    // The coins of before are known before any block is read that may spend them.
    if (!is_scanned_) return ask_for_scan(at, out);
    if (chain_question_.request == 0 && chain_question_.due <= at)
        send(at, chain_question_, chain_.ask(pool_.is_list_due(at)), out);
    if (pool_question_.request == 0 && pool_.has_more() && pool_question_.due <= at)
        send(at, pool_question_, pool_.ask(), out);
}

std::optional<Timestamp> NodeAdapter::next_wake() const {
    std::optional<Timestamp> wake = sender_.next_wake();
    const auto include = [&](Timestamp due) {
        if (!wake || due < *wake) wake = due;
    };
    if (!is_scanned_) {
        include(scan_question_.due);
        include(scan_status_question_.due);
        return wake;
    }
    include(chain_question_.due);
    if (pool_question_.request != 0 || pool_.has_more()) include(pool_question_.due);
    return wake;
}

// The call that the node does not answer, however small the batch; empty where there is none.
std::string NodeAdapter::failing_call() const {
    for (const std::string* const call : {&chain_.failing(), &sender_.failing(), &pool_.failing()})
        if (!call->empty()) return *call;
    return pool_.is_list_failing() ? "getrawmempool" : "";
}

}  // namespace lockstep::bitcoin
