# The functions that declare folders and targets. Includes are written from the repository root or
# from ledger-adapters/: "connector/core/x.h", "cash/machine/x.h", "sdk/base/amount.h".

# lockstep_folders(FOLDER...): adds each folder that has a CMakeLists.txt.
function(lockstep_folders)
  foreach(folder IN LISTS ARGN)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()

function(lockstep_check_arguments what)
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${what}: unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_NAME)
    message(FATAL_ERROR "${what}: NAME is missing")
  endif()
endfunction()

# Sources that only carry a precompiled header for others: one for what must be fast, at -O2, one for
# what need not be, at -Og: command lines, reports. That compiles a third faster. Tests are light, with
# doctest and what most of them include beside.
if(LOCKSTEP_TOGETHER)
  set(carrier ${PROJECT_BINARY_DIR}/precompiled.cpp)
  file(CONFIGURE OUTPUT ${carrier} CONTENT "// carries a precompiled header\n")
  set(kinds fast light)
  if(LOCKSTEP_TESTS)
    list(APPEND kinds test)
  endif()
  foreach(kind IN LISTS kinds)
    add_library(precompiled_${kind} OBJECT ${carrier})
    target_include_directories(
      precompiled_${kind} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/ledger-adapters)
    target_precompile_headers(precompiled_${kind} PRIVATE ${CMAKE_CURRENT_LIST_DIR}/precompiled.h)
    if(NOT kind STREQUAL "fast" AND CMAKE_BUILD_TYPE STREQUAL "Release")
      target_compile_options(precompiled_${kind} PRIVATE -Og)
    endif()
  endforeach()
  if(LOCKSTEP_TESTS)
    target_precompile_headers(precompiled_test PRIVATE
                              ${CMAKE_CURRENT_LIST_DIR}/precompiled_test.h)
    target_compile_definitions(precompiled_test PRIVATE DOCTEST_CONFIG_SUPER_FAST_ASSERTS)
    target_link_libraries(precompiled_test PRIVATE external::doctest)
  endif()
endif()

# Compiles a target's own sources as `kind` says: fast, light or test. What it links keeps its own. Two
# sources that are taken together and give one name to things of their own collide.
function(lockstep_compile target kind)
  if(NOT kind STREQUAL "fast" AND CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${target} PRIVATE -Og)
  endif()
  if(LOCKSTEP_TOGETHER)
    target_precompile_headers(${target} REUSE_FROM precompiled_${kind})
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON
                                               UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()

# lockstep_library(NAME x [OBJECT] [LIGHT|TEST] SOURCES a.cpp... [DEPS y external::z...] [PRIVATE_DEPS ...])
# One folder, one library. Static unless OBJECT; without sources it is headers only. LIGHT: its speed
# does not matter; TEST: it serves tests. DEPS are what its headers need, PRIVATE_DEPS only its .cpp files.
function(lockstep_library)
  cmake_parse_arguments(PARSE_ARGV 0 ARG "OBJECT;LIGHT;TEST" "NAME" "SOURCES;DEPS;PRIVATE_DEPS")
  lockstep_check_arguments(lockstep_library)
  set(roots ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/ledger-adapters)
  if(NOT ARG_SOURCES)
    add_library(${ARG_NAME} INTERFACE)
    target_include_directories(${ARG_NAME} INTERFACE ${roots})
    target_link_libraries(${ARG_NAME} INTERFACE ${ARG_DEPS})
    return()
  endif()
  if(ARG_OBJECT)
    add_library(${ARG_NAME} OBJECT ${ARG_SOURCES})
  else()
    add_library(${ARG_NAME} STATIC ${ARG_SOURCES})
  endif()
  target_include_directories(${ARG_NAME} PUBLIC ${roots})
  target_link_libraries(${ARG_NAME} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
  if(ARG_TEST)
    lockstep_compile(${ARG_NAME} test)
  elseif(ARG_LIGHT)
    lockstep_compile(${ARG_NAME} light)
  else()
    lockstep_compile(${ARG_NAME} fast)
  endif()
endfunction()

# lockstep_program(NAME x SOURCES main.cpp... [DEPS ...]): becomes build/bin/x. What must be fast is
# in libraries.
function(lockstep_program)
  cmake_parse_arguments(PARSE_ARGV 0 ARG "" "NAME" "SOURCES;DEPS")
  lockstep_check_arguments(lockstep_program)
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_include_directories(
    ${ARG_NAME} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/ledger-adapters)
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPS})
  lockstep_compile(${ARG_NAME} light)
endfunction()

# lockstep_mimalloc(program): takes its memory through mimalloc, where that is installed and no
# sanitizer wants to see each allocation.
find_library(LOCKSTEP_MIMALLOC mimalloc)
function(lockstep_mimalloc program)
  if(LOCKSTEP_MIMALLOC AND NOT LOCKSTEP_SANITIZE)
    target_compile_definitions(${program} PRIVATE LOCKSTEP_MIMALLOC)
    target_link_libraries(${program} PRIVATE -Wl,--push-state,--no-as-needed ${LOCKSTEP_MIMALLOC}
                                             -Wl,--pop-state)
  endif()
endfunction()

