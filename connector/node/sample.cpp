#include "connector/node/sample.h"

namespace lockstep::node {

const char* const sample_configuration =
    R"(# A Lockstep node. Paths are relative to this file; amounts and rates are decimal texts; assets are
# written as code/scale. An unknown key is a mistake: `lockstepd --config FILE --check` tells all.
name = "connector"
key_file = "node.key"              # identifies the node; `lockstep-ledger key node.key` makes it
secret_seed_file = "secret.seed"   # made at the first start; keep it as long as the journal
data = "data"                      # the journal
# plugins = "/usr/lib/lockstep"    # where lockstep-adapter-NAME.so is; beside the program if absent
# log_level = "info"               # debug, info, warn, error
# price_asset = "SEK/2"            # what a venue's prices are in

[listen]
address = "127.0.0.1"
port = 7101
# metrics = true                   # /metrics, unsigned; absent, only where address is of loopback
# max_connections_per_address = 512   # of 1024; more where callers share a proxy's address
# origins = ["https://node.example"]   # how others address this node through a proxy

[endurance]                        # what must be survived inside one margin of time
outage_ms = 2000                   # the longest outage of this node
outages = 3                        # how many of them
rollbacks = 0                      # of a ledger; at least 1 where one has rollback_ms

# [limits]
# quote_life_ms = 10000
# decision_time_ms = 5000
# slack_per_hop_ms = 1000
# notice_wait_ms = 5000
# max_open = 100000
# drain_ms = 60000                 # longest wait after SIGTERM
# commit_interval_ms = 1           # least time between commits under load
# low_disk_mib = 256               # while less is free, no new business; claims and refunds go on
# ballast_mib = 64                 # kept for those and given up when the disk is full; 0 is none

[[ledgers]]
address = "test.sek"
adapter = "cash"                   # lockstep-adapter-cash.so
url = "http://127.0.0.1:7001"
accounts = ["test.sek.connector"]
# key_file = "sek.key"             # of the accounts; the node's key if absent
# cookie_file = "bitcoin/.cookie"  # for a ledger that wants a name and a password: its cookie,
# user = "node"                    # or these two
# password_file = "password"       # in its first line; only its owner can use the file
# expiry_rule = "strict"
profile = { inclusion_ms = 1000, finality_ms = 0, rollback_ms = 0, late_ms = 1000, early_ms = 1000 }
# settings = { in_flight = 4 }     # the adapter's own; keys in _file are paths. Bitcoin's give the
                                   # profile too, which is left out then

[[ledgers]]
address = "test.eur"
adapter = "cash"
url = "http://127.0.0.1:7002"
accounts = ["test.eur.connector"]
profile = { inclusion_ms = 1000, late_ms = 1000, early_ms = 1000 }

[[offers]]                         # what this node sells
in_ledger = "test.eur"
in_asset = "EUR/2"
in_account = "test.eur.connector"
out_ledger = "test.sek"
out_asset = "SEK/2"
out_account = "test.sek.connector"
rate = "0.0893"                    # one unit of the outgoing asset costs this in the incoming one
spread_ppm = 2000
# fixed_fee = "0.00"
# min_out = "1.00"
max_out = "1000000.00"

# [[known_offers]]                 # what others sell: as above, and
# connector = "64 hexadecimal digits"
# margin_ms = 13000
# out_profile = { inclusion_ms = 1000, late_ms = 1000, early_ms = 1000 }   # of ledgers not ours

[[peers]]
name = "buyer"
key = "0000000000000000000000000000000000000000000000000000000000000000"   # fill in: its public key
url = "http://127.0.0.1:7102"
# venue = true                     # may propose trades
# max_slots = 1024
# max_hold_ms = 86400000

# [[instruments]]
# isin = "SE0000108656"
# ledger = "test.csd"
# lot = "1"
# reference_price = "81.50"        # with tolerance_ppm: what a party accepts
# tolerance_ppm = 50000

# [[parties]]                      # who trades, with standing instructions
# name = "alice"
# node = "64 hexadecimal digits"
# cash_account = "test.eur.alice"
# cash_asset = "EUR/2"
# securities_account = "test.csd.alice"
# margin_ms = 13000                # what its node needs, as seller, between being paid and delivering;
                                   # absent, the buyer's node assumes an endurance like its own

[[callers]]
name = "desk"
role = "operator"                  # operator, venue, participant, auditor
key = "0000000000000000000000000000000000000000000000000000000000000000"   # fill in: its public key
)";

}  // namespace lockstep::node
