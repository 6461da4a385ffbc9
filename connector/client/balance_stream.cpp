#include "connector/client/balance_stream.h"

namespace lockstep::client {

BalanceStream::BalanceStream(net::IoLoop& loop, ApiAccess access, OnBalance on_balance,
                             StreamLink::OnTrouble on_trouble)
    : link_(
          loop, std::move(access), [] { return std::string("/v1/balances"); },
          [on_balance = std::move(on_balance)](const Json& message) {
              const auto* balances = message["balances"].as_array();
              if (balances == nullptr) return;
              for (const Json& item : *balances)
                  on_balance(read_balance(item));
          },
          std::move(on_trouble)) {
    link_.start();
}

}  // namespace lockstep::client
