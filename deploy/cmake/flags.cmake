# Compiler and linker flags for every target. Assertions are on in every build type: nothing here
# defines NDEBUG.
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # passes that cost an eighth of the compiler's time and are worth about three hundredths of the
  # demonstration's settlements a second
  string(APPEND CMAKE_CXX_FLAGS_RELEASE " -fno-tree-vectorize -fno-tree-pre -fno-gcse"
                                        " -fno-schedule-insns2 -fno-ipa-cp -fno-ipa-sra")
  # nobody replaces our functions while a program is loaded: what is compiled together may be taken
  # in, position-independent as it is
  string(APPEND CMAKE_CXX_FLAGS_RELEASE " -fno-semantic-interposition")
endif()

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wswitch-enum -Wold-style-cast
  -Wnon-virtual-dtor -fstack-protector-strong
  # assertion messages name files relative to the repository, not to the machine that built them
  -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)
add_link_options(-Wl,-z,relro,-z,now)
if(LOCKSTEP_WERROR)
  add_compile_options(-Werror)
  # GCC 12 suspects strings that are put together from a constant (PR 105651), and which ones can
  # depend on the length of the path of this checkout; and variants whose alternative it loses track
  # of (PR 80635): a warning, but no error.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-error=array-bounds -Wno-error=restrict -Wno-error=stringop-overflow
                        -Wno-error=stringop-overread -Wno-error=maybe-uninitialized)
  endif()
endif()

if(LOCKSTEP_SANITIZE)
  string(REPLACE ";" "," sanitizers "${LOCKSTEP_SANITIZE}")
  add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sanitizers})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(LOCKSTEP_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "LOCKSTEP_FUZZ needs clang: -DCMAKE_CXX_COMPILER=clang++")
  endif()
  # compiles in half the time that -O2 takes with the sanitizers
  set(CMAKE_CXX_FLAGS_RELEASE "-O1")
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Several sources of a target are taken together, with precompiled headers, which halves the compilers'
# time. Names of one source then shadow another's without harm; that each stands alone, .ci/lint looks
# at. Libraries and programs get the same flags, for a precompiled header serves only those that it was
# compiled with.
if(LOCKSTEP_TOGETHER)
  set(CMAKE_CXX_COMPILE_OPTIONS_PIE ${CMAKE_CXX_COMPILE_OPTIONS_PIC})
  add_compile_options(-pthread)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # it collects its garbage later: a tenth of its time, for a tenth more memory
    add_compile_options("SHELL:--param ggc-min-heapsize=400000" -Wno-shadow -Wshadow=local
                        -Wno-subobject-linkage)
  else()
    add_compile_options(-Wno-shadow)
  endif()
endif()

find_program(LOCKSTEP_CCACHE ccache)
if(LOCKSTEP_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LOCKSTEP_CCACHE})
  if(LOCKSTEP_TOGETHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
                                    CCACHE_SLOPPINESS=pch_defines,time_macros ${LOCKSTEP_CCACHE})
  endif()
endif()
find_program(LOCKSTEP_MOLD mold)
if(LOCKSTEP_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
