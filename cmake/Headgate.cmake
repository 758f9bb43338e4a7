file(WRITE ${CMAKE_BINARY_DIR}/generated/empty.cc "")

# headgate_library(NAME n SOURCES a.cc … DEPS x … PCH h.h …), and the same for executables and tests.
#
# PCH: headers that are compiled once for all sources of the library. A target of its own does that, without
# ccache: `#pragma once` in a precompiled header knows files by their times, so that one from the cache of an
# older checkout would include them twice.
function(headgate_library)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;DEPS;PCH" ${ARGN})
  add_library(${arg_NAME} STATIC ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PUBLIC headgate_compiler ${arg_DEPS})
  if(arg_PCH)
    add_library(${arg_NAME}_pch OBJECT ${CMAKE_BINARY_DIR}/generated/empty.cc)
    target_link_libraries(${arg_NAME}_pch PRIVATE headgate_compiler ${arg_DEPS})
    target_include_directories(${arg_NAME}_pch PRIVATE ${CMAKE_BINARY_DIR}/generated)
    target_include_directories(${arg_NAME} PRIVATE ${CMAKE_BINARY_DIR}/generated)
    target_precompile_headers(${arg_NAME}_pch PRIVATE ${arg_PCH})
    set_target_properties(${arg_NAME}_pch PROPERTIES CXX_COMPILER_LAUNCHER "")
    target_precompile_headers(${arg_NAME} REUSE_FROM ${arg_NAME}_pch)
  endif()
endfunction()

function(headgate_executable)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;DEPS" ${ARGN})
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE headgate_compiler ${arg_DEPS})
  # Every binary in one place: build/<preset>/bin/headgate, headgate-sim, headgate-load.
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# Everything that has no network in it: what a sanitizer runs over on every change.
add_custom_target(unit_tests)

# A GoogleTest binary, registered with ctest under its name. LABELS: `unit` (default) has no
# network in it; `network` opens sockets on loopback.
function(headgate_test)
  cmake_parse_arguments(arg "" "NAME;LABELS;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE headgate_compiler ${arg_DEPS} GTest::gtest_main GTest::gmock)
  if(arg_LABELS STREQUAL "unit")
    add_dependencies(unit_tests ${arg_NAME})
  endif()
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${arg_NAME} PROPERTIES LABELS ${arg_LABELS} TIMEOUT ${arg_TIMEOUT})
endfunction()