# lockstep_plugin(NAME cash SOURCES plugin.cpp... DEPS cash_adapter...): becomes
# build/lib/lockstep-adapter-cash.so, which a node loads.
function(lockstep_plugin)
  cmake_parse_arguments(PARSE_ARGV 0 ARG "" "NAME" "SOURCES;DEPS")
  lockstep_check_arguments(lockstep_plugin)
  set(target lockstep-adapter-${ARG_NAME})
  add_library(${target} MODULE ${ARG_SOURCES})
  set_target_properties(${target} PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden)
  target_include_directories(
    ${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/ledger-adapters)
  target_link_libraries(${target} PRIVATE ${ARG_DEPS})
endfunction()

# What test sources need besides what they link. Paths a test may use: LOCKSTEP_SOURCE_DIR,
# LOCKSTEP_BINARY_DIR (programs are in its bin/).
function(lockstep_test_definitions target)
  target_compile_definitions(
    ${target} PRIVATE LOCKSTEP_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                      LOCKSTEP_BINARY_DIR="${PROJECT_BINARY_DIR}"
                      # doctest's expressions as function calls: a tenth less to compile
                      DOCTEST_CONFIG_SUPER_FAST_ASSERTS)
endfunction()

# lockstep_test_support(NAME x [PLAIN] SOURCES a_world.cpp... [DEPS ...]): compiled once for several
# tests. PLAIN: for programs too, which have nothing of doctest.
function(lockstep_test_support)
  cmake_parse_arguments(PARSE_ARGV 0 ARG "PLAIN" "NAME" "SOURCES;DEPS")
  lockstep_check_arguments(lockstep_test_support)
  if(ARG_PLAIN)
    lockstep_library(NAME ${ARG_NAME} LIGHT SOURCES ${ARG_SOURCES} DEPS ${ARG_DEPS})
  else()
    lockstep_library(NAME ${ARG_NAME} TEST SOURCES ${ARG_SOURCES} DEPS ${ARG_DEPS}
                     external::doctest)
  endif()
  lockstep_test_definitions(${ARG_NAME})
endfunction()

# lockstep_test(NAME x [FAST] [WAITS] LABELS unit... SOURCES a_test.cpp... [DEPS ...]
#               [NEEDS program...] [TIMEOUT seconds])
# An executable of doctest cases that is one CTest test. A case that cannot run prints SKIPPED and
# why. FAST: its own sources are what takes its time. WAITS: it waits for blocks of a chain more than
# it computes, and runs beside what computes, one such test at a time. NEEDS names programs and
# plugins that the test starts, so that they are built before it runs.
# The target tests-LABEL builds all that the tests with that label need.
function(lockstep_test)
  cmake_parse_arguments(PARSE_ARGV 0 ARG "FAST;WAITS" "NAME;TIMEOUT" "LABELS;SOURCES;DEPS;NEEDS")
  lockstep_check_arguments(lockstep_test)
  if(NOT ARG_LABELS)
    message(FATAL_ERROR "lockstep_test: ${ARG_NAME} has no LABELS")
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES} $<TARGET_OBJECTS:doctest_main>)
  set_target_properties(
    ${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_include_directories(
    ${ARG_NAME} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/ledger-adapters)
  lockstep_test_definitions(${ARG_NAME})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPS} external::doctest)
  if(ARG_FAST OR "bench" IN_LIST ARG_LABELS)
    lockstep_compile(${ARG_NAME} fast)
  else()
    lockstep_compile(${ARG_NAME} test)
  endif()
  if(ARG_NEEDS)
    add_dependencies(${ARG_NAME} ${ARG_NEEDS})
  endif()
  foreach(label IN LISTS ARG_LABELS)
    if(NOT TARGET tests-${label})
      add_custom_target(tests-${label})
    endif()
    add_dependencies(tests-${label} ${ARG_NAME})
  endforeach()
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
  lockstep_test_properties(${ARG_NAME} "${ARG_LABELS}" "${ARG_TIMEOUT}")
  if(ARG_WAITS)
    set_tests_properties(${ARG_NAME} PROPERTIES RUN_SERIAL OFF PROCESSORS 1
                                                RESOURCE_LOCK waiting)
  endif()
endfunction()

# lockstep_script_test(NAME x LABELS integration... COMMAND tests/x.sh...): a script is the test.
function(lockstep_script_test)
  cmake_parse_arguments(PARSE_ARGV 0 ARG "" "NAME;TIMEOUT" "LABELS;COMMAND")
  lockstep_check_arguments(lockstep_script_test)
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_COMMAND} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  lockstep_test_properties(${ARG_NAME} "${ARG_LABELS}" "${ARG_TIMEOUT}")
endfunction()

function(lockstep_test_properties name labels timeout)
  if(NOT timeout)
    set(timeout 120)
  endif()
  if(LOCKSTEP_SANITIZE)
    # the same test, at a fraction of the speed
    math(EXPR timeout "3 * ${timeout}")
  endif()
  # tests/ctest-with-budgets has two places a processor, and one for a test that waits
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout} PROCESSORS 2)
  if("integration" IN_LIST labels OR "bench" IN_LIST labels OR "model" IN_LIST labels)
    # real processes and their deadlines, and what uses every processor, get the machine for themselves
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
  if(LOCKSTEP_SKIP_IS_FAILURE)
    # a case that says so, doctest's skip decorator, an executable that was compiled empty
    set_tests_properties(${name} PROPERTIES FAIL_REGULAR_EXPRESSION
                         "SKIPPED;[1-9][0-9]* skipped;test cases: +0 ")
  else()
    set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED")
  endif()
endfunction()
