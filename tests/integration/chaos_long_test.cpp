#include "tests/integration/demo_world.h"

TEST_CASE("every process dies fifty times under load, and every trade ends and the books balance") {
    lockstep::test::kill_every_process(50, 20261123);
}
