# Everything comes from Debian 12's packages (deploy/install-deps.sh); README.md gives each its reason.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS system json)
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(absl REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(spdlog REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_path(HEADGATE_CLI11_INCLUDE CLI/CLI.hpp REQUIRED)

# Asio is compiled once, in its own translation unit (backends/net/asio_impl.cc and loadtest's own),
# instead of in each file that includes it.
add_library(headgate_boost INTERFACE)
target_link_libraries(headgate_boost INTERFACE Boost::system Boost::json OpenSSL::SSL
                                               OpenSSL::Crypto Threads::Threads)
target_compile_definitions(headgate_boost INTERFACE BOOST_ASIO_SEPARATE_COMPILATION
                                                    BOOST_ASIO_NO_DEPRECATED
                                                    # coroutine frames kept for reuse, per thread
                                                    BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16
                                                    BOOST_ASIO_DISABLE_BOOST_COROUTINE)
if(HEADGATE_SANITIZE STREQUAL "thread")
  # Asio counts references with a fence, which this sanitizer does not follow (and says so).
  target_compile_options(headgate_boost INTERFACE -Wno-tsan)
endif()
