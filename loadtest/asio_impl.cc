// The one translation unit of loadtest that compiles Asio's and Beast's implementation.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
