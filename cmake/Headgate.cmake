file(WRITE ${CMAKE_BINARY_DIR}/generated/empty.cc "")

# What tests are compiled with: a third less time than with -O2, and only their own code is slower. It is linked
# last, because the last -O counts.
add_library(headgate_test_compiler INTERFACE)
target_compile_options(headgate_test_compiler INTERFACE $<$<CONFIG:Release>:-O1>)
if(HEADGATE_SANITIZE)
  # Tests are compiled together then, and a name that one of them declares with `using` comes before the next one.
  target_compile_options(headgate_test_compiler INTERFACE -Wno-shadow)
endif()

# headgate_pch(NAME n HEADERS a.h … DEPS x … [TESTS]): headers that are compiled once for all targets which say
# PCH_FROM n. GCC takes the result only for a target with the same options, and with the macros that were
# defined here; macros that the headers never mention may come on top. TESTS: for tests.
#
# A target of its own compiles the headers, without ccache: `#pragma once` in a precompiled header knows files by
# their times, so that one from the cache of an older checkout would include them twice.
function(headgate_pch)
  cmake_parse_arguments(arg "TESTS" "NAME" "HEADERS;DEPS" ${ARGN})
  add_library(${arg_NAME} OBJECT ${CMAKE_BINARY_DIR}/generated/empty.cc)
  target_link_libraries(${arg_NAME} PRIVATE headgate_compiler ${arg_DEPS})
  target_include_directories(${arg_NAME} PRIVATE ${CMAKE_BINARY_DIR}/generated)
  target_precompile_headers(${arg_NAME} PRIVATE ${arg_HEADERS})
  set_target_properties(${arg_NAME} PROPERTIES CXX_COMPILER_LAUNCHER ${CMAKE_SOURCE_DIR}/cmake/pch_launcher.sh)
  if(arg_TESTS)
    target_link_libraries(${arg_NAME} PRIVATE headgate_test_compiler)
  endif()
endfunction()

# The fuzzers are clang's, which asks for the very same macros; there the headers are read as they are.
function(headgate_use_pch target pch)
  if(NOT HEADGATE_FUZZERS)
    target_precompile_headers(${target} REUSE_FROM ${pch})
    # GCC 12 takes the buffer of a moved std::string for too short. It keeps silent about headers of the system, but
    # no longer knows them for such when they come from a precompiled header.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>
      $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow> $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overread>)
  endif()
endfunction()

# What nearly every file includes, without a macro of any package.
set(HEADGATE_STANDARD_HEADERS
  <algorithm> <array> <charconv> <chrono> <cmath> <cstdint> <functional> <iterator> <limits> <map> <memory>
  <optional> <ostream> <set> <span> <string> <string_view> <tuple> <utility> <variant> <vector>)
headgate_pch(NAME headgate_standard_pch HEADERS ${HEADGATE_STANDARD_HEADERS})

# Lets sanitizer builds compile the sources of a target ten at a time: see UNITE below.
function(headgate_unite target)
  if(HEADGATE_SANITIZE)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
    # In such a unit a source is an included file to GCC, which then warns of types with parts from its unnamed
    # namespace (the frame of a coroutine, for one).
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

# headgate_library(NAME n SOURCES a.cc … DEPS x … PCH h.h … | PCH_FROM p), and the same for executables and tests.
#
# PCH: headers that are compiled once for the sources of this library, as the target n_pch. PCH_FROM: those of
# another target.
# UNITE: sanitizer builds compile the sources ten at a time, and those of every test. Half of the time of such a file
# goes into headers and templates that the next one repeats. Names in unnamed namespaces of such a library or test
# must differ, which tests/architecture/unnamed_names.py checks. The other builds compile file by file, so that an
# edit stays cheap and a missing include is found.
function(headgate_library)
  cmake_parse_arguments(arg "UNITE" "NAME;PCH_FROM" "SOURCES;DEPS;PCH" ${ARGN})
  add_library(${arg_NAME} STATIC ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PUBLIC headgate_compiler ${arg_DEPS})
  if(arg_PCH)
    headgate_pch(NAME ${arg_NAME}_pch HEADERS ${arg_PCH} DEPS ${arg_DEPS})
    target_include_directories(${arg_NAME} PRIVATE ${CMAKE_BINARY_DIR}/generated)
    set(arg_PCH_FROM ${arg_NAME}_pch)
  endif()
  if(arg_PCH_FROM)
    headgate_use_pch(${arg_NAME} ${arg_PCH_FROM})
  endif()
  if(arg_UNITE)
    headgate_unite(${arg_NAME})
  endif()
endfunction()

function(headgate_executable)
  cmake_parse_arguments(arg "" "NAME;PCH_FROM" "SOURCES;DEPS" ${ARGN})
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE headgate_compiler ${arg_DEPS})
  if(arg_PCH_FROM)
    headgate_use_pch(${arg_NAME} ${arg_PCH_FROM})
  endif()
  # Every binary in one place: build/<preset>/bin/headgate, headgate-sim, headgate-load.
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# Everything that has no network in it: what AddressSanitizer runs over on every change.
add_custom_target(unit_tests)
# Of these, what runs threads or tests what threads share: ThreadSanitizer's share.
add_custom_target(thread_tests)

# A GoogleTest binary, registered with ctest under its name. LABELS: `unit` (default) has no
# network in it; `network` opens sockets on loopback. THREADS adds the label `threads`. PCH_FROM: `tests_pch` if
# left out; tests/CMakeLists.txt has them all.
function(headgate_test)
  cmake_parse_arguments(arg "THREADS" "NAME;LABELS;TIMEOUT;PCH_FROM" "SOURCES;DEPS" ${ARGN})
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_PCH_FROM)
    set(arg_PCH_FROM tests_pch)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE headgate_compiler ${arg_DEPS} GTest::gtest_main GTest::gmock
    headgate_test_compiler)
  headgate_use_pch(${arg_NAME} ${arg_PCH_FROM})
  headgate_unite(${arg_NAME})
  if(arg_LABELS STREQUAL "unit")
    add_dependencies(unit_tests ${arg_NAME})
  endif()
  if(arg_THREADS)
    add_dependencies(thread_tests ${arg_NAME})
    list(APPEND arg_LABELS threads)
  endif()
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${arg_NAME} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
