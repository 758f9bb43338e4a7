# Language level, warnings, hardening, sanitizers, ccache: what every target shares.
include(CheckCXXCompilerFlag)
include(CheckLinkerFlag)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# Everything is linked into programs, whose own functions nobody replaces: calls between them need no table.
add_compile_options(-fPIE)
add_link_options(-pie)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or RelWithDebInfo" FORCE)
endif()

find_program(HEADGATE_CCACHE ccache)
if(HEADGATE_CCACHE)
  # A precompiled header carries times and macros that ccache would otherwise refuse to compare. What it says is
  # compared by a digest, which pch_launcher.sh writes beside it.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_PCH_EXTSUM=true ${HEADGATE_CCACHE})
endif()

set(HEADGATE_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")
option(HEADGATE_FUZZERS "Build the libFuzzer targets (clang only)" OFF)

add_library(headgate_compiler INTERFACE)
target_include_directories(headgate_compiler INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(headgate_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough -Wformat=2 -fno-omit-frame-pointer
  # Designated initialisers name what matters; the rest has its default in the type.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of GCC 12 inside libstdc++ and Boost, the last one about coroutine frames, whose
  # operators new and delete it takes for strangers; all are real in clang-tidy's analysis.
  target_compile_options(headgate_compiler INTERFACE -Wno-maybe-uninitialized -Wno-restrict
                                                     -Wno-mismatched-new-delete)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(headgate_compiler INTERFACE -O1 -g1)
endif()

# The flags of the OpenSSF compiler hardening guide, each only where this compiler takes it.
set(hardening -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
    -fno-delete-null-pointer-checks -fno-strict-overflow -fstrict-flex-arrays=3
    -ftrivial-auto-var-init=zero -Wtrampolines)
set(link_hardening -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,nodlopen -Wl,--as-needed)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  foreach(flag IN LISTS hardening)
    string(MAKE_C_IDENTIFIER "HAS${flag}" known)
    check_cxx_compiler_flag(${flag} ${known})
    if(${known})
      target_compile_options(headgate_compiler INTERFACE ${flag})
    endif()
  endforeach()
  foreach(flag IN LISTS link_hardening)
    string(MAKE_C_IDENTIFIER "LINKS${flag}" known)
    check_linker_flag(CXX ${flag} ${known})
    if(${known})
      target_link_options(headgate_compiler INTERFACE ${flag})
    endif()
  endforeach()
  target_compile_options(headgate_compiler INTERFACE -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  target_compile_definitions(headgate_compiler INTERFACE _GLIBCXX_ASSERTIONS)
endif()

if(HEADGATE_SANITIZE)
  add_compile_options(-fsanitize=${HEADGATE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HEADGATE_SANITIZE})
  # Keeps container annotations of Abseil's prebuilt library and ours in agreement.
  add_compile_definitions(HEADGATE_SANITIZED=1)
endif()

if(HEADGATE_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "HEADGATE_FUZZERS needs clang: GCC has no libFuzzer")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
  # Warnings are GCC's business; clang's own are clang-tidy's.
  target_compile_options(headgate_compiler INTERFACE -Wno-error)
endif()
